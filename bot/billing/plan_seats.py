"""What teachers get for seats that students did not pay for, because their plan covers them."""

from datetime import datetime

from bot.billing.ledger import Posting, payable
from bot.billing.parties import own_commission, party_of
from bot.billing.ports import BillingWork
from bot.billing.pricing import split
from bot.billing.rules import BillingRules
from bot.core.money import Money

PLANS = "plans"  # what plans cost us; what they bring is in the gateway's own books


def owe_for_plan_seat(
    work: BillingWork,
    rules: BillingRules,
    teacher_id: str,
    seat_id: str,
    price: Money,
    now: datetime,
) -> bool:
    """The teacher's part of the seat's price, as if it had been paid; False: it was owed before."""
    teacher = party_of(work, teacher_id, now)
    own = own_commission([teacher])
    commission_bp = rules.commission_bp if own is None else own
    part = split(price, tax_bp=rules.tax_bp, commission_bp=commission_bp).teacher
    if part.minor == 0:
        return False
    postings = [Posting(PLANS, part), Posting(payable(teacher.id), -part)]
    entry = work.billing.ledger.append("plan_seat", f"plan:seat:{seat_id}", postings, now)
    return entry is not None
