"""What billing promises to do later; the handlers are put together where messages are worded."""

from datetime import UTC, date, datetime, time, timedelta

from bot.jobs.model import Job

BILL_JOB = "lesson.bill"
CHARGE_JOB = "invoice.charge"
REMIND_JOB = "invoice.remind"
REFUND_JOB = "invoice.refund"
CLOSE_JOB = "page.close"
TRANSFER_JOB = "payout.transfer"
STATEMENT_JOB = "payout.state"
RECONCILE_JOB = "ledger.reconcile"
FORGET_JOB = "customer.forget"
LOOK_JOB = "ledger.look"
SEAT_SETTLE_JOB = "seat.settle"
SEAT_CLOSE_JOB = "seat.close"
_LOOK_EVERY = timedelta(minutes=5)
_RECONCILE_HOUR = 4  # UTC: when least happens


def bill_job(booking_id: str, at: datetime) -> Job:
    """Put by the unit that ends a lesson."""
    return Job(kind=BILL_JOB, key=booking_id, due_at=at, payload={"booking_id": booking_id})


def charge_job(invoice_id: str, attempt: str, at: datetime) -> Job:
    """Collect an invoice. `attempt` says why it is tried again, once each."""
    key = f"{invoice_id}:{attempt}"
    return Job(kind=CHARGE_JOB, key=key, due_at=at, payload={"invoice_id": invoice_id})


def remind_job(invoice_id: str, number: int, at: datetime) -> Job:
    """Tell the student that an invoice waits for them."""
    payload = {"invoice_id": invoice_id, "number": str(number)}
    return Job(kind=REMIND_JOB, key=f"{invoice_id}:{number}", due_at=at, payload=payload)


def close_job(row_id: str, at: datetime) -> Job:
    """Close a card page nobody finished: what was held for it is free again."""
    return Job(kind=CLOSE_JOB, key=row_id, due_at=at, payload={"card_page_id": row_id})


def refund_job(refund_id: str, at: datetime, attempt: str = "first") -> Job:
    """Ask the gateway for a refund that was promised."""
    key = f"{refund_id}:{attempt}"
    return Job(kind=REFUND_JOB, key=key, due_at=at, payload={"refund_id": refund_id})


def transfer_job(payout_id: str, at: datetime, attempt: str = "first") -> Job:
    """Move what was promised to a teacher."""
    key = f"{payout_id}:{attempt}"
    return Job(kind=TRANSFER_JOB, key=key, due_at=at, payload={"payout_id": payout_id})


def reconcile_job(day: date) -> Job:
    """Compare with the gateway, and pay teachers; each day's puts the next one's."""
    at = datetime.combine(day, time(_RECONCILE_HOUR), tzinfo=UTC)
    return Job(kind=RECONCILE_JOB, key=day.isoformat(), due_at=at)


def settle_seat_job(invoice_id: str, at: datetime) -> Job:
    """Give a seat that was paid to who paid it, or the money back."""
    payload = {"invoice_id": invoice_id}
    return Job(kind=SEAT_SETTLE_JOB, key=invoice_id, due_at=at, payload=payload)


def close_seat_job(invoice_id: str, attempt: str, at: datetime) -> Job:
    """Close the page of a seat that nobody paid in time."""
    key, payload = f"{invoice_id}:{attempt}", {"invoice_id": invoice_id}
    return Job(kind=SEAT_CLOSE_JOB, key=key, due_at=at, payload=payload)


def look_job(now: datetime) -> Job:
    """Ask the gateway where no webhook tells, every five minutes; each puts the next one."""
    number = (now - datetime(1970, 1, 1, tzinfo=UTC)) // _LOOK_EVERY + 1
    at = datetime(1970, 1, 1, tzinfo=UTC) + number * _LOOK_EVERY
    return Job(kind=LOOK_JOB, key=str(number), due_at=at)


def statement_job(party_id: str, month: date, now: datetime) -> Job:
    """Send a teacher the statement of a month, given by its first day."""
    payload = {"party_id": party_id, "month": month.isoformat()}
    return Job(kind=STATEMENT_JOB, key=f"{party_id}:{month:%Y-%m}", due_at=now, payload=payload)


def stated_month(job: Job) -> tuple[date, date]:
    """The first day of a statement's month, and of the next one."""
    first = date.fromisoformat(job.payload["month"])
    return first, (first + timedelta(days=31)).replace(day=1)
