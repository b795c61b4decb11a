"""A conversation's course: begun, extended, ended, or never begun at all."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Generic

from bot.core.clock import Clock
from bot.core.errors import NotFound
from bot.core.zone_data import replanned, zone_data_version
from bot.jobs.model import Job
from bot.jobs.ports import LightHandler
from bot.live.draft import CannotPlan
from bot.live.model import ConversationMovedOn, ConversationStatus, LiveConversation, Stay
from bot.live.planning import PlanningService
from bot.live.ports import ConversationNews, W
from bot.live.promises import NOT_BEGUN_JOB, OVER_JOB, ZONES_JOB, plan_of, planned_jobs
from bot.live.seating import EXPIRE_JOB
from bot.live.seats import SeatService
from bot.live.turnout import Turnout

Stays = Callable[[W, LiveConversation], Mapping[str, Stay]]
_MINUTE = timedelta(minutes=1)


class Course(Generic[W]):
    """What happens from the start on, and the jobs that see to it, in the caller's unit.

    Args:
        stays: who was in the room of a conversation, and how long, as far as is known.
    """

    def __init__(
        self,
        clock: Clock,
        planning: PlanningService[W],
        seats: SeatService[W],
        turnout: Turnout[W],
        stays: Stays[W],
    ) -> None:
        self._clock = clock
        self._planning = planning
        self._seats = seats
        self._turnout = turnout
        self.stays = stays

    def start(self, work: W, conversation_id: str, by: str) -> LiveConversation:
        """Who leads it begins; seats are neither taken nor given back from here on.

        Raises:
            NotFound: `by` does not lead it.
            CannotPlan: it is too early, or too late.
            ConversationMovedOn: it is over, or off.
        """
        now = self._clock.now()
        before = self._led(work, conversation_id, by)
        if before.status is ConversationStatus.LIVE:
            return before
        begun = before.moved_to(ConversationStatus.LIVE)
        early = self._planning.policy.early
        if now < before.starts_at - early:
            raise CannotPlan("group.error.too_early", count=early // _MINUTE)
        if now >= before.ends_at:
            raise CannotPlan("group.error.too_late")
        saved = work.live.conversations.save(begun)
        after = self._turnout.close(work, saved, now)
        self._planning.tell(work, ConversationNews.STARTED, after, before, by)
        return after

    def extend(self, work: W, conversation_id: str, by: str, minutes: int) -> LiveConversation:
        """It lasts longer, up to the longest there is.

        Raises:
            CannotPlan: longer than that.
            ConversationMovedOn: it is not running.
        """
        before = self._led(work, conversation_id, by)
        if before.status is not ConversationStatus.LIVE:
            raise ConversationMovedOn
        longer = replace(before, ends_at=before.ends_at + minutes * _MINUTE)
        longest = self._planning.policy.longest
        if minutes <= 0 or longer.length > longest:
            raise CannotPlan("group.error.too_long", count=longest // _MINUTE)
        saved = work.live.conversations.save(longer)
        work.jobs.put(*planned_jobs(saved, self._planning.policy))
        self._planning.tell(work, ConversationNews.EXTENDED, saved, before, by)
        return saved

    def complete(self, work: W, conversation_id: str, by: str | None = None) -> LiveConversation:
        """It is over; who was there attended, the others did not come.

        Args:
            by: who leads it and ends it; None: time did.
        """
        before = (
            work.live.conversations.lock(conversation_id)
            if by is None
            else self._led(work, conversation_id, by)
        )
        if before.status is ConversationStatus.COMPLETED:
            return before
        saved = work.live.conversations.save(before.moved_to(ConversationStatus.COMPLETED))
        self._turnout.settle(work, saved, self.stays(work, saved))
        self._planning.tell(work, ConversationNews.COMPLETED, saved, before, by)
        return saved

    def begin(self, work: W) -> None:
        """On start: promise to look whether the rules of some zone have changed."""
        now = self._clock.now()
        key = f"{zone_data_version()}:{now.date()}"
        work.jobs.put(Job(kind=ZONES_JOB, key=key, due_at=now))

    def jobs(self) -> Mapping[str, LightHandler[W]]:
        """Handlers for the worker, by kind."""
        return {
            EXPIRE_JOB: self._expire,
            NOT_BEGUN_JOB: self._not_begun,
            OVER_JOB: self._over,
            ZONES_JOB: self._follow_zones,
        }

    def _expire(self, work: W, job: Job) -> None:
        self._seats.expire(work, job.payload["seat_id"])

    def _not_begun(self, work: W, job: Job) -> None:
        """Nobody began it: it does not take place."""
        conversation = self._as_planned(work, job)
        if conversation is not None and conversation.status is ConversationStatus.SCHEDULED:
            self._planning.call_off(work, conversation.id, ConversationNews.NOT_HELD, None)

    def _over(self, work: W, job: Job) -> None:
        """Nobody ended it: it is over all the same."""
        conversation = self._as_planned(work, job)
        if conversation is not None and conversation.status is ConversationStatus.LIVE:
            self.complete(work, conversation.id)

    def _follow_zones(self, work: W, _: Job) -> None:
        now, version = self._clock.now(), zone_data_version()
        for it in work.live.conversations.planned_with(now, version):
            moved_to = replanned(it.wall_time, it.zone, it.starts_at)
            self._planning.follow_zone(work, it.id, moved_to)

    def _as_planned(self, work: W, job: Job) -> LiveConversation | None:
        """The conversation, unless its times are others meanwhile."""
        conversation = work.live.conversations.find(job.payload["conversation_id"])
        if conversation is None or plan_of(conversation) != job.payload["plan"]:
            return None
        return conversation

    def _led(self, work: W, conversation_id: str, by: str) -> LiveConversation:
        """Locked. Raises NotFound where `by` does not lead it."""
        conversation = work.live.conversations.lock(conversation_id)
        if not conversation.is_led_by(by):
            raise NotFound("group.error.not_yours")
        return conversation
