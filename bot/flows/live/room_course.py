"""A conversation from the open door to its end: begun, made longer, finished, everybody thanked."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.clock import Clock
from bot.flows.lesson_words import Reader
from bot.flows.live.room_after import RoomAfter
from bot.flows.live.room_door import RoomDoor
from bot.flows.live.room_lead import RoomLead, tool_rows, tools_body
from bot.flows.live.room_post import WordedRows, line, member_name
from bot.flows.live.room_turns import RoomTurns
from bot.flows.live.room_unit import RoomUnit, find_room, has_notes
from bot.flows.ports import FlowWork
from bot.jobs.model import Job
from bot.live.course import Course
from bot.live.model import ConversationStatus, LiveConversation, Stay
from bot.live.room_model import Member, Presence, RoomStatus
from bot.live.room_rules import RoomPolicy
from bot.messaging.model import Paragraph

BEGIN_JOB, FINISH_JOB = "live.begin", "live.finish"
OPEN, LATE, SOON, OVER = "open", "late", "soon", "over"
_LOOKED_AGAIN = timedelta(minutes=30)


class RoomCourse:
    """What becomes of a room; every method belongs to the caller's unit.

    The conversation's own course (`Course`) decides and tells; a room follows what it was told.
    """

    def __init__(
        self,
        clock: Clock,
        policy: RoomPolicy,
        door: RoomDoor,
        turns: RoomTurns,
        lead: RoomLead,
        after: RoomAfter,
    ) -> None:
        self._clock = clock
        self._policy = policy
        self._door = door
        self._turns = turns
        self._lead = lead
        self._after = after
        self._course: Course[FlowWork] | None = None

    def follow(self, course: Course[FlowWork]) -> None:
        """Who decides; known only once the conversation is put together."""
        self._course = course

    def promise(self, work: FlowWork, conversation: LiveConversation) -> None:
        """The door opens before the start; planned anew, it opens at the new time."""
        opens_at = conversation.starts_at - self._policy.opens_before
        work.jobs.put(_begin_job(conversation, OPEN, max(opens_at, self._clock.now())))

    def open(self, work: FlowWork, conversation: LiveConversation) -> RoomUnit:
        """Open the door, and promise what follows."""
        unit = self._door.open(work, conversation, self._clock.now())
        begins_at = conversation.starts_at + self._policy.begins_after
        work.jobs.put(_begin_job(conversation, LATE, begins_at))
        self._promise_end(unit)
        return unit

    def start(self, work: FlowWork, conversation: LiveConversation) -> None:
        """Whoever leads the room begins, in the host's name.

        Raises:
            DomainError: it is too early or too late, or off.
        """
        if self._course is not None:
            self._course.start(work, conversation.id, conversation.host_id)

    def extend(self, work: FlowWork, conversation: LiveConversation) -> None:
        """Some minutes more. Raises DomainError where it lasts as long as it may."""
        if self._course is not None:
            minutes = self._policy.extension // timedelta(minutes=1)
            self._course.extend(work, conversation.id, conversation.host_id, minutes)

    def end(self, work: FlowWork, conversation: LiveConversation, by: str | None = None) -> None:
        """It is over for everybody.

        Args:
            by: who led it and ended it; None: time did.
        """
        if self._course is None or conversation.status is not ConversationStatus.LIVE:
            return
        unit = find_room(work, conversation.id, self._clock.now())
        if unit is not None and by is not None:
            self._say_ended(unit, by)  # what `finished` says then is the same message
        self._course.complete(work, conversation.id)

    def started(self, work: FlowWork, conversation: LiveConversation) -> None:
        """It began: the first turn is dealt. A second time changes nothing."""
        unit = self.open(work, conversation)
        if unit.room.status is not RoomStatus.OPEN:
            return
        unit.change(status=unit.room.moved_to(RoomStatus.RUNNING).status, began_at=unit.now)
        self._lead.look(unit)

        def body(reader: Reader) -> Sequence[Paragraph]:
            return line(reader, "grouproom.begun")

        leader = unit.room.leader_id
        unit.say_all("begun", body, but={leader})
        if self._is_in(unit, leader):
            unit.say(leader, "begun", lambda r: [*body(r), *tools_body(r)], self._tools(unit))
        self._turns.deal(unit)

    def begin_by_itself(self, unit: RoomUnit, again: int) -> None:
        """No host started it: with two or more people in it begins; else it is looked at again."""
        if unit.room.status is not RoomStatus.OPEN:
            return
        if len(unit.inside) > 1:
            self.start(unit.work, unit.conversation)
        elif unit.now < unit.conversation.starts_at + _LOOKED_AGAIN:
            due_at = unit.now + self._policy.begins_after
            unit.work.jobs.put(_begin_job(unit.conversation, LATE, due_at, again + 1))

    def extended(self, work: FlowWork, conversation: LiveConversation) -> None:
        """It lasts longer: everybody is told."""
        unit = find_room(work, conversation.id, self._clock.now())
        if unit is None or unit.room.is_over:
            return
        more = conversation.ends_at - unit.room.ends_at
        unit.change(ends_at=conversation.ends_at)
        self._promise_end(unit)

        def body(reader: Reader) -> Sequence[Paragraph]:
            return line(reader, "grouproom.extended", length=reader.length(more))

        unit.say_all(f"more{int(conversation.ends_at.timestamp())}", body)

    def warn(self, unit: RoomUnit) -> None:
        """It ends soon; the leader may make it longer."""

        def body(reader: Reader) -> Sequence[Paragraph]:
            left = reader.length(unit.room.ends_at - unit.now)
            return line(reader, "grouproom.soon", length=left)

        key, leader = f"soon{int(unit.room.ends_at.timestamp())}", unit.room.leader_id
        unit.say_all(key, body, but={leader})
        if self._is_in(unit, leader):
            unit.say(leader, key, body, self._tools(unit))

    def finished(self, work: FlowWork, conversation: LiveConversation, by: str | None) -> None:
        """It is over: nobody is in any more, and who came is thanked.

        Args:
            by: who ended it for all; None: time did.
        """
        unit = find_room(work, conversation.id, self._clock.now())
        if unit is not None and not unit.room.is_over:
            self._say_ended(unit, by)
            self._empty(unit)
            self._count(unit)
        self._after.thank(work, conversation.id, self._clock.now())

    def close(self, work: FlowWork, conversation_id: str) -> None:
        """It does not take place: nobody waits behind an open door."""
        unit = find_room(work, conversation_id, self._clock.now())
        if unit is not None and not unit.room.is_over:
            self._empty(unit)

    def _empty(self, unit: RoomUnit) -> None:
        for member in unit.members:
            is_removed = member.presence is Presence.REMOVED
            presence = Presence.REMOVED if is_removed else Presence.OUT
            unit.keep(member.gone(unit.now, unit.room.began_at, presence))
        unit.change(status=RoomStatus.OVER, ended_at=unit.now, turn_of=None)

    def _count(self, unit: RoomUnit) -> None:
        """Seats learn what was said on them."""
        seats = unit.work.live.seats
        for member in unit.members:
            seat = seats.find_of(unit.room.id, member.user_id)
            if seat is not None:
                seconds, count = member.speaking_seconds, member.message_count
                seats.save(replace(seat, speaking_seconds=seconds, message_count=count))

    def _say_ended(self, unit: RoomUnit, by: str | None) -> None:
        def body(reader: Reader) -> Sequence[Paragraph]:
            if by is None:
                return line(reader, "grouproom.ended")
            name = member_name(unit.work, by, reader.texts)
            return line(reader, "grouproom.ended_by", name=name)

        unit.say_all("ended", body)

    def _promise_end(self, unit: RoomUnit) -> None:
        ends_at = unit.room.ends_at
        warned_at = ends_at - self._policy.warns_before
        for stage, due_at in ((SOON, warned_at), (OVER, ends_at)):
            stamp = int(ends_at.timestamp())
            payload = {"conversation": unit.room.id, "ends_at": str(stamp), "stage": stage}
            key = f"{unit.room.id}:{stamp}:{stage}"
            unit.work.jobs.put(Job(kind=FINISH_JOB, key=key, due_at=due_at, payload=payload))

    def _tools(self, unit: RoomUnit) -> WordedRows:
        return lambda reader: tool_rows(unit, reader)

    def _is_in(self, unit: RoomUnit, user_id: str) -> bool:
        member = unit.member(user_id)
        return member is not None and member.is_in


def stays_of_room(
    work: FlowWork, conversation: LiveConversation, now: datetime
) -> Mapping[str, Stay]:
    """When each of those who came was in, up to now."""
    if not has_notes(conversation):
        return {}
    room = work.live.rooms.rooms.find(conversation.id)
    began_at = None if room is None else room.began_at
    members = work.live.rooms.members.of_room(conversation.id)
    return {each.user_id: _stay(each.gone(now, began_at)) for each in members}


def _stay(member: Member) -> Stay:
    return Stay(member.joined_at, member.left_at or member.joined_at, member.present_seconds)


def _begin_job(conversation: LiveConversation, stage: str, due_at: datetime, again: int = 0) -> Job:
    """About the start as it is planned now; `again` tells later looks from the first."""
    stamp = int(conversation.starts_at.timestamp())
    return Job(
        kind=BEGIN_JOB,
        key=f"{conversation.id}:{stamp}:{stage}{again or ''}",
        due_at=due_at,
        payload={
            "conversation": conversation.id,
            "starts_at": str(stamp),
            "stage": stage,
            "again": str(again),
        },
    )
