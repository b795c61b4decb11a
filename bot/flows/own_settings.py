"""/settings: language of the interface, time zone, how the tutor corrects, answers and speaks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from bot.accounts.model import Preferences, ReplyMode, User
from bot.flows.api_access import PREFIX as API_PREFIX
from bot.flows.model import Answers, Flow, Option, Step
from bot.flows.plan_news import PLAN_PREFIX
from bot.flows.runner import Runner, StaleButton
from bot.flows.scene import Later, Scene
from bot.flows.steps import choice, worded
from bot.flows.zone_asking import chosen_zone, time_in, zone_steps
from bot.i18n.catalog import ui_languages
from bot.i18n.formats import own_language_name
from bot.messaging.model import Paragraph, Style
from bot.voice.persona import CorrectionStyle

PREFIX = "s"
SETTINGS_FLOW = "settings"
_SPEEDS: Mapping[str, float | None] = {"auto": None, "slow": 0.75, "normal": 1.0}
_FIELDS = ("ui_language", "zone", "style", "replies", "speed")


class OwnSettings:
    """The card, its buttons and the flow behind them."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def flow(self) -> Flow:
        """Every setting is a step of its own; one is asked at a time."""
        steps = (
            _ui_language(),
            *zone_steps(),
            choice("style", list(CorrectionStyle)),
            choice("replies", list(ReplyMode)),
            choice("speed", list(_SPEEDS)),
        )
        return Flow(SETTINGS_FLOW, steps, self._changed, shows_progress=False)

    def show(self, scene: Scene, _: str = "") -> Later | None:
        """What is set, with a button for each."""
        lines = [f"{_label(scene, name)}: {value}" for name, value in _shown(scene).items()]
        buttons = [
            [scene.button("profile.button.edit", f"{PREFIX}:{name}", what=_label(scene, name))]
            for name in _FIELDS
        ]
        buttons.append([scene.button("settings.button.apps", "c:link")])
        buttons.append([scene.button("tier.button.open", f"{PLAN_PREFIX}:show")])
        if scene.user.is_registered and not scene.incoming.is_shared:
            buttons.append([scene.button("apikey.button.open", f"{API_PREFIX}:open")])
        scene.show(
            scene.text("settings.title", Style.STRONG),
            Paragraph("\n".join(lines), Style.QUOTE),
            buttons=buttons,
        )
        return None

    def press(self, scene: Scene, field: str) -> Later | None:
        """Change one of the presser's own settings."""
        if field not in _FIELDS:
            raise StaleButton
        scene.answer_button()
        return self._runner.start_at(scene, SETTINGS_FLOW, field, {"field": field})

    def _changed(self, scene: Scene, answers: Answers) -> Later | None:
        field = str(answers["field"])
        scene.save_user(_with(scene.user, field, answers))
        session = scene.work.voice_sessions.find_active(scene.user.id)
        if field == "style" and session is not None:  # from the next turn on
            style = scene.user.preferences.correction_style
            scene.work.voice_sessions.save(replace(session, style=style))
        return self.show(scene)


def _with(user: User, field: str, answers: Answers) -> User:
    value = str(answers[field])
    own = user.preferences
    if field == "ui_language":
        return replace(user, ui_language=value)
    if field == "zone":
        return replace(user, time_zone=chosen_zone(answers))
    changed: Mapping[str, Callable[[], Preferences]] = {
        "style": lambda: replace(own, correction_style=value),
        "replies": lambda: replace(own, reply_mode=ReplyMode(value)),
        "speed": lambda: replace(own, speed=_SPEEDS[value]),
    }
    return replace(user, preferences=changed[field]())


def _shown(scene: Scene) -> Mapping[str, str]:
    user, own = scene.user, scene.user.preferences
    zone = user.time_zone
    now = f" ({time_in(scene, zone)})" if zone else ""
    speed = next((name for name, value in _SPEEDS.items() if value == own.speed), "auto")
    return {
        "ui_language": own_language_name(user.ui_language),
        "zone": f"{zone}{now}" if zone else scene.texts("settings.no_zone"),
        "style": worded(scene, "style", CorrectionStyle.of(own.correction_style).value),
        "replies": worded(scene, "replies", own.reply_mode.value),
        "speed": worded(scene, "speed", speed),
    }


def _ui_language() -> Step:
    def options(_: Scene, __: Answers) -> Sequence[Option]:
        return [Option(tag, own_language_name(tag)) for tag in ui_languages()]

    return Step(
        name="ui_language", asks="ask.ui_language", label="field.ui_language", options=options
    )


def _label(scene: Scene, name: str) -> str:
    return scene.texts(f"field.{name}")
