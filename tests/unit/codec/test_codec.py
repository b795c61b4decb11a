"""What the codec takes, what it refuses, and how fast."""

import asyncio
import io
import subprocess
import sys
import time
from collections.abc import AsyncIterator

import av
import pytest

from bot.core.errors import Cause, ServiceFailure
from bot.voice.adapters.codec import PyAvCodec
from bot.voice.errors import AudioRefused
from bot.voice.model import Pcm
from tests.hostile_audio import (
    UNREADABLE,
    Hostile,
    corpus,
    encoded,
    ogg_silence,
    opus_note,
    tone,
    video_note,
)

LIMIT = 300.0
TONE = tone(seconds=3)


@pytest.fixture
async def codec() -> AsyncIterator[PyAvCodec]:
    codec = PyAvCodec()
    yield codec
    await codec.aclose()


@pytest.mark.parametrize(
    ("container", "format_codec"),
    [
        ("ogg", "libopus"), ("webm", "libopus"), ("mp3", "libmp3lame"), ("mp4", "aac"),
        ("ipod", "aac"), ("adts", "aac"), ("wav", "pcm_s16le"), ("flac", "flac"),
        ("aiff", "pcm_s16be"),
    ],
)  # fmt: skip
async def test_common_containers_become_16_khz_mono(
    codec: PyAvCodec, container: str, format_codec: str
) -> None:
    pcm = await codec.decode(encoded(TONE, container, format_codec), max_seconds=LIMIT)

    assert pcm.rate == 16_000
    assert pcm.seconds == pytest.approx(3.0, abs=0.15)
    assert loudest(pcm) == pytest.approx(9_000, rel=0.2)


async def test_the_sound_of_a_video_note_is_taken(codec: PyAvCodec) -> None:
    pcm = await codec.decode(video_note(TONE), max_seconds=LIMIT)

    assert pcm.seconds == pytest.approx(3.0, abs=0.15)


@pytest.mark.parametrize("hostile", corpus(), ids=lambda hostile: hostile.name)
async def test_hostile_audio_is_refused_within_a_second(codec: PyAvCodec, hostile: Hostile) -> None:
    await codec.encode(Pcm(TONE, 16_000))  # the child has started
    started = time.monotonic()

    with pytest.raises(AudioRefused) as refusal:
        await codec.decode(hostile.data, max_seconds=LIMIT)

    assert refusal.value.key in hostile.refusals
    assert time.monotonic() - started < 1.0


async def test_a_note_that_breaks_off_is_decoded_as_far_as_it_goes(codec: PyAvCodec) -> None:
    note = opus_note(TONE)

    pcm = await codec.decode(note[: len(note) * 2 // 3], max_seconds=LIMIT)

    assert 0.5 < pcm.seconds < 3.0


async def test_a_refusal_for_length_names_the_limit(codec: PyAvCodec) -> None:
    with pytest.raises(AudioRefused) as refusal:
        await codec.decode(ogg_silence(seconds=12), max_seconds=10.0)

    assert refusal.value.params == {"limit_seconds": 10.0}


async def test_a_note_of_exactly_the_limit_is_taken(codec: PyAvCodec) -> None:
    pcm = await codec.decode(ogg_silence(seconds=10), max_seconds=10.0)

    assert pcm.seconds == pytest.approx(10.0, abs=0.05)


async def test_too_many_bytes_are_refused_unread() -> None:
    codec = PyAvCodec([sys.executable, "-c", "raise SystemExit(1)"], max_bytes=10)

    with pytest.raises(AudioRefused) as refusal:
        await codec.decode(opus_note(TONE), max_seconds=LIMIT)

    assert refusal.value.key == "voice.refused.too_long"


async def test_speech_becomes_an_ogg_opus_bubble_with_length_and_waveform(codec: PyAvCodec) -> None:
    quiet_then_loud = bytes(48_000 * 2) + tone(seconds=2, rate=24_000)

    voice = await codec.encode(Pcm(quiet_then_loud, 24_000))

    with av.open(io.BytesIO(voice.ogg)) as container:
        stream = container.streams.audio[0]
        assert (stream.codec_context.name, stream.rate, stream.channels) == ("opus", 48_000, 1)
        assert container.format.name == "ogg"
    assert voice.seconds == 4.0
    assert len(voice.waveform) == 40
    assert (max(voice.waveform[:19]), max(voice.waveform)) == (0, 255)
    assert 8_000 < len(voice.ogg) < 20_000  # 32 kbit/s, less for silence


async def test_a_long_waveform_has_256_points(codec: PyAvCodec) -> None:
    voice = await codec.encode(Pcm(bytes(16_000 * 2 * 60), 16_000))

    assert len(voice.waveform) == 256


async def test_the_empty_sound_can_be_encoded(codec: PyAvCodec) -> None:
    voice = await codec.encode(Pcm(b"", 24_000))

    assert (voice.seconds, voice.waveform) == (0.0, b"")


async def test_what_was_encoded_decodes_to_the_same_length(codec: PyAvCodec) -> None:
    voice = await codec.encode(Pcm(tone(seconds=5, rate=24_000), 24_000))

    pcm = await codec.decode(voice.ogg, max_seconds=LIMIT)

    assert pcm.seconds == pytest.approx(5.0, abs=0.02)


async def test_many_notes_at_once_are_all_answered(codec: PyAvCodec) -> None:
    notes = [opus_note(tone(seconds=1 + n / 4)) for n in range(8)]

    sounds = await asyncio.gather(*(codec.decode(note, max_seconds=LIMIT) for note in notes))

    assert [round(pcm.seconds * 4) for pcm in sounds] == [4, 5, 6, 7, 8, 9, 10, 11]


async def test_a_recording_that_hangs_the_decoder_costs_its_child_and_nothing_else() -> None:
    codec = PyAvCodec([sys.executable, "-c", HANGS], job_seconds=0.2)

    with pytest.raises(AudioRefused) as refusal:
        await codec.decode(opus_note(TONE), max_seconds=LIMIT)
    await codec.aclose()

    assert refusal.value.key == UNREADABLE


async def test_a_recording_that_crashes_the_decoder_costs_its_child_and_nothing_else() -> None:
    codec = PyAvCodec([sys.executable, "-c", CRASHES_ON_SHORT_NOTES])

    with pytest.raises(AudioRefused) as refusal:
        await codec.decode(b"OggS", max_seconds=LIMIT)
    following = await codec.decode(b"OggS and more", max_seconds=LIMIT)
    await codec.aclose()

    assert refusal.value.key == UNREADABLE
    assert following.data == b"sound"


async def test_a_machine_without_pyav_is_our_trouble_and_not_the_learners() -> None:
    codec = PyAvCodec([sys.executable, "-c", "raise SystemExit(1)"])

    with pytest.raises(ServiceFailure) as failure:
        await codec.decode(opus_note(TONE), max_seconds=LIMIT)
    await codec.aclose()

    assert failure.value.cause is Cause.MISCONFIGURED


@pytest.mark.skipif(sys.platform == "win32", reason="limits are POSIX")
def test_the_child_can_open_neither_a_file_nor_a_socket() -> None:
    outcome = subprocess.run(
        [sys.executable, "-c", OPENS_THINGS], capture_output=True, text=True, check=True
    )

    assert outcome.stdout.split() == ["OSError", "OSError", "MemoryError"]


def test_ffmpeg_is_not_loaded_into_the_process_that_asks() -> None:
    program = "import sys, bot.voice.adapters.codec; print('av' in sys.modules)"

    outcome = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert outcome.stdout.strip() == "False"


def loudest(pcm: Pcm) -> int:
    return max(memoryview(pcm.data).cast("h"))


HANGS = """
import time
from bot.voice.adapters.frames import serve
serve(lambda request: time.sleep(60))
"""

CRASHES_ON_SHORT_NOTES = """
import os
from bot.voice.adapters.frames import Frame, serve
serve(lambda request: os._exit(1) if len(request.body) < 5 else Frame({}, b"sound"))
"""

OPENS_THINGS = """
import os, socket
from bot.voice.adapters import codec_worker
codec_worker._enter_limits()
said = []
for attempt in (lambda: open("/etc/hosts"), socket.socket, lambda: bytearray(2 * 1024**3)):
    try:
        attempt()
    except (OSError, MemoryError) as error:
        said.append("OSError" if isinstance(error, OSError) else "MemoryError")
os.write(1, " ".join(said).encode())
"""
