"""/privacy: what is kept, who processes it, and two consents that are given and taken back here."""

from bot.accounts.model import Consent, Purpose
from bot.accounts.service import with_birth
from bot.core.errors import DomainError
from bot.flows.own_voice import recordings_kept_for, stop_keeping
from bot.flows.runner import StaleButton
from bot.flows.scene import Later, Scene
from bot.i18n.formats import days
from bot.messaging.model import Button, Paragraph, Style
from bot.voice.engines import EngineChain

PREFIX = "v"
# Which wording somebody said yes to; raised when `privacy.*.wording` changes its meaning.
WORDING = {Purpose.RECORDING: "recording-1", Purpose.EMOTION: "emotion-1"}
_KNOWN_ENGINES = frozenset({"local", "hume", "cascade"})
_GIVE, _REVOKE = "on", "off"


class Privacy:
    """The card and its switches."""

    def __init__(self, chain: EngineChain) -> None:
        self._chain = chain

    def show(self, scene: Scene, _: str = "") -> Later | None:
        """Everything that is to be known, with the switches as they stand."""
        _come_of_age(scene)
        kept_for = days(recordings_kept_for(scene).days, scene.texts.language)
        body = [
            scene.text("privacy.title", Style.STRONG),
            scene.text("privacy.kept"),
            scene.text("privacy.sealed"),
            scene.text("privacy.engines", Style.STRONG),
            Paragraph("\n".join(self._engines(scene))),
            scene.text("privacy.recording.wording", kept_for=kept_for),
            scene.text("privacy.emotion.wording"),
        ]
        if not any(engine.caps.has_prosody for engine in self._chain.engines):
            body.append(scene.text("privacy.emotion.no_meter"))
        if scene.user.is_minor:
            body.append(scene.text("privacy.minor"))
        scene.show(*body, buttons=self._rows(scene))
        return None

    def press(self, scene: Scene, data: str) -> Later | None:
        """`data` is "<on or off>:<purpose>"; it switches the presser's own consent."""
        wanted, _, name = data.partition(":")
        if wanted not in {_GIVE, _REVOKE} or name not in set(Purpose):
            raise StaleButton
        if wanted == _GIVE:
            self._give(scene, Purpose(name))
        else:
            scene.work.consents.revoke(scene.user.id, Purpose(name), scene.now)
            stop_keeping(scene.work, scene.user.id, Purpose(name))
            scene.answer_button(scene.texts(f"privacy.{name}.revoked"))
        return self.show(scene)

    def _give(self, scene: Scene, purpose: Purpose) -> None:
        _come_of_age(scene)
        if not scene.user.is_registered:
            raise DomainError("command.register_first")
        if scene.user.is_minor:
            raise DomainError("privacy.minor")
        scene.work.consents.give(
            Consent(
                user_id=scene.user.id,
                purpose=purpose,
                wording=WORDING[purpose],
                given_at=scene.now,
            )
        )
        scene.answer_button(scene.texts(f"privacy.{purpose.value}.given"))

    def _engines(self, scene: Scene) -> list[str]:
        """Who hears the voice notes, in the order in which they are asked."""
        lines = []
        for engine in self._chain.engines:
            name = engine.name if engine.name in _KNOWN_ENGINES else "other"
            lines.append("• " + scene.texts(f"privacy.engine.{name}", name=engine.name))
        return lines

    def _rows(self, scene: Scene) -> list[list[Button]]:
        rows = []
        if scene.user.is_registered and not scene.user.is_minor:
            rows = [[self._switch(scene, purpose)] for purpose in Purpose]
        own = [
            scene.button("privacy.button.export", "c:export"),
            scene.button("privacy.button.forget", "c:forget"),
        ]
        return [*rows, own]

    def _switch(self, scene: Scene, purpose: Purpose) -> Button:
        is_given = scene.work.consents.has(scene.user.id, purpose)
        action = _REVOKE if is_given else _GIVE
        key = f"privacy.{purpose.value}.button.{action}"
        return scene.button(key, f"{PREFIX}:{action}:{purpose.value}")


def _come_of_age(scene: Scene) -> None:
    """A date of birth tells when a minor is none any more."""
    user = with_birth(scene.user, scene.user.profile.date_of_birth, scene.now)
    if user.is_minor != scene.user.is_minor:
        scene.save_user(user)
