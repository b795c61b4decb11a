"""/availability: a teacher's hours, shown, typed, and changed by buttons."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from bot.accounts.model import Role
from bot.accounts.tokens import Tokens
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
from bot.flows.slot_waits import look_for_waiting
from bot.flows.zone_asking import ZoneAsking
from bot.i18n.calendar_names import words
from bot.messaging.model import Button, Paragraph
from bot.scheduling.feeds import refresh_job
from bot.scheduling.hours_text import parse_hours
from bot.scheduling.schedule import Schedule

HOURS_FLOW = "hours"
CALENDLY_PATH = "/hours/calendly/{key}"
Press = Callable[[Scene, str], Later | None]


class Availability:
    """The view, its buttons, the flow behind them, and hours typed with the command."""

    def __init__(self, runner: Runner, zones: ZoneAsking, tokens: Tokens) -> None:
        self._runner = runner
        self._tokens = tokens
        self._show = zones.first("availability", self.show)
        self._ask_first = zones.first("availability.ask", self._ask)

    def flows(self) -> Sequence[Flow]:
        steps = hours_steps(_schedule)
        return [Flow(HOURS_FLOW, steps, self._changed, leave=self._left, shows_progress=False)]

    def commands(self) -> Sequence[Command]:
        action, roles = in_private(self._show), frozenset({Role.TEACHER})
        return [Command(name="availability", action=action, roles=roles, takes="hours")]

    def presses(self) -> Mapping[str, Press]:
        return {PREFIX: self.press}

    def show(self, scene: Scene, typed: str = "") -> Later | None:
        """The hours as they are, or changed as was typed after the command."""
        if typed.split() and typed.casefold().split()[0] in words("hours.words.import"):
            return self._import(scene)
        if typed.strip():
            schedule = _schedule(scene)
            today = today_of(scene, schedule)
            try:
                changed = parse_hours(typed, today).applied_to(schedule, today)
            except DomainError as wrong:
                scene.say(scene.text(wrong.key, **wrong.params), scene.text("hours.example"))
                return None
            _save(scene, changed)
            return self._view(scene, scene.text("hours.saved"))
        return self._view(scene)

    def press(self, scene: Scene, data: str) -> Later | None:
        """About the presser's own hours alone."""
        action, _, rest = data.partition(":")
        if Role.TEACHER not in scene.user.roles:
            raise StaleButton
        if action in FIELDS:
            return self._ask_first(scene, action)
        schedule = scene.work.schedules.find(scene.user.id)
        if schedule is None:
            raise StaleButton
        return self._act(scene, schedule, action, rest)

    def _ask(self, scene: Scene, field: str) -> Later | None:
        scene.answer_button()
        return self._runner.start_at(scene, HOURS_FLOW, f"hours_{field}", {"field": field})

    def _act(self, scene: Scene, schedule: Schedule, action: str, rest: str) -> Later | None:
        match action:
            case "show":
                scene.answer_button()
                return self._view(scene)
            case "dates":
                return self._dates(scene, schedule)
            case "drop":
                return self._save(scene, _without(schedule, rest))
            case "zone" if scene.user.time_zone is not None:
                return self._save(scene, replace(schedule, zone=scene.user.time_zone))
            case "clear":
                scene.answer_button()
                sure = scene.button("hours.button.sure", f"{PREFIX}:sure")
                scene.show(scene.text("hours.sure"), buttons=[[sure, _back(scene)]])
                return None
            case "sure":
                return self._save(scene, replace(schedule, rules=(), exceptions=()))
        raise StaleButton

    def _import(self, scene: Scene) -> Later | None:
        """The way to the page where a Calendly token is typed; it is never asked for in a chat."""
        if scene.rules.public_url is None:
            scene.say(scene.text("hours.import.off"))
            return None
        key = self._tokens.issue_page(scene.work, scene.user.id)
        address = f"{scene.rules.public_url}{CALENDLY_PATH.format(key=key)}"
        scene.say(scene.text("hours.import.link"), Paragraph(address))
        return None

    def _view(self, scene: Scene, *before: Paragraph) -> Later | None:
        schedule = _schedule(scene)
        profile = scene.work.teachers.find_of_user(scene.user.id)
        is_verified = profile is not None and profile.is_verified
        body = hours_view(scene, schedule, is_verified=is_verified)
        scene.show(*before, *body, buttons=hours_buttons(scene, schedule))
        return None

    def _dates(self, scene: Scene, schedule: Schedule) -> Later | None:
        scene.answer_button()
        rows = exception_buttons(scene, schedule)
        key = "hours.dates" if rows else "hours.dates.none"
        scene.show(scene.text(key), buttons=[*rows, [_back(scene)]])
        return None

    def _save(self, scene: Scene, schedule: Schedule) -> Later | None:
        scene.answer_button()
        _save(scene, schedule)
        return self._view(scene)

    def _left(self, scene: Scene, _: Answers) -> None:
        self._view(scene)

    def _changed(self, scene: Scene, answers: Answers) -> Later | None:
        field, schedule = str(answers["field"]), _schedule(scene)
        changed = answered(scene, schedule, field, answers)
        _save(scene, changed)
        if field == "feed" and changed.feed is not None:
            scene.work.jobs.put(refresh_job(changed))
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
    look_for_waiting(scene.work, schedule.teacher_id, scene.now)


def _without(schedule: Schedule, data: str) -> Schedule:
    """`data` is "<version>:<number>" of the exception as it was shown."""
    version, _, number = data.partition(":")
    exceptions = list(schedule.exceptions)
    if version != str(schedule.version) or number not in map(str, range(len(exceptions))):
        raise StaleButton
    del exceptions[int(number)]
    return replace(schedule, exceptions=tuple(exceptions))


def _back(scene: Scene) -> Button:
    return scene.button("hours.button.back", f"{PREFIX}:show")
