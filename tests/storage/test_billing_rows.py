"""Rows of money on both engines: they come back whole, and outlive the people they name."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.accounts.model import User, UserStatus
from bot.billing.disputes import Dispute
from bot.billing.invoicing import bill_lesson
from bot.billing.model import Invoice, Side
from bot.billing.parties import has_card, may_book_paid, party_of
from bot.billing.rules import BillingRules
from bot.flows.billing_records import BILLING_RECORDS
from bot.storage.engine import SqlStorage
from bot.storage.work import Work
from tests.unit.billing.lessons import a_lesson, there

NOW = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
RULES = BillingRules(tax_name="VAT", tax_bp=2100)
BOTH = there(Side.STUDENT, 0, 2760), there(Side.TEACHER, 0, None)


def people(work: Work, *names: str) -> None:
    for name in names:
        work.users.add(User(id=name, created_at=NOW, name=name, status=UserStatus.ACTIVE))


def billed(work: Work) -> Invoice:
    people(work, "student", "teacher")
    fact = a_lesson(*BOTH, extension=timedelta(minutes=15))
    invoice = bill_lesson(work, fact, RULES, NOW).invoice
    assert invoice is not None
    return invoice


async def test_an_invoice_comes_back_with_its_lines_and_evidence(storage: SqlStorage) -> None:
    invoice = await storage.write(billed)
    assert await storage.read(lambda work: work.billing.invoices.get(invoice.id)) == invoice
    assert invoice.evidence.presences == BOTH
    found = await storage.read(lambda work: work.billing.invoices.find_of_booking("booking"))
    assert found == invoice


async def test_an_invoice_is_disputed_once(storage: SqlStorage) -> None:
    invoice = await storage.write(billed)
    dispute = Dispute(invoice_id=invoice.id, opened_by=Side.STUDENT, opened_at=NOW)
    await storage.write(lambda work: work.billing.disputes.add(dispute))
    found = await storage.read(lambda work: work.billing.disputes.open(5))
    assert list(found) == [dispute]


async def test_who_is_forgotten_leaves_a_pseudonym_and_the_books_stay(storage: SqlStorage) -> None:
    invoice = await storage.write(billed)

    def forget(work: Work) -> None:
        party = party_of(work, "student", NOW)
        work.billing.parties.save(replace(party, customer_id="cus", card_id="card"))
        BILLING_RECORDS.remove(work, "student")
        work.users.remove("student")

    await storage.write(forget)
    party = await storage.read(lambda work: work.billing.parties.get(invoice.payer_id))
    assert (party.user_id, party.customer_id, party.card_id) == (None, None, None)
    assert await storage.read(lambda work: work.billing.invoices.get(invoice.id)) == invoice
    assert (await storage.read(lambda work: work.billing.ledger.head()))[0] == 1
    jobs = await storage.write(
        lambda work: work.jobs.claim(NOW, NOW, timedelta(minutes=1), 5, ["customer.forget"])
    )
    assert [job.payload["customer"] for job in jobs] == ["cus"]


async def test_two_who_are_one_have_what_both_had(storage: SqlStorage) -> None:
    def unit(work: Work) -> None:
        people(work, "ana", "ana-dc")
        spare = party_of(work, "ana-dc", NOW)
        work.billing.parties.save(replace(spare, customer_id="cus", card_id="card"))
        party_of(work, "ana", NOW)
        BILLING_RECORDS.move(work, "ana-dc", "ana", NOW)
        work.users.remove("ana-dc")

    await storage.write(unit)
    assert await storage.read(lambda work: has_card(work, "ana"))
    assert await storage.read(lambda work: may_book_paid(work, "ana"))
    assert (await storage.write(lambda work: party_of(work, "ana", NOW))).card_id == "card"
