"""Disagreeing about minutes: the same evidence for both, a proposal, a yes or a verdict."""

from collections.abc import Sequence
from contextlib import suppress

from bot.accounts.audit import AdminAction, AuditEntry
from bot.accounts.model import Role, User
from bot.accounts.reach import preferred_address
from bot.billing.charging import Tell
from bot.billing.disputes import Dispute
from bot.billing.disputing import accept, decide, open_dispute, propose
from bot.billing.model import Evidence, Invoice, LessonOutcome, Side
from bot.billing.pricing import disputable_minutes
from bot.billing.rules import BillingRules
from bot.core.entity import long_id, short_id
from bot.flows.billing_news import DISPUTE_PREFIX
from bot.flows.dispute_evidence import evidence_body
from bot.flows.lesson_words import Reader
from bot.flows.model import Answers, Flow, InvalidAnswer
from bot.flows.ports import FlowWork
from bot.flows.receipt_words import party_user, side_of
from bot.flows.receipts import own_invoice
from bot.flows.runner import Runner, StaleButton
from bot.flows.scene import Later, Scene
from bot.flows.steps import text
from bot.flows.telling import tell
from bot.i18n.catalog import Texts
from bot.messaging.model import Button, Paragraph
from bot.scheduling.changes import record
from bot.scheduling.model import BookingAction, BookingStatus, IllegalTransition

PROPOSE_FLOW, DECIDE_FLOW = "dispute_propose", "dispute_decide"
_MOST_SHOWN = 5
_LONGEST_NUMBER = 4
_ENDED_AS = {
    LessonOutcome.MET: BookingStatus.COMPLETED,
    LessonOutcome.LATE_CANCELLATION: BookingStatus.CANCELLED,
    LessonOutcome.STUDENT_NO_SHOW: BookingStatus.NO_SHOW_STUDENT,
}


class Disputes:
    """What the two of a lesson, and administrators, do about its minutes."""

    def __init__(self, runner: Runner, rules: BillingRules, news: Tell) -> None:
        self._runner = runner
        self._rules = rules
        self._news = news

    def flows(self) -> Sequence[Flow]:
        step = text("dispute_minutes", _parse_minutes)
        return [
            Flow(PROPOSE_FLOW, (step,), self._propose, shows_progress=False),
            Flow(DECIDE_FLOW, (step,), self._decide, shows_progress=False),
        ]

    def press(self, scene: Scene, data: str) -> Later | None:
        """`data` is "<action>:<short id>", and for a yes the version that was shown."""
        action, _, rest = data.partition(":")
        short, _, version = rest.partition(":")
        match action:
            case "open":
                return self._open(scene, own_invoice(scene, short))
            case "propose":
                dispute, _, _ = _of_presser(scene, short)
                scene.answer_button()
                return self._runner.start(scene, PROPOSE_FLOW, {"dispute": dispute.id})
            case "accept":
                return self._accept(scene, short, version)
            case "queue":
                return self._queue(scene)
            case "decide":
                dispute = _for_admin(scene, short)
                scene.answer_button()
                return self._runner.start(scene, DECIDE_FLOW, {"dispute": dispute.id})
        raise StaleButton

    def _open(self, scene: Scene, invoice: Invoice) -> Later | None:
        side = side_of(scene.work, invoice, scene.user.id)
        if side is None:
            raise StaleButton
        is_first = scene.work.billing.disputes.find_of_invoice(invoice.id) is None
        dispute = open_dispute(scene.work, invoice, side, self._rules, scene.now)
        scene.answer_button()
        reader = Reader(scene.user, scene.incoming.address.platform)
        body = evidence_body(scene.work, invoice, dispute, reader)
        scene.say(*body, buttons=_rows(scene.texts, dispute, side))
        if is_first:
            _mark_booking(scene, invoice, BookingStatus.DISPUTED, BookingAction.DISPUTED)
            self._tell_other(scene, invoice, dispute, side)
            self._tell_admins(scene, dispute)
        return None

    def _propose(self, scene: Scene, answers: Answers) -> Later | None:
        dispute, invoice, side = _of_presser(scene, short_id(str(answers["dispute"])))
        minutes = int(str(answers["dispute_minutes"]))
        proposal = propose(scene.work, invoice, dispute, side, minutes)
        scene.say(scene.text("dispute.proposed", count=minutes))
        self._tell_other(scene, invoice, proposal, side)
        return None

    def _accept(self, scene: Scene, short: str, version: str) -> Later | None:
        dispute, invoice, side = _of_presser(scene, short)
        if str(dispute.version) != version or dispute.proposed_by in {side, None}:
            raise StaleButton
        scene.answer_button()
        news = accept(scene.work, invoice, dispute, side, scene.now)
        self._end(scene, invoice, dispute)
        self._news(scene.work, news)
        return None

    def _queue(self, scene: Scene) -> Later | None:
        if Role.ADMIN not in scene.user.roles:
            raise StaleButton
        scene.answer_button()
        book = scene.work.billing
        found = [(book.invoices.get(d.invoice_id), d) for d in book.disputes.open(_MOST_SHOWN)]
        waiting = [(i, d) for i, d in found if side_of(scene.work, i, scene.user.id) is None]
        if not waiting:
            scene.say(scene.text("dispute.queue_empty"))
        reader = Reader(scene.user, scene.incoming.address.platform)
        for invoice, dispute in waiting:
            decide_it = f"{DISPUTE_PREFIX}:decide:{short_id(dispute.id)}"
            scene.say(
                *evidence_body(scene.work, invoice, dispute, reader),
                buttons=[[scene.button("dispute.button.decide", decide_it)]],
            )
        return None

    def _decide(self, scene: Scene, answers: Answers) -> Later | None:
        dispute = _for_admin(scene, short_id(str(answers["dispute"])))
        invoice = scene.work.billing.invoices.get(dispute.invoice_id)
        minutes = int(str(answers["dispute_minutes"]))
        news = decide(scene.work, invoice, dispute, scene.user.id, minutes, scene.now)
        scene.work.audit.add(
            AuditEntry(
                actor_id=scene.user.id,
                action=AdminAction.DECIDE_DISPUTE,
                subject_id=invoice.payer_id,
                before=str(disputable_minutes(invoice)),
                after=str(minutes),
                at=scene.now,
            )
        )
        self._end(scene, invoice, dispute)
        scene.say(scene.text("dispute.decided", count=minutes))
        self._news(scene.work, news)
        return None

    def _end(self, scene: Scene, invoice: Invoice, before: Dispute) -> None:
        """Both see how it ended; the booking goes back to how the lesson ended."""
        ended = scene.work.billing.disputes.get(before.id)
        if isinstance(invoice.evidence, Evidence):
            status = _ENDED_AS[invoice.evidence.outcome]
            _mark_booking(scene, invoice, status, BookingAction.RESOLVED)
        for party_id in (invoice.payer_id, invoice.payee_id):
            self._show_to(scene, invoice, ended, party_id)

    def _tell_other(self, scene: Scene, invoice: Invoice, dispute: Dispute, side: Side) -> None:
        other = invoice.payee_id if side is Side.STUDENT else invoice.payer_id
        self._show_to(scene, invoice, dispute, other)

    def _show_to(self, scene: Scene, invoice: Invoice, dispute: Dispute, party_id: str) -> None:
        user_id = party_user(scene.work, party_id)
        person = None if user_id is None else scene.work.users.find(user_id)
        if person is None:
            return
        side = Side.STUDENT if party_id == invoice.payer_id else Side.TEACHER
        reader = _reader(scene.work, person)
        tell(
            scene.work,
            person,
            f"dispute:{dispute.id}:{dispute.version}:{side}",
            scene.now,
            lambda _: evidence_body(scene.work, invoice, dispute, reader),
            lambda texts: _rows(texts, dispute, side),
        )

    def _tell_admins(self, scene: Scene, dispute: Dispute) -> None:
        for admin in scene.work.users.list_admins():
            tell(
                scene.work,
                admin,
                f"dispute:{dispute.id}:opened:{admin.id}",
                scene.now,
                lambda texts: [Paragraph(texts("dispute.admins"))],
                lambda texts: [[Button(texts("dispute.button.queue"), f"{DISPUTE_PREFIX}:queue:")]],
            )


def _rows(texts: Texts, dispute: Dispute, side: Side) -> list[list[Button]]:
    """Propose; and say yes to what the other one proposed."""
    if not dispute.is_open:
        return []
    short = short_id(dispute.id)
    rows = [[Button(texts("dispute.button.propose"), f"{DISPUTE_PREFIX}:propose:{short}")]]
    if dispute.proposed_by not in {side, None}:
        yes = f"{DISPUTE_PREFIX}:accept:{short}:{dispute.version}"
        rows.insert(0, [Button(texts("dispute.button.accept"), yes)])
    return rows


def _of_presser(scene: Scene, short: str) -> tuple[Dispute, Invoice, Side]:
    """An open disagreement of the presser's own. Raises StaleButton."""
    dispute = _find(scene, short)
    invoice = scene.work.billing.invoices.get(dispute.invoice_id)
    side = side_of(scene.work, invoice, scene.user.id)
    if side is None or not dispute.is_open:
        raise StaleButton
    return dispute, invoice, side


def _for_admin(scene: Scene, short: str) -> Dispute:
    """An open disagreement of others. Raises StaleButton."""
    if Role.ADMIN not in scene.user.roles:
        raise StaleButton
    dispute = _find(scene, short)
    invoice = scene.work.billing.invoices.get(dispute.invoice_id)
    is_their_own = side_of(scene.work, invoice, scene.user.id) is not None
    if not dispute.is_open or is_their_own:
        raise StaleButton
    return dispute


def _find(scene: Scene, short: str) -> Dispute:
    try:
        dispute = scene.work.billing.disputes.find(long_id(short))
    except ValueError as error:
        raise StaleButton from error
    if dispute is None:
        raise StaleButton
    return dispute


def _reader(work: FlowWork, person: User) -> Reader:
    address = preferred_address(work.identities.of_user(person.id))
    return Reader(person, "" if address is None else address.platform)


def _mark_booking(
    scene: Scene, invoice: Invoice, status: BookingStatus, action: BookingAction
) -> None:
    booking_id = invoice.booking_id
    booking = None if booking_id is None else scene.work.bookings.find(booking_id)
    if booking is None:
        return
    with suppress(IllegalTransition):  # the money is argued about, wherever the booking stands
        saved = scene.work.bookings.save(booking.moved_to(status))
        record(scene.work, booking, saved, action, scene.user.id, scene.now)


def _parse_minutes(typed: str) -> object:
    digits = typed.strip()
    if not digits.isascii() or not digits.isdigit() or len(digits) > _LONGEST_NUMBER:
        raise InvalidAnswer("dispute.not_a_number")
    return int(digits)
