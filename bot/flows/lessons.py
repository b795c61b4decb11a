"""Booking and lessons, put together: commands, buttons, jobs, and what other parts ask for."""

from collections.abc import Callable, Mapping, Sequence

from bot.core.clock import Clock
from bot.core.zone_data import zone_data_version
from bot.flows.agenda import Agenda
from bot.flows.book import Book
from bot.flows.commands import Command
from bot.flows.dispatch import Press
from bot.flows.gig_card import BOOK_PREFIX
from bot.flows.lesson_actions import LessonActions
from bot.flows.lesson_jobs import LessonJobs
from bot.flows.lesson_news import LessonNews
from bot.flows.lesson_ports import Meetings, NoMeetings, NothingNeeded, Payments
from bot.flows.lesson_records import lesson_records
from bot.flows.lesson_words import LESSON_PREFIX
from bot.flows.people import in_private
from bot.flows.ports import FlowWork
from bot.flows.slot_waits import SlotWaits
from bot.flows.zone_asking import ZoneAsking
from bot.jobs.model import Job
from bot.scheduling.booking_service import BookingService
from bot.scheduling.policy import LessonPolicy
from bot.scheduling.reminders import RESUME_JOB
from bot.scheduling.rescheduling import Rescheduling

REPLAN_JOB = "lesson.replan"


class Lessons:
    """Everything of booking. `book` and `course` are where payments and meetings go on."""

    def __init__(
        self,
        zones: ZoneAsking,
        policy: LessonPolicy,
        clock: Clock,
        *,
        sends_mail: bool,
        payments: Payments | None = None,
        meetings: Meetings | None = None,
    ) -> None:
        meetings = meetings or NoMeetings()
        self._clock = clock
        self._moves = Rescheduling(policy)
        self._news = LessonNews(meetings, sends_mail=sends_mail)
        waits = SlotWaits(self._news, clock)
        self.book = Book(
            zones, BookingService(policy), self._news, waits, payments or NothingNeeded()
        )
        self.course = LessonJobs(policy, self._news, meetings, waits, clock)
        self.records = lesson_records(policy, self._news, clock)
        self._actions = LessonActions(policy, self._news, meetings)
        self._agenda = Agenda()
        self._show_agenda = zones.first("agenda", self._agenda.show)

    def jobs(self) -> Mapping[str, Callable[[FlowWork, Job], None]]:
        """For the worker."""
        return {**self.course.handlers(), REPLAN_JOB: self._replan, RESUME_JOB: self._resume}

    def commands(self) -> Sequence[Command]:
        return [
            Command(name="book", action=in_private(self.book.show), needs_registration=True),
            Command(name="agenda", action=in_private(self._show_agenda), needs_registration=True),
            Command(
                name="history", action=in_private(self._agenda.history), needs_registration=True
            ),
        ]

    def presses(self) -> Mapping[str, Press]:
        return {BOOK_PREFIX: self.book.press, LESSON_PREFIX: self._actions.press}

    def begin(self, work: FlowWork) -> None:
        """On start: promise to look whether the rules of some zone have changed."""
        now = self._clock.now()
        key = f"{zone_data_version()}:{now.date()}"
        work.jobs.put(Job(kind=REPLAN_JOB, key=key, due_at=now))

    def _resume(self, work: FlowWork, job: Job) -> None:
        """Handles `lesson.resume`: what waited for a card or a payment is booked."""
        self.book.card_saved(work, job.payload["user_id"], self._clock.now())

    def _replan(self, work: FlowWork, _: Job) -> None:
        """Handles `lesson.replan`: a lesson moves with the teacher's wall clock; both are told."""
        now = self._clock.now()
        for booking in self._moves.outdated(work, now):
            moved = self._moves.replan(work, booking, now)
            if moved is not None:
                for person in (moved.student_id, moved.teacher_id):
                    self._news.card(work, moved, person, "booking.news.replanned", now)
