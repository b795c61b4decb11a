"""The buttons under a turn: slower, explain, hint, translate, end, "that's not what I said"."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from bot.core.entity import long_id
from bot.core.errors import DomainError, NotFound
from bot.flows.model import Answers, Flow, Step
from bot.flows.practice import Practice
from bot.flows.runner import Runner, StaleButton
from bot.flows.scene import Later, Scene
from bot.flows.speaking import compare, say_again
from bot.flows.voice_turn import Parts, VoiceTurns
from bot.messaging.model import (
    MediaKind,
    Paragraph,
    Style,
)
from bot.voice.session import SessionStatus, Turn, TurnState

FIX_FLOW = "fix_transcript"
_SLOW = 0.7
_SPOKEN = frozenset({MediaKind.VOICE, MediaKind.AUDIO, MediaKind.VIDEO_NOTE})


class TurnButtons:
    """Presses on a turn; only its own learner's count."""

    def __init__(self, parts: Parts, turns: VoiceTurns, practice: Practice, runner: Runner) -> None:
        self._parts = parts
        self._turns = turns
        self._practice = practice
        self._runner = runner
        self._actions: Mapping[str, Callable[[Scene, Turn], Later | None]] = {
            "slow": lambda scene, turn: self._say_again(scene, turn, _SLOW),
            "listen": lambda scene, turn: self._say_again(scene, turn, None),
            "explain": self._explain,
            "compare": self._compare,
            "hint": self._hint,
            "translate": self._translate,
            "end": self._end,
            "fix": self._fix,
        }

    def press(self, scene: Scene, data: str) -> Later | None:
        """`data` is "<short turn id>:<action>"."""
        short, _, name = data.partition(":")
        action = self._actions.get(name)
        try:
            turn = scene.work.turns.find(long_id(short))
        except ValueError as error:
            raise StaleButton from error
        if action is None or turn is None or turn.user_id != scene.user.id:
            raise StaleButton
        return action(scene, turn)

    def _explain(self, scene: Scene, turn: Turn) -> None:
        scene.answer_button()
        shown = [correction for correction in turn.corrections if correction.is_shown]
        for number, correction in enumerate(shown):
            why = correction.explanation
            known = why.get(scene.user.ui_language) or why.get("") or why.get("en")
            scene.say(
                scene.text("voice.correction", said=correction.said, better=correction.better),
                *([Paragraph(known)] if known else []),
                key=f"turn:{turn.id}:explain:{number}",
            )

    def _compare(self, scene: Scene, turn: Turn) -> Later | None:
        shown = [correction for correction in turn.corrections if correction.is_shown]
        if not shown:
            raise StaleButton
        scene.answer_button()
        return compare(self._parts, turn, shown[0].better)

    def _hint(self, scene: Scene, turn: Turn) -> None:
        scene.answer_button()
        suggestions = turn.reply.suggestions if turn.reply else ()
        lines = "\n".join(f"• {line}" for line in suggestions)
        scene.say(
            scene.text("voice.hints"), Paragraph(lines, Style.QUOTE), key=f"turn:{turn.id}:hint"
        )

    def _translate(self, scene: Scene, turn: Turn) -> None:
        scene.answer_button()
        translation = turn.reply.translation if turn.reply else None
        if translation is None:
            raise NotFound("voice.no_translation")
        scene.say(
            scene.text("voice.translation"),
            Paragraph(translation, Style.QUOTE),
            key=f"turn:{turn.id}:translate",
        )

    def _end(self, scene: Scene, turn: Turn) -> Later | None:
        scene.answer_button()
        session = scene.work.voice_sessions.find_active(scene.user.id)
        if session is None or session.id != turn.session_id:
            scene.say(scene.text("end.already"))
            return None
        return self._practice.end(scene)

    def _fix(self, scene: Scene, turn: Turn) -> Later | None:
        scene.answer_button()
        session = scene.work.voice_sessions.find_active(scene.user.id)
        if session is None or session.id != turn.session_id:
            raise DomainError("end.already")
        return self._runner.start(scene, FIX_FLOW, {"turn": turn.id, "heard": turn.said})

    def _say_again(self, scene: Scene, turn: Turn, speed: float | None) -> Later | None:
        if turn.reply is None:
            raise StaleButton
        scene.answer_button()
        return say_again(self._parts, turn, speed)

    def fix_flow(self) -> Flow:
        """Asks for the right words, typed or said again, and answers the turn anew.

        The question stands where the transcript stood, and stays there.
        """

        def heard(scene: Scene, answers: Answers) -> list[Paragraph]:
            return [Paragraph(str(answers["heard"]), Style.QUOTE)]

        def typed(scene: Scene, text: str) -> object:
            return {"text": text}

        step = Step(name="words", parse=typed, media=_SPOKEN, before=heard, is_hidden=True)
        return Flow(FIX_FLOW, (step,), self._answer_anew, shows_progress=False, has_cancel=False)

    def _answer_anew(self, scene: Scene, answers: Answers) -> Later | None:
        asked = scene.work.turns.get(str(answers["turn"]))
        session = scene.work.voice_sessions.get(asked.session_id)
        if session.status is not SessionStatus.ACTIVE:
            raise DomainError("end.already")
        turn = replace(asked, cause=scene.incoming.key)  # after a crash this event goes on with it
        words = answers["words"]
        text = str(words.get("text", "")) if isinstance(words, dict) else ""
        if text:
            turn = self._parts.service.correct_transcript(scene.work, turn, session, text)
            turn = scene.work.turns.save(replace(turn, state=TurnState.HEARD))
            return self._turns.typed(turn, text)
        turn = scene.work.turns.save(replace(turn, state=TurnState.STARTED, corrected=None))
        return self._turns.note(turn)
