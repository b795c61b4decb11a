"""Reports of one person by another: looked at, and decided about, by an administrator."""

from collections.abc import Callable, Sequence

from bot.accounts.audit import AdminAction, AuditEntry
from bot.accounts.model import User
from bot.accounts.teachers import TeacherProfile
from bot.chat.model import Report, Thread
from bot.core.entity import short_id
from bot.flows.ports import FlowWork
from bot.flows.report_excerpt import excerpt, reported_name
from bot.flows.runner import StaleButton
from bot.flows.scene import Later, Scene
from bot.flows.telling import tell
from bot.i18n.catalog import texts_in
from bot.i18n.formats import moment
from bot.messaging.model import Button, Paragraph, Style

PREFIX = "q"
ACTIONS = frozenset({"report", "messages", "dismiss", "warn", "part", "suspend"})


class AdminReports:
    """The reports that wait, one at a time; a verdict takes a report away and is written down.

    Args:
        then: shows the queue again.
    """

    def __init__(self, then: Callable[[Scene], object]) -> None:
        self._then = then

    def press(self, scene: Scene, action: str, report_id: str) -> Later | None:
        """One of the ACTIONS on a report that waits; whoever is part of it decides nothing."""
        report = scene.work.chat.reports.find(report_id)
        if report is None:
            raise StaleButton
        thread = scene.work.chat.threads.get(report.thread_id)
        if thread.has(scene.user.id):
            raise StaleButton
        scene.answer_button()
        match action:
            case "report":
                show_report(scene, _following(scene, report))
            case "messages":
                self._messages(scene, report, thread)
            case "dismiss":
                self._decide(scene, report, thread, AdminAction.DISMISS_REPORT)
            case "warn":
                _tell(scene, report, thread.partner_of(report.reporter_id), "admin.warning")
                self._decide(scene, report, thread, AdminAction.WARN_PERSON)
            case "part":
                self._part(scene, report, thread)
            case _:
                self._suspend(scene, report, thread)
        return None

    def _messages(self, scene: Scene, report: Report, thread: Thread) -> None:
        lines = excerpt(scene.work, thread, scene.texts, report.at)
        _note(scene, AdminAction.SEE_REPORT, report, thread)
        scene.say(*(lines or [scene.text("admin.report.empty")]))

    def _part(self, scene: Scene, report: Report, thread: Thread) -> None:
        """Neither hears from the other any more, unless both take their block back."""
        for user_id in (thread.student_id, thread.teacher_id):
            thread = scene.work.chat.threads.save(thread.blocked(user_id, is_blocked=True))
            _tell(scene, report, user_id, "admin.parted")
        self._decide(scene, report, thread, AdminAction.PART_PEOPLE)

    def _suspend(self, scene: Scene, report: Report, thread: Thread) -> None:
        """The teacher is verified no longer: nobody finds them or can write to them."""
        profile = _teacher(scene.work, report, thread)
        if profile is None:
            raise StaleButton
        person = scene.work.users.get(profile.user_id)
        reason = texts_in(person.ui_language)("admin.suspended")
        scene.work.teachers.save(profile.refused(reason))
        _tell(scene, report, person.id, "admin.suspended")
        self._decide(scene, report, thread, AdminAction.SUSPEND_TEACHER)

    def _decide(self, scene: Scene, report: Report, thread: Thread, action: AdminAction) -> None:
        _note(scene, action, report, thread)
        scene.work.chat.reports.remove(report.id)
        scene.say(scene.text(f"admin.done.{action}"))
        self._then(scene)


def waiting_for(scene: Scene) -> Sequence[Report]:
    """What this administrator may decide about, oldest first."""
    work = scene.work
    return [
        report
        for report in work.chat.reports.waiting()
        if not work.chat.threads.get(report.thread_id).has(scene.user.id)
    ]


def show_report(scene: Scene, report: Report) -> None:
    """Who reported whom, when and why, with a button for each verdict."""
    thread = scene.work.chat.threads.get(report.thread_id)
    reporter, subject = (
        _name(scene, user_id)
        for user_id in (report.reporter_id, thread.partner_of(report.reporter_id))
    )
    names = ["part"]
    if _teacher(scene.work, report, thread) is not None:
        names.append("suspend")
    scene.say(
        scene.text("admin.report.title", Style.STRONG, reporter=reporter, subject=subject),
        scene.text(
            "admin.report.facts",
            at=moment(report.at, scene.texts.language, scene.user.time_zone),
            reason=scene.texts(f"relay.reason.{report.reason}"),
        ),
        buttons=[
            [_button(scene, name, report) for name in row]
            for row in (["messages"], ["dismiss", "warn"], names, ["report"])
        ],
    )


def _button(scene: Scene, action: str, report: Report) -> Button:
    return scene.button(f"admin.button.{action}", f"{PREFIX}:{action}:{short_id(report.id)}")


def _following(scene: Scene, report: Report) -> Report:
    """The one that waits after this one, or the first again."""
    own = waiting_for(scene)
    return next((each for each in own if each.id > report.id), own[0])


def _teacher(work: FlowWork, report: Report, thread: Thread) -> TeacherProfile | None:
    """The reported person's profile, if they are a verified teacher."""
    profile = work.teachers.find_of_user(thread.partner_of(report.reporter_id))
    return profile if profile is not None and profile.is_verified else None


def _tell(scene: Scene, report: Report, user_id: str, key: str) -> None:
    person: User | None = scene.work.users.find(user_id)
    if person is not None:
        tell(
            scene.work,
            person,
            f"report:{report.id}:{user_id}",
            scene.now,
            lambda texts: [Paragraph(texts(key))],
        )


def _note(scene: Scene, action: AdminAction, report: Report, thread: Thread) -> None:
    scene.work.audit.add(
        AuditEntry(
            actor_id=scene.user.id,
            action=action,
            subject_id=thread.partner_of(report.reporter_id),
            before=thread.id,
            after=report.reason,
            at=scene.now,
        )
    )


def _name(scene: Scene, user_id: str) -> str:
    return reported_name(scene.work.users.find(user_id), scene.texts)
