"""WAV as engines write it."""

import struct

import numpy as np
import pytest

from bot.voice.adapters.wav import NotWav, is_silent, parse_wav, render_wav
from bot.voice.model import Pcm
from tests.voice_turns import a_sound

RAMP = np.array([0, 0.25, -0.25, 0.5, -0.5], dtype=np.float64)
AS_16_BIT = (RAMP * 32768).astype("<i2").tobytes()


def a_wav(
    samples: bytes,
    *,
    coding: int = 1,
    channels: int = 1,
    bits: int = 16,
    before: bytes = b"",
    size: int | None = None,
    rate: int = 24_000,
) -> bytes:
    width = bits // 8 * channels
    layout = struct.pack("<HHIIHH", coding, channels, rate, rate * width, width, bits)
    stated = len(samples) if size is None else size
    return b"".join(
        (
            b"RIFF",
            struct.pack("<I", 0xFFFFFFFF),
            b"WAVE",
            b"fmt ",
            struct.pack("<I", 16),
            layout,
            before,
            b"data",
            struct.pack("<I", stated),
            samples,
        )
    )


def test_what_is_rendered_can_be_parsed() -> None:
    sound = a_sound(0.1, rate=16_000)
    assert parse_wav(render_wav(sound)) == sound


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFFFFF])
def test_a_streamed_header_without_a_true_size_means_until_the_end(size: int) -> None:
    assert parse_wav(a_wav(AS_16_BIT, size=size)) == Pcm(AS_16_BIT, 24_000)


def test_chunks_before_the_samples_are_skipped() -> None:
    note = b"LIST" + struct.pack("<I", 5) + b"INFO!" + b"\0"
    assert parse_wav(a_wav(AS_16_BIT, before=note)).data == AS_16_BIT


def test_chunks_after_the_samples_are_not_heard() -> None:
    trailing = a_wav(AS_16_BIT) + b"LIST" + struct.pack("<I", 4) + b"INFO"
    assert parse_wav(trailing).data == AS_16_BIT


@pytest.mark.parametrize(
    ("coding", "bits", "samples"),
    [
        (3, 32, RAMP.astype("<f4").tobytes()),
        (3, 64, RAMP.tobytes()),
        (1, 32, (RAMP * 2**31).astype("<i4").tobytes()),
        (1, 24, b"".join(int(v * 2**23).to_bytes(3, "little", signed=True) for v in RAMP)),
        (1, 8, (RAMP * 128 + 128).astype(np.uint8).tobytes()),
    ],
)
def test_every_width_becomes_sixteen_bits(coding: int, bits: int, samples: bytes) -> None:
    assert parse_wav(a_wav(samples, coding=coding, bits=bits)).data == AS_16_BIT


def test_two_channels_become_one() -> None:
    stereo = np.array([1000, 3000, -200, 200], dtype="<i2").tobytes()
    assert parse_wav(a_wav(stereo, channels=2)).data == np.array([2000, 0], "<i2").tobytes()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"ID3\x04 an mp3",
        b"RIFF\0\0\0\0WAVE",
        a_wav(b"", coding=0x55),
        a_wav(AS_16_BIT, channels=0),
        a_wav(AS_16_BIT, rate=0),
        a_wav(AS_16_BIT)[:30],
    ],
)
def test_what_is_not_plain_wav_is_refused(data: bytes) -> None:
    with pytest.raises(NotWav):
        parse_wav(data)


def test_a_sample_cut_in_half_is_dropped() -> None:
    assert parse_wav(a_wav(AS_16_BIT + b"\x01", size=0)).data == AS_16_BIT


def test_silence_is_told_from_speech() -> None:
    assert is_silent(Pcm(b"", 16_000))
    assert is_silent(Pcm(bytes(32_000), 16_000))
    assert is_silent(Pcm(np.array([-40, 63], "<i2").tobytes(), 16_000))
    assert not is_silent(a_sound())
    assert not is_silent(Pcm(np.array([-32768], "<i2").tobytes(), 16_000))
