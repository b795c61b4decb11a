"""What scoring keeps of a turn, as plain data in the turn's row."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from pydantic import TypeAdapter

from bot.voice.evidence import TurnEvidence
from bot.voice.model import Word
from bot.voice.session import Turn
from bot.voice.timing import Timing


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteMeasures:
    """The part of the evidence that only the moment of the turn can give.

    Args:
        timing: None for a typed turn and for a note without voice.
        words: as recognised; empty when the engine does not tell.
        known_text: what was to be read aloud or repeated.
        is_checked: something looked for mistakes in what was said.
    """

    timing: Timing | None = None
    words: tuple[Word, ...] = ()
    known_text: str | None = None
    is_checked: bool = False


def measures_to_json(measures: NoteMeasures) -> dict[str, object]:
    """Plain data for `Turn.evidence`."""
    data: dict[str, object] = _adapter().dump_python(measures, mode="json")
    return data


def measures_from_json(data: Mapping[str, object]) -> NoteMeasures:
    """The reverse of `measures_to_json`.

    Raises:
        pydantic.ValidationError: `data` is something else.
    """
    return _adapter().validate_python(data)


def evidence_of(turn: Turn) -> TurnEvidence:
    """What a stored turn contributes to the scores of its session."""
    measures = NoteMeasures() if turn.evidence is None else measures_from_json(turn.evidence)
    is_checked = measures.is_checked or bool(turn.corrections)
    return TurnEvidence(
        transcript=turn.transcript or "",
        corrected_transcript=turn.corrected,
        known_text=measures.known_text,
        timing=measures.timing,
        words=measures.words,
        corrections=turn.corrections if is_checked else None,
    )


@cache
def _adapter() -> TypeAdapter[NoteMeasures]:
    return TypeAdapter(NoteMeasures)
