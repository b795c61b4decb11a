"""What a receipt says: who was there when, what of it is billed, by which rule, for how much."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.billing.collecting import due
from bot.billing.documents import Document, Section
from bot.billing.entries import split_of
from bot.billing.model import (
    Evidence,
    Invoice,
    LessonOutcome,
    LineKind,
    Party,
    Presence,
    Side,
    Source,
)
from bot.billing.pricing import counting
from bot.billing.seat_facts import SeatEvidence
from bot.chat.mirror import shown_name
from bot.core.money import Money
from bot.core.timespan import Timespan
from bot.flows.lesson_words import Reader
from bot.flows.ports import FlowWork
from bot.i18n.catalog import Texts
from bot.i18n.formats import decimal, exact_minutes, language_name, second_in
from bot.meetings.attendance import attendance
from bot.messaging.model import Paragraph, Style

PAPER = "paper"  # the platform of what is printed
_MINUTE = timedelta(minutes=1)


def side_of(work: FlowWork, invoice: Invoice, user_id: str) -> Side | None:
    """Which of the two somebody is; None: neither."""
    for side, party_id in ((Side.STUDENT, invoice.payer_id), (Side.TEACHER, invoice.payee_id)):
        if party_user(work, party_id) == user_id:
            return side
    return None


def party_user(work: FlowWork, party_id: str) -> str | None:
    """Whose row it is; None once they left."""
    party: Party | None = work.billing.parties.find(party_id)
    return None if party is None else party.user_id


def party_name(work: FlowWork, party_id: str, texts: Texts) -> str:
    """How somebody is called; who left has no name any more."""
    user_id = party_user(work, party_id)
    user = None if user_id is None else work.users.find(user_id)
    return texts("relay.nameless") if user is None else shown_name(user, texts)


def receipt_body(work: FlowWork, invoice: Invoice, reader: Reader) -> list[Paragraph]:
    """As a message."""
    body = [Paragraph(reader.texts("receipt.title", number=invoice.number), Style.STRONG)]
    for section in receipt_sections(work, invoice, reader):
        lines = (": ".join(part for part in line if part) for line in section.lines)
        body.append(Paragraph("\n".join(lines)))
    return body


def receipt_paper(work: FlowWork, invoice: Invoice, reader: Reader) -> Document:
    """To be printed."""
    printed = Reader(reader.user, PAPER)
    texts, evidence = reader.texts, invoice.evidence
    rule = "" if isinstance(evidence, SeatEvidence) else texts(f"receipt.rule.{evidence.rounding}")
    return Document(
        texts("receipt.title", number=invoice.number),
        receipt_sections(work, invoice, printed),
        texts("receipt.foot", rule=rule).strip(),
        invoice.issued_at,
    )


def receipt_sections(work: FlowWork, invoice: Invoice, reader: Reader) -> Sequence[Section]:
    """What it is for, who was there in a lesson, and the money."""
    texts, evidence = reader.texts, invoice.evidence
    if isinstance(evidence, SeatEvidence):
        sections = [seat_section(work, invoice, evidence, reader)]
    else:
        sections = [Section(texts("receipt.lesson"), _lesson(work, invoice, evidence, reader))]
        if evidence.outcome is LessonOutcome.MET:
            lines = _presence(work, invoice, evidence, reader)
            sections.append(Section(texts("receipt.presence"), lines))
    return [*sections, Section(texts("receipt.money"), _money(work, invoice, reader))]


def seat_section(
    work: FlowWork, invoice: Invoice, evidence: SeatEvidence, reader: Reader
) -> Section:
    """What a seat was bought for."""
    texts = reader.texts
    lines = [
        (texts("receipt.seat.who"), party_name(work, invoice.payer_id, texts)),
        (texts("receipt.teacher"), party_name(work, invoice.payee_id, texts)),
        (texts("receipt.seat.language"), language_name(evidence.language, texts.language)),
        (
            texts("receipt.seat.when"),
            f"{reader.at(evidence.booked.start)}, {reader.length(evidence.booked.length)}",
        ),
    ]
    lines.insert(0, (texts("receipt.seat.what"), seat_title(work, evidence, texts)))
    return Section(texts("receipt.seat"), lines)


def seat_title(work: FlowWork, evidence: SeatEvidence, texts: Texts) -> str:
    """Of the conversation; where the host has taken it away, its language."""
    conversation = work.live.conversations.find(evidence.conversation_id)
    if conversation is not None:
        return conversation.title
    return language_name(evidence.language, texts.language)


def stay_lines(work: FlowWork, invoice: Invoice, reader: Reader) -> list[tuple[str, str]]:
    """Every stay that counts, in its order, with who says so."""
    texts = reader.texts
    names = {
        Side.STUDENT: party_name(work, invoice.payer_id, texts),
        Side.TEACHER: party_name(work, invoice.payee_id, texts),
    }
    counted = sorted(counting(presences_of(invoice)), key=lambda p: (p.side, p.joined_at))
    lines = dict.fromkeys(
        (
            names[p.side],
            texts(
                "receipt.stay" if p.left_at else "receipt.stay_open",
                joined=second(p.joined_at, reader),
                left=second(p.left_at, reader) if p.left_at else "",
                source=texts("receipt.source.tap" if p.source is Source.TAP else "receipt.source"),
            ),
        )
        for p in counted
    )
    return list(lines)


def presences_of(invoice: Invoice) -> Sequence[Presence]:
    """Stays in a lesson's meeting; who comes to a group is no matter of its price."""
    evidence = invoice.evidence
    return evidence.presences if isinstance(evidence, Evidence) else ()


def apart_line(work: FlowWork, invoice: Invoice, reader: Reader) -> tuple[str, str] | None:
    """What is said where the meeting's two sources disagree by more than a minute."""
    subject = invoice.booking_id
    meeting = None if subject is None else work.meetings.of_subject(subject)
    if meeting is None or not meeting.differs:
        return None
    apart = attendance(work.sightings.of_meeting(meeting.id)).differences.values()
    shown = exact_minutes(max(apart, default=_MINUTE), reader.texts.language)
    return reader.texts("receipt.apart", length=shown), ""


def second(at: datetime, reader: Reader) -> str:
    """A time to the second, in the reader's clock."""
    if reader.platform == "discord":
        return f"<t:{int(at.timestamp())}:T>"
    return second_in(at, reader.texts.language, reader.user.time_zone)


def _lesson(
    work: FlowWork, invoice: Invoice, evidence: Evidence, reader: Reader
) -> list[tuple[str, str]]:
    texts = reader.texts
    booked = Timespan(evidence.booked.start, evidence.booked.end)
    lines = [
        (texts("receipt.student"), party_name(work, invoice.payer_id, texts)),
        (texts("receipt.teacher"), party_name(work, invoice.payee_id, texts)),
        (
            texts("receipt.booked"),
            f"{reader.at(booked.start)}, {reader.length(booked.length)}",
        ),
    ]
    if evidence.extension:
        lines.append((texts("receipt.extension"), reader.length(evidence.extension)))
    if evidence.outcome is not LessonOutcome.MET:
        lines.append((texts(f"receipt.outcome.{evidence.outcome}"), ""))
    return lines


def _presence(
    work: FlowWork, invoice: Invoice, evidence: Evidence, reader: Reader
) -> list[tuple[str, str]]:
    texts = reader.texts
    language = texts.language
    lines = stay_lines(work, invoice, reader)
    apart = apart_line(work, invoice, reader)
    if apart is not None:
        lines.append(apart)
    lines.append((texts("receipt.together"), exact_minutes(evidence.counted, language)))
    if evidence.unbilled:
        lines.append((texts("receipt.unbilled"), exact_minutes(evidence.unbilled, language)))
    billed = exact_minutes(evidence.billed, language)
    lines.append((texts("receipt.billed"), billed))
    lines.append((texts(f"receipt.rule.{evidence.rounding}"), ""))
    return lines


def _money(work: FlowWork, invoice: Invoice, reader: Reader) -> list[tuple[str, str]]:
    texts = reader.texts
    lines = [
        (_line_label(invoice, line.kind, reader), _amount(line.minor, invoice, reader))
        for line in invoice.lines
    ]
    lines.append((texts("receipt.total"), reader.money(invoice.total)))
    if invoice.tax_name is not None:
        percent = decimal(invoice.tax_bp / 100, texts.language, 2 if invoice.tax_bp % 100 else 0)
        label = texts("receipt.tax", name=invoice.tax_name, percent=percent)
        lines.append((label, reader.money(split_of(invoice, invoice.total).tax)))
    if invoice.credited_minor:
        lines.append((texts("receipt.credited"), _amount(-invoice.credited_minor, invoice, reader)))
    collected = work.billing.invoices.collected_by(invoice.id)
    lines += [
        (texts("receipt.carried", number=each.number), reader.money(each.owed))
        for each in collected
    ]
    if collected:
        lines.append((texts("receipt.all"), reader.money(due(work, invoice))))
    lines.append((texts(f"receipt.state.{invoice.state}"), ""))
    return lines


def _line_label(invoice: Invoice, kind: LineKind, reader: Reader) -> str:
    evidence = invoice.evidence
    if isinstance(evidence, SeatEvidence):
        return reader.texts(f"receipt.line.{kind}")
    return reader.texts(
        f"receipt.line.{kind}",
        length=exact_minutes(evidence.billed, reader.texts.language),
        rate=reader.money(Money(evidence.rate_minor, invoice.currency)),
        percent=evidence.share_percent,
    )


def _amount(minor: int, invoice: Invoice, reader: Reader) -> str:
    return reader.money(Money(minor, invoice.currency))
