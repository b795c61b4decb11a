"""Linear models fitted on human ratings: which to use, and what they say."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TypedDict

from bot.voice.evidence import Skill, Validation

HIGHEST = 10.0


@dataclass(frozen=True, slots=True)
class Term:
    """One summand: the feature, held within what was seen in fitting, times the weight."""

    feature: str
    low: float
    high: float
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A score as a weighted sum of features.

    Args:
        name: the skill, a dot, and what the model needs to know of a note.
    """

    name: str
    intercept: float
    terms: tuple[Term, ...]
    validation: Validation

    def rate(self, features: Mapping[str, float]) -> float:
        """0 to 10."""
        total = self.intercept + sum(
            term.weight * min(max(features[term.feature], term.low), term.high)
            for term in self.terms
        )
        return min(max(total, 0.0), HIGHEST)


def model_for(skill: Skill, features: Mapping[str, float]) -> Model | None:
    """The best model of a skill whose features are all known; None when there is none."""
    for model in _models():
        is_of_skill = model.name.split(".")[0] == skill
        if is_of_skill and all(term.feature in features for term in model.terms):
            return model
    return None


def model_named(name: str) -> Model:
    """Raises LookupError when no model has this name."""
    for model in _models():
        if model.name == name:
            return model
    raise LookupError(name)


class _TermData(TypedDict):
    feature: str
    low: float
    high: float
    weight: float


class _ModelData(TypedDict):
    name: str
    intercept: float
    correlation: float
    terms: Sequence[_TermData]


class _FileData(TypedDict):
    corpus: str
    language: str
    speakers: int
    notes: int
    models: Sequence[_ModelData]


@cache
def _models() -> tuple[Model, ...]:
    """As `bench/fit_scores.py` wrote them, the best informed first."""
    text = resources.files("bot.voice").joinpath("data/scores.json").read_text("utf-8")
    data: _FileData = json.loads(text)
    return tuple(
        Model(
            name=entry["name"],
            intercept=entry["intercept"],
            terms=tuple(Term(**term) for term in entry["terms"]),
            validation=Validation(
                correlation=entry["correlation"],
                corpus=data["corpus"],
                language=data["language"],
                speakers=data["speakers"],
                notes=data["notes"],
            ),
        )
        for entry in data["models"]
    )
