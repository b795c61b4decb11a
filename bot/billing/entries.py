"""What invoices enter in the ledger: how much is owed, and whose it is."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.billing.ledger import COMMISSION, TAX, Posting, payable, receivable
from bot.billing.model import Invoice
from bot.billing.ports import BillingWork
from bot.billing.pricing import Split, split
from bot.core.money import Money


def split_of(invoice: Invoice, amount: Money) -> Split:
    """Whose a part of this invoice is."""
    return split(amount, tax_bp=invoice.tax_bp, commission_bp=invoice.commission_bp)


def issued(work: BillingWork, draft: Invoice, now: datetime) -> Invoice:
    """An invoice with its number, which is entered; the caller stores it.

    What was taken back of it while it was a draft is entered with it.
    """
    ledger, cause = work.billing.ledger, f"invoice:{draft.id}"
    number = work.billing.next_invoice_number()
    ledger.append("invoice", cause, _owed(draft), now)
    if draft.credited_minor:
        taken_back = credited(replace(draft, credited_minor=0), draft)
        ledger.append("credit", f"{cause}:draft", taken_back, now)
    return replace(draft, number=number, issued_at=now)


def credited(before: Invoice, after: Invoice) -> Sequence[Posting]:
    """The difference of both splits, so that what is left is split as if it had been all."""
    old, left = split_of(before, before.owed), split_of(after, after.owed)
    parts = Split(left.tax - old.tax, left.commission - old.commission, left.teacher - old.teacher)
    return _postings(before, after.owed - before.owed, parts)


def _owed(invoice: Invoice) -> Sequence[Posting]:
    return _postings(invoice, invoice.total, split_of(invoice, invoice.total))


def _postings(invoice: Invoice, amount: Money, parts: Split) -> Sequence[Posting]:
    wanted = (
        Posting(receivable(invoice.payer_id), amount),
        Posting(payable(invoice.payee_id), -parts.teacher),
        Posting(COMMISSION, -parts.commission),
        Posting(TAX, -parts.tax),
    )
    return [posting for posting in wanted if posting.amount.minor]
