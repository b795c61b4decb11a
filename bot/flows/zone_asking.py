"""Asks people for their zone where a flow first needs it, since no platform tells it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from bot.flows.commands import Action
from bot.flows.model import Answers, Flow, InvalidAnswer, Option, Step
from bot.flows.runner import Runner, StaleButton, menu_rows
from bot.flows.scene import Later, Scene
from bot.flows.steps import text
from bot.i18n.formats import clock_time, country_name
from bot.i18n.names import find_zones
from bot.messaging.model import Paragraph

ZONE_FLOW = "own_zone"
_PLACE, _SURE, _TIMES = "zone", "zone_sure", "zone_time"


class ZoneAsking:
    """Wraps what shows times: `first` asks, and then goes on as if nothing had been between."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._actions: dict[str, Action] = {}

    def flow(self) -> Flow:
        return Flow(ZONE_FLOW, zone_steps(_why), self._known, leave=_left, shows_progress=False)

    def first(self, name: str, action: Action) -> Action:
        """`action` (of a command or a press) for whoever has a zone; others tell it first.

        Args:
            name: of the action, the same after a restart, nobody else's.
        """
        self._actions[name] = action
        return partial(self._ask_or_act, name)

    def _ask_or_act(self, name: str, scene: Scene, given: str) -> Later | None:
        if scene.user.time_zone is not None:
            return self._actions[name](scene, given)
        scene.answer_button()
        guessed = _guessed(scene)
        answers: Answers = {"then": name, "given": given, _PLACE: list(guessed)}
        step = _PLACE if not guessed else _SURE if len(guessed) == 1 else _TIMES
        return self._runner.start_at(scene, ZONE_FLOW, step, answers)

    def _known(self, scene: Scene, answers: Answers) -> Later | None:
        scene.save_user(replace(scene.user, time_zone=chosen_zone(answers)))
        action = self._actions.get(str(answers["then"]))
        if action is None:
            raise StaleButton
        return action(scene, str(answers["given"]))


def zone_steps(
    before: Callable[[Scene, Answers], Sequence[Paragraph]] | None = None,
) -> tuple[Step, ...]:
    """A place, and which of its clocks is meant; `chosen_zone` reads the answers."""
    return (
        text(_PLACE, str, check=_zones, resets=(_SURE, _TIMES), before=before),
        _clock(_SURE, lambda zones: len(zones) == 1, before),
        _clock(_TIMES, lambda zones: len(zones) != 1, before),
    )


def chosen_zone(answers: Answers) -> str:
    """The IANA name of what was chosen."""
    chosen = answers.get(_SURE) if answers.get(_SURE) is not None else answers.get(_TIMES)
    return _named_zones(answers)[int(str(chosen))]


def time_in(scene: Scene, zone: str) -> str:
    """The time there at this moment, as the reader writes it."""
    at: datetime = scene.now.astimezone(ZoneInfo(zone))
    return clock_time(at, scene.texts.language)


def _left(scene: Scene, _: Answers) -> None:
    """Nothing that needs the zone is shown; it is asked again next time."""
    scene.say(scene.text("zone.left"), buttons=menu_rows(scene))


def _why(scene: Scene, _: Answers) -> Sequence[Paragraph]:
    return [scene.text("zone.why")]


def _guessed(scene: Scene) -> Sequence[str]:
    """Those of the country the person told, if they did."""
    country = scene.user.profile.country
    return find_zones(country_name(country, scene.texts.language), scene.now) if country else ()


def _zones(scene: Scene, _: Answers, typed: object) -> object:
    """The zones a typed place may mean; which of them shows by the time there."""
    zones = find_zones(str(typed), scene.now)
    if not zones:
        raise InvalidAnswer("answer.no_zone")
    return list(zones)


def _clock(
    name: str,
    fits: Callable[[Sequence[str]], bool],
    before: Callable[[Scene, Answers], Sequence[Paragraph]] | None,
) -> Step:
    """People know their time better than the name of their zone."""

    def options(scene: Scene, answers: Answers) -> Sequence[Option]:
        return [
            Option(str(number), scene.texts("settings.zone_time", time=time, zone=zone))
            for number, zone in enumerate(_named_zones(answers))
            for time in (time_in(scene, zone),)
        ]

    def params(scene: Scene, answers: Answers) -> Mapping[str, object]:
        return {"time": next((time_in(scene, zone) for zone in _named_zones(answers)), "")}

    return Step(
        name=name,
        asks=f"ask.{name}",
        label="field.zone",
        params=params,
        options=options,
        when=lambda _, answers: fits(_named_zones(answers)),
        before=before,
        is_hidden=True,
    )


def _named_zones(answers: Answers) -> Sequence[str]:
    zones = answers.get(_PLACE)
    return [str(zone) for zone in zones] if isinstance(zones, list) else []
