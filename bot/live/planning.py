"""From a draft to a conversation: announced, changed, moved, repeated, called off."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Generic

from bot.accounts.model import User
from bot.core.clock import Clock
from bot.core.errors import NotFound
from bot.core.timespan import Timespan
from bot.core.zone_data import wall_time, zone_data_version
from bot.live.draft import (
    CannotPlan,
    Draft,
    check_author,
    check_seats,
    check_texts,
    check_times,
    draft_of,
)
from bot.live.model import ConversationMovedOn, ConversationStatus, LiveConversation
from bot.live.policy import LivePolicy
from bot.live.ports import ConversationChange, ConversationEvents, ConversationNews, W
from bot.live.promises import planned_jobs
from bot.live.series import weekly_starts
from bot.live.turnout import Turnout

_CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that is read as another
_CODE_LENGTH = 8
_FIXED = frozenset({"kind", "starts_at", "ends_at", "zone", "price_minor", "currency"})


class PlanningService(Generic[W]):
    """What hosts do with their conversations before they begin, in the caller's unit.

    Args:
        takes_money: somebody collects payments here.
    """

    def __init__(
        self,
        clock: Clock,
        policy: LivePolicy,
        turnout: Turnout[W],
        *,
        takes_money: bool = False,
    ) -> None:
        self._clock = clock
        self._turnout = turnout
        self._takes_money = takes_money
        self.policy = policy
        self._listeners: list[ConversationEvents[W]] = []

    def add_listener(self, listener: ConversationEvents[W]) -> None:
        self._listeners.append(listener)

    def tell(
        self,
        work: W,
        news: ConversationNews,
        conversation: LiveConversation,
        before: LiveConversation | None = None,
        actor_id: str | None = None,
    ) -> None:
        """Everybody who listens hears of it, in this unit."""
        change = ConversationChange(
            news=news, conversation=conversation, before=before, actor_id=actor_id
        )
        for listener in self._listeners:
            listener.on_conversation(work, change)

    def check(self, work: W, draft: Draft, author: User) -> Draft:
        """The draft, tidied, if its author may announce it like this.

        Raises:
            CannotPlan: the key says what stands in the way.
        """
        now = self._clock.now()
        tidy = draft.tidied()
        is_verified = self._is_verified(work, author.id)
        check_author(tidy, author, is_verified=is_verified, takes_money=self._takes_money)
        check_texts(tidy)
        check_seats(tidy, self.policy)
        check_times(tidy.starts_at, tidy.ends_at, self.policy, now)
        planned = work.live.conversations.led_by(author.id, now)
        if len(planned) >= self.policy.most_planned:
            raise CannotPlan("group.error.too_many", most=self.policy.most_planned)
        self._check_alone(work, author.id, planned, Timespan(tidy.starts_at, tidy.ends_at))
        return tidy

    def create(self, work: W, draft: Draft, author: User) -> LiveConversation:
        """Announce it. Raises CannotPlan."""
        tidy = self.check(work, draft, author)
        is_verified = self._is_verified(work, author.id)
        planned = self._conversation(tidy, author.id, is_verified=is_verified)
        return self._announced(work, planned)

    def repeat_weekly(
        self, work: W, conversation_id: str, by: str, count: int
    ) -> Sequence[LiveConversation]:
        """The same in the weeks after it, `count` conversations with the first one.

        Each begins when the host's clock shows the same time, whatever happens to the zone.

        Raises:
            CannotPlan: too many of them, or the host leads something else then.
        """
        now = self._clock.now()
        first = self._own(work, conversation_id, by)
        if first.series_id is not None:
            raise CannotPlan("group.error.is_series")
        if not 2 <= count <= self.policy.most_weeks:
            raise CannotPlan("group.error.weeks", most=self.policy.most_weeks)
        others = [each for each in work.live.conversations.led_by(by, now) if each.id != first.id]
        if len(others) + count > self.policy.most_planned:
            raise CannotPlan("group.error.too_many", most=self.policy.most_planned)
        starts = weekly_starts(first.wall_time, first.zone, count)[1:]
        for start in starts:
            self._check_alone(work, by, others, Timespan.of(start, first.length))
        series = [work.live.conversations.save(replace(first, series_id=first.id))]
        draft = draft_of(first)
        is_verified = first.instructor_id is not None
        for start in starts:
            later = replace(draft, starts_at=start, ends_at=start + first.length)
            copy = self._conversation(later, by, is_verified=is_verified)
            series.append(
                self._announced(
                    work, replace(copy, series_id=first.id, co_host_id=first.co_host_id)
                )
            )
        return series

    def revise(self, work: W, conversation_id: str, by: str, **changes: Any) -> LiveConversation:
        """Change texts, materials, seats, room or level; who waits may move up.

        Args:
            changes: fields of `Draft`, but for its kind, times and price.

        Raises:
            CannotPlan: it cannot be like that.
            TooFewSeats: more people have seats.
        """
        if _FIXED & changes.keys():
            raise CannotPlan("group.error.fixed")
        before = self._own(work, conversation_id, by)
        draft = replace(draft_of(before), **changes).tidied()
        check_texts(draft)
        check_seats(draft, self.policy)
        values = {name: getattr(draft, name) for name in changes}
        if "seats" in values and values["seats"] is None:
            values["seats"] = self.policy.seats
        if not draft.is_public and before.invite_code is None:
            values["invite_code"] = _new_code()
        saved = work.live.conversations.save(replace(before, **values))
        if saved.room is not before.room:
            self._turnout.tell_changed(work, saved)
        after = self._turnout.move_up(work, saved, self._clock.now())
        self.tell(work, ConversationNews.CHANGED, after, before, by)
        return after

    def move(
        self, work: W, conversation_id: str, by: str, starts_at: datetime, ends_at: datetime
    ) -> LiveConversation:
        """Other times; whoever has a seat may give it back for nothing from now on.

        Raises:
            CannotPlan: it cannot be then.
        """
        before = self._own(work, conversation_id, by)
        if (before.starts_at, before.ends_at) == (starts_at, ends_at):
            return before
        now = self._clock.now()
        check_times(starts_at, ends_at, self.policy, now)
        planned = work.live.conversations.led_by(before.host_id, now)
        others = [each for each in planned if each.id != before.id]
        self._check_alone(work, by, others, Timespan(starts_at, ends_at))
        return self._moved(work, before, starts_at, ends_at, by)

    def appoint(
        self, work: W, conversation_id: str, by: str, co_host_id: str | None
    ) -> LiveConversation:
        """Who leads it when the host is away; None: nobody any more.

        Raises:
            CannotPlan: they cannot.
        """
        before = self._own(work, conversation_id, by)
        if before.co_host_id == co_host_id:
            return before
        if co_host_id is not None:
            person = work.users.find(co_host_id)
            if person is None or not person.is_registered or co_host_id == before.host_id:
                raise CannotPlan("group.error.co_host")
        saved = work.live.conversations.save(replace(before, co_host_id=co_host_id))
        self.tell(work, ConversationNews.CO_HOST, saved, before, by)
        return saved

    def cancel(
        self, work: W, conversation_id: str, by: str, *, is_whole_series: bool = False
    ) -> Sequence[LiveConversation]:
        """Call it off; everybody gets back what they paid.

        Args:
            is_whole_series: those that follow it in its series too.
        """
        first = self._own(work, conversation_id, by)
        wanted = [first]
        if is_whole_series and first.series_id is not None:
            wanted += [
                each
                for each in work.live.conversations.of_series(first.series_id)
                if each.starts_at > first.starts_at and each.status is ConversationStatus.SCHEDULED
            ]
        return [self.call_off(work, each.id, ConversationNews.CANCELLED, by) for each in wanted]

    def call_off(
        self, work: W, conversation_id: str, news: ConversationNews, by: str | None
    ) -> LiveConversation:
        """It does not take place, whoever says so. Raises ConversationMovedOn."""
        before = work.live.conversations.lock(conversation_id)
        off = work.live.conversations.save(before.moved_to(ConversationStatus.CANCELLED))
        after = self._turnout.call_off(work, off, self._clock.now())
        self.tell(work, news, after, before, by)
        return after

    def follow_zone(
        self, work: W, conversation_id: str, starts_at: datetime | None
    ) -> LiveConversation:
        """After a change of the zone data the host's wall clock wins.

        Args:
            starts_at: the instant it says today; None: nothing moved.
        """
        before = work.live.conversations.lock(conversation_id)
        if starts_at is None or starts_at <= self._clock.now():
            return work.live.conversations.save(replace(before, tz_version=zone_data_version()))
        return self._moved(work, before, starts_at, starts_at + before.length, None)

    def _moved(
        self,
        work: W,
        before: LiveConversation,
        starts_at: datetime,
        ends_at: datetime,
        by: str | None,
    ) -> LiveConversation:
        moved = work.live.conversations.save(
            replace(
                before,
                starts_at=starts_at,
                ends_at=ends_at,
                wall_time=wall_time(starts_at, before.zone),
                tz_version=zone_data_version(),
                moved_at=self._clock.now(),
            )
        )
        work.jobs.put(*planned_jobs(moved, self.policy))
        self._turnout.follow(work, moved)
        self.tell(work, ConversationNews.MOVED, moved, before, by)
        return moved

    def _announced(self, work: W, planned: LiveConversation) -> LiveConversation:
        added = work.live.conversations.add(planned)
        work.jobs.put(*planned_jobs(added, self.policy))
        self.tell(work, ConversationNews.PLANNED, added, None, added.host_id)
        return added

    def _conversation(self, draft: Draft, host_id: str, *, is_verified: bool) -> LiveConversation:
        fields = {name: getattr(draft, name) for name in draft.__slots__ if name != "seats"}
        return LiveConversation(
            host_id=host_id,
            instructor_id=host_id if is_verified else None,
            seats=draft.seats or self.policy.seats,
            invite_code=None if draft.is_public else _new_code(),
            wall_time=wall_time(draft.starts_at, draft.zone),
            tz_version=zone_data_version(),
            free_hours=self.policy.free_hours,
            late_percent=self.policy.late_percent,
            created_at=self._clock.now(),
            **fields,
        )

    def _own(self, work: W, conversation_id: str, by: str) -> LiveConversation:
        """Locked, and still to come. Raises NotFound where it is not theirs."""
        conversation = work.live.conversations.lock(conversation_id)
        if conversation.host_id != by:
            raise NotFound("group.error.not_yours")
        if not conversation.is_bookable(self._clock.now()):
            raise ConversationMovedOn
        return conversation

    def _is_verified(self, work: W, user_id: str) -> bool:
        profile = work.teachers.find_of_user(user_id)
        return profile is not None and profile.is_verified

    def _check_alone(
        self, work: W, host_id: str, others: Sequence[LiveConversation], span: Timespan
    ) -> None:
        """Nobody leads two conversations at one time, or one while they have a lesson."""
        for other in others:
            if other.span.overlaps(span):
                raise CannotPlan("group.error.overlaps", title=other.title)
        if any(lesson.overlaps(span) for lesson in work.engagements.lessons(host_id, span)):
            raise CannotPlan("group.error.lesson_then")


def _new_code() -> str:
    return "".join(secrets.choice(_CODE_LETTERS) for _ in range(_CODE_LENGTH))
