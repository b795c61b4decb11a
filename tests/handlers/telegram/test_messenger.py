"""Sending to, and fetching from, a simulated Telegram that refuses what Telegram would refuse."""

import asyncio
import random
from dataclasses import replace

import pytest

from bot.core.errors import Cause, ServiceFailure
from bot.messaging.errors import FileTooLarge
from bot.messaging.model import (
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
    Style,
)
from bot.messaging.ports import Undeliverable
from bot.simulators.faults import Fault

OGG = b"OggS" + bytes(24) + b"OpusHead\x01\x01" + bytes(100)
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x10\x00\x00\x00\x10" + bytes(40)


@pytest.fixture
async def ana(telegram):
    person = telegram.person(1001, "Ana")
    await person.send_text("/start")
    return person


ROOM = Address("telegram", "1001")


def outgoing(*texts, **changes) -> Outgoing:
    body = tuple(Paragraph(text) for text in texts)
    defaults = {"key": "k1", "to": ROOM, "kind": MessageKind.NOTICE, "body": body}
    return Outgoing(**(defaults | changes))


def voice(**changes) -> Attachment:
    return Attachment(
        kind=MediaKind.VOICE, blob_id="b", mime="audio/ogg", filename="reply.ogg", **changes
    )


def sent_to(person):
    return [message for message in person.chat.messages if message.from_bot]


async def test_a_message_arrives_and_its_id_is_told(messenger, ana):
    buttons = ((Button("Go", "v1:go"),),)

    message_id = await messenger.send(outgoing("<3 & adiós", buttons=buttons), None)

    (message,) = sent_to(ana)
    assert message_id == str(message.message_id)
    assert (message.text, message.entities) == ("<3 & adiós", ())
    assert message.buttons[0][0].data == "v1:go"


async def test_a_voice_bubble_arrives_with_length_and_caption(messenger, ana, telegram):
    await messenger.send(outgoing("Bien.", attachment=voice(seconds=2.2)), OGG)

    (message,) = sent_to(ana)
    assert (message.kind, message.seconds, message.text) == ("voice", 3, "Bien.")
    assert telegram.file(message.file_id) == OGG


async def test_file_names_arrive_as_they_are(messenger, ana):
    card = Attachment(
        kind=MediaKind.DOCUMENT, blob_id="b", mime="text/plain", filename='mis "notas" – año.txt'
    )

    await messenger.send(outgoing(attachment=card), b"x")

    assert sent_to(ana)[0].file.filename == "mis _notas_ – año.txt"


async def test_a_picture_arrives(messenger, ana):
    picture = Attachment(
        kind=MediaKind.PHOTO, blob_id="b", mime="image/png", filename="progress.png"
    )

    await messenger.send(outgoing("This week", attachment=picture), PNG)

    assert [message.kind for message in sent_to(ana)] == ["photo"]


@pytest.mark.parametrize(
    "text",
    [
        "a" * 4097,
        "👩‍🏫" * 2_000,
        "x\x00\ud800y" * 2_000,
        "o" + "\u0308" * 9_000,
        "مرحبا يا صديقي " * 1_000,
        "<b>&amp;" * 2_000,
        "word " * 20_000,
    ],
)
async def test_telegram_refuses_none_of_our_texts(messenger, ana, telegram, text):
    await messenger.send(outgoing(text, body=(Paragraph(text, Style.QUOTE),)), None)

    assert [request.status for request in telegram.requests if request.status != 200] == []
    assert len(sent_to(ana)) > 1


async def test_random_bytes_as_text_are_taken(messenger, ana, telegram):
    noise = random.Random(7)
    for number in range(30):
        text = "".join(chr(noise.randrange(0x110000)) for _ in range(200))
        await messenger.send(outgoing(text, key=f"k{number}"), None)

    assert {request.status for request in telegram.requests} == {200}


async def test_an_edit_a_reaction_and_a_deletion(messenger, ana):
    question = await ana.send_text("hm?")
    message_id = await messenger.send(outgoing("old"), None)
    target = MessageRef(ROOM, message_id)

    edited = await messenger.send(outgoing("new", change=Change.EDIT, target=target), None)
    react = {"change": Change.REACT, "target": MessageRef(ROOM, str(question)), "reaction": "👌"}
    await messenger.send(outgoing(**react), None)

    assert (edited, sent_to(ana)[0].text) == (message_id, "new")
    assert ana.chat.find(question).reactions == ("👌",)

    await messenger.send(outgoing(change=Change.DELETE, target=target), None)

    assert sent_to(ana) == []


async def test_an_edit_that_changes_nothing_is_no_trouble(messenger, ana):
    message_id = await messenger.send(outgoing("same"), None)
    edit = outgoing("same", change=Change.EDIT, target=MessageRef(ROOM, message_id))

    assert await messenger.send(edit, None) is None


async def test_a_pressed_button_is_answered_once_and_too_late_is_no_trouble(messenger, ana):
    message_id = await messenger.send(outgoing("?", buttons=((Button("Go", "v1:go"),),)), None)
    callback_id = await ana.press(int(message_id), data="v1:go")
    answer = outgoing("Saved.", change=Change.ANSWER_BUTTON, callback_id=callback_id)

    await messenger.send(answer, None)
    again = await messenger.send(answer, None)

    assert [notice.text for notice in ana.chat.callback_answers] == ["Saved."]
    assert again is None


async def test_cosmetics_on_a_message_that_is_gone_are_no_trouble(messenger, ana):
    gone = {"target": MessageRef(ROOM, "999")}

    assert await messenger.send(outgoing(change=Change.DELETE, **gone), None) is None
    assert await messenger.send(outgoing(change=Change.REACT, reaction="👌", **gone), None) is None


async def test_an_edit_of_a_message_that_is_gone_is_undeliverable(messenger, ana):
    edit = outgoing("new", change=Change.EDIT, target=MessageRef(ROOM, "999"))

    with pytest.raises(Undeliverable) as caught:
        await messenger.send(edit, None)

    assert not caught.value.is_blocked


async def test_a_flood_limit_says_how_long_to_wait(messenger, ana, telegram):
    telegram.faults.add(Fault("rate_limit", "sendMessage", retry_after=17))

    with pytest.raises(ServiceFailure) as caught:
        await messenger.send(outgoing("hi"), None)

    assert (caught.value.cause, caught.value.retry_after) == (Cause.BUSY, 17)


async def test_a_server_error_is_busy(messenger, ana, telegram):
    telegram.faults.add(Fault("status", "sendMessage", status=502))

    with pytest.raises(ServiceFailure) as caught:
        await messenger.send(outgoing("hi"), None)

    assert caught.value.cause is Cause.BUSY


async def test_a_cut_connection_is_unreachable(messenger, ana, telegram):
    telegram.faults.add(Fault("drop_before", "sendMessage"))

    with pytest.raises(ServiceFailure) as caught:
        await messenger.send(outgoing("hi"), None)

    assert caught.value.cause is Cause.UNREACHABLE


async def test_what_was_sent_of_a_long_message_is_not_sent_again(messenger, ana, telegram):
    telegram.faults.add(Fault("status", "sendMessage", skip=1, times=2))
    message = outgoing("x" * 4096, "y" * 4096, "z")

    for _ in range(2):
        with pytest.raises(ServiceFailure):
            await messenger.send(message, None)
    message_id = await messenger.send(message, None)

    assert [m.text[0] for m in sent_to(ana)] == ["x", "y", "z"]
    assert message_id == str(sent_to(ana)[0].message_id)


async def test_the_same_message_sent_twice_on_purpose_is_two_messages(messenger, ana):
    await messenger.send(outgoing("x" * 5000), None)
    await messenger.send(outgoing("x" * 5000), None)

    assert len(sent_to(ana)) == 4


async def test_a_person_who_blocked_us_is_blocked(messenger, ana):
    await ana.block()

    with pytest.raises(Undeliverable) as caught:
        await messenger.send(outgoing("hi"), None)

    assert caught.value.is_blocked


async def test_a_room_that_does_not_exist_is_gone_and_asked_once(messenger, telegram):
    message = outgoing("hi", to=Address("telegram", "4242"), attachment=voice())

    with pytest.raises(Undeliverable) as caught:
        await messenger.send(message, OGG)

    assert caught.value.is_blocked
    assert [request.method for request in telegram.requests][-1:] == ["sendVoice"]
    assert len([r for r in telegram.requests if r.status == 400]) == 1


async def test_a_group_that_moved_says_where(messenger, telegram):
    group = telegram.group(-55, "Class")
    new_id = group.migrate()

    with pytest.raises(Undeliverable) as caught:
        await messenger.send(outgoing("hi", to=Address("telegram", "-55")), None)

    assert caught.value.moved_to == str(new_id)


async def test_a_closed_topic_and_one_that_is_gone_fall_back_to_the_room(messenger, telegram):
    forum = telegram.group(-1001, "School", is_forum=True)
    topic = forum.open_topic("Ana")
    forum.close_topic(topic)

    await messenger.send(outgoing("hi", to=Address("telegram", "-1001", str(topic))), None)
    await messenger.send(outgoing("ho", to=Address("telegram", "-1001", "99")), None)

    assert [(m.text, m.thread_id) for m in forum.chat.messages if m.from_bot] == [
        ("hi", None),
        ("ho", None),
    ]


async def test_what_is_carried_to_one_topic_is_never_said_to_the_whole_room(messenger, telegram):
    forum = telegram.group(-1001, "School", is_forum=True)
    forum.close_topic(forum.open_topic("Ana"))
    for topic in ("2", "99"):
        message = outgoing("hi", to=Address("telegram", "-1001", topic))
        with pytest.raises(Undeliverable) as refused:
            await messenger.send(replace(message, kind=MessageKind.RELAY), None)
        assert refused.value.is_blocked

    assert [m for m in forum.chat.messages if m.from_bot] == []


async def test_who_forbids_voice_messages_gets_the_recording_as_music(messenger, ana):
    ana.forbid_voice()

    await messenger.send(outgoing("Bien.", attachment=voice(seconds=2)), OGG)

    (message,) = sent_to(ana)
    assert message.kind != "voice"
    assert (message.file.data, message.text) == (OGG, "Bien.")


async def test_who_takes_no_files_at_all_gets_the_text(messenger, ana, telegram):
    for method in ("sendVoice", "sendAudio", "sendDocument"):
        telegram.faults.add(Fault("status", method, status=400))

    await messenger.send(outgoing("Bien.", attachment=voice(seconds=2)), OGG)

    assert [(m.kind, m.text) for m in sent_to(ana)] == [("text", "Bien.")]


async def test_a_file_over_the_limit_is_not_even_tried(messenger, telegram):
    with pytest.raises(Undeliverable):
        await messenger.send(outgoing(attachment=voice()), bytes(50_000_001))

    assert [request.method for request in telegram.requests] == ["getMe"]


async def test_a_sign_of_life_is_shown(messenger, ana):
    await messenger.indicate(ROOM, Indication.TYPING)
    await messenger.indicate(ROOM, Indication.RECORDING_VOICE)

    assert [shown.action for shown in ana.chat.actions] == ["typing", "record_voice"]


@pytest.mark.parametrize("kind", ["status", "drop_before", "rate_limit"])
async def test_a_sign_of_life_that_fails_is_no_trouble(messenger, ana, telegram, kind):
    telegram.faults.add(Fault(kind, "sendChatAction"))

    await messenger.indicate(ROOM, Indication.TYPING)
    await messenger.indicate(Address("telegram", "4242"), Indication.TYPING)

    assert ana.chat.actions == []


@pytest.fixture
async def note(ana):
    await ana.send_voice(OGG, 2.0)
    return IncomingMedia(kind=MediaKind.VOICE, file_id=ana.chat.messages[-1].file_id, size=len(OGG))


async def test_a_file_is_fetched(messenger, note):
    assert await messenger.fetch(note, max_bytes=1_000) == OGG


async def test_a_file_that_claims_too_much_is_not_asked_for(messenger, telegram):
    huge = IncomingMedia(kind=MediaKind.VOICE, file_id="F", size=20_000_001)

    with pytest.raises(FileTooLarge):
        await messenger.fetch(huge, max_bytes=10**9)

    assert "getFile" not in [request.method for request in telegram.requests]


async def test_a_file_that_lies_about_its_size_stops_at_the_bound(messenger, ana):
    await ana.send_voice(OGG * 100, 2.0, size=10)
    liar = IncomingMedia(kind=MediaKind.VOICE, file_id=ana.chat.messages[-1].file_id, size=10)

    with pytest.raises(FileTooLarge):
        await messenger.fetch(liar, max_bytes=1_000)


@pytest.mark.parametrize("operation", ["getFile", "download"])
async def test_one_network_failure_is_tried_again(messenger, note, telegram, operation):
    telegram.faults.add(Fault("drop_before", operation))

    assert await messenger.fetch(note, max_bytes=1_000) == OGG


async def test_two_network_failures_are_a_failure(messenger, note, telegram):
    telegram.faults.add(Fault("drop_before", "getFile", times=2))

    with pytest.raises(ServiceFailure) as caught:
        await messenger.fetch(note, max_bytes=1_000)

    assert caught.value.cause is Cause.UNREACHABLE


async def test_a_file_that_is_gone_is_rejected(messenger):
    with pytest.raises(ServiceFailure) as caught:
        await messenger.fetch(IncomingMedia(kind=MediaKind.VOICE, file_id="gone"), max_bytes=1_000)

    assert caught.value.cause is Cause.REJECTED


async def test_many_at_once_share_the_connections(messenger, ana):
    messages = [outgoing(str(number), key=str(number)) for number in range(100)]

    await asyncio.gather(*(messenger.send(message, None) for message in messages))

    assert sorted(int(message.text) for message in sent_to(ana)) == list(range(100))
