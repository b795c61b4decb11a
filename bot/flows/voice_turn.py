"""One turn with the tutor, as the learner sees it.

At once a sign of life; then what was understood; then the reply, spoken, with its text folded
under it. Two units around the world outside: the first stores the transcript, the second the
reply together with "this event is done".
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

import structlog

from bot.accounts.model import LearnerLanguage, User
from bot.core.errors import DomainError, ServiceFailure
from bot.core.language import base_language
from bot.core.storage import Storage
from bot.core.turnstile import Turnstile
from bot.flows.own_voice import recordings_kept_for
from bot.flows.ports import FlowWork
from bot.flows.scene import Later, Scene, Scenes
from bot.flows.talk_time import count_talk
from bot.flows.turn_messages import (
    say_failed,
    say_nothing_heard,
    say_reply,
    say_transcript,
    speaks,
    voice_attachment,
)
from bot.messaging.fetching import fetched
from bot.messaging.model import Incoming, Indication
from bot.messaging.ports import Messenger
from bot.messaging.signs import showing
from bot.tiers.model import Use
from bot.tiers.service import Plans
from bot.voice.briefing import BEGIN, brief, first_line
from bot.voice.engines import EngineChain, Exchange, NoEngine
from bot.voice.errors import AudioRefused
from bot.voice.model import (
    AssistantText,
    AudioClip,
    EncodedVoice,
    ErrorKind,
    UserTranscript,
    Utterance,
)
from bot.voice.ports import AudioCodec, Sound
from bot.voice.service import VoiceService
from bot.voice.session import SessionStatus, Turn, TurnState, VoiceSession
from bot.voice.stored_evidence import NoteMeasures, measures_to_json

_log = structlog.get_logger()

_MOST_BYTES = 20 * 1024 * 1024
_ENDED = frozenset({TurnState.ANSWERED, TurnState.SILENT, TurnState.FAILED, TurnState.CANCELLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What turns need; put together in `app.py`.

    Args:
        start_link: a web address that opens the bot and hands it a payload of at most 64 of
            A-Z a-z 0-9 _ -; None where no platform offers one.
    """

    storage: Storage[FlowWork]
    scenes: Scenes
    service: VoiceService
    chain: EngineChain
    codec: AudioCodec
    sound: Sound
    messengers: Mapping[str, Messenger]
    turnstile: Turnstile = field(default_factory=Turnstile)
    start_link: Callable[[str], str | None] = lambda _: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A turn with all that surrounds it.

    Args:
        earlier: the session's turns before this one, in order.
        has_talk_time: some of it is left, by the person's plan.
    """

    turn: Turn
    session: VoiceSession
    user: User
    learner: LearnerLanguage | None
    earlier: tuple[Turn, ...]
    has_talk_time: bool = True


class NothingHeard(Exception):
    """There was no speech in the note."""


Listen = Callable[[Incoming, Loaded], Awaitable[Utterance]]


class VoiceTurns:
    """Makes the `Later` of an event that is a turn."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def note(self, turn: Turn) -> Later:
        """Answer a voice note."""
        return _Run(self._parts, turn.id, self._hear)

    def typed(self, turn: Turn, text: str) -> Later:
        """Answer a typed line."""

        async def read(_: Incoming, loaded: Loaded) -> Utterance:
            return Utterance(turn_id=loaded.turn.id, text=text)

        return _Run(self._parts, turn.id, read)

    def opening(self, turn: Turn) -> Later:
        """Say the first line of a session, or let the engine find one."""

        async def begin(_: Incoming, loaded: Loaded) -> Utterance:
            line = first_line(loaded.session, loaded.user)
            if line is not None:
                return Utterance(turn_id=loaded.turn.id, say=line.text)
            return Utterance(turn_id=loaded.turn.id, text=BEGIN)

        return _Run(self._parts, turn.id, begin)

    def resume(self, scene: Scene) -> Later | None:
        """Go on with the turn this event is to be answered with, if a crash cut that off."""
        turn = scene.work.turns.find_by_cause(scene.incoming.key)
        if turn is None:
            return None
        if turn.is_opening:
            return self.opening(turn)
        if scene.incoming.media is not None:
            return self.note(turn)
        return self.typed(turn, scene.incoming.text or "")

    async def _hear(self, incoming: Incoming, loaded: Loaded) -> Utterance:
        """Fetch and decode the note.

        Raises:
            AudioRefused, FileTooLarge: it cannot be used.
            NothingHeard: it holds no speech.
        """
        if incoming.media is None:
            raise AudioRefused
        parts = self._parts
        messenger = parts.messengers[incoming.address.platform]
        limit = parts.scenes.rules.max_note_seconds
        data = await fetched(messenger, incoming.media, max_bytes=_MOST_BYTES)
        spoken = await parts.codec.hear(data, max_seconds=limit)
        if spoken is None:
            raise NothingHeard
        mime = incoming.media.mime or "audio/ogg"
        clip = AudioClip(spoken.pcm, data, mime, spoken.timing)
        return Utterance(turn_id=loaded.turn.id, audio=clip)


class _Run:
    """One run of one turn; after a crash the same event makes a new run, which goes on."""

    def __init__(self, parts: Parts, turn_id: str, listen: Listen) -> None:
        self._parts = parts
        self._turn_id = turn_id
        self._listen = listen

    async def __call__(self, incoming: Incoming, interrupted: asyncio.Event) -> None:
        answering = asyncio.create_task(self._answer(incoming))
        stopping = asyncio.create_task(interrupted.wait())
        try:
            await asyncio.wait({answering, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if answering.done():
                await answering
                return
            answering.cancel()
            await asyncio.gather(answering, return_exceptions=True)
            await self._end(incoming, TurnState.CANCELLED)
        finally:
            stopping.cancel()
            answering.cancel()

    async def _answer(self, incoming: Incoming) -> None:
        parts = self._parts
        async with parts.turnstile.passing():
            loaded = await parts.storage.read(self._load)
        if loaded.turn.state in _ENDED:
            await self._end(incoming, loaded.turn.state)
            return
        if loaded.session.status is not SessionStatus.ACTIVE:
            late = None if loaded.turn.is_opening else partial(say_failed, key="end.too_late")
            await self._end(incoming, TurnState.CANCELLED, late)
            return
        messenger = parts.messengers[incoming.address.platform]
        sign = Indication.RECORDING_VOICE if speaks(loaded) else Indication.TYPING
        async with showing(messenger, incoming.address, sign):
            try:
                said = await self._listen(incoming, loaded)
                await self._exchange(incoming, loaded, said)
            except NothingHeard:
                await self._end(incoming, TurnState.SILENT, say_nothing_heard)
            except DomainError as refusal:
                say = partial(say_failed, key=refusal.key, params=refusal.params)
                await self._end(incoming, TurnState.FAILED, say)
            except NoEngine:
                say = partial(say_failed, key="voice.no_engine")
                await self._end(incoming, TurnState.FAILED, say)
            except ServiceFailure as failure:
                if failure.service == "database":
                    raise
                _log.warning("turn.service_failed", key=incoming.key, cause=str(failure))
                say = partial(say_failed, key="voice.unavailable")
                await self._end(incoming, TurnState.FAILED, say)

    def _load(self, work: FlowWork) -> Loaded:
        turn = work.turns.get(self._turn_id)
        session = work.voice_sessions.get(turn.session_id)
        learner = work.learner_languages.find_active(turn.user_id)
        earlier = [t for t in work.turns.of_session(session.id) if t.position < turn.position]
        return Loaded(
            turn=turn,
            session=session,
            user=work.users.get(turn.user_id),
            learner=learner if learner and learner.language == session.language else None,
            earlier=tuple(earlier),
            has_talk_time=self._may_talk(work, turn.user_id),
        )

    def _may_talk(self, work: FlowWork, user_id: str) -> bool:
        scenes = self._parts.scenes
        plans, now = Plans(scenes.rules.tiers), scenes.clock.now()
        return plans.may(work, user_id, Use.AI_SECONDS, 1, now).allowed

    async def _exchange(self, incoming: Incoming, loaded: Loaded, said: Utterance) -> None:
        parts = self._parts
        spec = brief(loaded.session, loaded.user, loaded.learner, loaded.earlier)
        spec = replace(spec, wants_speech=speaks(loaded))
        results = parts.chain.exchange(
            spec, loaded.turn.before, said, avatar=loaded.session.avatar_id
        )
        done, told = Exchange(), None
        async with aclosing(results):
            async for done in results:
                heard = done.transcript
                if said.audio is not None and heard is not None and not heard.text.strip():
                    raise NothingHeard
                if said.audio is not None and heard is not None and heard is not told:
                    told = heard
                    await self._heard(incoming, heard, said.audio)
        if said.say is not None:
            done.texts[:] = [_verbatim(said.say, loaded)]
        elif not done.is_answered:
            raise _refusal(done)
        await self._reply(incoming, loaded, said, done)

    async def _heard(self, incoming: Incoming, heard: UserTranscript, clip: AudioClip) -> None:
        """Store and show what was understood; a second time changes nothing."""

        def unit(work: FlowWork) -> None:
            turn = work.turns.get(self._turn_id)
            if turn.state is not TurnState.STARTED:
                return
            measures = NoteMeasures(timing=clip.timing, words=heard.words, is_checked=True)
            turn = work.turns.save(
                replace(
                    turn,
                    state=TurnState.HEARD,
                    transcript=heard.text,
                    seconds=clip.pcm.seconds,
                    evidence=measures_to_json(measures),
                )
            )
            say_transcript(parts.scenes.of(work, incoming, "heard"), turn, heard)

        parts = self._parts
        async with parts.turnstile.passing():
            await parts.storage.write(unit)

    async def _reply(
        self, incoming: Incoming, loaded: Loaded, said: Utterance, done: Exchange
    ) -> None:
        parts = self._parts
        voice: EncodedVoice | None = None
        if done.audio and speaks(loaded):
            voice = await parts.codec.encode(parts.sound.join(done.audio))

        def unit(work: FlowWork) -> None:
            scene = parts.scenes.of(work, incoming, "reply")
            if work.inbox.has_overtaking(incoming.lane):
                parts.service.ended_turn(
                    work, work.turns.get(self._turn_id), TurnState.CANCELLED, scene.now
                )
                parts.scenes.finish(scene)
                return
            turn = _as_said(work.turns.get(self._turn_id), said, done)
            session = work.voice_sessions.get(turn.session_id)
            is_new_engine = done.is_fallback and not session.is_fallback_told
            is_recorded = session.has_recording and bool(recordings_kept_for(scene))
            is_first = turn.reply is None
            if said.audio is not None and is_recorded:
                turn = replace(turn, audio_id=_keep(scene, said.audio))
            bubble = (
                None if voice is None else voice_attachment(scene, voice, is_recorded=is_recorded)
            )
            if bubble is not None and is_recorded:
                turn = replace(turn, reply_audio_id=bubble.blob_id)
            turn, session = parts.service.answered(work, turn, session, done, scene.now)
            say_reply(scene, turn, bubble, is_fallback=is_new_engine, is_first=is_first)
            if is_first:
                count_talk(scene, turn.id, _talked(said, voice))
            parts.scenes.finish(scene)

        async with parts.turnstile.passing():
            await parts.storage.write(unit)

    async def _end(
        self,
        incoming: Incoming,
        state: TurnState,
        say: Callable[[Scene], None] | None = None,
    ) -> None:
        def unit(work: FlowWork) -> None:
            scene = parts.scenes.of(work, incoming, "end")
            turn = work.turns.get(self._turn_id)
            if turn.state not in _ENDED:
                parts.service.ended_turn(work, turn, state, scene.now)
                if say is not None:
                    say(scene)
            parts.scenes.finish(scene)

        parts = self._parts
        await parts.storage.write(unit)


def _verbatim(text: str, loaded: Loaded) -> AssistantText:
    """A line of ours with its translation; shown even where no engine could speak it."""
    line = first_line(loaded.session, loaded.user)
    if line is None or line.text != text:
        return AssistantText(text=text)
    own = loaded.user.native_language or loaded.user.ui_language
    translation = line.translations.get(base_language(own))
    return AssistantText(text=text, translation=translation)


def _as_said(turn: Turn, said: Utterance, done: Exchange) -> Turn:
    """The turn with what the learner typed, or with the last word on what was heard."""
    if said.text is not None:
        is_theirs = said.text != BEGIN and turn.corrected is None
        return replace(turn, transcript=said.text) if is_theirs else turn
    heard = done.transcript.text if done.transcript is not None else ""
    return replace(turn, transcript=heard) if heard else turn


def _talked(said: Utterance, voice: EncodedVoice | None) -> timedelta:
    """How long both sides spoke."""
    note = 0.0 if said.audio is None else said.audio.pcm.seconds
    return timedelta(seconds=note + (0.0 if voice is None else voice.seconds))


def _keep(scene: Scene, clip: AudioClip) -> str:
    until = scene.now + recordings_kept_for(scene)
    return scene.work.blobs.add(
        scene.user.id, clip.mime, clip.original, scene.now, expires_at=until
    )


def _refusal(done: Exchange) -> DomainError:
    kind = done.error.kind if done.error is not None else ErrorKind.TRANSIENT
    match kind:
        case ErrorKind.BAD_INPUT:
            return AudioRefused()
        case ErrorKind.LANGUAGE:
            return DomainError("voice.no_engine")
        case _:
            return DomainError("voice.unavailable")
