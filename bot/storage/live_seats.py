"""Seats of live conversations."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, bindparam, func, or_, select, update

from bot.live.model import ACTIVE, ConversationStatus, Seat, SeatStatus
from bot.storage.live_tables import conversations, seats
from bot.storage.prepared import Prepared
from bot.storage.table_repo import TableRepo

_S, _C = seats.c, conversations.c
_TO_COME = (ConversationStatus.SCHEDULED, ConversationStatus.LIVE)
_OF = Prepared(
    select(seats).where(
        _S.conversation_id == bindparam("conversation_id"), _S.user_id == bindparam("user_id")
    )
)
_OF_CONVERSATION = Prepared(
    select(seats).where(_S.conversation_id == bindparam("conversation_id")).order_by(_S.id)
)
_FIRST_WAITING = Prepared(
    select(seats)
    .where(_S.conversation_id == bindparam("conversation_id"), _S.status == SeatStatus.WAITLISTED)
    .order_by(_S.waiting_since, _S.id)
    .limit(1)
)


class SqlSeats(TableRepo[Seat]):
    """Implements `SeatRepo`; what people wrote about a conversation is sealed."""

    table, record = seats, Seat
    sealed = frozenset({"note"})
    documents = frozenset({"chips"})

    def find_of(self, conversation_id: str, user_id: str, /) -> Seat | None:
        return self._one(_OF, conversation_id=conversation_id, user_id=user_id)

    def of_conversation(self, conversation_id: str, /) -> Sequence[Seat]:
        """In the order they were taken."""
        rows = _OF_CONVERSATION.all(self._connection, {"conversation_id": conversation_id})
        return [self._load(row) for row in rows]

    def first_waiting(self, conversation_id: str, /) -> Seat | None:
        return self._one(_FIRST_WAITING, conversation_id=conversation_id)

    def place_in_line(self, seat: Seat, /) -> int:
        """From 1; 0 for who does not wait."""
        if seat.status is not SeatStatus.WAITLISTED:
            return 0
        is_before = or_(
            _S.waiting_since < seat.waiting_since,
            and_(_S.waiting_since == seat.waiting_since, _S.id <= seat.id),
        )
        wanted = select(func.count()).where(
            _S.conversation_id == seat.conversation_id,
            _S.status == SeatStatus.WAITLISTED,
            is_before,
        )
        return int(self._connection.execute(wanted).scalar_one())

    def of_person(self, user_id: str, /) -> Sequence[Seat]:
        return self._all(select(seats).where(_S.user_id == user_id).order_by(_S.id))

    def upcoming(self, user_id: str, now: datetime, /) -> Sequence[Seat]:
        """Active ones of conversations that are not over, by start."""
        wanted = select(seats).join(conversations, _S.conversation_id == _C.id)
        return self._all(
            wanted.where(_S.user_id == user_id, _S.status.in_(ACTIVE))
            .where(_C.status.in_(_TO_COME), _C.ends_at > now)
            .order_by(_C.starts_at, _C.id)
        )

    def in_conversations(self, user_id: str, conversation_ids: Sequence[str]) -> dict[str, Seat]:
        """A person's seats there, by conversation."""
        wanted = select(seats).where(
            _S.user_id == user_id, _S.conversation_id.in_(conversation_ids)
        )
        return {seat.conversation_id: seat for seat in self._all(wanted)}

    def wipe_notes_of(self, user_id: str, /) -> None:
        """Their key is about to be destroyed; that they were there stays."""
        self._connection.execute(
            update(seats).where(_S.user_id == user_id).values(note=None, chips="[]")
        )
