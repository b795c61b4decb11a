"""Disagreements about billed minutes: who may propose, accept and decide, and until when."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.billing.model import IllegalMove, Side
from bot.core.entity import Entity
from bot.core.errors import DomainError


class DisputeState(StrEnum):
    """Proposed: one side named minutes, and the other may accept."""

    OPEN = "open"
    PROPOSED = "proposed"
    AGREED = "agreed"
    DECIDED = "decided"


_MOVES: Mapping[DisputeState, frozenset[DisputeState]] = {
    DisputeState.OPEN: frozenset({DisputeState.PROPOSED, DisputeState.DECIDED}),
    DisputeState.PROPOSED: frozenset(
        {DisputeState.PROPOSED, DisputeState.AGREED, DisputeState.DECIDED}
    ),
    DisputeState.AGREED: frozenset(),
    DisputeState.DECIDED: frozenset(),
}


class TooLate(DomainError):
    """The time to disagree is over."""

    key = "dispute.too_late"


class NotAMinuteCount(DomainError):
    """More minutes than were billed, or fewer than none."""

    key = "dispute.minutes_out_of_bounds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute(Entity):
    """One disagreement; an invoice has at most one.

    Args:
        minutes: the last proposal, or the result; between none and what was billed.
        proposed_by: whose proposal it is.
        decided_by: an administrator's id, where both did not agree.
    """

    invoice_id: str
    opened_by: Side
    opened_at: datetime
    state: DisputeState = DisputeState.OPEN
    proposed_by: Side | None = None
    minutes: int | None = None
    decided_by: str | None = None
    ended_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return bool(_MOVES[self.state])

    def proposed(self, side: Side, minutes: int, *, billed: int) -> "Dispute":
        """One side names what they find right.

        Raises:
            IllegalMove: it is over.
            NotAMinuteCount: not between none and `billed`.
        """
        self._check(DisputeState.PROPOSED)
        _check_minutes(minutes, billed)
        return replace(self, state=DisputeState.PROPOSED, proposed_by=side, minutes=minutes)

    def agreed(self, side: Side, at: datetime) -> "Dispute":
        """The other side accepts. Raises IllegalMove for one's own proposal."""
        self._check(DisputeState.AGREED)
        if side is self.proposed_by:
            raise IllegalMove
        return replace(self, state=DisputeState.AGREED, ended_at=at)

    def decided(self, admin_id: str, minutes: int, at: datetime, *, billed: int) -> "Dispute":
        """An administrator has the last word."""
        self._check(DisputeState.DECIDED)
        _check_minutes(minutes, billed)
        return replace(
            self,
            state=DisputeState.DECIDED,
            minutes=minutes,
            decided_by=admin_id,
            ended_at=at,
        )

    def _check(self, state: DisputeState) -> None:
        if state not in _MOVES[self.state]:
            raise IllegalMove


def _check_minutes(minutes: int, billed: int) -> None:
    if not 0 <= minutes <= billed:
        raise NotAMinuteCount(most=billed)
