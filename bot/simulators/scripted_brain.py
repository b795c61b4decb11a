"""Brains without a model: they answer by rule, so that a test knows what it will hear."""

import math
from array import array
from collections.abc import Mapping, Sequence
from typing import Any

from bot.simulators.brain import BrainReply
from bot.simulators.openai import ChatAnswer

RATE = 24_000
SLIP = "goed"
CORRECTION = {
    "said": "I goed",
    "better": "I went",
    "kind": "grammar",
    "explanation": "The past of go is went.",
}


class ScriptedBrain:
    """Hears what `will_hear` says, in order, then what `hears` says.

    Args:
        hears: what every note is taken for; empty for nothing.
        prosody: what every note sounds like.

    `opened` holds the settings of every conversation, and those it was updated to.
    """

    def __init__(
        self, *, hears: str = "Hello there.", prosody: Mapping[str, float] | None = None
    ) -> None:
        self.hears = hears
        self.will_hear: list[str] = []
        self.prosody = prosody
        self.notes: list[tuple[bytes, int]] = []
        self.opened: list[tuple[Mapping[str, str], str]] = []

    async def open(self, variables: Mapping[str, str], prompt: str, /) -> "ScriptedSession":
        self.opened.append((variables, prompt))
        return ScriptedSession(self)

    def transcribe(self, pcm: bytes, rate: int) -> str:
        """What this note is taken for."""
        self.notes.append((pcm, rate))
        return self.will_hear.pop(0) if self.will_hear else self.hears


class ScriptedSession:
    """Echoes the words and tells how many there were before, so that memory can be seen."""

    def __init__(self, brain: ScriptedBrain) -> None:
        self._brain = brain
        self._turns = 0

    async def update(self, variables: Mapping[str, str], prompt: str, /) -> None:
        self._brain.opened.append((variables, prompt))

    async def hear(self, pcm: bytes, rate: int, /) -> BrainReply:
        words = self._brain.transcribe(pcm, rate)
        if not words:
            return BrainReply(transcript="")
        return self._reply(words, transcript=words)

    async def read(self, text: str, /) -> BrainReply:
        return self._reply(text, transcript=None)

    async def say(self, text: str, /) -> BrainReply:
        return BrainReply(segments=(text,), audio=(tone(text),))

    def _reply(self, words: str, *, transcript: str | None) -> BrainReply:
        segments = answer(words, self._turns)
        self._turns += 1
        return BrainReply(
            transcript=transcript,
            segments=segments,
            audio=[tone(segment) for segment in segments],
            tools=[("note_correction", CORRECTION)] if SLIP in words else [],
            prosody=self._brain.prosody if transcript else None,
        )


class ScriptedModels:
    """The same rules behind the three OpenAI-compatible services; memory is in the messages.

    Args:
        hears: what every file is taken for; empty for nothing.
    """

    def __init__(self, *, hears: str = "Hello there.") -> None:
        self.hears = hears
        self.files: list[tuple[bytes, str]] = []

    async def transcribe(self, file: bytes, name: str, language: str, /) -> str:
        self.files.append((file, name))
        return self.hears

    async def chat(self, messages: Sequence[Mapping[str, Any]], /) -> ChatAnswer:
        heard = [str(message["content"]) for message in messages if message["role"] == "user"]
        reply = " ".join(answer(heard[-1], len(heard) - 1))
        if SLIP not in heard[-1]:
            return ChatAnswer(reply=reply, spoken=reply)
        better = CORRECTION["better"]
        return ChatAnswer(
            reply=f"({better}) {reply}", spoken=f"{better}. {reply}", corrections=[CORRECTION]
        )

    async def speak(self, text: str, voice: str, /) -> tuple[bytes, int]:
        return tone(text)


def answer(words: str, turns_before: int) -> Sequence[str]:
    """The reply to some words, in two segments; the second counts the turns before it."""
    return f"You said: {words}", f"Before that you spoke {turns_before} times."


def tone(text: str) -> tuple[bytes, int]:
    """A sound as long as its text: 20 ms a letter, of a pitch that tells texts apart."""
    pitch = 220 + sum(text.encode()) % 400
    count = RATE // 50 * len(text)
    wave = (round(8000 * math.sin(2 * math.pi * pitch * n / RATE)) for n in range(count))
    return array("h", wave).tobytes(), RATE
