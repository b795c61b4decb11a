"""Puts an engine of ours into a simulated voice service: the demo's way over Hume's protocol."""

import asyncio
from collections.abc import Callable, Mapping

from bot.core.errors import ServiceFailure
from bot.simulators.brain import BrainFailed, BrainReply
from bot.voice.avatars import Avatar, list_avatars
from bot.voice.model import (
    AssistantText,
    AudioChunk,
    AudioClip,
    EngineError,
    Pcm,
    Prosody,
    ResumeToken,
    SessionSpec,
    ToolCall,
    TurnEnd,
    TurnEvent,
    UserTranscript,
    Utterance,
)
from bot.voice.persona import OFFER_HELP, tools
from bot.voice.ports import VoiceEngine


class EngineBrain:
    """Implements the simulators' `Brain` by an engine.

    Args:
        service: whose voice ids the simulated service is asked for, as in avatars.toml.
    """

    def __init__(self, engine: VoiceEngine, *, service: str = "hume") -> None:
        self._engine = engine
        self._service = service

    async def open(self, variables: Mapping[str, str], prompt: str, /) -> "EngineBrainSession":
        return EngineBrainSession(self, self._engine, self.spec(variables, prompt))

    def spec(self, variables: Mapping[str, str], prompt: str) -> SessionSpec:
        """What the engine is told, out of the settings a client of the service sends."""
        language = variables.get("language", "en")
        avatar = self._avatar(variables.get("voice", ""))
        spoken = (language, variables.get("native_language"))
        return SessionSpec(
            prompt=prompt,
            variables=variables,
            reply_language=_accent(avatar, language),
            spoken_languages=tuple(tag for tag in spoken if tag),
            voice=avatar.voices.get(self._engine.name) if avatar else None,
            tools=tools(),
            speed=_number(variables.get("speed", ""), default=1.0),
            wants_speech=variables.get("wants_speech") != "no",
        )

    def _avatar(self, voice: str) -> Avatar | None:
        """The tutor behind the service's own voice id."""
        return next((a for a in list_avatars() if a.voices.get(self._service) == voice), None)


class EngineBrainSession:
    """One conversation with the engine, one utterance at a time."""

    def __init__(self, brain: EngineBrain, engine: VoiceEngine, spec: SessionSpec) -> None:
        self._brain = brain
        self._engine = engine
        self._spec = spec
        self._resume: ResumeToken | None = None
        self._turn = asyncio.Lock()

    async def update(self, variables: Mapping[str, str], prompt: str, /) -> None:
        self._spec = self._brain.spec(variables, prompt)

    async def hear(self, pcm: bytes, rate: int, /) -> BrainReply:
        """The words as soon as they are known; the reply comes with the rest."""
        clip = AudioClip(Pcm(pcm, rate), b"", "")
        words: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def notice(event: TurnEvent) -> None:
            if isinstance(event, UserTranscript) and not words.done():
                words.set_result(event.text)

        turn = asyncio.create_task(self._take(Utterance(turn_id="heard", audio=clip), notice))
        turn.add_done_callback(lambda done: done.cancelled() or done.exception())
        first: set[asyncio.Future[BrainReply] | asyncio.Future[str]] = {turn, words}
        try:
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            turn.cancel()
            raise
        if turn.done():
            return await turn
        return BrainReply(transcript=words.result(), rest=lambda: turn)

    async def read(self, text: str, /) -> BrainReply:
        return await self._take(Utterance(turn_id="read", text=text))

    async def say(self, text: str, /) -> BrainReply:
        return await self._take(Utterance(turn_id="said", say=text))

    async def _take(
        self, said: Utterance, notice: Callable[[TurnEvent], None] = lambda _event: None
    ) -> BrainReply:
        async with self._turn:
            try:
                session = await self._engine.open(self._spec, self._resume)
            except ServiceFailure as failure:
                raise BrainFailed(failure.cause.value) from failure
            events: list[TurnEvent] = []
            try:
                async for event in session.turn(said):
                    events.append(event)
                    notice(event)
            finally:
                await session.aclose()
            self._resume = _resume_of(events) or self._resume
            return reply_of(events)


def reply_of(events: list[TurnEvent]) -> BrainReply:
    """The events of a turn as a service's model would have brought them about.

    Raises:
        BrainFailed: the engine failed before it had an answer.
    """
    segments = [event.text for event in events if isinstance(event, AssistantText)]
    failure = next((event for event in events if isinstance(event, EngineError)), None)
    if failure is not None and not segments:
        raise BrainFailed(failure.code)
    transcripts = [event.text for event in events if isinstance(event, UserTranscript)]
    prosody = next((event.scores for event in events if isinstance(event, Prosody)), None)
    return BrainReply(
        transcript=transcripts[-1] if transcripts else None,
        segments=segments,
        audio=[(e.pcm.data, e.pcm.rate) for e in events if isinstance(e, AudioChunk)],
        tools=[*_calls(events), *_help(events)],
        prosody=prosody,
    )


def _calls(events: list[TurnEvent]) -> list[tuple[str, Mapping[str, object]]]:
    return [(event.name, event.arguments) for event in events if isinstance(event, ToolCall)]


def _help(events: list[TurnEvent]) -> list[tuple[str, Mapping[str, object]]]:
    """What our engine says beside its words, as a model would hand it over."""
    calls: list[tuple[str, Mapping[str, object]]] = []
    for event in events:
        if isinstance(event, AssistantText) and (event.suggestions or event.translation):
            arguments: dict[str, object] = {
                "suggestions": list(event.suggestions),
                "translation": event.translation or "",
                "is_closing": event.is_closing,
            }
            if event.tip:
                arguments["tip"] = event.tip
            calls.append((OFFER_HELP.name, arguments))
    return calls


def _resume_of(events: list[TurnEvent]) -> ResumeToken | None:
    return next((event.resume for event in events if isinstance(event, TurnEnd)), None)


def _accent(avatar: Avatar | None, language: str) -> str:
    """The tutor's own accent of a language, where it is one of the tutor's."""
    accents = avatar.accents if avatar else ()
    return next((tag for tag in accents if tag.split("-")[0] == language), language)


def _number(text: str, *, default: float) -> float:
    try:
        return float(text)
    except ValueError:
        return default
