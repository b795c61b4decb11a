"""Opening, arguing and ending a disagreement; its result is a credit, or nothing."""

from collections.abc import Sequence
from datetime import datetime

from bot.billing.disputes import Dispute, TooLate
from bot.billing.invoicing import credit
from bot.billing.model import Invoice, Side
from bot.billing.news import News
from bot.billing.ports import BillingWork
from bot.billing.pricing import disputable_minutes, owed_for
from bot.billing.rules import BillingRules


def open_dispute(
    work: BillingWork, invoice: Invoice, side: Side, rules: BillingRules, now: datetime
) -> Dispute:
    """The one disagreement about an invoice; the same again when it is open already.

    Raises:
        TooLate: the time to disagree is over.
    """
    found = work.billing.disputes.find_of_invoice(invoice.id)
    if found is not None:
        return found
    if now > invoice.delivered_at + rules.dispute_for:
        raise TooLate
    return work.billing.disputes.add(Dispute(invoice_id=invoice.id, opened_by=side, opened_at=now))


def propose(
    work: BillingWork, invoice: Invoice, dispute: Dispute, side: Side, minutes: int
) -> Dispute:
    """One side names minutes; raises what `Dispute.proposed` raises."""
    proposal = dispute.proposed(side, minutes, billed=disputable_minutes(invoice))
    return work.billing.disputes.save(proposal)


def accept(
    work: BillingWork, invoice: Invoice, dispute: Dispute, side: Side, now: datetime
) -> Sequence[News]:
    """The other side agrees: what was billed beyond goes back."""
    return _settle(work, invoice, work.billing.disputes.save(dispute.agreed(side, now)), now)


def decide(
    work: BillingWork,
    invoice: Invoice,
    dispute: Dispute,
    admin_id: str,
    minutes: int,
    now: datetime,
) -> Sequence[News]:
    """An administrator has the last word."""
    billed = disputable_minutes(invoice)
    decided = dispute.decided(admin_id, minutes, now, billed=billed)
    return _settle(work, invoice, work.billing.disputes.save(decided), now)


def _settle(work: BillingWork, invoice: Invoice, dispute: Dispute, now: datetime) -> Sequence[News]:
    minutes = dispute.minutes
    if minutes is None or minutes >= disputable_minutes(invoice):
        return ()
    too_much = invoice.owed - owed_for(invoice, minutes)
    return credit(work, invoice, too_much, f"dispute:{dispute.id}", now)
