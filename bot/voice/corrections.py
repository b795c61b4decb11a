"""A correction as every engine reports it: what was said, what is better, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class CorrectionKind(StrEnum):
    """What kind of slip it was; the report counts by it."""

    VERB_FORM = "verb_form"
    TENSE = "tense"
    AGREEMENT = "agreement"
    GENDER = "gender"
    ARTICLE = "article"
    PLURAL = "plural"
    PREPOSITION = "preposition"
    CONTRACTION = "contraction"
    WORD_ORDER = "word_order"
    WORD_CHOICE = "word_choice"
    PRONUNCIATION = "pronunciation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One sentence of the learner's and its better form.

    Args:
        said: the sentence or clause as it was said.
        better: the same with as little changed as possible.
        wrong: the words that were changed; `right` stands in their place.
        rule: which rule found it, for statistics.
        explanation: by base language.
        prompt: an open question in the learned language that leads to the repair, if there is one.
    """

    said: str
    better: str
    wrong: str
    right: str
    kind: CorrectionKind
    rule: str
    explanation: Mapping[str, str]
    prompt: str | None = None
