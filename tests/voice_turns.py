"""Notes, sessions and turns for the tests of engines."""

import math
from array import array
from collections.abc import Sequence
from typing import TypeVar

from bot.voice.model import (
    AssistantText,
    AudioChunk,
    AudioClip,
    Pcm,
    SessionSpec,
    ToolSpec,
    TurnEnd,
    TurnEvent,
    UserTranscript,
    Utterance,
)
from bot.voice.ports import EngineSession

T = TypeVar("T")

CORRECTION_TOOL = ToolSpec(
    "note_correction",
    "Note a slip of the learner.",
    {
        "type": "object",
        "properties": {
            name: {"type": "string"} for name in ("said", "better", "kind", "explanation")
        },
    },
)
VOCABULARY_TOOL = ToolSpec(
    "note_vocabulary",
    "Note a word worth keeping.",
    {"type": "object", "properties": {name: {"type": "string"} for name in ("word", "meaning")}},
)
VARIABLES = {
    "context": "cafe",
    "level": "A2",
    "language": "en",
    "native_language": "es",
    "name": "Ana",
    "style": "gentle",
    "goal": "travel",
}


def a_spec(
    *, prompt: str = "You are a tutor.", tools: Sequence[ToolSpec] | None = None, **changes: object
) -> SessionSpec:
    fields: dict[str, object] = {
        "reply_language": "en",
        "spoken_languages": ("en", "es"),
        "variables": VARIABLES,
        "tools": (CORRECTION_TOOL, VOCABULARY_TOOL) if tools is None else tuple(tools),
        **changes,
    }
    return SessionSpec(prompt=prompt, **fields)  # type: ignore[arg-type]  # one dict, many types


def a_sound(seconds: float = 1.0, rate: int = 16_000) -> Pcm:
    """A hum, loud enough to be heard."""
    wave = (round(6000 * math.sin(n / 9)) for n in range(round(seconds * rate)))
    return Pcm(array("h", wave).tobytes(), rate)


def a_note(seconds: float = 1.0, *, sound: Pcm | None = None, turn_id: str = "t1") -> Utterance:
    clip = AudioClip(sound or a_sound(seconds), b"OggS of the platform", "audio/ogg")
    return Utterance(turn_id=turn_id, audio=clip)


def a_silent_note(seconds: float = 1.0) -> Utterance:
    return a_note(sound=Pcm(bytes(2 * round(16_000 * seconds)), 16_000))


def typed(text: str) -> Utterance:
    return Utterance(turn_id="typed", text=text)


def dictated(text: str) -> Utterance:
    return Utterance(turn_id="said", say=text)


async def take_turn(session: EngineSession, said: Utterance) -> list[TurnEvent]:
    return [event async for event in session.turn(said)]


def only(kind: type[T], events: Sequence[TurnEvent]) -> list[T]:
    return [event for event in events if isinstance(event, kind)]


def transcript_of(events: Sequence[TurnEvent]) -> str:
    return only(UserTranscript, events)[-1].text


def reply_of(events: Sequence[TurnEvent]) -> str:
    return " ".join(event.text for event in only(AssistantText, events))


def sound_of(events: Sequence[TurnEvent]) -> bytes:
    return b"".join(event.pcm.data for event in only(AudioChunk, events))


def end_of(events: Sequence[TurnEvent]) -> TurnEnd:
    """The end of the turn, which is the last event and the only one of its kind."""
    assert only(TurnEnd, events) == list(events[-1:])
    return only(TurnEnd, events)[0]
