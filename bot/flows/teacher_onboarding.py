"""Becoming a teacher: what is told first, and how one thing of it is changed later."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.accounts.model import Role
from bot.accounts.teachers import TeacherProfile
from bot.core.errors import DomainError
from bot.flows.model import Answers, Flow, Step
from bot.flows.runner import Runner, StaleButton
from bot.flows.scene import Later, Scene
from bot.flows.steps import optional
from bot.flows.teacher_queue import requeue
from bot.flows.teacher_steps import answers_of, teacher_steps, told

TEACH_FLOW, TEACHING_FLOW = "teach", "teaching"
FIELDS = ("qualification", "experience", "taught", "teach_about", "currency", "rate", "calendly")
_CHECKED = "qualification"  # a change of it is looked at again


class AdultsOnly(DomainError):
    """Minors learn here; they do not teach."""

    key = "teach.adults_only"


class TeacherOnboarding:
    """The flow that makes a teacher, and the one that changes a field.

    Args:
        then: shows the teacher's card.
    """

    def __init__(self, runner: Runner, then: Callable[[Scene], object]) -> None:
        self._runner = runner
        self._then = then

    def flows(self) -> tuple[Flow, Flow]:
        steps = teacher_steps()
        first = (*steps, Step(name="summary", is_summary=True))
        single = tuple(
            optional(replace(step, is_optional=False))[0] if step.is_optional else step
            for step in steps
        )
        return (
            Flow(TEACH_FLOW, first, self._finish),
            Flow(TEACHING_FLOW, single, self._changed, shows_progress=False),
        )

    def begin(self, scene: Scene) -> Later | None:
        """Begin, or go on where it was left.

        Raises:
            AdultsOnly: a minor.
        """
        if scene.user.is_minor:
            raise AdultsOnly
        state = self._runner.find(scene)
        if state is not None and state.flow == TEACH_FLOW:
            self._runner.repeat(scene, state)
            return None
        return self._runner.start(scene, TEACH_FLOW)

    def edit(self, scene: Scene, profile: TeacherProfile, field: str) -> Later | None:
        """Ask for one of the FIELDS of the presser's own profile."""
        answers = {**answers_of(profile), "field": field}
        return self._runner.start_at(scene, TEACHING_FLOW, field, answers)

    def _finish(self, scene: Scene, answers: Answers) -> Later | None:
        """Store the profile as a draft; certificates come next, then it is handed in."""
        fields: dict[str, Any] = dict(told(answers))
        profile = scene.work.teachers.find_of_user(scene.user.id)
        if profile is None:
            scene.work.teachers.add(TeacherProfile(user_id=scene.user.id, **fields))
        else:
            scene.work.teachers.save(replace(profile, **fields))
        if Role.TEACHER not in scene.user.roles:
            scene.save_user(replace(scene.user, roles=scene.user.roles | {Role.TEACHER}))
        scene.show(scene.text("teach.saved"))
        self._then(scene)
        return None

    def _changed(self, scene: Scene, answers: Answers) -> Later | None:
        profile = scene.work.teachers.find_of_user(scene.user.id)
        if profile is None:
            raise StaleButton
        fields: dict[str, Any] = dict(told(answers))
        scene.work.teachers.save(replace(profile, **fields))
        scene.show(scene.text("profile.saved", what=scene.texts(f"field.{answers['field']}")))
        is_checked = fields[_CHECKED] != profile.qualification
        if is_checked and requeue(scene):
            scene.say(scene.text("teach.looked_at_again"))
        self._then(scene)
        return None
