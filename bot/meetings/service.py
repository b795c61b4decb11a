"""What happens to a meeting inside one transaction: its link, what is seen, its end."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Generic

import structlog

from bot.core.clock import Clock
from bot.core.errors import NotFound
from bot.jobs.model import Job
from bot.meetings.attendance import Attendance, attendance, due_after, ended_at
from bot.meetings.model import Meeting, MeetingState, Provider, Sighting, Source, What
from bot.meetings.ports import MeetingEvents, MeetingSubjects, Stayed, Subject, W

CREATE_JOB, CHANGE_JOB, REMOVE_JOB = "meeting.create", "meeting.change", "meeting.remove"
RECONCILE_JOB, FINISH_JOB = "meeting.reconcile", "meeting.finish"
LOOK_EVERY = timedelta(minutes=5)
PATIENCE = timedelta(minutes=60)
LONGEST_OVERRUN = timedelta(hours=4)
_TAP_PATIENCE = timedelta(minutes=30)
_log = structlog.get_logger()


class MeetingService(Generic[W]):
    """Every method belongs to the caller's unit.

    Args:
        has_deliveries: the vendor tells us by webhook; else it is asked every five minutes.
    """

    def __init__(
        self,
        clock: Clock,
        subjects: MeetingSubjects[W],
        events: MeetingEvents[W],
        *,
        has_deliveries: bool,
    ) -> None:
        self._clock = clock
        self.subjects = subjects
        self._events = events
        self.has_deliveries = has_deliveries

    def planned(self, work: W, subject: Subject) -> Meeting:
        """The subject's meeting, locked; made where there is none."""
        meeting = work.meetings.lock(subject.id)
        return meeting or work.meetings.add(
            Meeting(
                subject_id=subject.id,
                host_user_id=subject.host_user_id,
                starts_at=subject.span.start,
                ends_at=subject.span.end,
                kind=subject.kind,
            )
        )

    def ready(self, work: W, meeting: Meeting) -> Meeting:
        """There is a link: people are told, and somebody looks when it should be over."""
        saved = work.meetings.save(meeting.moved_to(MeetingState.READY))
        first = saved.ends_at if self._waits_for_news(saved) else saved.starts_at
        self._look_again(work, saved, max(first, self._clock.now()))
        self._events.on_ready(work, saved)
        return saved

    def need_link(self, work: W, meeting: Meeting) -> None:
        """Nothing can be made at the vendor's: the host is asked for a link of their own."""
        work.meeting_hosts.release(meeting.id)
        asked = replace(
            meeting.moved_to(MeetingState.LINK_ASKED),
            provider=Provider.OWN,
            host=None,
            provider_id=None,
            join_url=None,
        )
        self._events.on_link_needed(work, work.meetings.save(asked))

    def set_link(self, work: W, subject_id: str, url: str) -> Meeting:
        """The host's own link. Raises NotFound where none is wanted (any more)."""
        meeting = work.meetings.lock(subject_id)
        if meeting is None or meeting.provider is not Provider.OWN or meeting.is_over:
            raise NotFound
        return self.ready(work, replace(meeting, join_url=url))

    def moved(self, work: W, meeting: Meeting, subject: Subject) -> Meeting:
        """It has another time, and the same link if there was one."""
        span = subject.span
        changed = replace(meeting, starts_at=span.start, ends_at=span.end)
        if meeting.state is MeetingState.READY:
            return self.ready(work, changed)
        return work.meetings.save(changed)

    def link_of(self, work: W, subject_id: str, user_id: str) -> str | None:
        """A person's own way in; None while there is none."""
        meeting = work.meetings.of_subject(subject_id)
        if meeting is None or meeting.state is not MeetingState.READY:
            return None
        invited = work.registrants.of_meeting(meeting.id)
        own = (each.join_url for each in invited if each.user_id == user_id)
        return next(own, None if meeting.provider is Provider.ZOOM else meeting.join_url)

    def seen(self, work: W, subject_id: str) -> Attendance | None:
        """Who was there; once it has ended, as it was known then. None: there is no meeting.

        What is still open when a meeting has ended is closed by its planned end.
        """
        meeting = work.meetings.of_subject(subject_id)
        return None if meeting is None else self._seen(work, meeting)

    def tap(self, work: W, subject_id: str, user_id: str, what: What) -> None:
        """Somebody says that they started, or finished; a second time changes nothing.

        Raises:
            NotFound: there is no such meeting, or it is over.
        """
        meeting = work.meetings.lock(subject_id)
        if meeting is None or meeting.state is not MeetingState.READY:
            raise NotFound
        own = self._seen(work, meeting).of(user_id)
        is_in = bool(own) and own[-1].left_at is None
        if is_in != (what is What.JOINED):
            fact = Sighting(
                meeting_id=meeting.id,
                source=Source.TAP,
                what=what,
                user_id=user_id,
                seat=user_id,
                at=self._clock.now(),
            )
            self.take(work, meeting, fact)

    def take(self, work: W, meeting: Meeting, *facts: Sighting) -> None:
        """Keep facts, tell that somebody came, and promise a look once all have left."""
        if work.sightings.add(*facts, at=self._clock.now()) == 0 or meeting.is_over:
            return
        seen = self._seen(work, meeting)
        if any(fact.what in {What.JOINED, What.STAYED} for fact in facts):
            self._events.on_begun(work, meeting, seen)
        left = seen.last_left_at
        if left is not None and left > meeting.starts_at:
            due_at = max(due_after(left, meeting.span), self._clock.now())
            key = f"{meeting.subject_id}:{int(left.timestamp())}"
            work.jobs.put(_job(FINISH_JOB, key, meeting, due_at))

    def report(self, work: W, meeting: Meeting, rows: list[Stayed]) -> None:
        """Keep what the vendor's report says."""
        known = {
            each.registrant_id: each.user_id for each in work.registrants.of_meeting(meeting.id)
        }
        facts = [
            Sighting(
                meeting_id=meeting.id,
                source=Source.ZOOM_REPORT,
                what=What.STAYED,
                user_id=meeting.host_user_id if row.is_host else known.get(row.registrant_id or ""),
                instance=row.instance,
                seat=row.seat,
                at=row.joined_at,
                until=row.left_at,
            )
            for row in rows
        ]
        if facts:
            self.take(work, meeting, *facts)

    def look(self, work: W, subject_id: str, *, is_running: bool = False) -> None:
        """End it if it is over; otherwise look again in a while."""
        meeting = work.meetings.lock(subject_id)
        if meeting is None or meeting.is_over:
            return
        now = self._clock.now()
        seen = self._seen(work, meeting)
        late = now - meeting.ends_at
        is_left = not is_running and ended_at(seen, meeting.span, now) is not None
        patience = LONGEST_OVERRUN if is_running else self._patience(meeting, seen)
        if late >= patience or (is_left and self._is_whole(work, meeting, seen)):
            self._end(work, meeting)
        else:
            self._look_again(work, meeting, now)

    def compare(self, work: W, subject_id: str) -> None:
        """Mark a meeting that is over and of which webhooks and report tell different things."""
        meeting = work.meetings.lock(subject_id)
        if meeting is None or not meeting.is_over:
            return
        apart = attendance(work.sightings.of_meeting(meeting.id)).differences
        if apart and not meeting.differs:
            work.meetings.save(replace(meeting, differs=True))
            longest = max(apart.values()).total_seconds()
            _log.warning("meeting.sources_differ", meeting=meeting.id, seconds=longest)

    def finish(self, work: W, job: Job) -> None:
        """Handles `meeting.finish`: all had left a while ago; perhaps somebody came back."""
        meeting = work.meetings.lock(job.payload["booking_id"])
        if meeting is None or meeting.is_over:
            return
        seen = self._seen(work, meeting)
        is_left = ended_at(seen, meeting.span, self._clock.now()) is not None
        if is_left and self._is_whole(work, meeting, seen):
            self._end(work, meeting)
        elif is_left:
            self._look_again(work, meeting, self._clock.now() - LOOK_EVERY)

    def _end(self, work: W, meeting: Meeting) -> None:
        now = self._clock.now()
        work.meeting_hosts.release(meeting.id)
        over = work.meetings.save(replace(meeting.moved_to(MeetingState.ENDED), ended_at=now))
        if over.provider is Provider.ZOOM and self.has_deliveries:
            due_at = now + PATIENCE
            work.jobs.put(_job(RECONCILE_JOB, f"{over.subject_id}:after", over, due_at))
        self._events.on_ended(work, over, self._seen(work, over))

    def _seen(self, work: W, meeting: Meeting) -> Attendance:
        facts = work.sightings.of_meeting(meeting.id, known_by=meeting.ended_at)
        seen = attendance(facts)
        if meeting.is_over and seen.is_open:
            return attendance(facts, closed_by=meeting.ends_at)
        return seen

    def _is_whole(self, work: W, meeting: Meeting, seen: Attendance) -> bool:
        """Whether nothing more is to be waited for before it ends."""
        late = self._clock.now() - meeting.ends_at
        if meeting.provider is Provider.OWN:
            subject = self.subjects.find(work, meeting.subject_id)
            guests = subject.guests if subject else ()
            people = [meeting.host_user_id, *(guest.user_id for guest in guests)]
            return late >= _TAP_PATIENCE or all(seen.of(person) for person in people)
        return late >= PATIENCE or not seen.incomplete

    def _patience(self, meeting: Meeting, seen: Attendance) -> timedelta:
        """How long after its time a meeting is waited for that nothing says has ended."""
        if meeting.provider is Provider.OWN:
            return _TAP_PATIENCE
        is_silent = not seen.who_came(meeting.span) and not seen.incomplete
        return LOOK_EVERY if is_silent and self._waits_for_news(meeting) else PATIENCE

    def _waits_for_news(self, meeting: Meeting) -> bool:
        return meeting.provider is not Provider.ZOOM or self.has_deliveries

    def _look_again(self, work: W, meeting: Meeting, after: datetime) -> None:
        due_at = after + LOOK_EVERY
        key = f"{meeting.subject_id}:{int(due_at.timestamp())}"
        work.jobs.put(_job(RECONCILE_JOB, key, meeting, due_at))


def _job(kind: str, key: str, meeting: Meeting, due_at: datetime) -> Job:
    payload = {"booking_id": meeting.subject_id}
    return Job(kind=kind, key=key, due_at=due_at, payload=payload)
