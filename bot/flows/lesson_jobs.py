"""What a lesson promised for later: reminders, the meter, who is missing, and its end."""

from collections.abc import Callable, Mapping
from datetime import datetime

from bot.accounts.model import User
from bot.chat.mirror import shown_name
from bot.core.clock import Clock
from bot.flows.lesson_news import LessonNews
from bot.flows.lesson_ports import Meetings
from bot.flows.lesson_words import Reader, book_button
from bot.flows.ports import FlowWork
from bot.flows.scene import Rows
from bot.flows.slot_waits import LOOK_JOB, SlotWaits, look_for_waiting
from bot.jobs.model import Job
from bot.messaging.model import Paragraph
from bot.scheduling.booking_service import BookingService
from bot.scheduling.lesson_service import EXTENSION_MINUTES, LessonService
from bot.scheduling.model import Booking, BookingStatus
from bot.scheduling.policy import LessonPolicy, lesson_price, missed_price
from bot.scheduling.reminders import (
    BILL_JOB,
    CLOSED,
    EXPIRE_JOB,
    LATE_JOB,
    METER_JOB,
    REMIND_JOB,
    plan_of,
)

_SOON = "soon"
LightJob = Callable[[FlowWork, Job], None]


class LessonJobs:
    """Handlers for the worker, and what meetings tell of a lesson's course."""

    def __init__(
        self,
        policy: LessonPolicy,
        news: LessonNews,
        meetings: Meetings,
        waits: SlotWaits,
        clock: Clock,
    ) -> None:
        self._bookings = BookingService(policy)
        self._lessons = LessonService(policy)
        self._news = news
        self._meetings = meetings
        self._waits = waits
        self._clock = clock

    def handlers(self) -> Mapping[str, LightJob]:
        """For the worker; all of them read and write only."""
        return {
            REMIND_JOB: self.remind,
            METER_JOB: self.meter,
            LATE_JOB: self.look_who_came,
            EXPIRE_JOB: self.expire,
            LOOK_JOB: self._waits.look,
            BILL_JOB: self.sum_up,
        }

    def begun(self, work: FlowWork, booking_id: str, now: datetime) -> None:
        """Meetings say: both are there."""
        booking = work.bookings.find(booking_id)
        if booking is not None and booking.is_upcoming:
            self._lessons.begin(work, booking, now)

    def ended(self, work: FlowWork, booking_id: str, came: frozenset[str], now: datetime) -> None:
        """Meetings say: it is over, and these were there. A second time changes nothing."""
        booking = work.bookings.find(booking_id)
        if booking is None or not booking.is_upcoming:
            return
        over = self._lessons.finish(work, booking, came, now)
        if over.status is not BookingStatus.COMPLETED:
            for person in (over.student_id, over.teacher_id):
                key, rows = _after(over, person), _again_rows(over, person)
                self._news.say(work, over, person, key, now, rows, cost=missed_price(over))

    def remind(self, work: FlowWork, job: Job) -> None:
        """Handles `lesson.remind`: both are told once for each of the three times."""
        booking = _as_planned(work, job)
        if booking is None or booking.status is not BookingStatus.CONFIRMED:
            return
        student = work.users.find(booking.student_id)
        teacher = work.users.find(booking.teacher_id)
        if student is None or teacher is None:
            return
        for person, partner in ((student, teacher), (teacher, student)):
            self._remind(work, booking, person, partner, job.payload["stage"])

    def meter(self, work: FlowWork, job: Job) -> None:
        """Handles `lesson.meter`: what the lesson comes to so far, and what more would cost."""
        booking = _as_planned(work, job)
        people = frozenset() if booking is None else {booking.student_id, booking.teacher_id}
        if booking is None or not booking.is_upcoming:
            return
        if not (self._meetings.came(work, booking) or frozenset()) >= people:
            return
        if not self._meetings.inside(work, booking):  # both have left early
            return
        now = self._clock.now()
        so_far = self._meetings.minutes(work, booking, now)
        can_extend = self._lessons.can_extend(work, booking, now)

        def rows(reader: Reader) -> Rows:
            return [[reader.button("booking.button.extend", "more", booking)]] if can_extend else ()

        for person in people:
            self._news.say(
                work,
                booking,
                person,
                "booking.news.meter",
                now,
                rows,
                count=so_far,
                price=lesson_price(booking, so_far),
                more=lesson_price(booking, EXTENSION_MINUTES),
            )

    def look_who_came(self, work: FlowWork, job: Job) -> None:
        """Handles `lesson.late`: shortly after the start, and once more after the end."""
        booking = _as_planned(work, job)
        if booking is None or not booking.is_upcoming:
            return
        now = self._clock.now()
        came = self._meetings.came(work, booking)
        if job.payload["stage"] == CLOSED:
            if not self._meetings.tells_end(work, booking):
                self.ended(work, booking.id, came or frozenset(), now)
            return
        if came is None:
            return
        missing = {booking.student_id, booking.teacher_id} - came
        for person in missing:
            key = "booking.news.missed" if came else "booking.news.nobody_there"
            self._news.say(work, booking, person, key, now, _missed_rows(booking))
        for person in came if missing else ():
            self._news.say(work, booking, person, "booking.news.partner_missing", now)

    def sum_up(self, work: FlowWork, job: Job) -> None:
        """Handles `lesson.bill` where nothing is paid: both hear how long they met."""
        booking, now = work.bookings.find(job.payload["booking_id"]), self._clock.now()
        if booking is None or booking.status is not BookingStatus.COMPLETED:
            return
        if self._meetings.came(work, booking) is None:
            return
        met = self._meetings.minutes(work, booking, now)
        for person in (booking.student_id, booking.teacher_id):
            self._news.say(work, booking, person, "booking.news.over", now, count=met)

    def expire(self, work: FlowWork, job: Job) -> None:
        """Handles `lesson.expire_hold`: nobody said yes."""
        booking, now = work.bookings.find(job.payload["booking_id"]), self._clock.now()
        if booking is None or booking.status is not BookingStatus.HELD:
            return
        if booking.held_until is not None and booking.held_until <= now:
            self._bookings.expire(work, booking, now)
            look_for_waiting(work, booking.teacher_id, now)

    def _remind(
        self, work: FlowWork, booking: Booking, person: User, partner: User, stage: str
    ) -> None:
        def body(reader: Reader) -> list[Paragraph]:
            said, at = booking.notices.get(partner.id), reader.at(booking.starts_at)
            name = shown_name(partner, reader.texts)
            told = [reader.texts(f"booking.remind.{stage}", name=name, at=at)]
            if said is not None:
                told.append(reader.texts(f"booking.news.{said}", name=name, at=at))
            return [Paragraph(each) for each in told]

        key = f"remind:{booking.id}:{int(booking.starts_at.timestamp())}:{stage}:{person.id}"
        rows = _soon_rows(booking) if stage == _SOON else _late_rows(booking)
        self._news.post(work, person, key, self._clock.now(), body, rows)


def _as_planned(work: FlowWork, job: Job) -> Booking | None:
    """The booking, if it still begins and ends as it did when this was promised."""
    booking = work.bookings.find(job.payload["booking_id"])
    return booking if booking is not None and plan_of(booking) == job.payload["plan"] else None


def _late_rows(booking: Booking) -> Callable[[Reader], Rows]:
    return lambda reader: [
        [
            reader.button("booking.button.coming", "come", booking),
            reader.button("booking.button.late", "late", booking),
            reader.button("booking.button.cannot", "cannot", booking),
        ]
    ]


def _after(booking: Booking, person: str) -> str:
    """What is said of a lesson that did not take place; whoever missed it reads so."""
    missed_by = {
        BookingStatus.NO_SHOW_STUDENT: booking.student_id,
        BookingStatus.NO_SHOW_TEACHER: booking.teacher_id,
    }.get(booking.status)
    own = "_by_you" if person == missed_by else ""
    return f"booking.news.{booking.status}_after{own}"


def _again_rows(booking: Booking, person: str) -> Callable[[Reader], Rows]:
    """A student whose teacher did not come may look for another hour."""
    if booking.status is not BookingStatus.NO_SHOW_TEACHER or person != booking.student_id:
        return lambda _: ()
    return lambda reader: [[book_button(reader)]]


def _missed_rows(booking: Booking) -> Callable[[Reader], Rows]:
    """It has begun, so nobody can call it off any more."""
    return lambda reader: [
        [reader.button("booking.button.join", "join", booking)],
        [
            reader.button("booking.button.coming", "come", booking),
            reader.button("booking.button.late", "late", booking),
        ],
    ]


def _soon_rows(booking: Booking) -> Callable[[Reader], Rows]:
    return lambda reader: [
        [reader.button("booking.button.join", "join", booking)],
        *_late_rows(booking)(reader),
    ]
