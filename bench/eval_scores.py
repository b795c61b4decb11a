"""How well the scores agree with human raters: speakers no model was fitted on.

    python -m bench.eval_scores [--data DIR] [--cache DIR]

For each model: Pearson correlation by folds of speakers (mean and range of the divisions), and
that of the shipped coefficients on the same notes. The second column is honest only for a folder
of other speakers than those in `scores.json`.
"""

import argparse
import os
from pathlib import Path

import numpy as np

from bench.fit_scores import PLANS, cross_validated, samples_of
from bench.rated_speech import CACHE, DATA, load_now
from bot.voice.fitted import model_named

# What the product promises: the least correlation of a model.
PROMISED = {"fluency.known_text": 0.68, "fluency.recognised": 0.50}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=os.environ.get("RATED_SPEECH", DATA))
    parser.add_argument("--cache", type=Path, default=os.environ.get("RATED_SPEECH_CACHE", CACHE))
    options = parser.parse_args()
    if not (options.data / "labels.csv").exists():
        print(f"skipped: no rated recordings at {options.data}")
        return 0
    notes = load_now(options.data, options.cache)
    speakers = {note.speaker for note in notes}
    print(f"{len(notes)} notes, {len(speakers)} speakers")
    print(f"{'model':27} {'notes':>5}  {'by speaker':>10}  {'range':>13}  {'shipped':>7}  promised")
    is_kept = True
    for plan in PLANS:
        samples = samples_of(plan, notes)
        rates = cross_validated(samples)
        model = model_named(plan.name)
        shipped = [
            model.rate(dict(zip(plan.features, row, strict=True))) for row in samples.features
        ]
        promised = PROMISED.get(plan.name)
        is_kept = is_kept and (promised is None or rates.mean() >= promised)
        print(
            f"{plan.name:27} {len(shipped):5}  {rates.mean():10.3f}"
            f"  {rates.min():.3f}-{rates.max():.3f}"
            f"  {np.corrcoef(shipped, samples.human)[0, 1]:7.3f}"
            f"  {'' if promised is None else promised}"
        )
    return 0 if is_kept else 1


if __name__ == "__main__":
    raise SystemExit(main())
