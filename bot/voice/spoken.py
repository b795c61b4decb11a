"""What fluency and clarity share: a fitted model for each note, weighted by time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.core.language import base_language
from bot.voice.evidence import Missing, Number, Score, Skill, TurnEvidence, Validation, not_measured
from bot.voice.features import describe
from bot.voice.fitted import Model, model_for

ENOUGH_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class _Rated:
    """A note's value by its model, and the seconds it weighs."""

    model: Model
    value: float
    seconds: float


def score_spoken(
    skill: Skill, turns: Sequence[TurnEvidence], language: str, evidence: Mapping[str, Number]
) -> Score:
    """Mean over the notes, weighted by the time spent speaking in each.

    The method and its correlation are those of the model that covers most of that time.
    """
    rated = [note for turn in turns if (note := _rate(skill, turn, language))]
    seconds = sum(note.seconds for note in rated)
    if not seconds:
        return not_measured(skill, "speech" if not evidence else "recognition")
    models = {note.model.name: note.model for note in rated}
    name = max(models, key=lambda each: sum(n.seconds for n in rated if n.model.name == each))
    is_sufficient = seconds >= ENOUGH_SECONDS
    return Score(
        value=round(sum(note.value * note.seconds for note in rated) / seconds, 2),
        is_sufficient=is_sufficient,
        method=name,
        evidence={"seconds": round(seconds, 2), **evidence},
        missing=() if is_sufficient else (_missing_seconds(seconds),),
        validation=_validation(models[name], language),
    )


def _rate(skill: Skill, turn: TurnEvidence, language: str) -> _Rated | None:
    features = describe(turn, language)
    model = model_for(skill, features)
    if model is None or turn.timing is None:
        return None
    return _Rated(model, model.rate(features), turn.timing.active_seconds)


def _missing_seconds(have: float) -> Missing:
    return Missing("score.missing.seconds", {"have": round(have, 1), "need": ENOUGH_SECONDS})


def _validation(model: Model, language: str) -> Validation | None:
    """None for a language the method was not compared with raters in."""
    validation = model.validation
    return validation if base_language(language) == validation.language else None
