"""/admin: reports and teachers who wait, one at a time; and what was done."""

from collections.abc import Mapping, Sequence

from bot.accounts.audit import AdminAction, AuditEntry
from bot.accounts.model import Role, User
from bot.accounts.teachers import Certificate, CertificateState, TeacherProfile
from bot.core.entity import long_id, short_id
from bot.flows.admin_reports import ACTIONS as REPORT_ACTIONS
from bot.flows.admin_reports import PREFIX, AdminReports, show_report, waiting_for
from bot.flows.admin_verdicts import Verdicts
from bot.flows.billing_news import DISPUTE_PREFIX, MONEY_PREFIX
from bot.flows.model import Flow
from bot.flows.ports import FlowWork
from bot.flows.runner import Runner, StaleButton
from bot.flows.scene import Later, Scene
from bot.flows.teacher_words import (
    certificate_file,
    certificate_label,
    fact_lines,
    named,
    picture_of,
)
from bot.i18n.formats import moment
from bot.messaging.model import Button, Paragraph, Style

__all__ = ["PREFIX", "AdminQueue"]

_SHOWN_ENTRIES = 10
_CERTIFICATE_VERDICTS: Mapping[str, tuple[CertificateState, AdminAction]] = {
    "certyes": (CertificateState.APPROVED, AdminAction.APPROVE_CERTIFICATE),
    "certno": (CertificateState.REFUSED, AdminAction.REFUSE_CERTIFICATE),
}


class AdminQueue:
    """The queue and its buttons; every press is checked to be an administrator's.

    Args:
        is_paid: there are commissions, which can be set.
    """

    def __init__(self, runner: Runner, *, is_paid: bool) -> None:
        self._is_paid = is_paid
        self._verdicts = Verdicts(runner, self.show)
        self._reports = AdminReports(self.show)

    def flows(self) -> Sequence[Flow]:
        return self._verdicts.flows()

    def show(self, scene: Scene, _: str = "") -> Later | None:
        """How many reports and teachers wait, and of each the one that has waited longest."""
        count, reports = scene.work.teachers.count_waiting(), waiting_for(scene)
        scene.say(
            scene.text("admin.title", Style.STRONG),
            *([scene.text("admin.reports", count=len(reports))] if reports else []),
            scene.text("admin.waiting", count=count) if count else scene.text("admin.nobody"),
            buttons=[
                [scene.button("admin.button.trail", f"{PREFIX}:trail:")],
                _disputes_row(scene),
                self._commissions_row(scene),
            ],
        )
        if reports:
            show_report(scene, reports[0])
        first = next(iter(scene.work.teachers.waiting(1)), None)
        if first is not None:
            _show_teacher(scene, first)
        return None

    def press(self, scene: Scene, data: str) -> Later | None:
        """`data` is "<action>:<short id>:<version shown>"."""
        if Role.ADMIN not in scene.user.roles:
            raise StaleButton
        action, _, rest = data.partition(":")
        short, _, version = rest.partition(":")
        match action:
            case "trail":
                scene.answer_button()
                return _show_trail(scene)
            case "next":
                return self._next(scene, short)
            case "see":
                return _show_certificate(scene, _certificate(scene, short))
            case "certyes" | "certno":
                certificate = _certificate(scene, short)
                _check_version(certificate.version, version)
                return _judge(scene, certificate, action)
            case "approve" | "refuse" | "ask":
                profile = _profile(scene, short)
                _check_version(profile.version, version)
                return self._verdicts.begin(scene, profile, action)
            case _ if action in REPORT_ACTIONS:
                return self._reports.press(scene, action, _long(short))
        raise StaleButton

    def _commissions_row(self, scene: Scene) -> Sequence[Button]:
        if not self._is_paid:
            return ()
        return [scene.button("commission.button.open", f"{MONEY_PREFIX}:share:")]

    def _next(self, scene: Scene, short: str) -> Later | None:
        scene.answer_button()
        work = scene.work
        following = [*work.teachers.waiting(1, _long(short)), *work.teachers.waiting(1)]
        if following:
            _show_teacher(scene, following[0])
            return None
        return self.show(scene)


def _disputes_row(scene: Scene) -> Sequence[Button]:
    """A way to what two people cannot agree on, where there is something."""
    if not scene.work.billing.disputes.open(1):
        return ()
    return [scene.button("dispute.button.queue", f"{DISPUTE_PREFIX}:queue:")]


def _show_teacher(scene: Scene, profile: TeacherProfile) -> None:
    """One teacher, with a button for each certificate and for each verdict."""
    work = scene.work
    person = work.users.get(profile.user_id)
    body = [Paragraph(named(person, profile), Style.STRONG), fact_lines(scene.texts, profile)]
    if profile.question is not None and profile.answer is not None:
        body.append(scene.text("admin.asked", question=profile.question, answer=profile.answer))
    body.append(scene.text("admin.look_at_certificates"))
    own = work.certificates.of_user(person.id)
    short, version = short_id(profile.id), profile.version
    rows = [[Button(certificate_label(e), f"{PREFIX}:see:{short_id(e.id)}")] for e in own]
    rows += [
        [
            scene.button(f"admin.button.{action}", f"{PREFIX}:{action}:{short}:{version}")
            for action in ("approve", "refuse")
        ],
        [
            scene.button("admin.button.ask", f"{PREFIX}:ask:{short}:{version}"),
            scene.button("admin.button.next", f"{PREFIX}:next:{short}"),
        ],
    ]
    scene.say(*body, buttons=rows, attachment=picture_of(person))


def _show_certificate(scene: Scene, certificate: Certificate) -> Later | None:
    scene.answer_button()
    _note(scene, AdminAction.SEE_CERTIFICATE, certificate.user_id, certificate.state)
    short, version = short_id(certificate.id), certificate.version
    verdicts = [
        scene.button(f"admin.button.{action}", f"{PREFIX}:{action}:{short}:{version}")
        for action in _CERTIFICATE_VERDICTS
    ]
    scene.say(
        Paragraph(certificate_label(certificate)),
        buttons=[verdicts],
        attachment=certificate_file(certificate),
    )
    return None


def _judge(scene: Scene, certificate: Certificate, verdict: str) -> Later | None:
    state, action = _CERTIFICATE_VERDICTS[verdict]
    _note(scene, action, certificate.user_id, certificate.state, state)
    judged = certificate.with_state(state)
    scene.work.certificates.save(judged)
    scene.answer_button()
    scene.say(scene.text(f"admin.{verdict}", title=certificate.title))
    return None


def _note(scene: Scene, action: AdminAction, subject: str, before: str, after: str = "") -> None:
    scene.work.audit.add(
        AuditEntry(
            actor_id=scene.user.id,
            action=action,
            subject_id=subject,
            before=before,
            after=after or before,
            at=scene.now,
        )
    )


def _show_trail(scene: Scene) -> Later | None:
    """What was done last, newest first; who has left is shown as such."""
    lines = [_line(scene, entry) for entry in scene.work.audit.latest(_SHOWN_ENTRIES)]
    shown = Paragraph("\n".join(lines), Style.QUOTE) if lines else scene.text("admin.no_trail")
    scene.say(scene.text("admin.trail", Style.STRONG), shown)
    return None


def _line(scene: Scene, entry: AuditEntry) -> str:
    at = moment(entry.at, scene.texts.language, scene.user.time_zone)
    return scene.texts(
        f"admin.did.{entry.action}",
        at=at,
        actor=_name(scene, scene.work, entry.actor_id),
        subject=_name(scene, scene.work, entry.subject_id),
    )


def _name(scene: Scene, work: FlowWork, user_id: str) -> str:
    user: User | None = work.users.find(user_id)
    return user.name if user is not None else scene.texts("admin.somebody_gone")


def _profile(scene: Scene, short: str) -> TeacherProfile:
    found = scene.work.teachers.find(_long(short))
    if found is None:
        raise StaleButton
    return found


def _certificate(scene: Scene, short: str) -> Certificate:
    found = scene.work.certificates.find(_long(short))
    if found is None:
        raise StaleButton
    return found


def _long(short: str) -> str:
    try:
        return long_id(short)
    except ValueError as error:
        raise StaleButton from error


def _check_version(stored: int, shown: str) -> None:
    """A verdict is about what was shown; what changed since is to be looked at again."""
    if shown != str(stored):
        raise StaleButton
