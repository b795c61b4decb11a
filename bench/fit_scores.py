"""Fit the models of fluency and pronunciation on human scores and write their coefficients.

    python -m bench.fit_scores [--data DIR] [--cache DIR] [--write]

Ridge regression on a few features, held within their 1st to 99th percentiles. The correlation that
is written down comes from five folds by speaker, mean of twenty divisions.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.rated_speech import CACHE, CORPUS, DATA, LANGUAGE, SOURCE, RatedNote, load_now
from bot.voice.features import describe

TARGET = Path(__file__).parents[1] / "bot" / "voice" / "data" / "scores.json"

_FOLDS = 5
_DIVISIONS = 20
_RIDGE = 3.0
_OUTERMOST = (1.0, 99.0)
_PAUSES = ("pause_share", "long_pause_share")
_SURE = ("sureness", "weak_sureness")

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Plan:
    """A model to fit: its name, the human score it follows, the features it may see."""

    name: str
    human: str
    features: tuple[str, ...]


PLANS = (
    Plan(
        "fluency.known_text",
        "fluency",
        ("articulation", "text_length", *_PAUSES, *_SURE),
    ),
    Plan(
        "fluency.recognised",
        "fluency",
        ("heard_articulation", "heard_length", *_PAUSES, *_SURE),
    ),
    Plan("fluency.known_text_alone", "fluency", ("articulation", "text_length", *_PAUSES)),
    Plan("fluency.transcript", "fluency", ("heard_articulation", "heard_length", *_PAUSES)),
    Plan(
        "pronunciation.known_text",
        "accuracy",
        ("articulation", "text_length", *_PAUSES, *_SURE, "mismatch"),
    ),
    Plan(
        "pronunciation.recognised",
        "accuracy",
        ("heard_articulation", "heard_length", *_PAUSES, *_SURE),
    ),
)


@dataclass(frozen=True, slots=True)
class Samples:
    """Rows of features, the human score of each, and who spoke."""

    features: Values
    human: Values
    speakers: NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class Fit:
    """A linear model in the features' own units."""

    low: Values
    high: Values
    weights: Values
    intercept: float

    def predict(self, features: Values) -> Values:
        return np.clip(features.clip(self.low, self.high) @ self.weights + self.intercept, 0, 10)


def samples_of(plan: Plan, notes: Sequence[RatedNote]) -> Samples:
    """The notes for which every feature of the plan is known."""
    rows = [(note, describe(note.turn, LANGUAGE)) for note in notes]
    rows = [(note, row) for note, row in rows if all(name in row for name in plan.features)]
    return Samples(
        features=np.array([[row[name] for name in plan.features] for _, row in rows]),
        human=np.array([note.human[plan.human] for note, _ in rows]),
        speakers=np.array([note.speaker for note, _ in rows]),
    )


def fit(features: Values, human: Values) -> Fit:
    """Ridge regression on standardised features."""
    low, high = np.percentile(features, _OUTERMOST, axis=0)
    held = features.clip(low, high)
    centre, spread = held.mean(axis=0), held.std(axis=0)
    scaled = (held - centre) / spread
    square = scaled.T @ scaled + _RIDGE * np.eye(scaled.shape[1])
    weights = np.linalg.solve(square, scaled.T @ (human - human.mean())) / spread
    return Fit(low, high, weights, float(human.mean() - centre @ weights))


def cross_validated(samples: Samples, divisions: int = _DIVISIONS) -> Values:
    """Pearson correlations, one for each random division of the speakers into five folds."""
    return np.array([_divided(samples, np.random.default_rng(seed)) for seed in range(divisions)])


def _divided(samples: Samples, random: np.random.Generator) -> float:
    names = np.unique(samples.speakers)
    fold_of = dict(zip(random.permutation(names), np.arange(names.size) % _FOLDS, strict=True))
    folds = np.array([fold_of[name] for name in samples.speakers])
    predicted = np.empty_like(samples.human)
    for fold in range(_FOLDS):
        seen = folds != fold
        model = fit(samples.features[seen], samples.human[seen])
        predicted[~seen] = model.predict(samples.features[~seen])
    return float(np.corrcoef(predicted, samples.human)[0, 1])


def _entry(plan: Plan, notes: Sequence[RatedNote]) -> dict[str, object]:
    samples = samples_of(plan, notes)
    rates = cross_validated(samples)
    model = fit(samples.features, samples.human)
    print(
        f"{plan.name:28} {samples.human.size:5} notes  r = {rates.mean():.3f}"
        f" ({rates.min():.3f} to {rates.max():.3f})"
    )
    columns = zip(plan.features, model.low, model.high, model.weights, strict=True)
    return {
        "name": plan.name,
        "correlation": round(float(rates.mean()), 2),
        "intercept": round(model.intercept, 4),
        "terms": [
            {
                "feature": feature,
                "low": round(float(low), 4),
                "high": round(float(high), 4),
                "weight": round(float(weight), 4),
            }
            for feature, low, high, weight in columns
        ],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--cache", type=Path, default=CACHE)
    parser.add_argument("--write", action="store_true", help=f"replace {TARGET.name}")
    options = parser.parse_args()
    notes = load_now(options.data, options.cache)
    fitted = {
        "corpus": CORPUS,
        "source": SOURCE,
        "language": LANGUAGE,
        "speakers": len({note.speaker for note in notes}),
        "notes": len(notes),
        "models": [_entry(plan, notes) for plan in PLANS],
    }
    if options.write:
        TARGET.write_text(json.dumps(fitted, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
