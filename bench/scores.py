"""How well the scores agree with human raters, on speakers that no model was fitted on."""

import os
from pathlib import Path

from bench.eval_scores import PROMISED
from bench.fit_scores import PLANS, Plan, cross_validated, samples_of
from bench.rated_speech import CACHE, DATA, RatedNote, load
from bench.table import Absent, Row

_SHOWN = {
    "fluency.known_text": "fluency against raters, text known",
    "fluency.recognised": "fluency against raters, from the recogniser alone",
    "pronunciation.known_text": "clarity against rated accuracy, text known",
    "pronunciation.recognised": "clarity against rated accuracy, from the recogniser alone",
}


async def rows() -> list[Row]:
    """Raises Absent without the rated recordings."""
    data = Path(os.environ.get("RATED_SPEECH", DATA))
    if not (data / "labels.csv").exists():
        raise Absent("no rated recordings; RATED_SPEECH may name their folder")
    notes = await load(data, Path(os.environ.get("RATED_SPEECH_CACHE", CACHE)))
    return [_row(plan, notes) for plan in PLANS if plan.name in _SHOWN]


def _row(plan: Plan, notes: list[RatedNote]) -> Row:
    samples = samples_of(plan, notes)
    rates = cross_validated(samples)
    promised = PROMISED.get(plan.name)
    speakers = len(set(samples.speakers.tolist()))
    return Row(
        f"{_SHOWN[plan.name]}, correlation by folds of speakers",
        f"{rates.mean():.2f} ({rates.min():.2f} to {rates.max():.2f};"
        f" {samples.human.size} notes, {speakers} speakers)",
        "reported" if promised is None else f"at least {promised:.2f}",
        is_met=None if promised is None else bool(rates.mean() >= promised),
    )
