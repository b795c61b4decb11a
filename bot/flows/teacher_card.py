"""A teacher's own card: what they told, how the check stands, and a button for everything."""

from collections.abc import Sequence
from dataclasses import replace

from bot.accounts.model import Role
from bot.accounts.teachers import Review, TeacherProfile
from bot.core.errors import DomainError
from bot.flows.answers import clean_text
from bot.flows.model import Answers, Flow
from bot.flows.profile import PREFIX as PROFILE_PREFIX
from bot.flows.runner import Runner, StaleButton
from bot.flows.scene import Later, Scene
from bot.flows.steps import text
from bot.flows.teacher_certificates import Certificates, certificate_data
from bot.flows.teacher_onboarding import FIELDS, AdultsOnly, TeacherOnboarding
from bot.flows.teacher_queue import queue
from bot.flows.teacher_words import certificate_label, fact_lines
from bot.flows.voice_turn import Parts
from bot.messaging.model import Button, Paragraph, Style

PREFIX = "h"
ANSWER_FLOW = "answer_admin"
_HANDED_IN_FROM = frozenset({Review.DRAFT, Review.REFUSED})
_ANSWER_LIMIT = 1000


class TeacherCard:
    """The card, its buttons and the flows behind them."""

    def __init__(self, runner: Runner, parts: Parts) -> None:
        self._runner = runner
        self.onboarding = TeacherOnboarding(runner, self.show)
        self._certificates = Certificates(runner, parts, PREFIX, self.show)

    def flows(self) -> Sequence[Flow]:
        answer = text("teacher_answer", lambda typed: clean_text(typed, _ANSWER_LIMIT))
        return [
            *self.onboarding.flows(),
            self._certificates.flow(),
            Flow(ANSWER_FLOW, (answer,), self._answered, shows_progress=False),
        ]

    def show(self, scene: Scene, _: str = "") -> Later | None:
        """The card; nothing for somebody who is no teacher."""
        profile = scene.work.teachers.find_of_user(scene.user.id)
        if profile is None:
            return None
        body = [scene.text("teach.title", Style.STRONG), fact_lines(scene.texts, profile)]
        body.append(_standing(scene, profile))
        scene.say(*body, buttons=self._rows(scene, profile))
        return None

    def press(self, scene: Scene, data: str) -> Later | None:
        """`data` is "<action>:<field or certificate>", about the presser's own card."""
        profile = scene.work.teachers.find_of_user(scene.user.id)
        if profile is None:
            raise StaleButton
        action, _, rest = data.partition(":")
        match action:
            case "edit" if rest in FIELDS:
                scene.answer_button()
                return self.onboarding.edit(scene, profile, rest)
            case "add":
                return self._certificates.add(scene)
            case "see":
                return self._certificates.show(scene, rest)
            case "drop":
                return self._certificates.remove(scene, rest)
            case "submit":
                return self._hand_in(scene, profile)
            case "answer" if profile.review is Review.ASKED:
                scene.answer_button()
                return self._runner.start(scene, ANSWER_FLOW)
        raise StaleButton

    def _hand_in(self, scene: Scene, profile: TeacherProfile) -> Later | None:
        if profile.review not in _HANDED_IN_FROM:
            raise StaleButton
        if scene.user.is_minor:
            raise AdultsOnly
        scene.answer_button()
        scene.save_user(replace(scene.user, roles=scene.user.roles | {Role.TEACHER}))
        queue(scene, profile.submitted(scene.now))
        scene.say(
            scene.text("teach.handed_in"), buttons=[[scene.button("gig.button.mine", "c:gig")]]
        )
        return None

    def _answered(self, scene: Scene, answers: Answers) -> Later | None:
        profile = scene.work.teachers.find_of_user(scene.user.id)
        if profile is None:
            raise DomainError("error.not_found")
        queue(scene, profile.answered(str(answers["teacher_answer"]), scene.now))
        scene.say(scene.text("teach.answer_sent"))
        return None

    def _rows(self, scene: Scene, profile: TeacherProfile) -> Sequence[Sequence[Button]]:
        edits = [
            scene.button(
                "profile.button.edit", f"{PREFIX}:edit:{name}", what=scene.texts(f"field.{name}")
            )
            for name in FIELDS
        ]
        rows = [edits[i : i + 2] for i in range(0, len(edits), 2)]
        rows += [
            [Button(certificate_label(each), certificate_data(PREFIX, "see", each))]
            for each in scene.work.certificates.of_user(scene.user.id)
        ]
        rows.append(
            [
                scene.button("certificate.button.add", f"{PREFIX}:add:"),
                scene.button("teach.button.picture", f"{PROFILE_PREFIX}:picture"),
            ]
        )
        if profile.review in _HANDED_IN_FROM:
            rows.append([scene.button("teach.button.hand_in", f"{PREFIX}:submit:")])
        if profile.review is Review.ASKED:
            rows.append([scene.button("teach.button.answer", f"{PREFIX}:answer:")])
        rows.append([scene.button("gig.button.mine", "c:gig")])
        return rows


def _standing(scene: Scene, profile: TeacherProfile) -> Paragraph:
    """How the check stands, in one line."""
    if profile.is_verified and profile.review is not Review.APPROVED:
        return scene.text("teach.standing.again")
    asked = {"question": profile.question or "", "reason": profile.reason or ""}
    return scene.text(f"teach.standing.{profile.review}", **asked)
