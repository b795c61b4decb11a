"""People as money knows them, and what they may do about it."""

from collections.abc import Sequence
from datetime import datetime

from bot.billing.model import Invoice, Party
from bot.billing.ports import BillingWork


def party_of(work: BillingWork, user_id: str, now: datetime) -> Party:
    """The person's row, made when it is first needed; with several, the one with a card.

    Whoever left before their last lesson was billed gets a row that leads nowhere.
    """
    work.users.lock(user_id)
    if work.users.find(user_id) is None:
        return work.billing.parties.add(Party(user_id=None, created_at=now))
    own = work.billing.parties.of_user(user_id)
    if not own:
        return work.billing.parties.add(Party(user_id=user_id, created_at=now))
    return next((party for party in own if party.card_id is not None), own[0])


def own_commission(parties: Sequence[Party]) -> int | None:
    """The share an administrator set for somebody with these rows; None: the usual one."""
    return next((each.commission_bp for each in parties if each.commission_bp is not None), None)


def card_of(work: BillingWork, user_id: str) -> Party | None:
    """The row of the person's that has a card."""
    own = work.billing.parties.of_user(user_id)
    return next((party for party in own if party.card_id is not None), None)


def has_card(work: BillingWork, user_id: str) -> bool:
    """Whether a lesson could be charged."""
    return card_of(work, user_id) is not None


def unpaid_of(work: BillingWork, user_id: str) -> Sequence[Invoice]:
    """What the person was asked to pay themselves, and has not."""
    ids = [party.id for party in work.billing.parties.of_user(user_id)]
    return work.billing.invoices.unpaid_of(ids) if ids else ()


def may_book_paid(work: BillingWork, user_id: str) -> bool:
    """Whether the person may book something that costs money: nothing waits to be paid."""
    return not unpaid_of(work, user_id)
