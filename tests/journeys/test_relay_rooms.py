"""Rooms in a server for a teacher's students: opened, used, left, gone, opened again."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest

from bot.app import App
from bot.flows.own_records import merge_people
from bot.simulators.discord import Channel, ChannelKind, Message, Pane, Permission
from bot.simulators.discord import Person as DiscordPerson
from bot.simulators.discord.manager import GuildManager
from bot.simulators.telegram import Person
from bot.storage.work import Work
from tests.discord_stage import DiscordStage, a_discord_app, a_discord_stage
from tests.discord_visitors import DiscordVisitor, plain
from tests.relay_stage import acquainted, met, reads
from tests.stage import PATIENCE_SECONDS

BOTH = frozenset({"telegram", "discord"})
HERE, PRIVATE = "Receive my students here", "In my private chat instead"


@dataclass
class School:
    """Ana learns in Telegram; Ben teaches in Discord, and runs a server there."""

    app: App
    stage: DiscordStage
    server: GuildManager
    ana: Person
    ben: DiscordVisitor

    @property
    def teacher(self) -> DiscordPerson:
        return self.ben.person

    async def set_up(self, channel: Channel) -> Pane:
        """Run /setup there and press its button."""
        pane = self.teacher.at(channel)
        await pane.run("setup")
        await pane.wait(is_card, PATIENCE_SECONDS)
        await self.press(pane, HERE)
        return pane

    async def press(self, pane: Pane, label: str) -> None:
        await pane.press(card_in(pane), label=label)

    async def room(self, *, number: int = 1) -> Pane:
        """The latest room, once there are so many, and once it was said whose it is."""
        discord = self.stage.discord
        await discord.until(lambda: len(self.rooms) >= number, PATIENCE_SECONDS)
        pane = self.teacher.at(self.rooms[-1])
        await sees(pane, "This room is yours")
        return pane

    @property
    def rooms(self) -> list[Channel]:
        """Threads that Ben is in and did not open himself."""
        own = self.teacher.user_id
        return [
            each for each in self.teacher.threads if each.thread and each.thread.owner_id != own
        ]


def is_card(message: Message) -> bool:
    return any(button.label == HERE for button in message.buttons)


def card_in(pane: Pane) -> Message:
    """The newest one, among whatever else /setup says."""
    return [message for message in pane.messages if is_card(message)][-1]


async def sees(pane: Pane, part: str) -> Message:
    return await pane.wait(lambda m: part in plain(m), PATIENCE_SECONDS)


@pytest.fixture
async def stage() -> AsyncIterator[DiscordStage]:
    async with a_discord_stage() as stage:
        yield stage


@pytest.fixture
async def school(stage: DiscordStage, sqlite_url: str) -> AsyncIterator[School]:
    intent = {"message_content": True}
    async with a_discord_app(stage, sqlite_url, parts=BOTH, discord=intent) as app:
        yield await founded(app, stage)


async def founded(app: App, stage: DiscordStage) -> School:
    ana, ben = stage.telegram.person(1, "Ana"), stage.discord.person(2001, "Ben")
    visitor = DiscordVisitor(ben)
    await visitor.say("/start", then="Hello")
    await acquainted(app, await met(app, ana), ("discord", visitor.external_id))
    return School(app, stage, stage.discord.guild("School", owner=ben), ana, visitor)


async def test_a_teacher_has_a_room_for_every_student(school: School) -> None:
    await school.set_up(school.server.add_channel("students"))
    pane = await school.room()
    await school.ana.send_text("Here?")
    seen = await sees(pane, "Here?")
    await pane.send("Yes, here.")
    answer = await reads(school.ana, "Yes, here.")

    assert pane.channel.name == "Ana"
    assert "Reply" not in str(seen.buttons)
    assert answer.text == "Ben\nYes, here."


async def test_rooms_that_were_left_are_opened_again_when_asked_for(school: School) -> None:
    lobby = await school.set_up(school.server.add_channel("students"))
    await school.room()
    await school.press(lobby, PRIVATE)
    await sees(lobby, "come to our private chat")
    await school.ana.send_text("Where?")
    await school.ben.reads("Where?")
    await school.press(lobby, HERE)
    pane = await school.room(number=2)
    await school.ana.send_text("Here?")
    await sees(pane, "Here?")

    assert [room.name for room in school.rooms] == ["Ana", "Ana"]


async def test_in_a_forum_every_student_has_a_post(school: School) -> None:
    forum = school.server.add_channel("students", ChannelKind.FORUM)
    post = await school.teacher.at(forum).start_post("Welcome", "Rooms below")
    pane = await school.set_up(post)
    room = await school.room()
    await school.ana.send_text("Here?")
    await sees(room, "Here?")

    assert room.channel.parent_id == forum.channel_id
    assert "can read along" in card_in(pane).content


async def test_asked_for_in_a_thread_rooms_are_in_the_channel_around_it(school: School) -> None:
    lobby = school.server.add_channel("students")
    thread = await school.teacher.at(lobby).start_thread("talk")
    await school.set_up(thread)

    assert (await school.room()).channel.parent_id == lobby.channel_id


async def test_where_rooms_are_forbidden_the_teacher_is_told_and_may_try_again(
    school: School,
) -> None:
    lobby = school.server.add_channel("students")
    school.server.overwrite(lobby, None, deny=Permission.CREATE_PRIVATE_THREADS)
    pane = await school.set_up(lobby)
    await school.ben.reads("I could not open rooms")
    school.server.overwrite(lobby, None, allow=Permission.CREATE_PRIVATE_THREADS)
    await school.press(pane, HERE)

    assert (await school.room()).channel.name == "Ana"


async def test_a_line_that_names_us_opens_no_channel_for_rooms(school: School) -> None:
    pane = school.teacher.at(school.server.add_channel("students"))
    await pane.send(f"<@{school.stage.discord.bot.user_id}> /setup")
    told = await sees(pane, "pick /setup from the list")

    assert not told.buttons


@pytest.mark.parametrize("how", ["deleted", "thrown_out", "locked_out"])
async def test_when_a_room_is_gone_students_are_heard_in_private(school: School, how: str) -> None:
    lobby = school.server.add_channel("students")
    await school.set_up(lobby)
    room = await school.room()
    if how == "deleted":
        school.server.delete_channel(room.channel)
    elif how == "thrown_out":
        school.server.kick_bot()
    else:
        denied = Permission.SEND_MESSAGES_IN_THREADS
        school.server.overwrite(lobby, None, deny=denied)
    await school.ana.send_text("Where?")
    await school.ben.reads("The room for Ana is gone or closed")
    await school.ben.reads("Where?")
    await school.ana.send_text("And this?")
    await school.ben.reads("And this?")

    assert len([text for text in school.ben.texts if "is gone or closed" in text]) == 1


async def test_a_teacher_who_disconnects_discord_is_heard_elsewhere(school: School) -> None:
    await school.set_up(school.server.add_channel("students"))
    room = await school.room()
    there = school.stage.telegram.person(2, "Ben")
    await met(school.app, there)

    def joins(work: Work) -> None:
        other = work.identities.find("telegram", "2")
        ours = work.identities.find("discord", school.ben.external_id)
        assert other is not None
        assert ours is not None
        merge = school.app.product.records
        user = work.users.get(ours.user_id)
        work.users.save(replace(user, email="ben@example.org"))
        merge_people(work, merge, other.user_id, ours.user_id, school.app.clock.now())

    await school.app.storage.write(joins)
    await there.send_text("/link")
    card = await reads(there, "Your connected apps")
    await there.press(card.message_id, label="✂️ Disconnect Discord")
    sure = await reads(there, "Disconnect")
    await there.press(sure.message_id, label="✂️ Disconnect Discord")
    await reads(there, "no longer used")
    await school.ana.send_text("Where?")
    await reads(there, "Where?")

    assert "Where?" not in str([plain(message) for message in room.messages])


@pytest.mark.parametrize("is_removed_while_away", [False, True])
async def test_what_is_removed_after_a_restart_is_gone_from_the_student(
    stage: DiscordStage, sqlite_url: str, is_removed_while_away: bool
) -> None:
    intent = {"message_content": True}
    async with a_discord_app(stage, sqlite_url, parts=BOTH, discord=intent) as app:
        school = await founded(app, stage)
        await school.set_up(school.server.add_channel("students"))
        room = await school.room()
        said = await room.send("At five")
        seen = await reads(school.ana, "At five")
        await app.settle([])
    if is_removed_while_away:
        await room.delete(said)
    async with a_discord_app(stage, sqlite_url, parts=BOTH, discord=intent):
        if not is_removed_while_away:
            await room.delete(said)
        chat = school.ana.chat
        await chat.bell.until(lambda: chat.find(seen.message_id) is None or None, PATIENCE_SECONDS)


async def test_where_messages_are_hidden_from_us_a_teacher_is_told_what_to_do(
    stage: DiscordStage, sqlite_url: str
) -> None:
    async with a_discord_app(stage, sqlite_url, parts=BOTH) as app:
        school = await founded(app, stage)
        await school.set_up(school.server.add_channel("students"))
        room = await school.room()
        await room.send("At five")
        told = await sees(room, "does not let me see what is written here")
        await room.send(f"<@{stage.discord.bot.user_id}> At six")
        await reads(school.ana, "At six")

    assert "did not reach Ana" in told.content
    assert "At five" not in str([message.text for message in school.ana.chat.messages])
