"""/availability: a teacher's hours, shown, typed, and changed by buttons."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from bot.accounts.model import Role
from bot.core.errors import DomainError
from bot.flows.availability_steps import FIELDS, answered, hours_steps
from bot.flows.availability_view import (
    PREFIX,
    exception_buttons,
    hours_buttons,
    hours_view,
    today_of,
)
from bot.flows.commands import Command
from bot.flows.model import Answers, Flow
from bot.flows.people import in_private
from bot.flows.runner import Runner, StaleButton
from bot.flows.scene import Later, Scene
from bot.flows.zone_asking import ZoneAsking
from bot.scheduling.feeds import refresh_job
from bot.scheduling.hours_text import parse_hours
from bot.scheduling.schedule import Schedule

HOURS_FLOW = "hours"
Press = Callable[[Scene, str], Later | None]


class Availability:
    """The view, its buttons, the flow behind them, and hours typed with the command."""

    def __init__(self, runner: Runner, zones: ZoneAsking) -> None:
        self._runner = runner
        self._zones = zones

    def flows(self) -> Sequence[Flow]:
        steps = hours_steps(_schedule)
        return [Flow(HOURS_FLOW, steps, self._changed, shows_progress=False)]

    def commands(self) -> Sequence[Command]:
        action = in_private(self._zones.first("availability", self.show))
        roles = frozenset({Role.TEACHER})
        return [Command(name="availability", action=action, roles=roles, takes="hours")]

    def presses(self) -> Mapping[str, Press]:
        return {PREFIX: self._zones.first("availability.button", self.press)}

    def show(self, scene: Scene, typed: str = "") -> Later | None:
        """The hours as they are, or changed as was typed after the command."""
        if typed.strip():
            schedule = _schedule(scene)
            today = today_of(scene, schedule)
            try:
                changed = parse_hours(typed, today).applied_to(schedule, today)
            except DomainError as wrong:
                scene.say(scene.text(wrong.key, **wrong.params), scene.text("hours.example"))
                return None
            _save(scene, changed)
            scene.say(scene.text("hours.saved"))
        return self._view(scene)

    def press(self, scene: Scene, data: str) -> Later | None:
        """About the presser's own hours alone."""
        if Role.TEACHER not in scene.user.roles:
            raise StaleButton
        action, _, rest = data.partition(":")
        if action in FIELDS:
            scene.answer_button()
            answers = {"field": action}
            return self._runner.start_at(scene, HOURS_FLOW, f"hours_{action}", answers)
        match action:
            case "show":
                scene.answer_button()
                return self._view(scene)
            case "dates":
                return self._dates(scene)
            case "drop":
                return self._drop(scene, rest)
            case "zone" if scene.user.time_zone is not None:
                return self._save(scene, replace(_schedule(scene), zone=scene.user.time_zone))
            case "clear":
                scene.answer_button()
                back = scene.button("hours.button.back", f"{PREFIX}:show")
                sure = scene.button("hours.button.sure", f"{PREFIX}:sure")
                scene.show(scene.text("hours.sure"), buttons=[[sure, back]])
                return None
            case "sure":
                return self._save(scene, replace(_schedule(scene), rules=(), exceptions=()))
        raise StaleButton

    def _view(self, scene: Scene) -> Later | None:
        schedule = _schedule(scene)
        profile = scene.work.teachers.find_of_user(scene.user.id)
        is_verified = profile is not None and profile.is_verified
        body = hours_view(scene, schedule, is_verified=is_verified)
        scene.show(*body, buttons=hours_buttons(scene, schedule))
        return None

    def _dates(self, scene: Scene) -> Later | None:
        scene.answer_button()
        rows = exception_buttons(scene, _schedule(scene))
        back = [scene.button("hours.button.back", f"{PREFIX}:show")]
        scene.show(scene.text("hours.dates" if rows else "hours.dates.none"), buttons=[*rows, back])
        return None

    def _drop(self, scene: Scene, data: str) -> Later | None:
        """`data` is "<version>:<number>" of what was shown."""
        schedule = _schedule(scene)
        version, _, number = data.partition(":")
        exceptions = list(schedule.exceptions)
        if version != str(schedule.version) or number not in map(str, range(len(exceptions))):
            raise StaleButton
        del exceptions[int(number)]
        return self._save(scene, replace(schedule, exceptions=tuple(exceptions)))

    def _save(self, scene: Scene, schedule: Schedule) -> Later | None:
        scene.answer_button()
        _save(scene, schedule)
        return self._view(scene)

    def _changed(self, scene: Scene, answers: Answers) -> Later | None:
        field, schedule = str(answers["field"]), _schedule(scene)
        changed = answered(schedule, field, answers, today_of(scene, schedule))
        _save(scene, changed)
        if field == "feed" and changed.feed is not None:
            scene.work.jobs.put(refresh_job(changed, scene.now))
        return self._view(scene)


def _schedule(scene: Scene) -> Schedule:
    """The person's own; an empty one in their zone before they said anything."""
    found = scene.work.schedules.find(scene.user.id)
    return found or Schedule(teacher_id=scene.user.id, zone=scene.user.time_zone or "UTC")


def _save(scene: Scene, schedule: Schedule) -> None:
    if scene.work.schedules.find(schedule.teacher_id) is None:
        scene.work.schedules.add(schedule)
    else:
        scene.work.schedules.save(schedule)
