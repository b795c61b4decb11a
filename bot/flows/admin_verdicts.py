"""Approving, refusing and asking back: the verdict, the audit row and the word to the teacher."""

from collections.abc import Callable, Sequence

from bot.accounts.audit import AdminAction, AuditEntry
from bot.accounts.gigs import GigStatus
from bot.accounts.model import Role
from bot.accounts.teachers import Review, TeacherProfile
from bot.flows.answers import clean_text
from bot.flows.gig_watch import announce
from bot.flows.model import Answers, Flow
from bot.flows.runner import Runner, StaleButton
from bot.flows.scene import Later, Scene
from bot.flows.steps import text
from bot.flows.teacher_card import PREFIX as CARD_PREFIX
from bot.flows.telling import tell
from bot.messaging.model import Button, Paragraph, Style

REFUSE_FLOW, ASK_FLOW = "refuse_teacher", "ask_teacher"
_TEXT_LIMIT = 1000


class Verdicts:
    """What an administrator says to one teacher.

    Args:
        then: shows the queue again.
    """

    def __init__(self, runner: Runner, then: Callable[[Scene], object]) -> None:
        self._runner = runner
        self._then = then

    def flows(self) -> Sequence[Flow]:
        """A no and a question need words."""

        def words(typed: str) -> str:
            return clean_text(typed, _TEXT_LIMIT)

        return [
            Flow(REFUSE_FLOW, (text("refusal", words),), self._refuse, shows_progress=False),
            Flow(ASK_FLOW, (text("question", words),), self._ask, shows_progress=False),
        ]

    def begin(self, scene: Scene, profile: TeacherProfile, action: str) -> Later | None:
        """Approve at once, or ask for the words of a no or a question."""
        if action == "approve":
            approved = profile.approved()
            scene.answer_button()
            return self._settle(scene, profile, approved, AdminAction.APPROVE_TEACHER)
        scene.answer_button()
        answers = {"teacher": profile.id, "version": profile.version}
        return self._runner.start(scene, REFUSE_FLOW if action == "refuse" else ASK_FLOW, answers)

    def _refuse(self, scene: Scene, answers: Answers) -> Later | None:
        profile = _as_shown(scene, answers)
        if profile is None:
            return self._has_changed(scene)
        verdict = profile.refused(str(answers["refusal"]))
        return self._settle(scene, profile, verdict, AdminAction.REFUSE_TEACHER)

    def _ask(self, scene: Scene, answers: Answers) -> Later | None:
        profile = _as_shown(scene, answers)
        if profile is None:
            return self._has_changed(scene)
        verdict = profile.asked(str(answers["question"]))
        return self._settle(scene, profile, verdict, AdminAction.ASK_TEACHER)

    def _has_changed(self, scene: Scene) -> Later | None:
        """What was looked at is not what is there: nothing happens, and the queue is shown."""
        scene.say(scene.text("admin.has_changed"))
        self._then(scene)
        return None

    def _settle(
        self, scene: Scene, before: TeacherProfile, after: TeacherProfile, action: AdminAction
    ) -> Later | None:
        saved = scene.work.teachers.save(after)
        scene.work.audit.add(
            AuditEntry(
                actor_id=scene.user.id,
                action=action,
                subject_id=before.user_id,
                before=before.review,
                after=after.review,
                at=scene.now,
            )
        )
        _tell_teacher(scene, saved)
        if saved.is_verified and not before.is_verified:
            for gig in scene.work.gigs.of_user(saved.user_id):
                if gig.status is GigStatus.LIVE:
                    announce(scene.work, gig, saved, scene.now)
        scene.say(scene.text(f"admin.done.{after.review}"))
        self._then(scene)
        return None


def _as_shown(scene: Scene, answers: Answers) -> TeacherProfile | None:
    """The profile, if it still is what the administrator looked at, and they still are one."""
    if Role.ADMIN not in scene.user.roles:
        raise StaleButton
    profile = scene.work.teachers.find(str(answers["teacher"]))
    is_same = profile is not None and profile.version == answers["version"]
    return profile if is_same else None


def _tell_teacher(scene: Scene, profile: TeacherProfile) -> None:
    """The verdict in the teacher's language, with the way on from it."""
    review = profile.review
    words = profile.question if review is Review.ASKED else profile.reason
    way = {
        Review.APPROVED: ("gig.button.mine", "c:gig"),
        Review.REFUSED: ("teach.button.card", "c:profile"),
        Review.ASKED: ("teach.button.answer", f"{CARD_PREFIX}:answer:"),
    }
    label, data = way[review]
    tell(
        scene.work,
        scene.work.users.get(profile.user_id),
        f"verdict:{profile.id}:{profile.version}",
        scene.now,
        lambda texts: [
            Paragraph(texts(f"teach.verdict.{review}"), Style.STRONG),
            *([Paragraph(words, Style.QUOTE)] if words else []),
        ],
        lambda texts: [[Button(texts(label), data)]],
    )
