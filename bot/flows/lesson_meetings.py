"""Lessons and their meetings: what a meeting is for, and what a lesson hears of it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from bot.core.clock import Clock
from bot.core.entity import short_id
from bot.core.timespan import Timespan
from bot.flows.lesson_words import Reader
from bot.flows.ports import FlowWork
from bot.flows.scene import Rows
from bot.i18n.catalog import texts_in
from bot.jobs.model import Job
from bot.meetings.attendance import Attendance
from bot.meetings.model import Meeting, MeetingState, Provider
from bot.meetings.ports import Guest, Subject
from bot.meetings.service import MeetingService
from bot.messaging.model import Button
from bot.scheduling.model import Booking

OPEN_JOB, DOOR_PREFIX = "meeting.open", "mt"
_OPEN_BEFORE = timedelta(minutes=10)
_BEGINS_BEFORE = timedelta(minutes=15)

MinutesOf = Callable[[FlowWork, Booking, datetime], int]
MeetingSaid = Callable[[FlowWork, Meeting], None]


class Course(Protocol):
    """How a lesson goes on."""

    def begun(self, work: FlowWork, booking_id: str, now: datetime, /) -> None:
        """Both are there."""
        ...

    def ended(
        self, work: FlowWork, booking_id: str, came: frozenset[str], now: datetime, /
    ) -> None: ...


class LessonSubjects:
    """Bookings, as meetings see them. Implements `MeetingSubjects`."""

    def find(self, work: FlowWork, subject_id: str, /) -> Subject | None:
        booking = work.bookings.find(subject_id)
        if booking is None:
            return None
        gig = work.gigs.find(booking.gig_id)
        return Subject(
            id=booking.id,
            title=gig.title if gig else texts_in("en")("booking.lesson"),
            span=Timespan(booking.starts_at, booking.open_until),
            host_user_id=booking.teacher_id,
            host_name=_first_name(work, booking.teacher_id),
            guests=(Guest(booking.student_id, _first_name(work, booking.student_id)),),
            is_on=booking.is_upcoming,
        )


class LessonEvents:
    """Tells lessons what becomes of their meetings. Implements `MeetingEvents`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._course: Course | None = None
        self._say_ready: MeetingSaid | None = None
        self._ask_for_link: MeetingSaid | None = None

    def follow(self, course: Course, *, say_ready: MeetingSaid, ask_for_link: MeetingSaid) -> None:
        """Who is told; known only once the conversation is put together."""
        self._course = course
        self._say_ready = say_ready
        self._ask_for_link = ask_for_link

    def on_ready(self, work: FlowWork, meeting: Meeting, /) -> None:
        if meeting.provider is Provider.OWN and self._say_ready is not None:
            self._say_ready(work, meeting)
            return
        due_at = max(meeting.starts_at - _OPEN_BEFORE, self._clock.now())
        key = f"{meeting.subject_id}:{int(meeting.starts_at.timestamp())}"
        payload = {"booking_id": meeting.subject_id}
        work.jobs.put(Job(kind=OPEN_JOB, key=key, due_at=due_at, payload=payload))

    def on_link_needed(self, work: FlowWork, meeting: Meeting, /) -> None:
        if self._ask_for_link is not None:
            self._ask_for_link(work, meeting)

    def on_begun(self, work: FlowWork, meeting: Meeting, seen: Attendance, /) -> None:
        booking = work.bookings.find(meeting.subject_id)
        now = self._clock.now()
        if booking is None or self._course is None or now < booking.starts_at - _BEGINS_BEFORE:
            return
        if seen.who_came(meeting.span) >= {booking.student_id, booking.teacher_id}:
            self._course.begun(work, booking.id, now)

    def on_ended(self, work: FlowWork, meeting: Meeting, seen: Attendance, /) -> None:
        if self._course is not None:
            came = seen.who_provably_came(meeting.span)
            self._course.ended(work, meeting.subject_id, came, self._clock.now())


class LessonMeetings:
    """What lessons ask of their meetings. Implements booking's `Meetings`.

    Args:
        minutes_of: minutes of a lesson that goes on, as they would be billed.
    """

    def __init__(self, service: MeetingService[FlowWork], minutes_of: MinutesOf) -> None:
        self._service = service
        self._minutes_of = minutes_of

    def came(self, work: FlowWork, booking: Booking, /) -> frozenset[str] | None:
        """None while nothing can be known: no meeting, no webhooks, nobody tapped."""
        meeting = work.meetings.of_subject(booking.id)
        seen = self._service.seen(work, booking.id)
        if meeting is None or seen is None:
            return None
        is_heard = meeting.provider is Provider.ZOOM and self._service.has_deliveries
        came = seen.who_came(Timespan(booking.starts_at, booking.open_until))
        if not came and not is_heard and meeting.state is not MeetingState.ENDED:
            return None
        return came

    def inside(self, work: FlowWork, booking: Booking, /) -> frozenset[str]:
        """Who of the two is there at the moment, as far as is known."""
        seen = self._service.seen(work, booking.id) or Attendance()
        people = {each.user_id for each in seen.intervals if each.left_at is None}
        return frozenset(people & {booking.student_id, booking.teacher_id})

    def tells_end(self, work: FlowWork, booking: Booking, /) -> bool:
        """Every meeting that has a link is followed until it has ended."""
        meeting = work.meetings.of_subject(booking.id)
        return meeting is not None and meeting.state is MeetingState.READY

    def minutes(self, work: FlowWork, booking: Booking, now: datetime, /) -> int:
        """Minutes both were there at once so far, as they would be billed."""
        return self._minutes_of(work, booking, now)

    def join_link(self, work: FlowWork, booking: Booking, user_id: str, /) -> str | None:
        """The person's own way in; None: there is none (yet)."""
        return self._service.link_of(work, booking.id, user_id)

    def door_rows(self, work: FlowWork, booking: Booking, reader: Reader, /) -> Rows:
        """The teacher may open the room as its host, or give a link where there is no room."""
        meeting = work.meetings.of_subject(booking.id)
        if meeting is None or reader.user.id != booking.teacher_id or meeting.is_over:
            return ()
        if meeting.provider is Provider.OWN:
            return [[door_button(reader, "meet.button.link", "link", booking)]]
        if meeting.state is MeetingState.READY:
            return [[door_button(reader, "meet.button.open", "host", booking)]]
        return ()


def door_button(reader: Reader, key: str, action: str, booking: Booking) -> Button:
    """Of a button about where a lesson takes place."""
    return Button(reader.texts(key), f"{DOOR_PREFIX}:{action}:{short_id(booking.id)}")


def _first_name(work: FlowWork, user_id: str) -> str:
    user = work.users.find(user_id)
    return "" if user is None else user.first_name
