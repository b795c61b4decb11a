"""A room of a live conversation on a stage: its people, its clock, and who has the turn."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.app import App
from bot.live.draft import Draft
from bot.live.model import LiveConversation, RoomKind, Seat
from bot.live.room_model import LiveRoom, Member, RoomMessage
from bot.storage.work import Work
from tests.discord_stage import DiscordStage
from tests.discord_visitors import DiscordVisitor
from tests.live_stage import a_person
from tests.message_builders import HandClock
from tests.stage import PATIENCE_SECONDS, a_note
from tests.visitors import Anybody, user_of

PROMPTS = ("What did you eat today?", "Which food do you miss?")
VOCABULARY = ("la sobremesa", "el desayuno")
_FAR = timedelta(days=365)


@dataclass
class RoomStage:
    """People by name, the first one being the host."""

    app: App
    clock: HandClock
    people: dict[str, Anybody]
    ids: dict[str, str]
    conversation_id: str

    async def settle(self) -> None:
        """Until every due job is done and every message is sent."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await self._is_busy():  # noqa: ASYNC110 - rows of another task ring nothing
                await asyncio.sleep(0.005)

    async def until(self, at: datetime) -> None:
        """Move the clock to an instant, stopping where something is due, as a real clock does."""
        await self.settle()
        while (due := await self._first_due()) is not None and due < at:
            self.clock.at = max(self.clock.at, due)
            await self.settle()
        self.clock.at = at
        await self.settle()

    async def later(self, **by: float) -> None:
        await self.until(self.clock.at + timedelta(**by))

    async def open(self) -> None:
        """The door is open, and everybody has come in."""
        await self.until((await self.conversation()).starts_at - timedelta(minutes=5))
        for person in self.people.values():
            await person.press("Come in", then="You are in")
        await self.settle()

    async def begin(self) -> None:
        """Open, and begun by the host."""
        await self.open()
        await self.host.press("Start", then="We begin")
        await self.settle()

    async def speak(self, name: str, words: str, seconds: float = 1.0) -> None:
        """Send a voice note in which these words are heard; until everybody has it all."""
        person = self.people[name]
        if isinstance(person, DiscordVisitor):
            await person.pane.send_voice(a_note(seconds), seconds)
        else:
            await person.person.send_voice(a_note(seconds), round(seconds))
        listener = next(each for other, each in self.people.items() if other != name)
        await listener.reads(words)
        await self.settle()

    async def type(self, name: str, words: str, reader: str) -> None:
        """Write a line; until one of the others has read it."""
        person = self.people[name]
        if isinstance(person, DiscordVisitor):
            await person.pane.send(words)
        else:
            await person.person.send_text(words)
        await self.people[reader].reads(words)
        await self.settle()

    @property
    def host(self) -> Anybody:
        return next(iter(self.people.values()))

    async def conversation(self) -> LiveConversation:
        return await self.app.storage.read(
            lambda work: work.live.conversations.get(self.conversation_id)
        )

    async def room(self) -> LiveRoom:
        return await self.app.storage.read(
            lambda work: work.live.rooms.rooms.get(self.conversation_id)
        )

    async def asked(self) -> str:
        """The name of whoever has the turn."""
        room = await self.room()
        return next((name for name, each in self.ids.items() if each == room.turn_of), "")

    async def member(self, name: str) -> Member:
        def find(work: Work) -> Member:
            found = work.live.rooms.members.find_of(self.conversation_id, self.ids[name])
            assert found is not None
            return found

        return await self.app.storage.read(find)

    async def seat(self, name: str) -> Seat:
        def find(work: Work) -> Seat:
            found = work.live.seats.find_of(self.conversation_id, self.ids[name])
            assert found is not None
            return found

        return await self.app.storage.read(find)

    async def messages(self) -> Sequence[RoomMessage]:
        return await self.app.storage.read(
            lambda work: work.live.rooms.messages.of_room(self.conversation_id)
        )

    async def blobs(self) -> int:
        """How many files wait to be passed on."""

        def count(work: Work) -> int:
            found = work._connection.exec_driver_sql("SELECT count(*) FROM blobs")
            return int(found.scalar_one())

        return await self.app.storage.read(count)

    async def _is_busy(self) -> bool:
        begun = await self.app.worker.run_due()
        for sender in self.app.senders.values():
            await sender.all_sent()
        due = await self._first_due()
        return bool(begun) or (due is not None and due <= self.clock.at)

    async def _first_due(self) -> datetime | None:
        far = datetime(9999, 1, 1, tzinfo=self.clock.at.tzinfo)
        return await self.app.storage.read(lambda work: work.jobs.next_due(far, None))


async def a_room(
    stage: DiscordStage,
    app: App,
    clock: HandClock,
    names: Sequence[str],
    *,
    first_on: str = "telegram",
    language: str = "es",
    room: RoomKind = RoomKind.NOTES,
    co_host: str | None = None,
    prompts: Sequence[str] = PROMPTS,
) -> RoomStage:
    """People on both platforms in turn, with seats in a conversation that begins in an hour."""
    platforms = ("telegram", "discord") if first_on == "telegram" else ("discord", "telegram")
    people = {
        name: await a_person(stage, app, platforms[number % 2], 2001 + number, name)
        for number, name in enumerate(names)
    }
    ids = {name: (await user_of(app, person)).id for name, person in people.items()}
    host, *guests = ids.values()
    starts_at = clock.now() + timedelta(hours=1)

    def plan(work: Work) -> str:
        core, author = app.product.live, work.users.get(host)
        draft = Draft(
            title="Spanish over coffee",
            language=language,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=1),
            zone="Europe/Madrid",
            topic="Food at home",
            cultural_notes="After a meal people stay and talk.",
            vocabulary=VOCABULARY,
            prompts=tuple(prompts),
            room=room,
            seats=max(len(guests), 2),
        )
        made = core.planning.create(work, draft, author)
        if co_host is not None:
            saved = work.live.conversations.get(made.id)
            work.live.conversations.save(replace(saved, co_host_id=ids[co_host]))
        for guest in guests:
            core.seats.book(work, made.id, guest)
        return made.id

    made = await app.storage.write(plan)
    built = RoomStage(app, clock, people, ids, made)
    await built.settle()
    return built
