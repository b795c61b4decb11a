"""What both sides of a disagreement, and whoever decides it, see alike."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.billing.disputes import Dispute, DisputeState
from bot.billing.model import Evidence, Invoice, Presence, Side
from bot.billing.pricing import disputable_minutes
from bot.billing.seat_facts import SeatEvidence
from bot.core.text import shorten
from bot.core.timespan import Timespan
from bot.flows.lesson_words import Reader
from bot.flows.ports import FlowWork
from bot.flows.receipt_words import apart_line, party_name, party_user, presences_of, second
from bot.i18n.formats import exact_minutes
from bot.messaging.model import Paragraph, Style
from bot.scheduling.model import BookingAction, BookingEvent

_AROUND = timedelta(hours=1)
_MOST_MESSAGES, _MOST_LOOKED_AT, _MESSAGE_LENGTH = 10, 100, 200
_TOLD = {BookingAction.ANSWERED, BookingAction.EXTENDED, BookingAction.BEGUN}


def evidence_body(
    work: FlowWork, invoice: Invoice, dispute: Dispute, reader: Reader
) -> list[Paragraph]:
    """The lesson, who was there by each source, what was answered and written, the proposal."""
    texts = reader.texts
    body = [
        Paragraph(texts("dispute.title", number=invoice.number), Style.STRONG),
        Paragraph("\n".join(_facts(work, invoice, reader))),
    ]
    for title, lines in (
        ("dispute.stays", _stays(work, invoice, reader)),
        ("dispute.answers", _answers(work, invoice, reader)),
        ("dispute.messages", _messages(work, invoice, reader)),
    ):
        shown = "\n".join(lines) if lines else texts("dispute.none")
        body += [Paragraph(texts(title), Style.STRONG), Paragraph(shown, Style.QUOTE)]
    return [*body, _where_it_stands(work, invoice, dispute, reader)]


def names(work: FlowWork, invoice: Invoice, reader: Reader) -> dict[Side, str]:
    """How the two are called."""
    return {
        Side.STUDENT: party_name(work, invoice.payer_id, reader.texts),
        Side.TEACHER: party_name(work, invoice.payee_id, reader.texts),
    }


def _facts(work: FlowWork, invoice: Invoice, reader: Reader) -> Sequence[str]:
    texts, evidence, named = reader.texts, invoice.evidence, names(work, invoice, reader)
    longer = _extension(invoice)
    extension = [f"{texts('receipt.extension')}: {reader.length(longer)}"] if longer else []
    return [
        texts("dispute.between", student=named[Side.STUDENT], teacher=named[Side.TEACHER]),
        texts(
            "dispute.booked",
            at=reader.at(evidence.booked.start),
            length=reader.length(evidence.booked.length),
        ),
        *extension,
        _billed(invoice, reader),
    ]


def _billed(invoice: Invoice, reader: Reader) -> str:
    texts, evidence, amount = reader.texts, invoice.evidence, reader.money(invoice.total)
    count = disputable_minutes(invoice)
    if isinstance(evidence, SeatEvidence):
        return texts("dispute.seat", count=count, amount=amount)
    together = exact_minutes(evidence.counted, texts.language)
    return texts("dispute.billed", count=count, amount=amount, together=together)


def _extension(invoice: Invoice) -> timedelta:
    evidence = invoice.evidence
    return evidence.extension if isinstance(evidence, Evidence) else timedelta()


def _stays(work: FlowWork, invoice: Invoice, reader: Reader) -> Sequence[str]:
    named = names(work, invoice, reader)

    def order(presence: Presence) -> tuple[str, str, datetime]:
        return presence.source, presence.side, presence.joined_at

    lines = [
        reader.texts(
            "dispute.stay" if stay.left_at else "dispute.stay_open",
            source=reader.texts(f"dispute.source.{stay.source}"),
            name=named[stay.side],
            joined=second(stay.joined_at, reader),
            left=second(stay.left_at, reader) if stay.left_at else "",
        )
        for stay in sorted(presences_of(invoice), key=order)
    ]
    apart = apart_line(work, invoice, reader)
    return lines if apart is None else [*lines, apart[0]]


def _answers(work: FlowWork, invoice: Invoice, reader: Reader) -> Sequence[str]:
    """What both did about the lesson: answers to reminders, the beginning, extensions."""
    lines = []
    booking_id = invoice.booking_id
    for event in () if booking_id is None else work.booking_history.of_booking(booking_id):
        if event.action not in _TOLD:
            continue
        actor = None if event.actor_id is None else work.users.find(event.actor_id)
        nobody = "booking.by_itself" if event.actor_id is None else "relay.nameless"
        lines.append(
            reader.texts(
                "dispute.answer",
                at=reader.at(event.at),
                name=actor.name if actor else reader.texts(nobody),
                what=reader.texts(f"dispute.did.{_did(event)}"),
            )
        )
    return lines


def _did(event: BookingEvent) -> str:
    """What happened; of an answer, which one it was."""
    answers = event.after.get("notices", "").split(", ")
    said = next((each for each in answers if each.startswith(f"{event.actor_id}: ")), "")
    return said.rpartition(" ")[2] or event.action


def _messages(work: FlowWork, invoice: Invoice, reader: Reader) -> Sequence[str]:
    """What they wrote to each other from an hour before to an hour after."""
    student, teacher = (party_user(work, p) for p in (invoice.payer_id, invoice.payee_id))
    if student is None or teacher is None:
        return ()
    thread = work.chat.threads.find_pair(student, teacher)
    if thread is None:
        return ()
    around = invoice.evidence.booked.widened(_AROUND, _AROUND + _extension(invoice))
    written = [
        message
        for message in work.chat.messages.latest(thread.id, _MOST_LOOKED_AT)
        if _is_within(message.at, around) and message.text
    ]
    named = names(work, invoice, reader)
    return [
        reader.texts(
            "dispute.message",
            at=second(message.at, reader),
            name=named[Side.STUDENT if message.sender_id == student else Side.TEACHER],
            text=shorten(message.text, _MESSAGE_LENGTH),
        )
        for message in sorted(written, key=lambda message: message.at)[-_MOST_MESSAGES:]
    ]


def _is_within(at: datetime, span: Timespan) -> bool:
    return span.start <= at < span.end


def _where_it_stands(
    work: FlowWork, invoice: Invoice, dispute: Dispute, reader: Reader
) -> Paragraph:
    texts, side = reader.texts, dispute.proposed_by
    if dispute.state is DisputeState.OPEN:
        return Paragraph(texts("dispute.state.open"))
    name = names(work, invoice, reader)[side] if side is not None else ""
    left = work.billing.invoices.get(invoice.id).owed
    told = texts(
        f"dispute.state.{dispute.state}",
        name=name,
        count=dispute.minutes or 0,
        amount=reader.money(left),
    )
    return Paragraph(told)
