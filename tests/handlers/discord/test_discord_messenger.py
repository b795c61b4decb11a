"""Sending to, and fetching from, a simulated Discord that refuses what Discord would refuse."""

import pytest

from bot.core.errors import Cause, ServiceFailure
from bot.handlers.discord.client import DiscordPlatform
from bot.messaging.errors import FileTooLarge
from bot.messaging.model import (
    LATE,
    Address,
    Attachment,
    Button,
    Change,
    IncomingMedia,
    Indication,
    MediaKind,
    MessageKind,
    MessageRef,
    Outgoing,
    Paragraph,
)
from bot.messaging.ports import Pace, Undeliverable
from bot.simulators.discord import ChannelKind, DiscordSimulator, Permission, Person
from bot.simulators.faults import Fault
from tests.handlers.discord.conftest import Collector, a_platform
from tests.hostile_audio import opus_note, tone

VOICE = Attachment(
    kind=MediaKind.VOICE, blob_id="1", mime="audio/ogg", filename="v.ogg", seconds=1.0
)
OGG = opus_note(tone(seconds=1.0))


@pytest.fixture
def tom(sim: DiscordSimulator) -> Person:
    return sim.person(2001, "Tom")


@pytest.fixture
def room(tom: Person) -> Address:
    return Address("discord", str(tom.dm().channel_id))


def outgoing(room: Address, text: str = "hello", key: str = "k", **more: object) -> Outgoing:
    body = (Paragraph(text),) if text else ()
    return Outgoing(key=key, to=room, kind=MessageKind.NOTICE, body=body, **more)


async def test_a_message_arrives_once_however_often_it_is_sent(platform, tom, room):
    first = await platform.messenger.send(outgoing(room), None)
    again = await platform.messenger.send(outgoing(room), None)

    assert [message.content for message in tom.dm().messages] == ["hello"]
    assert first == again == str(tom.dm().messages[0].message_id)


async def test_a_large_file_arrives_whole_after_a_limit_was_met(sim, platform, tom, room):
    sim.faults.add(Fault("rate_limit", match="create_message", seconds=0.01))
    file = Attachment(
        kind=MediaKind.DOCUMENT, blob_id="1", mime="application/zip", filename="all.zip"
    )
    content = bytes(range(256)) * 12_000  # as long as no network takes at once

    await platform.messenger.send(outgoing(room, attachment=file), content)

    (message,) = tom.dm().messages
    assert sim.file(message.attachments[0]) == content


async def test_an_answer_cut_off_is_told_and_sent_again_without_a_double(sim, platform, tom, room):
    sim.faults.add(Fault("drop_after", match="create_message"))

    with pytest.raises(ServiceFailure) as failed:
        await platform.messenger.send(outgoing(room), None)
    await platform.messenger.send(outgoing(room), None)

    assert failed.value.cause is Cause.UNREACHABLE
    assert len(tom.dm().messages) == 1


async def test_a_long_text_goes_on_where_it_was_cut_off(sim, platform, tom, room):
    text = "word " * 1000
    sim.faults.add(Fault("drop_before", match="create_message", skip=1))
    with pytest.raises(ServiceFailure):
        await platform.messenger.send(outgoing(room, text), None)

    await platform.messenger.send(outgoing(room, text), None)

    said = " ".join(message.content for message in tom.dm().messages)
    assert said.split() == text.split()


async def test_a_voice_note_is_a_voice_message(platform, tom, room):
    await platform.messenger.send(outgoing(room, "", attachment=VOICE), OGG)

    (message,) = tom.dm().messages
    assert message.is_voice
    assert message.attachments[0].seconds == 1.0


async def test_where_voice_messages_are_forbidden_a_file_is_sent(sim, platform, tom):
    school = sim.guild("School", owner=tom)
    lobby = school.add_channel("lobby")
    school.overwrite(lobby, None, deny=Permission.SEND_VOICE_MESSAGES)
    place = Address("discord", str(lobby.channel_id))

    await platform.messenger.send(outgoing(place, "", attachment=VOICE), OGG)

    (message,) = tom.at(lobby).messages
    assert not message.is_voice
    assert message.attachments[0].filename == "v.ogg"


async def test_an_archived_thread_is_woken(sim, platform, tom):
    school = sim.guild("School", owner=tom)
    thread = await tom.at(school.add_channel("lobby")).start_thread("lesson")
    school.archive(thread)

    await platform.messenger.send(outgoing(Address("discord", str(thread.channel_id))), None)

    assert tom.at(thread).messages[-1].content == "hello"


async def test_a_closed_door_is_knocked_at_once(sim, platform, tom, room):
    tom.close_dms()

    with pytest.raises(Undeliverable) as refused:
        await platform.messenger.send(outgoing(room), None)

    assert refused.value.is_blocked
    assert sim.invalid_requests == 1


@pytest.mark.parametrize(("file", "is_closed"), [(None, True), (b"%PDF-1.7", False)])
async def test_a_channel_one_may_not_write_a_word_in_is_closed(sim, platform, tom, file, is_closed):
    school = sim.guild("School", owner=tom)
    lobby = school.add_channel("lobby", ChannelKind.TEXT)
    school.overwrite(lobby, None, deny=Permission.SEND_MESSAGES)

    with pytest.raises(Undeliverable) as refused:
        await platform.messenger.send(outgoing(Address("discord", str(lobby.channel_id))), file)

    assert refused.value.is_blocked is is_closed


async def test_edits_reactions_and_removals(platform, tom, room):
    await platform.messenger.send(outgoing(room), None)
    (message,) = tom.dm().messages
    target = MessageRef(room, str(message.message_id))

    await platform.messenger.send(outgoing(room, "better", change=Change.EDIT, target=target), None)
    await platform.messenger.send(
        outgoing(room, "", change=Change.REACT, target=target, reaction="👍"), None
    )
    (message,) = tom.dm().messages
    assert (message.content, list(message.reactions)) == ("better", ["👍"])
    await platform.messenger.send(
        outgoing(room, "", change=Change.REACT, target=target, reaction=""), None
    )
    assert list(tom.dm().messages[0].reactions) == []
    await platform.messenger.send(outgoing(room, "", change=Change.DELETE, target=target), None)
    assert tom.dm().messages == []
    await platform.messenger.send(outgoing(room, "", change=Change.DELETE, target=target), None)


async def test_what_is_busy_is_tried_later(sim, platform, room):
    sim.faults.add(Fault("status", match="create_message", status=503))

    with pytest.raises(ServiceFailure) as failed:
        await platform.messenger.send(outgoing(room), None)

    assert (failed.value.cause, failed.value.retryable) == (Cause.BUSY, True)


async def test_files_are_fetched_by_where_they_hang(heard, inbox, tom):
    await tom.dm().send_voice(OGG, 1.0)
    incoming = await inbox.next()

    assert await heard.messenger.fetch(incoming.media, max_bytes=10**6) == OGG
    with pytest.raises(FileTooLarge):
        await heard.messenger.fetch(incoming.media, max_bytes=10)


async def test_addresses_that_expired_are_asked_for_again(heard, inbox, tom, time):
    await tom.dm().send_file(b"text", "a.txt")
    incoming = await inbox.next()
    time.pass_by(hours=25)

    assert await heard.messenger.fetch(incoming.media, max_bytes=10**6) == b"text"


async def test_a_file_that_was_removed_is_told(platform, tom):
    media = IncomingMedia(kind=MediaKind.DOCUMENT, file_id=f"{tom.dm().channel_id}/1/2")

    with pytest.raises(ServiceFailure) as failed:
        await platform.messenger.fetch(media, max_bytes=10)

    assert failed.value.cause is Cause.REJECTED


async def test_a_sign_of_life_is_shown_sparingly(sim, platform, room):
    for _ in range(3):
        await platform.messenger.indicate(room, Indication.RECORDING_VOICE)

    assert [r.operation for r in sim.requests if "typing" in r.operation] == [
        "trigger_typing_indicator"
    ]


async def test_a_promised_answer_is_kept_and_what_follows_are_messages(
    heard, platform, inbox, sim, tom, room
):
    asked = await run(platform, inbox, tom)

    await platform.messenger.send(outgoing(room, "one", "a", callback_id=asked), None)
    await platform.messenger.send(outgoing(room, "one", "a", callback_id=asked), None)
    await platform.messenger.send(outgoing(room, "two", "b", callback_id=asked), None)

    pane = tom.dm()
    assert not pane.is_thinking
    assert [message.content for message in pane.messages] == ["one", "two"]


async def test_another_process_keeps_the_promise(sim, heard, platform, inbox, tom, room, rooms):
    asked = await run(platform, inbox, tom)
    other = a_platform(sim, Collector(), rooms, None)

    await other.messenger.send(outgoing(room, "one", "a", callback_id=asked), None)
    await other.messenger.send(outgoing(room, "two", "b", callback_id=asked), None)
    await other.stop()

    assert [message.content for message in tom.dm().messages] == ["one", "two"]
    assert not tom.dm().is_thinking


async def test_an_answer_that_comes_too_late_is_an_ordinary_message(
    heard, platform, inbox, tom, room, time
):
    asked = await run(platform, inbox, tom)
    time.pass_by(minutes=16)

    late = {LATE: "I was *away*."}
    for _ in range(2):
        await platform.messenger.send(outgoing(room, "late", callback_id=asked, extra=late), None)

    said = [message.content for message in tom.dm().messages]
    assert said[-2:] == ["I was \\*away\\*.", "late"]
    assert said.count("late") == 1


async def test_an_answer_in_time_does_not_say_that_it_is_late(heard, platform, inbox, tom, room):
    asked = await run(platform, inbox, tom)
    late = {LATE: "I was away."}

    await platform.messenger.send(outgoing(room, "in time", callback_id=asked, extra=late), None)

    assert [message.content for message in tom.dm().messages] == ["in time"]


async def test_a_late_whisper_is_said_in_private(heard, platform, inbox, sim, tom, time):
    school = sim.guild("School", owner=tom)
    lobby = school.add_channel("lobby")
    asked = await run(platform, inbox, tom, lobby)
    place = Address("discord", str(lobby.channel_id))
    await platform.messenger.send(outgoing(place, "hush", "a", callback_id=asked), None)
    assert tom.at(lobby).messages[-1].is_ephemeral
    time.pass_by(minutes=16)

    await platform.messenger.send(outgoing(place, "late", "b", callback_id=asked), None)

    assert tom.dm().messages[-1].content == "late"
    assert "late" not in [message.content for message in tom.at(lobby).messages]


async def test_a_notice_on_a_press_is_for_whoever_pressed(heard, platform, inbox, tom, room):
    await platform.messenger.send(outgoing(room, buttons=((Button("Go", "go"),),)), None)
    await tom.dm().press(tom.dm().messages[0], label="Go")
    pressed = await inbox.next()

    await platform.messenger.send(
        outgoing(room, "seen", "a", change=Change.ANSWER_BUTTON, callback_id=pressed.callback_id),
        None,
    )

    assert tom.dm().messages[-1].content == "seen"
    assert tom.dm().messages[-1].is_ephemeral
    assert tom.toasts == []


async def test_paces_are_discords_or_none(sim, inbox, rooms, questions, platform, room):
    paced = a_platform(sim, inbox, rooms, questions, messages_per_second=45.0)

    assert paced.messenger.pace == Pace(45.0, burst=5)
    assert paced.messenger.room_pace(room) == Pace(1.0, burst=5)
    assert platform.messenger.room_pace(room) == Pace(0)


async def test_a_refused_token_is_told_without_it(sim, inbox, rooms, questions):
    platform = a_platform(sim, inbox, rooms, questions, token="canary")

    with pytest.raises(ServiceFailure) as failed:
        await platform.start()
    await platform.stop()

    assert failed.value.cause is Cause.MISCONFIGURED
    assert "canary" not in str(failed.value)


async def run(
    platform: DiscordPlatform, inbox: Collector, tom: Person, channel: object = None
) -> str:
    """Run a command; what is needed to answer it."""
    await platform.rest.put_commands([{"name": "go", "type": 1, "description": "Go"}], None)
    pane = tom.dm() if channel is None else tom.at(channel)
    asked = await pane.run("go")
    incoming = await inbox.next()
    await pane.channel.bell.until(lambda: asked.is_answered or None, 10)
    assert incoming.callback_id is not None
    return incoming.callback_id
