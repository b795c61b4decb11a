"""The demo's live conversation: three learners who take part by themselves, aloud."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import cycle

from bot.accounts.model import Identity, LearnerLanguage, Role, User, UserStatus
from bot.app import App
from bot.core.entity import long_id
from bot.core.language import Level
from bot.live.draft import Draft
from bot.live.model import SeatStatus
from bot.simulators.page.assets import Sample, load_samples
from bot.simulators.telegram.chat import ChatMessage
from bot.simulators.telegram.people import Person
from bot.storage.work import Work

_NOTES = {
    "Wei": ("speechocean762-028970221", "speechocean762-009810200"),
    "Mei": ("speechocean762-001200145", "speechocean762-005630169"),
    "Lin": ("speechocean762-001570203",),
}
_WEEKS = 4
_STARTS_IN, _LASTS = timedelta(minutes=50), timedelta(minutes=15)
_QUARTER = timedelta(minutes=15)
_SEEN = timedelta(days=9)
_LEARNERS_SEATS = len(_NOTES) - 1  # the host needs none
_TURNS_EACH = 4  # at the fourth the host ends it
_LOOK_SECONDS = 0.5
_A_DAY = 86_400.0
_ACTIONS = frozenset({"in", "start", "pass", "end2", "star"})


def announce(app: App, group: Sequence[Person], zone: str) -> Callable[[Work], None]:
    """The unit that makes the learners known and has the first one invite to a conversation."""

    def unit(work: Work) -> None:
        now = app.clock.now()
        host, *others = (_register(work, person, zone, now) for person in group)
        core = app.product.live
        first = core.planning.create(work, _draft(zone, now), host)
        series = core.planning.repeat_weekly(work, first.id, host.id, _WEEKS)
        for user in others:
            for each in series:
                core.seats.book(work, each.id, user.id)

    return unit


async def take_part(app: App, group: Sequence[Person], breath_seconds: float = 6.0) -> None:
    """Let them come in, begin, speak in their turns, end it and give stars, until cancelled.

    They stay away from a conversation for which nobody else has a seat.

    Args:
        breath_seconds: how long somebody thinks before they speak.
    """
    samples = load_samples()
    async with asyncio.TaskGroup() as tasks:
        for person in group:
            notes = [samples[name] for name in _NOTES[person.account.name]]
            member = _Member(person, notes, app, breath_seconds, is_host=person is group[0])
            tasks.create_task(member.live())


class _Member:
    """One of them: does what a message's buttons offer."""

    def __init__(
        self,
        person: Person,
        notes: Sequence[Sample],
        app: App,
        breath_seconds: float,
        *,
        is_host: bool,
    ) -> None:
        person.chat.is_open = True  # they talked to the bot before
        self._person = person
        self._notes = cycle(notes)
        self._app = app
        self._breath_seconds = breath_seconds
        self._is_host = is_host
        self._turns = 0

    async def live(self) -> None:
        while True:
            with suppress(TimeoutError, ValueError):  # nothing came, or the button went meanwhile
                message = await self._person.wait(lambda m: bool(_offers(m)), _A_DAY)
                await self._answer(message, _offers(message))

    async def _answer(self, message: ChatMessage, offers: Sequence[str]) -> None:
        """The last offer is the one that counts: of five stars the fifth."""
        data = offers[-1]
        match data.split(":")[1]:
            case "pass":
                await asyncio.sleep(self._breath_seconds)
                await self._take_turn()
            case "in" if not await self._has_guests(data):
                return
            case "start":
                await self._begin(message, data)
            case _:
                await self._person.press(message.message_id, data=data)

    async def _has_guests(self, data: str) -> bool:
        conversation_id = long_id(data.split(":")[2])
        seats = await self._app.storage.read(
            lambda work: work.live.seats.of_conversation(conversation_id)
        )
        return sum(seat.status is SeatStatus.CONFIRMED for seat in seats) > _LEARNERS_SEATS

    async def _take_turn(self) -> None:
        self._turns += 1
        if self._is_host and self._turns % _TURNS_EACH == 0:
            await self._end()
        else:
            note = next(self._notes)
            await self._person.send_voice(note.ogg, note.seconds)

    async def _end(self) -> None:
        """With the newest tools; the question that follows is an offer like others."""
        for message in reversed(self._person.chat.messages):
            for data in _data(message):
                if data.startswith("lr:end:"):
                    await self._person.press(message.message_id, data=data)
                    return

    async def _begin(self, message: ChatMessage, data: str) -> None:
        """As soon as it is time: the door, with this message behind it, opens minutes before."""
        begins_at = _quarter_after(self._app.clock.now())
        while self._app.clock.now() < begins_at:  # noqa: ASYNC110 - a moved clock rings nothing
            await asyncio.sleep(_LOOK_SECONDS)
        await self._person.press(message.message_id, data=data)


def _offers(message: ChatMessage) -> Sequence[str]:
    """What somebody in a live conversation would press on this message."""
    return [data for data in _data(message) if data.split(":")[:2][-1] in _ACTIONS]


def _data(message: ChatMessage) -> Sequence[str]:
    """Of the buttons about rooms."""
    known = [button.data or "" for row in message.buttons for button in row]
    return [data for data in known if data.startswith("lr:")]


def _quarter_after(at: datetime) -> datetime:
    seconds = _QUARTER.total_seconds()
    return datetime.fromtimestamp(-(-at.timestamp() // seconds) * seconds, UTC)


def _draft(zone: str, now: datetime) -> Draft:
    starts_at = _quarter_after(now + _STARTS_IN)
    return Draft(
        title="Weekend stories",
        description="We tell each other about the weekend. Everybody gets a turn.",
        language="en",
        level=Level.B1,
        starts_at=starts_at,
        ends_at=starts_at + _LASTS,
        zone=zone,
        topic="Free time, and what makes it good",
        cultural_notes="“How was your weekend?” is a friendly hello: a short answer is enough.",
        vocabulary=("to take a break", "to look forward to", "a day off"),
        grammar_points=("past simple",),
        prompts=(
            "What did you do last weekend?",
            "What are you looking forward to?",
            "Where would you spend a day off, and with whom?",
        ),
    )


def _register(work: Work, person: Person, zone: str, now: datetime) -> User:
    since = now - _SEEN
    user = work.users.add(
        User(
            created_at=since,
            status=UserStatus.ACTIVE,
            roles=frozenset({Role.STUDENT}),
            name=person.account.name,
            native_language="zh",
            time_zone=zone,
            age_confirmed_at=since,
        )
    )
    work.identities.add(
        Identity(
            platform="telegram",
            external_id=str(person.account.user_id),
            user_id=user.id,
            room=str(person.chat.chat_id),
            joined_at=since,
            last_used_at=since,
            is_latest=True,
        )
    )
    work.learner_languages.add(LearnerLanguage(user_id=user.id, language="en", level=Level.B1))
    return user
