"""From what was bought to what is owed for it, and back where less was owed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.billing.amounts import least_charge
from bot.billing.collecting import even_out, root_of
from bot.billing.entries import credited, issued
from bot.billing.jobs import charge_job
from bot.billing.model import Evidence, Invoice, InvoiceState, LessonFact, Line, Party
from bot.billing.news import News, NewsKind
from bot.billing.parties import party_of
from bot.billing.ports import BillingWork
from bot.billing.pricing import Bill, bill_for
from bot.billing.rules import BillingRules
from bot.billing.seat_facts import SeatEvidence
from bot.core.money import Money, total_of


@dataclass(frozen=True, slots=True)
class Billed:
    """What came of a lesson; no invoice where nothing is owed."""

    bill: Bill
    invoice: Invoice | None


def bill_lesson(work: BillingWork, fact: LessonFact, rules: BillingRules, now: datetime) -> Billed:
    """Make the invoice of a lesson, its entry in the ledger, and the promise to collect it.

    Called again for the same lesson, it finds the same invoice and does nothing.
    """
    bill = bill_for(fact, rules.rounding)
    made = work.billing.invoices.find_of_booking(fact.booking_id)
    if made is not None or not bill.lines:
        return Billed(bill, made)
    student = party_of(work, fact.student_id, now)
    teacher = party_of(work, fact.teacher_id, now)
    terms = terms_of(
        student,
        teacher,
        rules,
        now,
        lines=bill.lines,
        evidence=bill.evidence,
        currency=fact.rate.currency,
    )
    draft = replace(terms, booking_id=fact.booking_id)
    invoice = work.billing.invoices.add(issued(work, draft, now))
    _collect(work, invoice, now)
    return Billed(bill, work.billing.invoices.get(invoice.id))


def terms_of(
    student: Party,
    teacher: Party,
    rules: BillingRules,
    now: datetime,
    *,
    lines: tuple[Line, ...],
    evidence: Evidence | SeatEvidence,
    currency: str,
) -> Invoice:
    """A draft on the terms of the day; what it is for is the caller's."""
    own = teacher.commission_bp
    return Invoice(
        payer_id=student.id,
        payee_id=teacher.id,
        currency=currency,
        lines=lines,
        tax_name=rules.tax_name,
        tax_bp=rules.tax_bp if rules.tax_name else 0,
        commission_bp=rules.commission_bp if own is None else own,
        evidence=evidence,
        issued_at=now,
    )


def credit(
    work: BillingWork, invoice: Invoice, amount: Money, cause: str, now: datetime
) -> Sequence[News]:
    """Take back a part of what an invoice says, at most what is left of it.

    What was paid for it is refunded; what was not paid is not asked for any more. A draft has
    nothing in the ledger that could be taken back.

    Args:
        cause: unique: the same credit is given once.
    """
    given = min(amount, invoice.owed)
    if given.minor <= 0:
        return ()
    after = replace(invoice, credited_minor=invoice.credited_minor + given.minor)
    if invoice.number is not None:
        entry = work.billing.ledger.append("credit", cause, credited(invoice, after), now)
        if entry is None:
            return ()
    saved = work.billing.invoices.save(after)
    return even_out(work, root_of(work, saved), now)


def carried_news(invoice: Invoice) -> News:
    """The student is told that a small amount waits for the next invoice."""
    return News(
        kind=NewsKind.CARRIED,
        party_id=invoice.payer_id,
        cause=f"invoice:{invoice.id}:carried",
        invoice_id=invoice.id,
        amount=invoice.owed,
    )


def _collect(work: BillingWork, invoice: Invoice, now: datetime) -> None:
    """Charge it together with what was too small before; wait where it is too small itself."""
    book = work.billing.invoices
    waiting = [w for w in book.to_carry(invoice.payer_id, invoice.currency) if w.id != invoice.id]
    for each in waiting:
        for inner in (each, *book.collected_by(each.id)):
            book.save(replace(inner, carried_to=invoice.id))
    due = total_of(
        (each.owed for each in (invoice, *book.collected_by(invoice.id))), invoice.currency
    )
    if due < least_charge(invoice.currency):
        book.save(invoice.moved_to(InvoiceState.CARRIED, now))
    else:
        work.jobs.put(charge_job(invoice.id, "first", now))
