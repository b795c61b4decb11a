"""Where a note is louder than its own background. Numpy, hence imported by the first note."""

import numpy as np
from numpy.typing import NDArray

from bot.voice.model import Pcm

FRAME_SECONDS = 0.010

_WINDOW_SECONDS = 0.025
_SMOOTHING_FRAMES = 5
_LOUDEST_FRAMES = 10
_FLOOR_PERCENTILE = 5
_FLOOR_TO_VOICE = 0.35
_WIDEST_RANGE_DB = 40.0
_NARROWEST_RANGE_DB = 12.0
_FAINTEST_DB = 20.0

_Levels = NDArray[np.float64]
Spans = list[tuple[int, int]]


def loud_spans(pcm: Pcm) -> Spans:
    """Half-open spans of 10 ms frames that stand out, in order; none where nothing does."""
    levels = _levels(pcm)
    threshold = _threshold(levels)
    return [] if threshold is None else _spans_above(levels, threshold)


def _levels(pcm: Pcm) -> _Levels:
    """Loudness of each 10 ms in dB (1 is the smallest step of a sample), smoothed over 50 ms."""
    samples = np.frombuffer(pcm.data, dtype="<i2").astype(np.float64)
    window, hop = int(_WINDOW_SECONDS * pcm.rate), int(FRAME_SECONDS * pcm.rate)
    if samples.size < window + _SMOOTHING_FRAMES * hop:
        return np.zeros(0)
    energy = np.concatenate([[0.0], np.cumsum(samples * samples)])
    starts = np.arange(0, samples.size - window + 1, hop)
    levels = 10 * np.log10((energy[starts + window] - energy[starts]) / window + 1)
    return np.convolve(levels, np.full(_SMOOTHING_FRAMES, 1 / _SMOOTHING_FRAMES), mode="same")


def _threshold(levels: _Levels) -> float | None:
    if levels.size < _LOUDEST_FRAMES:
        return None
    loud = float(np.sort(levels)[-_LOUDEST_FRAMES])
    floor = max(float(np.percentile(levels, _FLOOR_PERCENTILE)), loud - _WIDEST_RANGE_DB)
    if loud < _FAINTEST_DB or loud - floor < _NARROWEST_RANGE_DB:
        return None
    return floor + _FLOOR_TO_VOICE * (loud - floor)


def _spans_above(levels: _Levels, threshold: float) -> Spans:
    """Half-open spans of frames whose level is above the threshold."""
    steps = np.diff(np.concatenate([[0], (levels > threshold).astype(np.int8), [0]]))
    starts, ends = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    return [(int(start), int(end)) for start, end in zip(starts, ends, strict=True)]
