"""What must be true of lessons and their money in the end, whoever died meanwhile."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from bot.billing.ledger import CASH, first_fault
from bot.billing.model import ChargeState, PayoutState, PayoutWay, RefundState
from bot.scheduling.model import BookingStatus
from bot.simulators.telegram import ChatMessage, Person
from bot.storage.billing_tables import charges, payouts, refunds
from bot.storage.bookings import booking_events, bookings
from bot.storage.jobs import jobs
from bot.storage.meetings import meetings, registrants
from bot.storage.work import Work
from tests.crash.databases import fetch
from tests.crash.school import School, Vendors
from tests.stage import labels

_MARK = re.compile(r"\[linguaflex ([^\]]+)\]")
_MOST_ENTRIES = 100_000


@dataclass(frozen=True)
class Told:
    """Messages of the bot after those there were before, by person; edited ones do not count."""

    by_person: dict[str, Counter[str]]

    @classmethod
    def since(cls, school: School, before: dict[str, int]) -> "Told":
        return cls(
            {
                person.account.name: Counter(
                    _line(m)
                    for m in person.chat.messages
                    if m.from_bot and m.message_id > before[person.account.name]
                )
                for person in (school.ana, school.bob)
            }
        )

    def more_than(self, other: "Told") -> list[str]:
        return [
            f"{name}: {line}"
            for name, lines in self.by_person.items()
            for line in (lines - other.by_person[name]).elements()
        ]


def last_messages(school: School) -> dict[str, int]:
    """Where each chat stands."""
    return {person.account.name: _last(person) for person in (school.ana, school.bob)}


async def money_problems(url: str, vendors: Vendors, school: School) -> list[str]:
    """Stripe took, gave back and sent what the books say, once each; the ledger holds."""
    stripe = vendors.stripe
    done = select(charges.c.amount_minor).where(charges.c.state == ChargeState.SUCCEEDED)
    back = select(refunds.c.amount_minor).where(refunds.c.state == RefundState.SUCCEEDED)
    sent = select(payouts.c.amount_minor).where(
        payouts.c.state == PayoutState.DONE, payouts.c.way == PayoutWay.TRANSFER
    )
    taken = [charge for charge in stripe.all("charge") if charge["paid"]]
    problems = [
        *await _differs("charges", url, done, [charge["amount"] for charge in taken]),
        *await _differs("refunds", url, back, [each["amount"] for each in stripe.all("refund")]),
        *await _differs(
            "transfers", url, sent, [each["amount"] for each in stripe.all("transfer")]
        ),
    ]
    till = sum(charge["amount"] - charge["amount_refunded"] for charge in taken) - sum(
        each["amount"] for each in stripe.all("transfer")
    )
    storage = school.storage(url)
    fault, cash = await storage.read(_books)
    await storage.aclose()
    if fault is not None:
        problems.append(f"ledger: {fault}")
    if cash != till:
        problems.append(f"the ledger says {cash} are with Stripe, who has {till}")
    if stripe.violations:
        problems += stripe.violations
    return problems


async def meeting_problems(url: str, vendors: Vendors) -> list[str]:
    """One room at Zoom for each lesson that was not called off, a link of their own for both."""
    rows = await fetch(url, select(bookings.c.id, bookings.c.status))
    wanted = Counter(
        row.id for row in rows if row.status not in {BookingStatus.CANCELLED, BookingStatus.HELD}
    )
    made = [(_subject(meeting.body["agenda"]), meeting) for meeting in vendors.zoom.meetings]
    problems = []
    if Counter(subject for subject, _ in made) != wanted:
        problems.append(f"rooms for {[subject for subject, _ in made]}, lessons {list(wanted)}")
    kept = await fetch(
        url,
        select(meetings.c.subject_id, registrants.c.registrant_id).join_from(
            meetings, registrants, meetings.c.id == registrants.c.meeting_id
        ),
    )
    for subject, meeting in made:
        ours = sorted(row.registrant_id for row in kept if row.subject_id == subject)
        theirs = sorted(each.id for each in meeting.registrants)
        if ours != theirs or len(theirs) != 2:
            problems.append(f"{subject}: links {theirs}, known {ours}")
    return problems + vendors.zoom.violations


async def job_problems(url: str) -> list[str]:
    """Nothing was given up."""
    wanted = select(jobs.c.id, jobs.c.error).where(
        jobs.c.error.is_not(None), jobs.c.finished_at.is_not(None), jobs.c.attempts >= 12
    )
    return [f"{row.id}: {row.error}" for row in await fetch(url, wanted)]


async def history_of(url: str) -> Counter[str]:
    """What the append-only histories of all lessons tell, without whose they are."""
    return Counter(row.action for row in await fetch(url, select(booking_events.c.action)))


def _books(work: Work) -> tuple[object, int]:
    ledger = work.billing.ledger
    fault = first_fault(ledger.head(), [ledger.entries(0, _MOST_ENTRIES)])
    return fault, sum(held.minor for held in ledger.balance(CASH))


async def _differs(what: str, url: str, wanted: object, at_stripe: Sequence[int]) -> list[str]:
    ours = sorted(row.amount_minor for row in await fetch(url, wanted))  # type: ignore[arg-type] # a select of one column
    return [] if ours == sorted(at_stripe) else [f"{what}: ours {ours}, Stripe's {at_stripe}"]


def _subject(agenda: str) -> str:
    found = _MARK.search(agenda)
    return found[1] if found else agenda


def _last(person: Person) -> int:
    return max((m.message_id for m in person.chat.messages), default=0)


def _line(message: ChatMessage) -> str:
    """A message in one line; times and counts in it may differ by what a crash took."""
    return f"{message.kind}: {re.sub(r'[0-9]+', '#', message.text)} {labels(message)}"
