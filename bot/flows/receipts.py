"""/receipts: what was billed, one by one, in the chat and on paper."""

import asyncio
from datetime import timedelta

from bot.billing.documents import Document, Printer
from bot.billing.model import Invoice
from bot.core.entity import long_id, short_id
from bot.flows.awaiting import Awaited
from bot.flows.billing_news import MONEY_PREFIX, receipt_rows
from bot.flows.lesson_words import Reader
from bot.flows.receipt_words import PAPER, party_name, receipt_body, receipt_paper, side_of
from bot.flows.runner import StaleButton
from bot.flows.scene import Later, Scene
from bot.flows.voice_turn import Parts
from bot.messaging.model import Attachment, Button, MediaKind, MessageKind, Style

_SHOWN = 8
UNSENT_KEPT_FOR = timedelta(days=2)
PDF = "application/pdf"


class Receipts:
    """Shows invoices to the two people they are about."""

    def __init__(self, parts: Parts, printer: Printer) -> None:
        self._parts = parts
        self._printer = printer

    def list(self, scene: Scene, _: str = "") -> Later | None:
        """The newest as buttons."""
        ids = [party.id for party in scene.work.billing.parties.of_user(scene.user.id)]
        found = scene.work.billing.invoices.of_payers(ids, _SHOWN) if ids else ()
        if not found:
            scene.say(scene.text("receipts.none"))
            return None
        reader = Reader(scene.user, PAPER)
        rows = [[self._entry(scene, invoice, reader)] for invoice in found]
        scene.say(scene.text("receipts.title", Style.STRONG), buttons=rows)
        return None

    def show(self, scene: Scene, invoice: Invoice) -> None:
        """One receipt."""
        scene.answer_button()
        reader = Reader(scene.user, scene.incoming.address.platform)
        body = receipt_body(scene.work, invoice, reader)
        scene.say(*body, buttons=receipt_rows(scene.texts, invoice))

    def paper(self, scene: Scene, invoice: Invoice) -> Later:
        """The receipt as a file."""
        document = receipt_paper(scene.work, invoice, Reader(scene.user, PAPER))
        return self.printed(document, f"receipt-{invoice.number}.pdf")

    def printed(self, document: Document, filename: str) -> Later:
        """Print outside of the loop and the transaction, then send."""

        async def ask() -> bytes:
            return await asyncio.to_thread(self._printer.pdf, document)

        return Awaited(self._parts, ask, lambda scene, data: send_file(scene, data, PDF, filename))

    def _entry(self, scene: Scene, invoice: Invoice, reader: Reader) -> Button:
        label = scene.texts(
            "receipts.entry",
            number=invoice.number,
            day=reader.day(invoice.evidence.booked.start),
            name=party_name(scene.work, invoice.payee_id, scene.texts),
            amount=reader.money(invoice.owed),
        )
        return Button(label, f"{MONEY_PREFIX}:show:{short_id(invoice.id)}")


def own_invoice(scene: Scene, short: str) -> Invoice:
    """An invoice of which the presser is one side. Raises StaleButton."""
    try:
        invoice = scene.work.billing.invoices.find(long_id(short))
    except ValueError as error:
        raise StaleButton from error
    if invoice is None or side_of(scene.work, invoice, scene.user.id) is None:
        raise StaleButton
    return invoice


def send_file(scene: Scene, data: bytes, mime: str, filename: str) -> None:
    """A file for whoever asked, kept until it is sent."""
    scene.answer_button()
    blob_id = scene.work.blobs.add(
        scene.user.id, mime, data, scene.now, expires_at=scene.now + UNSENT_KEPT_FOR
    )
    file = Attachment(kind=MediaKind.DOCUMENT, blob_id=blob_id, mime=mime, filename=filename)
    scene.say(scene.text("receipts.file"), kind=MessageKind.EXPORT, attachment=file)
