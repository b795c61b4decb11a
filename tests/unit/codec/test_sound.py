"""Measuring, trimming and joining sound."""

import subprocess
import sys
from math import inf

import pytest

from bot.voice.adapters.sound import (
    at_rate,
    comparison,
    has_speech_level,
    join,
    level_dbfs,
    trimmed,
)
from bot.voice.model import Pcm
from tests.hostile_audio import tone

RATE = 16_000
TONE = tone(seconds=1)


def silence(seconds: float, rate: int = RATE) -> bytes:
    return bytes(2 * int(seconds * rate))


def test_loudness_is_measured_below_full_scale() -> None:
    assert level_dbfs(Pcm(TONE, RATE)) == pytest.approx(-14.2, abs=0.1)
    assert level_dbfs(Pcm(silence(1), RATE)) == -inf
    assert level_dbfs(Pcm(b"", RATE)) == -inf


@pytest.mark.parametrize(
    ("sound", "expected"),
    [
        (b"", False),
        (silence(3), False),
        (TONE, True),
        (silence(2) + TONE[:9_600] + silence(2), True),
        (silence(2) + TONE[:1_600] + silence(2), False),  # a click of 50 ms
    ],
)
def test_speech_is_loud_enough_for_long_enough(sound: bytes, expected: bool) -> None:
    assert has_speech_level(Pcm(sound, RATE)) is expected


def test_silence_at_the_ends_is_cut_and_a_breath_is_left() -> None:
    cut = trimmed(Pcm(silence(2) + TONE + silence(0.5) + TONE + silence(3), RATE))

    assert cut.seconds == pytest.approx(2.5 + 0.2, abs=0.07)


def test_nothing_is_left_of_silence() -> None:
    assert trimmed(Pcm(silence(2), RATE)) == Pcm(b"", RATE)


def test_clips_are_joined_at_the_highest_rate_with_pauses_between() -> None:
    joined = join([Pcm(TONE, RATE), Pcm(tone(seconds=2, rate=24_000), 24_000)], pause_seconds=0.5)

    assert joined.rate == 24_000
    assert joined.seconds == pytest.approx(3.5, abs=0.001)
    assert set(joined.data[2 * 24_100 : 2 * 35_900]) == {0}


def test_joining_one_clip_changes_nothing() -> None:
    assert join([Pcm(TONE, RATE)], pause_seconds=0.5) == Pcm(TONE, RATE)


def test_joining_nothing_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="nothing"):
        join([])


def test_a_comparison_is_ones_own_clip_then_the_better_one_equally_loud() -> None:
    said = Pcm(silence(1) + quiet(TONE) + silence(1), RATE)
    better = Pcm(tone(seconds=1, rate=24_000), 24_000)

    clip = comparison(said, better)

    middle = len(clip.data) // 4 * 2
    first, second = Pcm(clip.data[:middle], clip.rate), Pcm(clip.data[middle:], clip.rate)
    assert clip.seconds == pytest.approx(1.0 + 1.0 + 0.6, abs=0.35)
    assert level_dbfs(trimmed(first)) == pytest.approx(level_dbfs(trimmed(second)), abs=1.5)


def test_a_comparison_survives_a_silent_clip() -> None:
    assert comparison(Pcm(silence(1), RATE), Pcm(TONE, RATE)).seconds > 2.0


def test_another_rate_keeps_the_length() -> None:
    assert at_rate(Pcm(TONE, RATE), 24_000).seconds == pytest.approx(1.0, abs=0.001)


def test_half_a_sample_at_the_end_does_no_harm() -> None:
    assert level_dbfs(Pcm(TONE + b"\x01", RATE)) == pytest.approx(-14.2, abs=0.1)


def test_pydub_is_loaded_by_its_first_use_and_quietly() -> None:
    program = (
        "import sys, warnings; warnings.simplefilter('error')\n"
        "from bot.voice.adapters import sound; from bot.voice.model import Pcm\n"
        "print('pydub' in sys.modules); sound.level_dbfs(Pcm(bytes(2), 8000))"
    )

    outcome = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert (outcome.stdout.strip(), outcome.stderr) == ("False", "")


def quiet(pcm: bytes) -> bytes:
    """At a quarter of the loudness (-12 dB)."""
    samples = memoryview(pcm).cast("h")
    return b"".join((value // 4).to_bytes(2, "little", signed=True) for value in samples)
