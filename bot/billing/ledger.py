"""Double entry: each entry sums to nothing and is chained to the one before it by a hash."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.core.money import Money

FIRST_HASH = "0" * 64
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

CASH = "cash"  # what the gateway keeps for us
STATED = "stated"  # told to teachers, for the operator to pay
COMMISSION = "commission"
TAX = "tax"
CHARGEBACKS = "chargebacks"


def receivable(party_id: str) -> str:
    """What a student owes us."""
    return f"receivable:{party_id}"


def payable(party_id: str) -> str:
    """What we owe a teacher; its balance is negative, as liabilities are."""
    return f"payable:{party_id}"


class Unbalanced(ValueError):
    """Postings that do not sum to nothing: a bug, and no entry."""


@dataclass(frozen=True, slots=True)
class Posting:
    """An amount on one account: debits are positive, credits negative."""

    account: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event of money.

    Args:
        number: from 1, without gaps.
        kind: "invoice", "payment", "credit", "refund", "payout" or what else happened.
        cause: unique: the same event is entered once.
        previous: the hash of the entry before.
    """

    number: int
    at: datetime
    kind: str
    cause: str
    postings: tuple[Posting, ...]
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Fault:
    """The first entry that is not as it was written; `what` is "chain", "hash" or "balance"."""

    number: int
    what: str


def chained(
    number: int, kind: str, cause: str, postings: Sequence[Posting], at: datetime, previous: str
) -> Entry:
    """The next entry.

    Raises:
        Unbalanced: its postings do not sum to nothing in every currency.
    """
    if not is_balanced(postings):
        raise Unbalanced(cause)
    digest = _digest(number, kind, cause, postings, at, previous)
    return Entry(
        number=number,
        at=at,
        kind=kind,
        cause=cause,
        postings=tuple(postings),
        previous=previous,
        hash=digest,
    )


def is_balanced(postings: Iterable[Posting]) -> bool:
    """Do they sum to nothing, in every currency?"""
    sums: defaultdict[str, int] = defaultdict(int)
    for posting in postings:
        sums[posting.amount.currency] += posting.amount.minor
    return not any(sums.values())


def fault_in(entry: Entry, number: int, previous: str) -> Fault | None:
    """What is wrong with an entry that should have this number and follow this hash."""
    if entry.number != number or entry.previous != previous:
        return Fault(number, "chain")
    digest = _digest(
        entry.number, entry.kind, entry.cause, entry.postings, entry.at, entry.previous
    )
    if digest != entry.hash:
        return Fault(number, "hash")
    return None if is_balanced(entry.postings) else Fault(number, "balance")


def first_fault(head: tuple[int, str], pages: Iterable[Sequence[Entry]]) -> Fault | None:
    """Walk the chain from its beginning; None: every entry is as it was written.

    Args:
        head: number and hash the last entry must have.
        pages: all entries in their order.
    """
    number, previous = 0, FIRST_HASH
    for page in pages:
        for entry in page:
            number += 1
            fault = fault_in(entry, number, previous)
            if fault is not None:
                return fault
            previous = entry.hash
    return None if (number, previous) == head else Fault(number + 1, "chain")


def _digest(
    number: int, kind: str, cause: str, postings: Sequence[Posting], at: datetime, previous: str
) -> str:
    """SHA-256 of the entry as JSON: fixed order, no spaces, ASCII, microseconds since 1970."""
    plain = [
        number,
        (at - _EPOCH) // timedelta(microseconds=1),
        kind,
        cause,
        [[p.account, p.amount.minor, p.amount.currency] for p in postings],
        previous,
    ]
    text = json.dumps(plain, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()
