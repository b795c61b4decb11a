"""What is kept of people's money: taken along, handed over, and left under a pseudonym.

Invoices, charges and the ledger name people by an id of their own, because what was paid must stay
provable. When somebody goes, that id leads nowhere, and the gateway is asked to forget them.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from bot.billing.jobs import FORGET_JOB
from bot.flows.own_records import PersonRecords
from bot.flows.ports import FlowWork
from bot.jobs.model import Job

_MOST = 1_000_000
_AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)


def _collect(work: FlowWork, user_id: str) -> Mapping[str, object]:
    book = work.billing
    parties = book.parties.of_user(user_id)
    ids = [party.id for party in parties]
    return {
        "billing_parties": parties,
        "invoices": book.invoices.of_payers(ids, _MOST),
        "invoices_for_my_lessons": book.invoices.of_payees(ids, _MOST),
        "payouts": book.payouts.of_payees(ids),
    }


def _move(work: FlowWork, from_id: str, to_id: str, _: datetime) -> None:
    work.billing.parties.move_of_user(from_id, to_id)


def _remove(work: FlowWork, user_id: str) -> None:
    for party in work.billing.parties.of_user(user_id):
        if party.customer_id is not None:
            customer = {"customer": party.customer_id}
            work.jobs.put(Job(kind=FORGET_JOB, key=party.id, due_at=_AT_ONCE, payload=customer))
    work.billing.parties.remove_of_user(user_id)


BILLING_RECORDS = PersonRecords(
    tables=frozenset({"billing_parties"}), collect=_collect, move=_move, remove=_remove
)
