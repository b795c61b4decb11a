"""/settings, "API access": keys for a person's own programs, made and revoked in private."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.accounts.api_model import ApiKey
from bot.accounts.api_tokens import ACCESS_LIFETIME, REFRESH_LIFETIME, ApiTokens
from bot.core.entity import long_id, short_id
from bot.core.errors import DomainError
from bot.core.text import clean, is_blank, units
from bot.flows.commands import Command
from bot.flows.dispatch import Press
from bot.flows.model import Answers, Flow, InvalidAnswer
from bot.flows.runner import Runner, StaleButton
from bot.flows.scene import Later, Scene
from bot.flows.steps import text
from bot.i18n.formats import calendar_day
from bot.messaging.model import Paragraph, Style

PREFIX = "ap"
API_PATH = "/api"
_FLOW, _LABEL = "api_key", "key_label"
_LONGEST_LABEL = 40


class ApiAccess:
    """The view, its buttons and the question behind "new"."""

    def __init__(self, runner: Runner, tokens: ApiTokens) -> None:
        self._runner = runner
        self._tokens = tokens

    def flows(self) -> Sequence[Flow]:
        step = text(_LABEL, _label)
        return [Flow(_FLOW, (step,), self._made, shows_progress=False)]

    def commands(self) -> Sequence[Command]:
        return ()

    def presses(self) -> Mapping[str, Press]:
        return {PREFIX: self.press}

    def press(self, scene: Scene, data: str) -> Later | None:
        """About the presser's own keys, where nobody reads along."""
        action, _, ref = data.partition(":")
        _only_in_private(scene)
        if not scene.user.is_registered:
            raise StaleButton
        match action:
            case "open":
                scene.answer_button()
                self._show(scene)
            case "new":
                scene.answer_button()
                return self._runner.start(scene, _FLOW)
            case "off":
                self._ask(scene, self._own(scene, ref))
            case "yes":
                self._revoke(scene, self._own(scene, ref))
            case _:
                raise StaleButton
        return None

    def _show(self, scene: Scene) -> None:
        keys = self._tokens.list_keys(scene.work, scene.user.id)
        body = [
            scene.text("apikey.title", Style.STRONG),
            scene.text("apikey.about"),
            _where(scene),
        ]
        if keys:
            lines = "\n".join(_line(scene, key) for key in keys)
            body.append(Paragraph(lines, Style.QUOTE))
        rows = [
            [scene.button("apikey.button.new", f"{PREFIX}:new")],
            *(
                [scene.button("apikey.button.off", f"{PREFIX}:off:{short_id(k.id)}", label=k.label)]
                for k in keys
            ),
            [scene.button("apikey.button.settings", "c:settings")],
        ]
        scene.show(*body, buttons=rows)

    def _made(self, scene: Scene, answers: Answers) -> Later | None:
        _only_in_private(scene)
        label = str(answers[_LABEL])
        token = self._tokens.issue(scene.work, scene.user.id, label)
        scene.say(
            scene.text("apikey.made", label=label),
            Paragraph(token, Style.CODE),
            scene.text(
                "apikey.made.how",
                minutes=int(ACCESS_LIFETIME.total_seconds() // 60),
                days=REFRESH_LIFETIME.days,
            ),
            scene.text("apikey.made.secret"),
            buttons=[[scene.button("apikey.button.open", f"{PREFIX}:open")]],
        )
        return None

    def _ask(self, scene: Scene, key: ApiKey) -> None:
        scene.answer_button()
        scene.show(
            scene.text("apikey.ask.off", label=key.label),
            buttons=[
                [
                    scene.button(
                        "apikey.button.off", f"{PREFIX}:yes:{short_id(key.id)}", label=key.label
                    )
                ],
                [scene.button("apikey.button.keep", f"{PREFIX}:open")],
            ],
        )

    def _revoke(self, scene: Scene, key: ApiKey) -> None:
        self._tokens.revoke(scene.work, key.id)
        scene.answer_button(scene.texts("apikey.revoked"))
        self._show(scene)

    def _own(self, scene: Scene, ref: str) -> ApiKey:
        """The presser's own key that a button is about. Raises StaleButton."""
        try:
            key_id = long_id(ref)
        except ValueError as error:
            raise StaleButton from error
        for key in self._tokens.list_keys(scene.work, scene.user.id):
            if key.id == key_id:
                return key
        raise StaleButton


def end_keys(scene: Scene) -> Sequence[Paragraph]:
    """Whoever has a chat that was lost may have made keys in it: all end. What is told of it."""
    if not scene.work.api.keys.of_user(scene.user.id):
        return ()
    scene.work.api.keys.remove_of_user(scene.user.id)
    return [scene.text("apikey.ended")]


def _only_in_private(scene: Scene) -> None:
    if scene.incoming.is_shared:
        raise DomainError("command.in_private")


def _label(typed: str) -> str:
    label = clean(typed).strip()
    if is_blank(label) or "\n" in label or units(label) > _LONGEST_LABEL:
        raise InvalidAnswer("apikey.wrong_label", most=_LONGEST_LABEL)
    return label


def _where(scene: Scene) -> Paragraph:
    url = scene.rules.public_url
    if url is None:
        return scene.text("apikey.no_address")
    return scene.text("apikey.address", url=f"{url}{API_PATH}")


def _line(scene: Scene, key: ApiKey) -> str:
    made = _day(scene, key.created_at)
    if key.last_used_at is None:
        return scene.texts("apikey.line.unused", label=key.label, made=made)
    used = _day(scene, key.last_used_at)
    return scene.texts("apikey.line.used", label=key.label, made=made, used=used)


def _day(scene: Scene, at: datetime) -> str:
    """With its year, since a key may be old."""
    here = at.astimezone(ZoneInfo(scene.user.time_zone or "UTC"))
    return calendar_day(here.date(), scene.texts.language)
