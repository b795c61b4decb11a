"""Where there is voice in a note and where there is silence, from its loudness alone."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bot.voice.model import Pcm

_FRAME_SECONDS = 0.010
SHORT_PAUSE_SECONDS = 0.2
LONG_PAUSE_SECONDS = 0.4
BREAK_SECONDS = 1.0

_WINDOW_SECONDS = 0.025
_SMOOTHING_FRAMES = 5
_SHORTEST_SOUND_FRAMES = 3
_LOUDEST_FRAMES = 10
_FLOOR_PERCENTILE = 5
_FLOOR_TO_VOICE = 0.35
_WIDEST_RANGE_DB = 40.0
_NARROWEST_RANGE_DB = 12.0
_FAINTEST_DB = 20.0

_Levels = NDArray[np.float64]
_Spans = list[tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When somebody spoke in one note; everything that is kept of its sound.

    Args:
        seconds: of the whole note.
        speech_seconds: from the first sound to the last.
        voiced_seconds: of that, above the silence threshold.
        pauses: silences between sounds, in seconds, from 0.2 s on, in order.
    """

    seconds: float
    speech_seconds: float
    voiced_seconds: float
    pauses: tuple[float, ...]

    @property
    def pause_seconds(self) -> float:
        """All pauses from 0.2 s on together."""
        return sum(self.pauses)

    @property
    def long_pause_seconds(self) -> float:
        """All pauses from 0.4 s on together."""
        return sum(pause for pause in self.pauses if pause >= LONG_PAUSE_SECONDS)

    @property
    def active_seconds(self) -> float:
        """Time spent speaking: from first to last sound without pauses of a second or more."""
        return self.speech_seconds - sum(p for p in self.pauses if p >= BREAK_SECONDS)


def measure(pcm: Pcm) -> Timing | None:
    """Find the sounds of a note.

    A frame counts as sound when it lies above the note's own noise floor by 35 % of the way to
    its loudest parts, so neither gain nor steady noise changes the result.

    Returns:
        None when nothing stands out: silence, steady noise, a click.
    """
    levels = _levels(pcm)
    threshold = _threshold(levels)
    if threshold is None:
        return None
    sounds = [
        span
        for span in _spans_above(levels, threshold)
        if span[1] - span[0] >= _SHORTEST_SOUND_FRAMES
    ]
    if not sounds:
        return None
    gaps = [(after[0] - before[1]) * _FRAME_SECONDS for before, after in pairwise(sounds)]
    return Timing(
        seconds=round(pcm.seconds, 3),
        speech_seconds=round((sounds[-1][1] - sounds[0][0]) * _FRAME_SECONDS, 3),
        voiced_seconds=round(sum(end - start for start, end in sounds) * _FRAME_SECONDS, 3),
        pauses=tuple(round(gap, 2) for gap in gaps if gap >= SHORT_PAUSE_SECONDS),
    )


def _levels(pcm: Pcm) -> _Levels:
    """Loudness of each 10 ms in dB (1 is the smallest step of a sample), smoothed over 50 ms."""
    samples = np.frombuffer(pcm.data, dtype="<i2").astype(np.float64)
    window, hop = int(_WINDOW_SECONDS * pcm.rate), int(_FRAME_SECONDS * pcm.rate)
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


def _spans_above(levels: _Levels, threshold: float) -> _Spans:
    """Half-open spans of frames whose level is above the threshold."""
    steps = np.diff(np.concatenate([[0], (levels > threshold).astype(np.int8), [0]]))
    starts, ends = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    return [(int(start), int(end)) for start, end in zip(starts, ends, strict=True)]
