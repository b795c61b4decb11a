"""What the gateway tells is stored, once, in order, and then acknowledged."""

import asyncio

import pytest

from bot.core.errors import Cause, ServiceFailure
from bot.handlers.discord.ports import Heard, SlashCommand
from bot.handlers.discord.slash import publish
from bot.messaging.forms import Form, FormField
from bot.messaging.model import Address, Button, IncomingKind, MessageKind, Outgoing, Paragraph
from bot.simulators.discord import DiscordSimulator, Intent, Permission, Person
from tests.handlers.discord.conftest import Collector, Rooms, a_platform, listening

START = SlashCommand(
    name="start",
    about={"en": "Begin", "es": "Empezar"},
    takes="code",
    option={"en": "A code", "es": "Un código"},
    is_completed=True,
)


class Hashes:
    """What was published, in memory."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    async def get(self, key: str, /) -> str | None:
        return self._known.get(key)

    async def set(self, key: str, value: str, /) -> None:
        self._known[key] = value


@pytest.fixture
def tom(sim: DiscordSimulator) -> Person:
    return sim.person(2001, "Tom", locale="es-ES")


async def shown(platform, tom, *buttons: Button) -> None:
    room = Address("discord", str(tom.dm().channel_id))
    message = Outgoing(
        key="k", to=room, kind=MessageKind.PROMPT, body=(Paragraph("?"),), buttons=(buttons,)
    )
    await platform.messenger.send(message, None)


async def test_every_kind_of_event_comes_through(heard, inbox, tom):
    pane = tom.dm()
    said = await pane.send("hello")
    await inbox.next(1)
    await pane.edit(said, "hello!")
    await pane.react(said, "🔥")
    await pane.unreact(said, "🔥")
    await pane.delete(said)
    await inbox.next(5)

    events = list(inbox.known.values())
    assert [event.kind for event in events] == [
        IncomingKind.TEXT,
        IncomingKind.EDITED,
        IncomingKind.REACTION,
        IncomingKind.REACTION,
        IncomingKind.DELETED,
    ]
    assert {event.sender.external_id for event in events} == {"2001"}


async def test_the_same_reaction_put_on_again_is_news(heard, inbox, tom):
    said = await tom.dm().send("hello")
    await tom.dm().react(said, "🔥")
    await tom.dm().unreact(said, "🔥")
    await tom.dm().react(said, "🔥")

    assert (await inbox.next(4)).reaction == "🔥"


async def test_in_servers_only_what_is_meant_for_us_is_taken(heard, sim, inbox, rooms, tom):
    school = sim.guild("School", owner=tom)
    lobby, ours = (tom.at(school.add_channel(name)) for name in ("lobby", "lesson"))
    rooms.ours.add(str(ours.channel_id))
    await lobby.send("hello everybody")
    await lobby.send(f"<@{sim.bot.user_id}> hello bot")
    await ours.send(f"<@{sim.bot.user_id}> hello teacher")
    await inbox.next(2)

    assert [event.text for event in inbox.known.values()] == ["hello bot", "hello teacher"]


async def test_what_is_content_is_read_where_that_is_allowed(sim, inbox, rooms, questions, tom):
    school = sim.guild("School", owner=tom)
    ours = tom.at(school.add_channel("lesson"))
    rooms.ours.add(str(ours.channel_id))
    platform = a_platform(sim, inbox, rooms, questions, message_content=True)
    await platform.start()
    async with listening(platform):
        await ours.send("hello")
        assert (await inbox.next()).text == "hello"
    await platform.stop()


async def test_an_intent_that_was_not_granted_is_told(inbox, rooms, questions):
    async with DiscordSimulator(privileged=Intent(0), limits=False) as sim:
        platform = a_platform(sim, inbox, rooms, questions, message_content=True)
        await platform.start()
        with pytest.raises(ServiceFailure) as refused:
            await platform.listen(asyncio.Event(), lambda: None)
        await platform.stop()

    assert refused.value.cause is Cause.MISCONFIGURED
    assert "Message Content" in str(refused.value)


async def test_commands_are_published_when_they_changed(sim, platform, tom):
    seen = Hashes()

    assert await publish(platform.rest, [START], guild=None, seen=seen)
    assert not await publish(platform.rest, [START], guild=None, seen=seen)
    assert await publish(platform.rest, [], guild=None, seen=seen)
    assert await publish(platform.rest, [START], guild=None, seen=seen)
    (shown,) = tom.dm().commands
    assert (shown.canonical, shown.description) == ("start", "Empezar")


async def test_a_command_for_one_server_is_offered_there(sim, platform, tom):
    school = sim.guild("School", owner=tom)
    lobby = tom.at(school.add_channel("lobby"))

    await publish(platform.rest, [START], guild=school.guild.guild_id, seen=Hashes())

    assert [command.canonical for command in lobby.commands] == ["start"]
    assert tom.dm().commands == []


async def test_choices_are_suggested_while_one_types(heard, questions, tom):
    await publish(heard.rest, [START], guild=None, seen=Hashes())
    questions.choices = [("In a café", "cafe"), ("At work", "work")]

    choices = await tom.dm().complete("start", "code", "work")

    assert [(choice["name"], choice["value"]) for choice in choices] == [("At work", "work")]


async def test_a_press_is_acknowledged_and_a_form_is_opened(heard, inbox, questions, tom):
    form = Form("Your answers", "f:1:name:m", (FormField("name", "Your name?"),))
    questions.forms[form.data] = form
    await shown(heard, tom, Button("Go", "go"), Button("Fill", form.data, opens_form=True))
    (message,) = tom.dm().messages
    await tom.dm().press(message, label="Go")
    await inbox.next()
    await tom.dm().press(message, label="Fill")
    await tom.dm().channel.bell.until(lambda: tom.modal, 10)
    await tom.submit({"Your name?": "Tom"})

    filled = await inbox.next(2)
    assert (filled.kind, filled.data, dict(filled.form)) == (
        IncomingKind.FORM,
        "f:1:name:m",
        {"name": "Tom"},
    )
    assert tom.toasts == []


async def test_a_form_that_is_none_any_more_is_a_press(heard, inbox, tom):
    await shown(heard, tom, Button("Fill", "f:1:name:m", opens_form=True))
    await tom.dm().press(tom.dm().messages[0], label="Fill")

    pressed = await inbox.next()
    assert (pressed.kind, pressed.data) == (IncomingKind.BUTTON, "f:1:name:m")


class Stumbling(Collector):
    """Fails at first, as a database does that is away."""

    failures = 1

    async def receive(self, events, /) -> None:
        if self.failures:
            self.failures -= 1
            raise ServiceFailure("database", Cause.UNREACHABLE)
        await super().receive(events)


async def test_what_could_not_be_stored_is_stored_later_in_order(sim, rooms, questions, tom):
    inbox = Stumbling()
    platform = a_platform(sim, inbox, rooms, questions)
    await platform.start()
    async with listening(platform):
        for number in range(5):
            await tom.dm().send(str(number))
        await inbox.next(5)
    await platform.stop()

    assert [event.text for event in inbox.known.values()] == ["0", "1", "2", "3", "4"]


async def test_the_first_word_in_a_room_we_opened_is_not_missed(sim, inbox, rooms, questions, tom):
    ours = tom.at(sim.guild("School", owner=tom).add_channel("lesson"))
    rooms.ours.add(str(ours.channel_id))
    address = Address("discord", str(ours.channel_id))
    platform = a_platform(sim, inbox, rooms, questions, message_content=True)
    await platform.start()
    async with listening(platform):
        note = Outgoing(key="k", to=address, kind=MessageKind.RELAY, body=(Paragraph("Hello"),))
        await platform.messenger.send(note, None)
        await asyncio.wait_for(rooms.has_mark.wait(), 10)
    await ours.send("good morning")
    async with listening(platform):
        assert (await inbox.next()).text == "good morning"
    await platform.stop()


async def test_what_was_edited_while_we_were_away_is_heard_of_once(
    sim, inbox, rooms, questions, tom
):
    platform = a_platform(sim, inbox, rooms, questions)
    await platform.start()
    async with listening(platform):
        first, second = await tom.dm().send("one"), await tom.dm().send("two")
        await inbox.next(2)
        await tom.dm().edit(first, "one!")
        await inbox.next(3)
    await tom.dm().edit(second, "two!")
    await tom.dm().send("three")
    async with listening(platform):
        await inbox.next(5)
    await platform.stop()

    said = [(event.kind, event.text) for event in inbox.known.values()]
    assert said == [
        (IncomingKind.TEXT, "one"),
        (IncomingKind.TEXT, "two"),
        (IncomingKind.EDITED, "one!"),
        (IncomingKind.EDITED, "two!"),
        (IncomingKind.TEXT, "three"),
    ]


class AwayAtFirst(Rooms):
    """Cannot tell at first."""

    failures = 2

    def fail(self) -> None:
        if self.failures:
            self.failures -= 1
            raise ServiceFailure("database", Cause.UNREACHABLE)

    async def all(self) -> list[Heard]:
        self.fail()
        return list(await super().all())

    async def is_ours(self, room: str, /) -> bool:
        self.fail()
        return await super().is_ours(room)


@pytest.mark.parametrize("failures", [1, 2])
async def test_while_marks_cannot_be_read_everything_waits(sim, inbox, questions, tom, failures):
    rooms = AwayAtFirst()
    rooms.failures = failures
    platform = a_platform(sim, inbox, rooms, questions)
    await platform.start()
    async with listening(platform):
        await tom.dm().send("hello")
        assert (await inbox.next()).text == "hello"
    await platform.stop()

    assert list(rooms.heard) == [str(tom.dm().channel_id)]


async def test_a_room_that_is_closed_is_forgotten(sim, inbox, rooms, questions, tom):
    school = sim.guild("School", owner=tom)
    lobby = school.add_channel("lobby")
    pane = tom.at(lobby)
    platform = a_platform(sim, inbox, rooms, questions)
    await platform.start()
    async with listening(platform):
        await pane.send(f"<@{sim.bot.user_id}> hello")
        await inbox.next()
    school.kick_bot()
    await pane.send("bye")
    async with listening(platform):
        await asyncio.wait_for(rooms.has_forgotten.wait(), 10)
    await platform.stop()

    assert (sim.invalid_requests, rooms.heard) == (1, {})


@pytest.fixture
def lesson(sim, rooms, tom):
    """A room of a conversation, and Tom in it."""
    school = sim.guild("School", owner=tom)
    channel = school.add_channel("lesson")
    rooms.ours.add(str(channel.channel_id))
    return school, channel, tom.at(channel)


@pytest.mark.parametrize("is_bulk", [False, True])
async def test_what_was_written_before_a_restart_and_is_removed_later_has_an_author(
    sim, inbox, rooms, questions, tom, lesson, is_bulk
):
    school, channel, pane = lesson
    said = [await pane.send(text) for text in ("one", "two")]
    room = str(channel.channel_id)
    rooms.written = {(room, str(message.message_id)): "2001" for message in said}
    rooms.heard[room] = Heard(room, str(said[-1].message_id), str(school.guild_id))
    platform = a_platform(sim, inbox, rooms, questions, message_content=True)
    await platform.start()
    async with listening(platform):
        await pane.send("three")  # heard live, once the room is caught up with
        await inbox.next()
        if is_bulk:
            school.purge(channel, *said)
        else:
            for message in said:
                await pane.delete(message)
        await inbox.next(3)
    await platform.stop()

    gone = [event for event in inbox.known.values() if event.kind is IncomingKind.DELETED]
    assert [event.message.message_id for event in gone] == [str(m.message_id) for m in said]
    assert {event.sender.external_id for event in gone} == {"2001"}


async def test_what_was_removed_while_we_were_away_counts_as_removed(
    sim, inbox, rooms, questions, lesson
):
    school, channel, pane = lesson
    kept, gone = await pane.send("kept"), await pane.send("gone")
    room = str(channel.channel_id)
    rooms.written = {(room, str(each.message_id)): "2001" for each in (kept, gone)}
    # the mark is older than what was carried: it is written down now and then
    rooms.heard[room] = Heard(room, str(kept.message_id), str(school.guild_id))
    await pane.delete(gone)
    platform = a_platform(sim, inbox, rooms, questions, message_content=True)
    await platform.start()
    async with listening(platform):
        await inbox.next()
    await platform.stop()

    (event,) = inbox.known.values()
    assert (event.kind, event.message.message_id) == (IncomingKind.DELETED, str(gone.message_id))


async def test_where_the_history_may_not_be_read_nothing_counts_as_removed(
    sim, inbox, rooms, questions, lesson
):
    school, channel, pane = lesson
    said = await pane.send("there")
    room = str(channel.channel_id)
    rooms.written = {(room, str(said.message_id)): "2001"}
    rooms.heard[room] = Heard(room, str(said.message_id), str(school.guild_id))
    school.overwrite(channel, None, deny=Permission.READ_MESSAGE_HISTORY)
    platform = a_platform(sim, inbox, rooms, questions, message_content=True)
    await platform.start()
    async with listening(platform):
        await pane.send("still there")
        await inbox.next()
    await platform.stop()

    assert [event.kind for event in inbox.known.values()] == [IncomingKind.TEXT]


async def test_a_reaction_put_on_while_we_were_away_is_found_once(
    sim, inbox, rooms, questions, lesson
):
    school, channel, pane = lesson
    said = await pane.send("there")
    room = str(channel.channel_id)
    rooms.heard[room] = Heard(room, str(said.message_id), str(school.guild_id))
    await pane.react(said, "🔥")
    for _ in range(2):
        platform = a_platform(sim, inbox, rooms, questions, message_content=True)
        await platform.start()
        async with listening(platform):
            await inbox.next()
        await platform.stop()

    (event,) = inbox.known.values()
    assert (event.reaction, event.sender.external_id) == ("🔥", "2001")


async def test_an_event_nobody_can_read_stops_no_other(heard, inbox, tom):
    heard.hearing.hear('{"t": "INTERACTION_CREATE", "d": {"type": 2}}')
    heard.hearing.hear('{"t": "MESSAGE_CREATE", "d": {}}')
    await tom.dm().send("hello")
    assert (await inbox.next()).text == "hello"
