"""An engine that stands in at the port: it answers by rule and fails on command."""

import asyncio
import json
from collections.abc import AsyncIterator

from bot.voice.model import (
    AssistantText,
    AudioChunk,
    EngineCaps,
    EngineError,
    ErrorKind,
    Health,
    Pcm,
    Prosody,
    ResumeToken,
    SessionSpec,
    ToolCall,
    TurnEnd,
    TurnEvent,
    TurnStatus,
    UserTranscript,
    Utterance,
)

SLIP, SAID, BETTER = "goed", "I goed", "I went"


class FakeVoiceEngine:
    """Echoes what it is told and counts the turns before.

    Args:
        hears: what every note is taken for, if it is not silent.
        prosody: what every note sounds like.
    """

    def __init__(
        self,
        *,
        name: str = "fake",
        hears: str = "Hello there.",
        caps: EngineCaps | None = None,
        prosody: dict[str, float] | None = None,
    ) -> None:
        self.name = name
        self.caps = caps or EngineCaps(has_prosody=prosody is not None)
        self.hears = hears
        self.prosody = prosody
        self.is_dead = False
        self.is_slow = False
        self.specs: list[SessionSpec] = []
        self.said: list[Utterance] = []

    async def check(self) -> Health:
        return Health(not self.is_dead)

    async def open(
        self, spec: SessionSpec, /, resume: ResumeToken | None = None
    ) -> "FakeVoiceSession":
        self.specs.append(spec)
        turns = json.loads(resume.state)["turns"] if resume is not None else 0
        return FakeVoiceSession(self, spec, turns)

    async def aclose(self) -> None:
        """Nothing is held."""


class FakeVoiceSession:
    """One conversation with the fake."""

    def __init__(self, engine: FakeVoiceEngine, spec: SessionSpec, turns: int) -> None:
        self._engine = engine
        self._spec = spec
        self._turns = turns
        self._cancelled: asyncio.Event | None = None

    @property
    def resume(self) -> ResumeToken | None:
        return ResumeToken(self._engine.name, json.dumps({"turns": self._turns}))

    async def cancel(self) -> None:
        if self._cancelled is not None:
            self._cancelled.set()

    async def aclose(self) -> None:
        await self.cancel()

    async def turn(self, said: Utterance, /) -> AsyncIterator[TurnEvent]:
        self._engine.said.append(said)
        cancelled = self._cancelled = asyncio.Event()
        if self._engine.is_dead:
            yield EngineError(ErrorKind.TRANSIENT, "dead")
            yield self._end(TurnStatus.FAILED)
            return
        for event in self._events(said):
            if isinstance(event, AssistantText) and self._engine.is_slow:
                await cancelled.wait()
            if cancelled.is_set():
                break
            yield event
        self._cancelled = None
        yield self._end(TurnStatus.CANCELLED if cancelled.is_set() else TurnStatus.OK)

    def _end(self, status: TurnStatus) -> TurnEnd:
        return TurnEnd(status=status, resume=self.resume)

    def _events(self, said: Utterance) -> list[TurnEvent]:
        if said.say is not None:
            return [AssistantText(text=said.say), *self._voiced(said.say)]
        events: list[TurnEvent] = []
        words = said.text or ""
        if said.audio is not None:
            words = self._engine.hears if any(said.audio.pcm.data) else ""
            events.append(UserTranscript(text=words))
            if words and self._engine.prosody is not None:
                events.append(Prosody(self._engine.prosody))
        if not words:
            return events
        if SLIP in words and self._spec.tools:
            arguments = {"said": SAID, "better": BETTER, "kind": "verb_form", "explanation": ""}
            events.append(ToolCall("note_correction", arguments))
        reply = f"You said: {words} Before that you spoke {self._turns} times."
        self._turns += 1
        return [*events, AssistantText(text=reply), *self._voiced(reply)]

    def _voiced(self, text: str) -> list[TurnEvent]:
        return [a_voice(text)] if self._spec.wants_speech else []


def a_voice(text: str) -> AudioChunk:
    """A sound as long as its text."""
    return AudioChunk(Pcm(b"\x00\x10" * 240 * len(text), 24_000))
