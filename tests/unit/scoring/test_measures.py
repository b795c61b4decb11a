"""Pauses and sounds of hand-made recordings, where every one of them is known."""

import numpy as np
import pytest

from bot.voice.measures import measure
from bot.voice.model import Pcm
from bot.voice.timing import Timing

RATE = 16_000
EDGE = 0.06  # the loudness window and its smoothing blur an edge by this many seconds


def sound(seconds: float, *, level: float = 6000.0) -> np.ndarray:
    return level * np.sin(2 * np.pi * 220 * np.arange(int(seconds * RATE)) / RATE)


def silence(seconds: float) -> np.ndarray:
    return np.zeros(int(seconds * RATE))


def recording(*parts: np.ndarray, noise: float = 3.0) -> Pcm:
    clean = np.concatenate(parts)
    hiss = np.random.default_rng(1).normal(0.0, noise, clean.size)
    return Pcm((clean + hiss).clip(-32768, 32767).astype("<i2").tobytes(), RATE)


def measured(*parts: np.ndarray, noise: float = 3.0) -> Timing:
    timing = measure(recording(*parts, noise=noise))
    assert timing is not None
    return timing


def test_each_pause_is_found_with_its_length():
    timing = measured(
        silence(0.5), sound(1.0), silence(0.3), sound(0.8), silence(0.7), sound(1.0), silence(0.4)
    )

    assert timing.pauses == (pytest.approx(0.3, abs=EDGE), pytest.approx(0.7, abs=EDGE))


def test_silence_at_the_ends_is_no_pause_and_no_speech():
    timing = measured(silence(2.0), sound(1.5), silence(3.0))

    assert timing.pauses == ()
    assert timing.speech_seconds == pytest.approx(1.5, abs=EDGE)
    assert timing.seconds == 6.5


def test_a_gap_below_a_fifth_of_a_second_is_no_pause():
    assert measured(silence(0.3), sound(1), silence(0.1), sound(1), silence(0.3)).pauses == ()


def test_a_pause_counts_as_long_from_four_tenths_of_a_second():
    timing = measured(
        silence(0.3), sound(1), silence(0.3), sound(1), silence(0.6), sound(1), silence(0.3)
    )

    assert timing.long_pause_seconds == pytest.approx(0.6, abs=EDGE)
    assert timing.pause_seconds == pytest.approx(0.9, abs=2 * EDGE)


def test_time_spent_speaking_leaves_out_breaks_of_a_second():
    timing = measured(
        silence(0.3), sound(2), silence(0.5), sound(2), silence(4), sound(2), silence(0.3)
    )

    assert timing.active_seconds == pytest.approx(6.5, abs=2 * EDGE)


@pytest.mark.parametrize("gain", [0.1, 0.5, 2.0])
def test_how_loud_a_recording_is_changes_nothing(gain: float):
    parts = (silence(0.4), sound(1), silence(0.5), sound(1), silence(0.4))

    louder = measured(*(gain * part for part in parts), noise=gain * 30.0)

    assert louder.pauses == measured(*parts, noise=30.0).pauses


@pytest.mark.parametrize("noise", [1.0, 30.0, 120.0])
def test_steady_noise_fills_no_pause(noise: float):
    timing = measured(silence(0.5), sound(1), silence(0.6), sound(1), silence(0.5), noise=noise)

    assert timing.pauses == (pytest.approx(0.6, abs=EDGE),)


@pytest.mark.parametrize(
    "quiet",
    [
        Pcm(b"", RATE),
        Pcm(b"\0\0" * 100, RATE),
        Pcm(b"\0\0" * RATE * 3, RATE),
        recording(silence(3), noise=200.0),
        recording(silence(1), sound(0.005), silence(1)),
    ],
    ids=["empty", "too short", "silence", "noise", "click"],
)
def test_without_a_voice_there_is_nothing_to_measure(quiet: Pcm):
    assert measure(quiet) is None
