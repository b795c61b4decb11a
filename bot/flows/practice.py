"""Practising: start, end, reports, and what voice notes and typed lines are outside of flows."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot.accounts.model import LearnerLanguage
from bot.core.errors import NotFound
from bot.flows.own_voice import recordings_kept_for
from bot.flows.report_messages import report_body, report_message
from bot.flows.runner import Runner, menu_rows
from bot.flows.scene import Later, Scene
from bot.flows.talk_time import is_out_of_talk_time
from bot.flows.tutor_choice import context_name
from bot.flows.voice_turn import VoiceTurns
from bot.messaging.model import Button, MessageKind
from bot.voice.contexts.catalogue import find_context, list_contexts
from bot.voice.engines import EngineChain
from bot.voice.model import VoiceQuality
from bot.voice.report import report_from_json
from bot.voice.service import VoiceService
from bot.voice.session import TurnState, VoiceSession

TRY_FLOW = "try_now"
_REPORTS_SHOWN = 3
_JUST = timedelta(minutes=1)


class Practice:
    """The learner's side of the tutor."""

    def __init__(
        self, service: VoiceService, turns: VoiceTurns, chain: EngineChain, runner: Runner
    ) -> None:
        self._service = service
        self._turns = turns
        self._chain = chain
        self._runner = runner

    def talk(self, scene: Scene, situation: str = "") -> Later | None:
        """/talk: begin a session, in a situation if one is named, or say that one is running."""
        learner = scene.work.learner_languages.find_active(scene.user.id)
        if learner is None:
            return self._runner.start(scene, TRY_FLOW)
        wanted = situation.strip().casefold()
        for name, context_id in self.situations(scene) if wanted else ():
            if wanted in (context_id, name.casefold()):
                return self.choose_context(scene, context_id)
        if self._is_out_of_turns(scene):
            return None
        running = scene.work.voice_sessions.find_active(scene.user.id)
        if running is not None and running.language == learner.language:
            scene.say(scene.text("talk.running"), buttons=[[_end_button(scene)]])
            return None
        return self.begin(scene, learner)

    def begin(self, scene: Scene, learner: LearnerLanguage) -> Later | None:
        """Open a session and let the tutor say the first line."""
        if not self._chain.able(learner.language):
            scene.say(scene.text("voice.no_engine"), buttons=menu_rows(scene))
            return None
        running = scene.work.voice_sessions.find_active(scene.user.id)
        if running is not None:
            self._service.close(scene.work, running, scene.now)
        learner = _with_context(scene, learner)
        session = self._service.open(
            scene.work, scene.user, learner, scene.incoming.address, scene.now
        )
        self._introduce(scene, session)
        turn = self._service.begin_turn(
            scene.work, session, scene.incoming.key, scene.now, is_spoken=False
        )
        return self._turns.opening(turn)

    def situations(self, scene: Scene) -> Sequence[tuple[str, str]]:
        """Name and id of every situation in the language that is learned."""
        learner = scene.work.learner_languages.find_active(scene.user.id)
        if learner is None:
            return ()
        reader, language = scene.texts.language, learner.language
        return [(context_name(c.id, language, reader), c.id) for c in list_contexts(language)]

    def choose_context(self, scene: Scene, context_id: str) -> Later | None:
        """Another situation: the running session ends, one in the new context begins."""
        learner = scene.work.learner_languages.find_active(scene.user.id)
        if learner is None or find_context(context_id, learner.language) is None:
            raise NotFound("talk.no_such_context")
        saved = scene.work.learner_languages.save(replace(learner, context_id=context_id))
        return self.begin(scene, saved)

    def press_context(self, scene: Scene, context_id: str) -> Later | None:
        """A press on one of the situations."""
        scene.answer_button()
        return self.choose_context(scene, context_id)

    def end(self, scene: Scene, _: str = "") -> Later | None:
        """/end: close the session with its report."""
        session = scene.work.voice_sessions.find_active(scene.user.id)
        if session is None:
            scene.say(scene.text("end.nothing"), buttons=menu_rows(scene))
            return None
        report = self._service.close(scene.work, session, scene.now)
        if report is None:
            scene.say(scene.text("end.skipped"), buttons=menu_rows(scene))
        else:
            message = report_message(scene.user, session, report, scene.incoming.address)
            scene.work.outbox.put(message, at=scene.now)
        return None

    def reports(self, scene: Scene, _: str = "") -> Later | None:
        """/report: the last ones, the newest first."""
        stored = scene.work.reports.latest(scene.user.id, _REPORTS_SHOWN)
        if not stored:
            scene.say(scene.text("report.none"), buttons=menu_rows(scene))
            return None
        for each in stored:
            session = scene.work.voice_sessions.get(each.id)
            body = report_body(scene.texts, report_from_json(each.body), session)
            scene.say(*body, kind=MessageKind.REPORT)
        return None

    def has_just_stopped(self, scene: Scene) -> bool:
        """A running turn was cut short by the event that is answered now."""
        session = scene.work.voice_sessions.find_active(scene.user.id)
        turns = scene.work.turns.of_session(session.id) if session is not None else ()
        if not turns or turns[-1].state is not TurnState.CANCELLED:
            return False
        stopped_at = turns[-1].finished_at
        return stopped_at is not None and scene.now - stopped_at < _JUST

    def on_speech(self, scene: Scene) -> Later | None:
        """A voice note is a turn; without a session it opens one."""
        learner = scene.work.learner_languages.find_active(scene.user.id)
        if learner is None:
            scene.say(scene.text("talk.language_first"))
            return self._runner.start(scene, TRY_FLOW)
        if self._is_out_of_turns(scene):
            return None
        if is_out_of_talk_time(scene):
            return None
        if _was_ended_before(scene):
            scene.say(scene.text("end.too_late"), buttons=menu_rows(scene))
            return None
        session = self._service.open(
            scene.work, scene.user, learner, scene.incoming.address, scene.now
        )
        turn = self._service.begin_turn(
            scene.work, session, scene.incoming.key, scene.now, is_spoken=True
        )
        if scene.incoming.message is not None:
            scene.react("👀", scene.incoming.message)
        return self._turns.note(turn)

    def on_text(self, scene: Scene) -> Later | None:
        """A typed line in a session is a turn too; outside of one the way on is shown."""
        session = scene.work.voice_sessions.find_active(scene.user.id)
        if session is None:
            scene.say(scene.text("talk.how"), buttons=menu_rows(scene))
            return None
        if self._is_out_of_turns(scene):
            return None
        turn = self._service.begin_turn(
            scene.work, session, scene.incoming.key, scene.now, is_spoken=False
        )
        return self._turns.typed(turn, scene.incoming.text or "")

    def on_file(self, scene: Scene) -> Later | None:
        scene.say(scene.text("talk.no_files"), buttons=menu_rows(scene))
        return None

    def _is_out_of_turns(self, scene: Scene) -> bool:
        user, limit = scene.user, scene.rules.guest_turns
        if user.is_registered or user.guest_turns < limit:
            return False
        scene.say(
            scene.text("guest.limit", count=limit),
            buttons=[[scene.button("start.register", "c:register")]],
        )
        return True

    def _introduce(self, scene: Scene, session: VoiceSession) -> None:
        """Say who answers, in which situation, and how good the voice is, before the first turn."""
        engine = self._chain.able(session.language)[0]
        context = find_context(session.context_id or "", session.language)
        body = [scene.text(f"talk.with.{'cloud' if engine.caps.is_generative else 'local'}")]
        if context is not None:
            name = context.name.get(scene.user.ui_language, context.name["en"])
            body.insert(0, scene.text("talk.context", icon=context.icon, name=name))
        if self._chain.quality(session.language) is not VoiceQuality.NATURAL:
            body.append(scene.text("talk.simple_voice"))
        if session.has_recording and recordings_kept_for(scene):
            body.append(scene.text("talk.recorded"))
        others = [c for c in list_contexts(session.language) if c.id != session.context_id]
        rows = [
            [
                scene.button(
                    "talk.button.context",
                    f"x:{c.id}",
                    icon=c.icon,
                    name=c.name.get(scene.user.ui_language, c.name["en"]),
                )
                for c in others
            ]
        ]
        scene.say(*body, buttons=[row for row in rows if row])


def _was_ended_before(scene: Scene) -> bool:
    """The note waited behind a turn while its practice was ended."""
    latest = scene.work.voice_sessions.find_latest(scene.user.id)
    if latest is None or latest.ended_at is None:
        return False
    # Platforms tell whole seconds: a note of the same second came after.
    return scene.incoming.at + timedelta(seconds=1) < latest.ended_at


def _with_context(scene: Scene, learner: LearnerLanguage) -> LearnerLanguage:
    """The learner's situation; the first there is where none was chosen."""
    contexts = list_contexts(learner.language)
    if learner.context_id is not None or not contexts:
        return learner
    return scene.work.learner_languages.save(replace(learner, context_id=contexts[0].id))


def _end_button(scene: Scene) -> Button:
    return scene.button("voice.button.end", "c:end")
