"""What fluency and clarity share: a fitted model for each note, weighted by time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.core.language import base_language
from bot.voice.evidence import Missing, Number, Score, Skill, TurnEvidence, Validation, not_measured
from bot.voice.features import describe
from bot.voice.fitted import Model, model_for

ENOUGH_SECONDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rated:
    """A note's value by its model, the seconds it weighs, and whether any word was understood."""

    model: Model
    value: float
    seconds: float
    is_understood: bool


def score_spoken(
    skill: Skill, turns: Sequence[TurnEvidence], language: str, evidence: Mapping[str, Number]
) -> Score:
    """Mean over the notes, weighted by the time spent speaking in each.

    The method and its correlation are those of the model that covers most of that time. Time in
    which nothing was understood lowers the value, and is no reason to show it.
    """
    rated = [note for turn in turns if (note := _rate(skill, turn, language))]
    if not rated:
        is_heard = any(turn.timing and turn.text.strip() for turn in turns)
        return not_measured(skill, "recognition" if is_heard else "speech")
    whole = sum(note.seconds for note in rated)
    understood = sum(note.seconds for note in rated if note.is_understood)
    models = {note.model.name: note.model for note in rated}
    name = max(models, key=lambda each: sum(n.seconds for n in rated if n.model.name == each))
    is_sufficient = understood >= ENOUGH_SECONDS
    return Score(
        value=round(sum(note.value * note.seconds for note in rated) / whole, 2),
        is_sufficient=is_sufficient,
        method=name,
        evidence={"seconds": round(understood, 2), **evidence},
        missing=() if is_sufficient else (_missing_seconds(understood),),
        validation=_validation(models[name], language),
    )


def _rate(skill: Skill, turn: TurnEvidence, language: str) -> _Rated | None:
    features = describe(turn, language)
    model = model_for(skill, features)
    if model is None or turn.timing is None:
        return None
    return _Rated(
        model=model,
        value=model.rate(features),
        seconds=turn.timing.active_seconds,
        is_understood=bool(turn.text.strip()),
    )


def _missing_seconds(have: float) -> Missing:
    return Missing("score.missing.seconds", {"have": round(have, 1), "need": ENOUGH_SECONDS})


def _validation(model: Model, language: str) -> Validation | None:
    """None for a language the method was not compared with raters in."""
    validation = model.validation
    return validation if base_language(language) == validation.language else None
