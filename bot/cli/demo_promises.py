"""What the demo's product will do by itself, and doing it when the clock has come there."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

from bot.app import App
from bot.billing.jobs import REMIND_JOB as OWED_JOB
from bot.flows.lesson_meetings import OPEN_JOB
from bot.live.room_rules import RoomPolicy
from bot.meetings.service import FINISH_JOB
from bot.scheduling.reminders import LATE_JOB, METER_JOB, REMIND_JOB
from bot.simulators.page.meetings import starts_at
from bot.simulators.world import DemoWorld
from bot.storage.work import Work

_NEWS = frozenset({REMIND_JOB, METER_JOB, LATE_JOB, OPEN_JOB, FINISH_JOB, OWED_JOB})
_SENT_WITHIN_SECONDS = 2.0


class DemoPromises:
    """Implements `Promises` with the jobs of the running product."""

    def __init__(self, app: App, world: DemoWorld) -> None:
        self._app = app
        self._world = world

    async def next_due(self) -> datetime | None:
        return await self._next(None)

    async def next_news(self) -> datetime | None:
        """The next job that people hear of, or the next lesson's beginning."""
        job, now = await self._next(_NEWS), self._app.clock.now()
        lessons = [starts_at(each) for each in self._world.zoom.meetings]
        talks = await self._app.storage.read(self._talks)
        return min(
            (at for at in (job, *lessons, *talks) if at is not None and at > now), default=None
        )

    def _talks(self, work: Work) -> Sequence[datetime]:
        """Doors that open and ends that come, in live conversations of who is on the page."""
        world, now = self._world, self._app.clock.now()
        shown = [
            *(("telegram", person.account.user_id) for person in world.students.values()),
            *(("discord", person.user_id) for person in world.members.values()),
        ]
        known = (work.identities.find(platform, str(number)) for platform, number in shown)
        users = [identity.user_id for identity in known if identity is not None]
        talks = [
            *(each for user_id in users for each in work.live.conversations.led_by(user_id, now)),
            *(
                work.live.conversations.get(seat.conversation_id)
                for user_id in users
                for seat in work.live.seats.upcoming(user_id, now)
            ),
        ]
        early = RoomPolicy().opens_before
        return [
            at for each in talks for at in (each.starts_at - early, each.starts_at, each.ends_at)
        ]

    async def keep(self) -> None:
        self._world.stripe.subscriptions.pass_time()
        with suppress(TimeoutError):  # what is not heard now is asked for later
            await self._world.stripe.delivered(_SENT_WITHIN_SECONDS)
        await self._app.worker.run_due()
        self._world.discord.archive_idle_threads()
        with suppress(TimeoutError):  # what cannot be sent is tried again, later and later
            async with asyncio.timeout(_SENT_WITHIN_SECONDS):
                for sender in self._app.senders.values():
                    await sender.all_sent()

    async def _next(self, kinds: frozenset[str] | None) -> datetime | None:
        return await self._app.storage.read(
            lambda work: work.jobs.next_due(datetime.now(UTC), kinds)
        )
