"""What teachers get for seats and lessons that students' plans cover."""

from datetime import datetime

from bot.billing.ledger import Posting, payable
from bot.billing.parties import own_commission, party_of
from bot.billing.ports import BillingWork
from bot.billing.pricing import split
from bot.billing.rules import BillingRules
from bot.core.money import Money

PLANS = "plans"  # what plans cost us; what they bring is in the gateway's own books


def owe_for_plan(
    work: BillingWork,
    rules: BillingRules,
    teacher_id: str,
    kind: str,
    cause: str,
    price: Money,
    now: datetime,
) -> Money:
    """Enter the teacher's part of a price as if it had been paid, once for a `cause`; the part.

    Args:
        kind: of the ledger's entry, "plan_seat" or "plan_lesson".
    """
    teacher = party_of(work, teacher_id, now)
    own = own_commission([teacher])
    commission_bp = rules.commission_bp if own is None else own
    part = split(price, tax_bp=rules.tax_bp, commission_bp=commission_bp).teacher
    if part.minor:
        postings = [Posting(PLANS, part), Posting(payable(teacher.id), -part)]
        work.billing.ledger.append(kind, cause, postings, now)
    return part
