"""What teachers have earned, when it may be sent, and sending it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from bot.billing.amounts import least_charge
from bot.billing.entries import split_of
from bot.billing.jobs import statement_job, transfer_job
from bot.billing.ledger import CASH, STATED, Posting, payable
from bot.billing.model import Party, Payout, PayoutState, PayoutWay
from bot.billing.news import News, NewsKind
from bot.billing.ports import BillingWork
from bot.billing.rules import BillingRules
from bot.core.money import Money

_MOST_OPEN = 1_000


@dataclass(frozen=True, slots=True)
class Earnings:
    """What a teacher has in one currency.

    Args:
        ready: may be sent.
        waiting: not paid by the student yet, not over yet, or still within the time to dispute it.
        sent: under way or done.
    """

    ready: Money
    waiting: Money
    sent: Money


def earnings_of(
    work: BillingWork, parties: Collection[Party], rules: BillingRules, now: datetime
) -> Sequence[Earnings]:
    """By currency, over all rows of one person."""
    found: dict[str, Earnings] = {}
    for party in parties:
        for own in _earnings(work, party, rules, now):
            before = found.get(own.ready.currency)
            found[own.ready.currency] = own if before is None else _sum(before, own)
    return [found[currency] for currency in sorted(found)]


def plan_payouts(
    work: BillingWork, rules: BillingRules, now: datetime, *, states: bool
) -> Sequence[News]:
    """Promise every teacher what is ready: by transfer, or where that is not set up by statement.

    Args:
        states: whether statements are due (once a month).
    """
    news: list[News] = []
    for party in work.billing.parties.payees():
        for own in _earnings(work, party, rules, now):
            if own.ready < least_charge(own.ready.currency):
                continue
            if party.can_be_paid and party.account_id is not None:
                payout = _promise(work, party, PayoutWay.TRANSFER, own.ready, now)
                work.jobs.put(transfer_job(payout.id, now))
            elif states:
                payout = _promise(work, party, PayoutWay.STATEMENT, own.ready, now)
                news += settle_payout(work, payout, None, now)
    return news


def plan_statements(work: BillingWork, month: date, now: datetime) -> None:
    """Promise everybody to whom nothing is transferred what they earned in a month, in writing.

    Args:
        month: any day of it.
    """
    for party in work.billing.parties.payees():
        if not party.can_be_paid:
            work.jobs.put(statement_job(party.id, month.replace(day=1), now))


def settle_payout(
    work: BillingWork, payout: Payout, gateway_id: str | None, now: datetime
) -> Sequence[News]:
    """It was sent, or stated: from here on the teacher is owed that much less."""
    if payout.state is not PayoutState.PROMISED:
        return ()
    is_transfer = payout.way is PayoutWay.TRANSFER
    postings = _postings(payout, CASH if is_transfer else STATED)
    work.billing.ledger.append("payout", payout.key, postings, now)
    work.billing.payouts.save(replace(payout, state=PayoutState.DONE, gateway_id=gateway_id))
    return [_news(NewsKind.PAID_OUT if is_transfer else NewsKind.STATED, payout)]


def reverse_payout(work: BillingWork, payout: Payout, now: datetime) -> Sequence[News]:
    """It came back: the teacher is owed it again."""
    if payout.state is not PayoutState.DONE:
        return ()
    back = [Posting(posting.account, -posting.amount) for posting in _postings(payout, CASH)]
    work.billing.ledger.append("payout_reversed", f"{payout.key}:reversed", back, now)
    work.billing.payouts.save(replace(payout, state=PayoutState.REVERSED))
    return [_news(NewsKind.TRANSFER_REVERSED, payout)]


def _earnings(
    work: BillingWork, party: Party, rules: BillingRules, now: datetime
) -> Sequence[Earnings]:
    held = _held_back(work, party, rules, now)
    payouts = work.billing.payouts.of_payees([party.id])
    result = []
    for balance in work.billing.ledger.balance(payable(party.id)):
        currency = balance.currency
        own = [payout for payout in payouts if payout.currency == currency]
        promised = sum(p.amount_minor for p in own if p.state is PayoutState.PROMISED)
        done = sum(p.amount_minor for p in own if p.state is PayoutState.DONE)
        waiting = held.get(currency, 0)
        ready = -balance.minor - waiting - promised
        result.append(
            Earnings(
                Money(ready, currency), Money(waiting, currency), Money(promised + done, currency)
            )
        )
    return result


def _held_back(
    work: BillingWork, party: Party, rules: BillingRules, now: datetime
) -> dict[str, int]:
    """The teacher's part of what may still change, by currency."""
    book = work.billing
    fresh = {i.id: i for i in book.invoices.not_final_of(party.id, now - rules.dispute_for)}
    for dispute in book.disputes.open(_MOST_OPEN):
        invoice = book.invoices.get(dispute.invoice_id)
        if invoice.payee_id == party.id:
            fresh[invoice.id] = invoice
    held: dict[str, int] = {}
    for invoice in fresh.values():
        part = split_of(invoice, invoice.owed).teacher.minor
        held[invoice.currency] = held.get(invoice.currency, 0) + part
    return held


def _promise(
    work: BillingWork, party: Party, way: PayoutWay, amount: Money, now: datetime
) -> Payout:
    number, _ = work.billing.ledger.head()
    return work.billing.payouts.add(
        Payout(
            payee_id=party.id,
            way=way,
            amount_minor=amount.minor,
            currency=amount.currency,
            until=number,
            made_at=now,
        )
    )


def _postings(payout: Payout, source: str) -> Sequence[Posting]:
    return [Posting(payable(payout.payee_id), payout.amount), Posting(source, -payout.amount)]


def _news(kind: NewsKind, payout: Payout) -> News:
    return News(
        kind=kind,
        party_id=payout.payee_id,
        cause=f"{payout.key}:{kind}",
        payout_id=payout.id,
        amount=payout.amount,
    )


def _sum(one: Earnings, other: Earnings) -> Earnings:
    return Earnings(one.ready + other.ready, one.waiting + other.waiting, one.sent + other.sent)
