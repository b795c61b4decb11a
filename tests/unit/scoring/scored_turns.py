"""Turns for the scoring tests: override only what matters."""

from dataclasses import replace

from bot.voice.evidence import TurnEvidence
from bot.voice.model import Word
from bot.voice.timing import Timing

SENTENCE = "the quick brown fox jumps over the lazy dog again"


def a_timing(speaking: float = 3.0, pauses: tuple[float, ...] = ()) -> Timing:
    """`speaking` seconds of voice with these pauses between."""
    whole = speaking + sum(pauses)
    return Timing(
        seconds=whole + 0.5,
        speech_seconds=whole,
        voiced_seconds=speaking,
        pauses=pauses,
    )


def words_of_sureness(text: str, probability: float) -> tuple[Word, ...]:
    return tuple(
        Word(text=word, start=0.3 * place, end=0.3 * place + 0.25, probability=probability)
        for place, word in enumerate(text.split())
    )


def a_turn(**changes: object) -> TurnEvidence:
    """A spoken turn of three seconds, well recognised."""
    turn = TurnEvidence(
        transcript=SENTENCE, timing=a_timing(), words=words_of_sureness(SENTENCE, 0.9)
    )
    return replace(turn, **changes)  # type: ignore[arg-type]  # names are checked by dataclass
