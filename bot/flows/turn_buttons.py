"""The buttons under a turn: slower, explain, hint, translate, end, "that's not what I said"."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import replace

from bot.accounts.model import User
from bot.core.entity import long_id
from bot.core.errors import DomainError, NotFound
from bot.flows.model import Answers, Flow, Step
from bot.flows.ports import FlowWork
from bot.flows.practice import Practice
from bot.flows.runner import Runner, StaleButton
from bot.flows.scene import Later, Scene
from bot.flows.turn_messages import voice_attachment
from bot.flows.voice_turn import Parts, VoiceTurns
from bot.messaging.model import (
    Incoming,
    Indication,
    MediaKind,
    MessageKind,
    Paragraph,
    Style,
)
from bot.messaging.signs import showing
from bot.voice.briefing import brief
from bot.voice.engines import Exchange
from bot.voice.model import Utterance
from bot.voice.session import Turn, TurnState, VoiceSession

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
        return _SayAgain(self._parts, turn.id, speed)

    def fix_flow(self) -> Flow:
        """Asks for the right words, typed or said again, and answers the turn anew."""

        def heard(scene: Scene, answers: Answers) -> list[Paragraph]:
            return [Paragraph(str(answers["heard"]), Style.QUOTE)]

        def typed(scene: Scene, text: str) -> object:
            return {"text": text}

        step = Step(name="words", parse=typed, media=_SPOKEN, before=heard, is_hidden=True)
        return Flow(FIX_FLOW, (step,), self._answer_anew, shows_progress=False)

    def _answer_anew(self, scene: Scene, answers: Answers) -> Later | None:
        turn = scene.work.turns.get(str(answers["turn"]))
        words = answers["words"]
        text = str(words.get("text", "")) if isinstance(words, dict) else ""
        if text:
            session = scene.work.voice_sessions.get(turn.session_id)
            turn = self._parts.service.correct_transcript(scene.work, turn, session, text)
            turn = scene.work.turns.save(replace(turn, state=TurnState.HEARD))
            return self._turns.typed(turn, text)
        turn = scene.work.turns.save(
            replace(turn, state=TurnState.STARTED, transcript=None, corrected=None)
        )
        return self._turns.note(turn)


class _SayAgain:
    """Speaks a reply once more; slower, or for the first time where it was only written."""

    def __init__(self, parts: Parts, turn_id: str, speed: float | None) -> None:
        self._parts = parts
        self._turn_id = turn_id
        self._speed = speed

    async def __call__(self, incoming: Incoming, interrupted: asyncio.Event) -> None:
        parts = self._parts
        turn, session, user = await parts.storage.read(self._load)
        reply = turn.reply
        if reply is None:
            raise NotFound("voice.unavailable")
        spec = brief(session, user, None, ())
        spec = replace(spec, speed=self._speed or spec.speed)
        say = Utterance(turn_id=turn.id, say=reply.spoken or reply.text)
        messenger = parts.messengers[incoming.address.platform]
        async with showing(messenger, incoming.address, Indication.RECORDING_VOICE):
            done = Exchange()
            results = parts.chain.exchange(spec, None, say, avatar=session.avatar_id)
            async with aclosing(results):
                async for result in results:
                    done = result
            if not done.audio:
                raise DomainError("voice.no_voice")
            voice = await parts.codec.encode(parts.sound.join(done.audio))

        def unit(work: FlowWork) -> None:
            scene = parts.scenes.of(work, incoming, "again")
            scene.say(kind=MessageKind.TUTOR_REPLY, attachment=voice_attachment(scene, voice))
            parts.scenes.finish(scene)

        await parts.storage.write(unit)

    def _load(self, work: FlowWork) -> tuple[Turn, VoiceSession, User]:
        turn = work.turns.get(self._turn_id)
        return turn, work.voice_sessions.get(turn.session_id), work.users.get(turn.user_id)
