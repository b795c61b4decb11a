"""Ways into a lesson: the host's room, a link of the teacher's own, and taps in place of Zoom."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from urllib.parse import urlsplit

from bot.core.entity import long_id, short_id
from bot.core.errors import DomainError, NotFound, ServiceFailure
from bot.core.storage import Storage
from bot.flows.answers import clean_line
from bot.flows.commands import Command
from bot.flows.dispatch import Press
from bot.flows.lesson_meetings import (
    DOOR_PREFIX,
    OPEN_JOB,
    Course,
    LessonEvents,
    LessonMeetings,
    door_button,
)
from bot.flows.lesson_news import LessonNews
from bot.flows.lesson_words import Reader, name_of
from bot.flows.live.meetings import ConversationEvents
from bot.flows.model import Answers, Flow, InvalidAnswer, Step
from bot.flows.ports import FlowWork
from bot.flows.runner import Runner, StaleButton
from bot.flows.scene import Later, Rows, Scene, Scenes
from bot.flows.voice_turn import Parts
from bot.jobs.model import Job
from bot.meetings.model import Meeting, MeetingState, Provider, What
from bot.meetings.ports import Guest, Invited
from bot.meetings.service import MeetingService
from bot.messaging.model import Button, Incoming, Paragraph
from bot.scheduling.model import Booking

_FLOW, _STEP, _SUBJECT = "meeting_link", "meeting_link", "lesson"
_LONGEST_LINK = 500
_TAP_BEFORE = timedelta(minutes=15)
_TAPS = {"in": What.JOINED, "out": What.LEFT}

StartUrl = Callable[[str], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class MeetingDesk:
    """Meetings, as the conversation is given them.

    Args:
        lessons: what booking asks of them.
        start_url: by the vendor's id of a meeting, for the host's eyes alone; None without one.
        register: somebody's own link into a meeting, by the vendor's id; None without a vendor.
        conversations: sends what becomes of meetings to lessons or to live conversations.
    """

    service: MeetingService[FlowWork]
    events: LessonEvents
    lessons: LessonMeetings
    start_url: StartUrl | None
    register: Callable[[str, Guest], Awaitable[Invited]] | None = None
    conversations: ConversationEvents | None = None


class MeetingLinks:
    """Buttons and questions about where a lesson takes place; for its two people alone."""

    def __init__(self, runner: Runner, parts: Parts, desk: MeetingDesk, course: Course) -> None:
        self._runner = runner
        self._scenes = parts.scenes
        self._storage = parts.storage
        self._news = LessonNews(desk.lessons, sends_mail=False)
        self._service = desk.service
        self._start_url = desk.start_url
        desk.events.follow(course, say_ready=self.tell, ask_for_link=self.ask)

    def commands(self) -> Sequence[Command]:
        return []

    def flows(self) -> Sequence[Flow]:
        step = Step(
            name=_STEP,
            asks="ask.meeting_link",
            label="field.meeting_link",
            parse=lambda _, typed: parse_link(typed),
        )
        return [Flow(_FLOW, (step,), self._keep_link, shows_progress=False)]

    def presses(self) -> Mapping[str, Press]:
        return {DOOR_PREFIX: self.press}

    def jobs(self) -> Mapping[str, Callable[[FlowWork, Job], None]]:
        """For the worker."""
        return {OPEN_JOB: self.offer_room}

    def press(self, scene: Scene, data: str) -> Later | None:
        """`data` is "<action>:<short id of the lesson>"."""
        action, _, short = data.partition(":")
        booking = _own(scene, short)
        if action in _TAPS:
            self._tap(scene, booking, _TAPS[action])
        elif booking.teacher_id != scene.user.id:
            raise StaleButton
        elif action == "link":
            scene.answer_button()
            return self._runner.start(scene, _FLOW, {_SUBJECT: booking.id})
        elif action == "host":
            scene.answer_button()
            return self._open_room(scene, booking)
        else:
            raise StaleButton
        return None

    def ask(self, work: FlowWork, meeting: Meeting) -> None:
        """Ask the teacher for a link of their own."""
        booking = work.bookings.find(meeting.subject_id)
        if booking is not None:
            self._news.say(
                work,
                booking,
                booking.teacher_id,
                "meet.link_needed",
                self._scenes.clock.now(),
                lambda reader: [[door_button(reader, "meet.button.link", "link", booking)]],
            )

    def tell(self, work: FlowWork, meeting: Meeting) -> None:
        """Both learn the teacher's link, and how to tell when they start and finish."""
        booking = work.bookings.find(meeting.subject_id)
        if booking is None or meeting.join_url is None:
            return
        for person, key in (
            (booking.student_id, "meet.link_given"),
            (booking.teacher_id, "meet.link_kept"),
        ):
            user = work.users.find(person)
            if user is not None:
                self._news.post(
                    work,
                    user,
                    f"meeting:{meeting.id}:{meeting.version}:{person}",
                    self._scenes.clock.now(),
                    partial(_told, work, booking, key),
                    partial(_way_in, booking, meeting.join_url),
                )

    def offer_room(self, work: FlowWork, job: Job) -> None:
        """Handles `meeting.open`: shortly before the start the teacher may open the room."""
        booking = work.bookings.find(job.payload["booking_id"])
        meeting = work.meetings.of_subject(job.payload["booking_id"])
        if booking is None or meeting is None or not booking.is_upcoming:
            return
        if meeting.provider is Provider.ZOOM and meeting.state is MeetingState.READY:
            self._news.say(
                work,
                booking,
                booking.teacher_id,
                "meet.room_ready",
                self._scenes.clock.now(),
                lambda reader: [[door_button(reader, "meet.button.open", "host", booking)]],
            )

    def _tap(self, scene: Scene, booking: Booking, what: What) -> None:
        """Both say when they started and finished, where no vendor does.

        Raises:
            DomainError: it is too early for that, or the meeting is over.
        """
        if scene.now < booking.starts_at - _TAP_BEFORE:
            raise DomainError("meet.too_early")
        try:
            self._service.tap(scene.work, booking.id, scene.user.id, what)
        except NotFound as error:
            raise DomainError("meet.over") from error
        scene.answer_button()
        if what is What.LEFT:
            scene.say(scene.text("meet.finished"))
            return
        data = f"{DOOR_PREFIX}:out:{short_id(booking.id)}"
        rows = [[scene.button("meet.button.finished", data)]]
        scene.say(scene.text("meet.started"), buttons=rows)

    def _open_room(self, scene: Scene, booking: Booking) -> Later:
        meeting = scene.work.meetings.of_subject(booking.id)
        is_there = meeting is not None and meeting.state is MeetingState.READY
        number = meeting.provider_id if meeting is not None and is_there else None
        if self._start_url is None or number is None:
            raise DomainError("meet.no_room")
        return HostRoom(self._scenes, self._storage, self._start_url, number)

    def _keep_link(self, scene: Scene, answers: Answers) -> Later | None:
        """Raises DomainError: the lesson needs no link any more."""
        try:
            self._service.set_link(scene.work, str(answers[_SUBJECT]), str(answers[_STEP]))
        except NotFound:
            scene.say(scene.text("meet.over"))
        return None


class HostRoom:
    """Asks the vendor for the link that signs in as host, and shows it to its host."""

    def __init__(
        self, scenes: Scenes, storage: Storage[FlowWork], start_url: StartUrl, number: str
    ) -> None:
        self._scenes = scenes
        self._storage = storage
        self._start_url = start_url
        self._number = number

    async def __call__(self, incoming: Incoming, interrupted: asyncio.Event) -> None:
        try:
            url = await self._start_url(self._number)
        except ServiceFailure as error:
            raise DomainError("meet.no_room") from error

        def unit(work: FlowWork) -> None:
            scene = self._scenes.of(work, incoming, "room")
            rows = [[Button(scene.texts("meet.button.enter_as_host"), url=url)]]
            scene.say(scene.text("meet.room_open"), buttons=rows)
            self._scenes.finish(scene)

        await self._storage.write(unit)


def parse_link(typed: str) -> str:
    """An https address people can open. Raises InvalidAnswer."""
    link = clean_line(typed, _LONGEST_LINK)
    try:
        parts = urlsplit(link)
        is_link = parts.scheme == "https" and "." in (parts.hostname or "")
    except ValueError:
        is_link = False
    if not is_link or parts.username is not None or " " in link:
        raise InvalidAnswer("meet.not_a_link")
    return link


def _told(work: FlowWork, booking: Booking, key: str, reader: Reader) -> Sequence[Paragraph]:
    name = name_of(work, booking.partner_of(reader.user.id), reader.texts)
    return [Paragraph(reader.texts(key, name=name, at=reader.at(booking.starts_at)))]


def _way_in(booking: Booking, link: str, reader: Reader) -> Rows:
    enter = Button(reader.texts("booking.button.enter"), url=link)
    started = door_button(reader, "meet.button.started", "in", booking)
    if reader.user.id != booking.teacher_id:
        return [[enter], [started]]
    return [[enter], [started], [door_button(reader, "meet.button.change", "link", booking)]]


def _own(scene: Scene, short: str) -> Booking:
    """A lesson of the presser's. Raises StaleButton for any other."""
    try:
        booking = scene.work.bookings.find(long_id(short))
    except ValueError as error:
        raise StaleButton from error
    if booking is None or not booking.has(scene.user.id):
        raise StaleButton
    return booking
