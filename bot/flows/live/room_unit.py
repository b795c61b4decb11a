"""A room inside one unit: locked, with its conversation and the people who are in it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bot.core.timespan import Timespan
from bot.flows.live.room_post import Worded, WordedRows, no_rows, post, post_all
from bot.flows.ports import FlowWork
from bot.live.model import LiveConversation, RoomKind, SeatStatus
from bot.live.room_model import LiveRoom, Member

NOTES_ROOMS = frozenset({RoomKind.NOTES, RoomKind.TELEGRAM})


@dataclass(slots=True)
class RoomUnit:
    """What happens in one room in one transaction; nobody else changes it meanwhile."""

    work: FlowWork
    conversation: LiveConversation
    room: LiveRoom
    now: datetime
    _members: dict[str, Member] = field(init=False)

    def __post_init__(self) -> None:
        found = self.work.live.rooms.members.of_room(self.room.id)
        self._members = {each.user_id: each for each in found}

    @property
    def members(self) -> Sequence[Member]:
        """Everybody who has been in, by place."""
        return list(self._members.values())

    @property
    def inside(self) -> Sequence[Member]:
        return [each for each in self.members if each.is_in]

    @property
    def span(self) -> Timespan:
        """As it was planned, with every extension."""
        return Timespan(self.conversation.starts_at, self.room.ends_at)

    def member(self, user_id: str) -> Member | None:
        return self._members.get(user_id)

    def change(self, **values: Any) -> LiveRoom:
        """Save changes of the room."""
        self.room = self.work.live.rooms.rooms.save(replace(self.room, **values))
        return self.room

    def keep(self, member: Member) -> Member:
        """Save changes of somebody who has been in, or add who comes for the first time."""
        members = self.work.live.rooms.members
        is_known = member.user_id in self._members
        saved = members.save(member) if is_known else members.add(member)
        self._members[member.user_id] = saved
        return saved

    def say(
        self, user_id: str, key: str, body: Worded, rows: WordedRows = no_rows, **more: Any
    ) -> None:
        """To one person; `key` names what is said, once in this room."""
        post(self.work, user_id, self._key(key), self.now, body, rows, **more)

    def say_all(
        self,
        key: str,
        body: Worded,
        rows: WordedRows = no_rows,
        *,
        but: Collection[str] = (),
    ) -> None:
        """To everybody who is in, except some."""
        readers = [each for each in self.inside if each.user_id not in but]
        post_all(self.work, readers, self._key(key), self.now, body, rows)

    def _key(self, key: str) -> str:
        return f"lroom:{self.room.id}:{key}"


def find_room(work: FlowWork, conversation_id: str, now: datetime) -> RoomUnit | None:
    """The room of a conversation, locked; None: it has none."""
    room = work.live.rooms.rooms.lock(conversation_id)
    conversation = None if room is None else work.live.conversations.find(conversation_id)
    if room is None or conversation is None:
        return None
    return RoomUnit(work, conversation, room, now)


def has_notes(conversation: LiveConversation) -> bool:
    """Whether people meet by notes and lines that are passed on, and not by voice elsewhere."""
    return conversation.room in NOTES_ROOMS


def hosts_of(conversation: LiveConversation) -> Sequence[str]:
    """Who may lead, in this order."""
    wanted = (conversation.host_id, conversation.co_host_id, conversation.instructor_id)
    return list(dict.fromkeys(each for each in wanted if each is not None))


def listening(conversation: LiveConversation) -> Collection[str]:
    """A teacher leads and gets no turns; a host among peers speaks like everybody."""
    return {conversation.instructor_id} if conversation.instructor_id else ()


def invited(work: FlowWork, conversation: LiveConversation) -> Sequence[str]:
    """Everybody who may come in: hosts, and who has a seat."""
    seats = work.live.seats.of_conversation(conversation.id)
    seated = [each.user_id for each in seats if each.status is SeatStatus.CONFIRMED]
    return list(dict.fromkeys([*hosts_of(conversation), *seated]))
