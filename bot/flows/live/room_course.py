"""A conversation from the open door to its end: begun, made longer, finished, everybody thanked."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from bot.flows.lesson_words import Reader
from bot.flows.live.room_after import RoomAfter
from bot.flows.live.room_door import NotLetIn, RoomDoor
from bot.flows.live.room_lead import RoomLead, tool_rows, tools_body
from bot.flows.live.room_post import WordedRows, line, member_name
from bot.flows.live.room_turns import RoomTurns
from bot.flows.live.room_unit import RoomUnit, find_room
from bot.flows.ports import FlowWork
from bot.jobs.model import Job
from bot.live.model import LiveConversation, Stay
from bot.live.room_model import Member, Presence, RoomStatus
from bot.live.room_rules import RoomPolicy
from bot.messaging.model import Paragraph

_LOOKED_AGAIN = timedelta(minutes=30)

BEGIN_JOB, FINISH_JOB = "live.begin", "live.finish"
OPEN, LATE, SOON, OVER = "open", "late", "soon", "over"


class Held(Protocol):
    """What becomes of the conversation itself and of its seats."""

    def begin(
        self, work: FlowWork, conversation_id: str, by: str | None, /
    ) -> LiveConversation | None:
        """It goes on from here; None: it cannot (it is off, or over)."""
        ...

    def complete(self, work: FlowWork, conversation_id: str, stays: Mapping[str, Stay], /) -> None:
        """It is over, and these people were there; a second time changes nothing."""
        ...


class RoomCourse:
    """Every method belongs to the caller's unit."""

    def __init__(
        self,
        policy: RoomPolicy,
        door: RoomDoor,
        turns: RoomTurns,
        lead: RoomLead,
        after: RoomAfter,
        held: Held,
    ) -> None:
        self._policy = policy
        self._door = door
        self._turns = turns
        self._lead = lead
        self._after = after
        self._held = held

    def promise(self, work: FlowWork, conversation: LiveConversation) -> None:
        """The door opens before the start; planned anew, it opens at the new time."""
        opens_at = conversation.starts_at - self._policy.opens_before
        work.jobs.put(_begin_job(conversation, OPEN, opens_at))

    def open(self, work: FlowWork, conversation: LiveConversation, now: datetime) -> RoomUnit:
        """Open the door, and promise what follows."""
        unit = self._door.open(work, conversation, now)
        begins_at = conversation.starts_at + self._policy.begins_after
        work.jobs.put(_begin_job(conversation, LATE, begins_at))
        self._promise_end(unit)
        return unit

    def begin(self, unit: RoomUnit, by: str | None) -> None:
        """The exercise runs: the first turn is dealt. A second time changes nothing.

        Raises:
            NotLetIn: the conversation is off or over.
        """
        if unit.room.is_running:
            return
        begun = self._held.begin(unit.work, unit.room.id, by)
        if begun is None or unit.room.is_over:
            raise NotLetIn("grouproom.refused.over")
        unit.conversation = begun
        moved = unit.room.moved_to(RoomStatus.RUNNING)
        unit.change(status=moved.status, began_at=unit.now)

        def body(reader: Reader) -> Sequence[Paragraph]:
            return line(reader, "grouproom.begun")

        unit.say_all("begun", body, but={unit.room.leader_id})
        rows = self._tools(unit)
        unit.say(unit.room.leader_id, "begun", lambda r: [*body(r), *tools_body(r)], rows)
        self._turns.deal(unit)

    def begin_by_itself(self, unit: RoomUnit, again: int) -> None:
        """No host started it: with two or more people in it begins; else it is looked at again."""
        if unit.room.status is not RoomStatus.OPEN:
            return
        if len(unit.inside) > 1:
            self._lead.look(unit)
            self.begin(unit, None)
        elif unit.now < unit.conversation.starts_at + _LOOKED_AGAIN:
            due_at = unit.now + self._policy.begins_after
            unit.work.jobs.put(_begin_job(unit.conversation, LATE, due_at, again + 1))

    def extend(self, unit: RoomUnit) -> bool:
        """Fifteen minutes more for everybody; False: it was made longer often enough."""
        most = unit.conversation.ends_at + self._policy.most_extensions * self._policy.extension
        ends_at = unit.room.ends_at + self._policy.extension
        if ends_at > most:
            return False
        unit.change(ends_at=ends_at)
        self._promise_end(unit)

        def body(reader: Reader) -> Sequence[Paragraph]:
            return line(reader, "grouproom.extended", length=reader.length(self._policy.extension))

        unit.say_all(f"more{int(ends_at.timestamp())}", body)
        return True

    def warn(self, unit: RoomUnit) -> None:
        """It ends soon; the leader may make it longer."""

        def body(reader: Reader) -> Sequence[Paragraph]:
            left = reader.length(unit.room.ends_at - unit.now)
            return line(reader, "grouproom.soon", length=left)

        key, leader = f"soon{int(unit.room.ends_at.timestamp())}", unit.room.leader_id
        unit.say_all(key, body, but={leader})
        leads = unit.member(leader)
        if leads is not None and leads.is_in:
            unit.say(leader, key, body, self._tools(unit))

    def finish(self, unit: RoomUnit, by: str | None = None) -> None:
        """It is over: who was there for how long is known, and everybody is thanked.

        Args:
            by: who ended it for all; None: time did.
        """
        if unit.room.is_over:
            return
        if by is not None:
            self._say_ended(unit, by)
        was_held = unit.room.is_running
        for member in unit.members:
            is_removed = member.presence is Presence.REMOVED
            unit.keep(member.gone(unit.now, Presence.REMOVED if is_removed else Presence.OUT))
        unit.change(status=RoomStatus.OVER, ended_at=unit.now, turn_of=None)
        if was_held:
            self._count(unit)
            self.over(unit.work, unit.conversation, stays_of(unit.members), unit.now)

    def over(
        self,
        work: FlowWork,
        conversation: LiveConversation,
        stays: Mapping[str, Stay],
        now: datetime,
    ) -> None:
        """A conversation that was held is over, wherever it took place."""
        self._held.complete(work, conversation.id, stays)
        self._after.thank(work, conversation.id, now)

    def close(self, work: FlowWork, conversation_id: str, now: datetime) -> None:
        """It does not take place: nobody waits behind an open door."""
        unit = find_room(work, conversation_id, now)
        if unit is not None:
            self.finish(unit)

    def _count(self, unit: RoomUnit) -> None:
        """Seats learn what was said on them."""
        seats = unit.work.live.seats
        for member in unit.members:
            seat = seats.find_of(unit.room.id, member.user_id)
            if seat is not None:
                seconds, count = member.speaking_seconds, member.message_count
                seats.save(replace(seat, speaking_seconds=seconds, message_count=count))

    def _say_ended(self, unit: RoomUnit, by: str) -> None:
        def body(reader: Reader) -> Sequence[Paragraph]:
            name = member_name(unit.work, by, reader.texts)
            return line(reader, "grouproom.ended_by", name=name)

        unit.say_all("ended", body, but={by})

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


def stays_of(members: Sequence[Member]) -> Mapping[str, Stay]:
    """When each of them was in the room, which is over."""
    return {
        each.user_id: Stay(each.joined_at, each.left_at or each.joined_at, each.present_seconds)
        for each in members
    }


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
