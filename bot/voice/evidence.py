"""What scores are made from and what they look like."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.voice.model import Word
from bot.voice.session import Correction
from bot.voice.timing import Timing

# Apart, so that a count stays a count when it is stored and read.
Number = int | float


class Skill(StrEnum):
    """The five scores; `pronunciation` is called clarity to people."""

    FLUENCY = "fluency"
    PRONUNCIATION = "pronunciation"
    VOCABULARY = "vocabulary"
    GRAMMAR = "grammar"
    LISTENING = "listening"


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnEvidence:
    """One thing the learner said or typed; all that scoring keeps of it.

    Args:
        transcript: what was understood, or typed.
        corrected_transcript: what the learner said it was, when the recogniser was wrong.
        known_text: what was to be read aloud or repeated.
        timing: None for a typed turn and for a note without voice.
        words: as recognised, with probabilities; empty when the engine does not tell.
        corrections: mistakes taken up; None when nothing checked the grammar.
    """

    transcript: str
    corrected_transcript: str | None = None
    known_text: str | None = None
    timing: Timing | None = None
    words: tuple[Word, ...] = ()
    corrections: tuple[Correction, ...] | None = None

    @property
    def text(self) -> str:
        """What the learner said, as far as is known."""
        return self.transcript if self.corrected_transcript is None else self.corrected_transcript

    @property
    def is_free(self) -> bool:
        """The words were the learner's own choice, not read aloud or repeated."""
        return self.known_text is None


@dataclass(frozen=True, slots=True)
class Missing:
    """What a score still needs: a catalog key and its numbers."""

    key: str
    params: Mapping[str, Number] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """How well a method agreed with human raters.

    Args:
        correlation: Pearson, folds by speaker: nobody is scored by a model fitted on them.
        corpus: the public recordings it was measured on.
        language: spoken there; for other languages the method is not validated.
    """

    correlation: float
    corpus: str
    language: str
    speakers: int
    notes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One of the five scores.

    Args:
        value: 0 to 10; None when nothing could be computed.
        is_sufficient: there is enough evidence to show the value to a learner.
        method: how it was computed; the catalog key is `score.method.` and this.
        evidence: what it rests on, by name; seconds, counts, rates, shares of 1.
        missing: what is needed before it may be shown.
        validation: None when the method was not compared with human raters.
    """

    value: float | None
    is_sufficient: bool
    method: str
    evidence: Mapping[str, Number] = field(default_factory=dict)
    missing: tuple[Missing, ...] = ()
    validation: Validation | None = None


def not_measured(skill: Skill, why: str) -> Score:
    """A score that nothing could be said about; `why` names what was absent."""
    return Score(
        value=None,
        is_sufficient=False,
        method=f"{skill}.not_measured",
        missing=(Missing(f"score.missing.{why}"),),
    )
