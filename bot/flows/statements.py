"""What a teacher earned, entry by entry, as a table and on paper; by itself once a month."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from bot.billing.documents import Document, Printer, Section, as_csv
from bot.billing.jobs import stated_month
from bot.billing.ledger import Entry, payable
from bot.billing.model import Party
from bot.core.clock import Clock
from bot.core.money import Money, digits
from bot.core.storage import Storage
from bot.flows.lesson_words import Reader
from bot.flows.ports import FlowWork
from bot.flows.receipt_words import PAPER
from bot.flows.receipts import PDF, UNSENT_KEPT_FOR
from bot.flows.telling import tell
from bot.i18n.catalog import texts_in
from bot.i18n.formats import month_name
from bot.jobs.model import Job
from bot.messaging.model import Attachment, MediaKind, Paragraph

CSV = "text/csv"
_INVOICE, _SEAT = "invoice", "seat"
_HEAD = ("day", "what", "number", "amount", "currency")
Unit = Callable[[FlowWork], None]


@dataclass(frozen=True, slots=True)
class Earned:
    """One entry of the ledger as it changes what a teacher is owed."""

    at: datetime
    kind: str
    number: int | None
    amount: Money


class Statements:
    """Handles `payout.state`: the month's statement of a teacher whom nobody transfers anything."""

    def __init__(self, storage: Storage[FlowWork], printer: Printer, clock: Clock) -> None:
        self._storage = storage
        self._printer = printer
        self._clock = clock

    async def send(self, job: Job) -> Unit | None:
        """Both files, in the teacher's language; nothing for a month without an entry."""
        party_id, (first, end) = job.payload["party_id"], stated_month(job)

        def find(work: FlowWork) -> tuple[Reader, Sequence[Earned]] | None:
            party = work.billing.parties.find(party_id)
            user_id = None if party is None else party.user_id
            person = None if user_id is None else work.users.find(user_id)
            if party is None or person is None:
                return None
            return Reader(person, PAPER), earned_by(work, [party], first, end)

        found = await self._storage.read(find)
        if found is None or not found[1]:
            return None
        reader, entries = found
        paper = statement_paper(entries, reader, self._clock.now(), first)
        printed = await asyncio.to_thread(self._printer.pdf, paper)
        table = statement_table(entries, reader)
        name = f"statement-{first:%Y-%m}"

        def unit(work: FlowWork) -> None:
            self._post(work, reader, job.id, first, (printed, PDF, f"{name}.pdf"))
            self._post(work, reader, job.id, first, (table, CSV, f"{name}.csv"))

        return unit

    def _post(
        self, work: FlowWork, reader: Reader, key: str, month: date, file: tuple[bytes, str, str]
    ) -> None:
        (data, mime, filename), now = file, self._clock.now()
        person = work.users.find(reader.user.id)
        if person is None:
            return
        kept_until = now + UNSENT_KEPT_FOR
        blob_id = work.blobs.add(person.id, mime, data, now, expires_at=kept_until)
        sent = Attachment(kind=MediaKind.DOCUMENT, blob_id=blob_id, mime=mime, filename=filename)
        shown = month_name(month, reader.texts.language)
        words = texts_in(person.ui_language)("statement.month", month=shown)
        tell(work, person, f"{key}:{mime}", now, lambda _: [Paragraph(words)], file=sent)


def earned_by(
    work: FlowWork, parties: Sequence[Party], first: date | None = None, end: date | None = None
) -> Sequence[Earned]:
    """What the teacher is owed more (positive) or less, in order; of the days in between (UTC)."""
    found = [
        Earned(entry.at, *_named(work, entry), -amount)
        for party in parties
        for entry, amount in work.billing.ledger.of_account(payable(party.id), 0)
        if (first is None or entry.at.date() >= first) and (end is None or entry.at.date() < end)
    ]
    return sorted(found, key=lambda earned: earned.at)


def statement_table(entries: Sequence[Earned], reader: Reader) -> bytes:
    """For a spreadsheet."""
    texts = reader.texts
    rows = [
        [
            each.at.date().isoformat(),
            texts(f"statement.kind.{each.kind}"),
            each.number or "",
            _plain(each.amount),
            each.amount.currency,
        ]
        for each in entries
    ]
    return as_csv([[texts(f"statement.{name}") for name in _HEAD], *rows])


def statement_paper(
    entries: Sequence[Earned], reader: Reader, now: datetime, month: date | None = None
) -> Document:
    """To be printed. `month`: its first day, where it is about one alone."""
    texts = reader.texts
    lines = [
        (
            f"{reader.day(each.at)} · {texts(f'statement.kind.{each.kind}')}"
            + (f" {each.number}" if each.number else ""),
            reader.money(each.amount),
        )
        for each in entries
    ]
    heading = texts("statement.entries") if month is None else month_name(month, texts.language)
    return Document(
        texts("statement.title", name=reader.user.name),
        [Section(heading, lines)],
        texts("statement.foot"),
        now,
    )


def _named(work: FlowWork, entry: Entry) -> tuple[str, int | None]:
    """What an entry is called, and the number of its invoice."""
    if entry.kind != _INVOICE:
        return entry.kind, None
    invoice = work.billing.invoices.find(entry.cause.partition(":")[2])
    if invoice is None:
        return entry.kind, None
    return _SEAT if invoice.seat_id is not None else entry.kind, invoice.number


def _plain(amount: Money) -> Decimal:
    """An amount as spreadsheets of every language read it: 12.50."""
    return Decimal(amount.minor).scaleb(-digits(amount.currency))
