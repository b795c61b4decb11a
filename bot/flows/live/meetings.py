"""Live conversations and their meetings: what a meeting is for, and what a conversation hears."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from bot.core.clock import Clock
from bot.core.errors import DomainError
from bot.flows.live.room_unit import hosts_of
from bot.flows.ports import FlowWork
from bot.jobs.model import Job
from bot.live.course import Course
from bot.live.model import ConversationStatus, LiveConversation, RoomKind, Stay
from bot.live.ports import ConversationChange, ConversationNews
from bot.meetings.attendance import Attendance
from bot.meetings.model import Meeting, MeetingKind
from bot.meetings.ports import MeetingEvents, MeetingSubjects, Subject
from bot.meetings.service import CHANGE_JOB, CREATE_JOB, REMOVE_JOB

BEGINS_BEFORE = timedelta(minutes=15)
_ON = frozenset({ConversationStatus.SCHEDULED, ConversationStatus.LIVE})
_N = ConversationNews
_JOBS: Mapping[ConversationNews, str] = {
    _N.PLANNED: CREATE_JOB,
    _N.MOVED: CHANGE_JOB,
    _N.EXTENDED: CHANGE_JOB,
    _N.CANCELLED: REMOVE_JOB,
    _N.NOT_HELD: REMOVE_JOB,
}

MeetingSaid = Callable[[FlowWork, Meeting], None]


class ConversationSubjects:
    """Bookings and live conversations, as meetings see them. Implements `MeetingSubjects`.

    Nobody is invited when a conversation's meeting is made: seats come and go until it begins, and
    each person gets their own link when they first ask for it.
    """

    def __init__(self, others: MeetingSubjects[FlowWork]) -> None:
        self._others = others

    def find(self, work: FlowWork, subject_id: str, /) -> Subject | None:
        other = self._others.find(work, subject_id)
        conversation = work.live.conversations.find(subject_id) if other is None else None
        if conversation is None:
            return other
        host = work.users.find(conversation.host_id)
        return Subject(
            id=conversation.id,
            title=conversation.title,
            span=conversation.span,
            host_user_id=conversation.host_id,
            host_name="" if host is None else host.first_name,
            guests=(),
            is_on=conversation.status in _ON,
            kind=MeetingKind.CONVERSATION,
        )


class ConversationEvents:
    """Sends what becomes of meetings to lessons or to conversations. Implements `MeetingEvents`."""

    def __init__(self, clock: Clock, lessons: MeetingEvents[FlowWork]) -> None:
        self._clock = clock
        self._lessons = lessons
        self._course: Course[FlowWork] | None = None
        self._say_ready: MeetingSaid | None = None
        self._ask_for_link: MeetingSaid | None = None

    def follow(
        self, course: Course[FlowWork], *, say_ready: MeetingSaid, ask_for_link: MeetingSaid
    ) -> None:
        """Who is told; known only once the conversation is put together."""
        self._course = course
        self._say_ready = say_ready
        self._ask_for_link = ask_for_link

    def on_ready(self, work: FlowWork, meeting: Meeting, /) -> None:
        if meeting.kind is MeetingKind.LESSON:
            self._lessons.on_ready(work, meeting)
        elif self._say_ready is not None:
            self._say_ready(work, meeting)

    def on_link_needed(self, work: FlowWork, meeting: Meeting, /) -> None:
        if meeting.kind is MeetingKind.LESSON:
            self._lessons.on_link_needed(work, meeting)
        elif self._ask_for_link is not None:
            self._ask_for_link(work, meeting)

    def on_begun(self, work: FlowWork, meeting: Meeting, seen: Attendance, /) -> None:
        """With two people in it the conversation has begun, whoever opened the room."""
        if meeting.kind is MeetingKind.LESSON:
            self._lessons.on_begun(work, meeting, seen)
            return
        conversation = work.live.conversations.find(meeting.subject_id)
        if conversation is None or conversation.status is not ConversationStatus.SCHEDULED:
            return
        is_time = self._clock.now() >= meeting.starts_at - BEGINS_BEFORE
        if is_time and len(seen.who_came(meeting.span)) > 1 and self._course is not None:
            self._course.start(work, conversation.id, conversation.host_id)

    def on_ended(self, work: FlowWork, meeting: Meeting, seen: Attendance, /) -> None:
        """All have left: who was there is known, and thanked."""
        if meeting.kind is MeetingKind.LESSON:
            self._lessons.on_ended(work, meeting, seen)
            return
        conversation = work.live.conversations.find(meeting.subject_id)
        is_live = conversation is not None and conversation.status is ConversationStatus.LIVE
        if is_live and self._course is not None:
            self._course.complete(work, meeting.subject_id)


class ConversationMeetings:
    """Promises what the vendor is to be asked for. Implements `ConversationEvents`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def on_conversation(self, work: FlowWork, change: ConversationChange, /) -> None:
        conversation = change.conversation
        kind = _JOBS.get(change.news)
        if conversation.room is not RoomKind.ZOOM or kind is None:
            return
        key = f"{conversation.id}:{conversation.version}"
        payload = {"booking_id": conversation.id}
        work.jobs.put(Job(kind=kind, key=key, due_at=self._clock.now(), payload=payload))


def stays_of_meeting(seen: Attendance | None, now: datetime) -> Mapping[str, Stay]:
    """When each person was in a meeting; whoever is still in, up to now."""
    spans: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
    for each in seen.intervals if seen is not None else ():
        spans[each.user_id].append((each.joined_at, each.left_at or now))
    return {
        user_id: Stay(
            min(start for start, _ in parts),
            max(end for _, end in parts),
            sum((end - start).total_seconds() for start, end in parts),
        )
        for user_id, parts in spans.items()
    }


def is_welcome(work: FlowWork, conversation: LiveConversation, user_id: str) -> bool:
    """Whether somebody leads it or has a seat."""
    seat = work.live.seats.find_of(conversation.id, user_id)
    has_seat = seat is not None and seat.is_claiming and seat.until is None
    return has_seat or user_id in hosts_of(conversation)


class NoRoom(DomainError):
    """There is no way in (yet)."""

    key = "grouproom.refused.no_room"
