"""The codec's child process: PyAV on bytes in memory, inside limits that the kernel keeps.

What strangers send is decoded here. The container is named by the parent, FFmpeg gets no
protocol to open anything with, and after the imports the process can open no file and no
socket any more (RLIMIT_NOFILE), take no more than a gigabyte of address space and spend no more
CPU than a note is worth.
"""

import io
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from fractions import Fraction
from itertools import pairwise

import av
from av.audio.stream import AudioStream
from av.container import InputContainer

from bot.voice.adapters.frames import Frame, Refused, serve
from bot.voice.adapters.sound import spoken_part
from bot.voice.measures import measure
from bot.voice.model import Pcm

if sys.platform != "win32":
    import resource

DECODED_RATE = 16_000
ENCODED_RATE = 48_000
EMPTY, UNREADABLE, TOO_LONG, NOT_AUDIO = "empty", "unreadable", "too_long", "not_audio"

_BIT_RATE = 32_000
_OPUS = {"application": "voip", "frame_duration": "20", "compression_level": "5"}
_WAVEFORM_POINTS = 256
_WAVEFORM_STEP_SECONDS = 0.1
_SAMPLES_A_POINT = 400
_MAX_RATE = 384_000
_MAX_CHANNELS = 16
# Their length is an estimate from the first frame's bit rate, not a claim.
_ESTIMATING = frozenset({"mp3", "aac"})
# A claimed length may be off by a codec's padding.
_SLACK_SECONDS = 1.0
_MEMORY_BYTES = 1024**3
_CPU_SECONDS_A_JOB = 15


def handle(request: Frame) -> Frame:
    """Answer one of these.

    {"op": "decode" or "hear", "container", "max_seconds"} with the sound, whole or the part that
    is spoken (nothing when there is none), and {"op": "encode", "rate"} with a voice note.
    """
    _allow_cpu_time()
    header = request.header
    if header["op"] == "encode":
        waveform = _waveform(request.body, header["rate"])
        return Frame({"waveform": waveform.hex()}, encode(request.body, header["rate"]))
    pcm = decode(request.body, header["container"], header["max_seconds"])
    return Frame({}, pcm) if header["op"] == "decode" else _heard(Pcm(pcm, DECODED_RATE))


def _heard(pcm: Pcm) -> Frame:
    spoken = spoken_part(pcm)
    if spoken is None:
        return Frame({"timing": None})
    timing = measure(spoken)
    return Frame({"timing": timing and asdict(timing)}, spoken.data)


def decode(data: bytes, container: str, max_seconds: float) -> bytes:
    """Sound of the first audio stream as signed 16-bit mono at `DECODED_RATE`.

    A recording that breaks off is decoded as far as it goes.

    Raises:
        Refused: with one of the kinds above.
    """
    options = {"format_whitelist": container, "protocol_whitelist": ""}
    try:
        with av.open(
            io.BytesIO(data), "r", format=container, options=options, metadata_errors="ignore"
        ) as source:
            pcm = _sound_of(source, container, max_seconds)
    except (av.FFmpegError, MemoryError, ValueError) as error:
        raise Refused(UNREADABLE, type(error).__name__) from error
    if not pcm:
        raise Refused(UNREADABLE, "no samples")
    return pcm


def encode(pcm: bytes, rate: int) -> bytes:
    """Ogg/Opus, mono, 48 kHz, 32 kbit/s, of signed 16-bit mono at `rate`."""
    sink = io.BytesIO()
    # Without "bitexact" the muxer wants a random serial number, which costs 30 ms of CPU in a
    # process that may not open /dev/urandom.
    with av.open(sink, "w", format="ogg", options={"fflags": "+bitexact"}) as target:
        stream = target.add_stream("libopus", rate=ENCODED_RATE, layout="mono", options=_OPUS)
        stream.bit_rate = _BIT_RATE
        for frame in _frames(pcm, rate):
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    return sink.getvalue()


def _sound_of(source: InputContainer, container: str, max_seconds: float) -> bytes:
    if not source.streams.audio:
        raise Refused(NOT_AUDIO, "no audio stream")
    stream = source.streams.audio[0]
    if container not in _ESTIMATING and _claimed_seconds(source) > max_seconds + _SLACK_SECONDS:
        raise Refused(TOO_LONG, "by its own claim")
    if not 0 < stream.rate <= _MAX_RATE or not 0 < stream.channels <= _MAX_CHANNELS:
        raise Refused(UNREADABLE, "absurd rate or channels")
    packets = _packets(source, stream, max_seconds)
    return _decoded(packets, max_seconds)


def _claimed_seconds(source: InputContainer) -> float:
    return source.duration / av.time_base if source.duration else 0.0


def _packets(
    source: InputContainer, stream: AudioStream, max_seconds: float
) -> "list[av.Packet[AudioStream]]":
    """All packets of `stream`; counting their lengths costs little and refuses before decoding."""
    packets, seconds = [], Fraction(0)
    try:
        for packet in source.demux(stream):
            packets.append(packet)
            seconds += (packet.duration or 0) * (packet.time_base or 0)
            if seconds > max_seconds + _SLACK_SECONDS:
                raise Refused(TOO_LONG, "by its packets")
    except av.FFmpegError:
        pass  # broken off: what came before counts
    return packets


def _decoded(packets: "list[av.Packet[AudioStream]]", max_seconds: float) -> bytes:
    """Mono samples; a recording with more broken packets than good ones is refused."""
    pcm, good, broken = bytearray(), 0, 0
    most_bytes = int((max_seconds + _SLACK_SECONDS) * DECODED_RATE) * 2
    resampler = av.AudioResampler(format="s16", layout="mono", rate=DECODED_RATE)
    for packet in packets:
        try:
            for frame in packet.decode():
                for piece in resampler.resample(frame):
                    pcm += _samples(piece)
                good += 1
        except av.InvalidDataError:
            broken += 1
        if len(pcm) > most_bytes:
            raise Refused(TOO_LONG, "by its samples")
    if broken > good:
        raise Refused(UNREADABLE, f"{broken} broken packets")
    for piece in resampler.resample(None) if good else ():
        pcm += _samples(piece)
    return bytes(pcm)


def _samples(frame: av.AudioFrame) -> bytes:
    return bytes(frame.planes[0])[: frame.samples * 2]


def _frames(pcm: bytes, rate: int) -> Iterator[av.AudioFrame]:
    """One second each; a plane is padded to the size FFmpeg asks for."""
    for start in range(0, len(pcm) // 2, rate):
        piece = pcm[2 * start : 2 * (start + rate)]
        frame = av.AudioFrame(format="s16", layout="mono", samples=len(piece) // 2)
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        frame.planes[0].update(piece.ljust(frame.planes[0].buffer_size, b"\0"))
        yield frame


def _waveform(pcm: bytes, rate: int) -> bytes:
    """Loudness for the voice bubble: at most 256 points, one a tenth of a second at most.

    Peaks of up to 400 evenly spaced samples a point, the loudest point being 255.
    (Discord: "Voice messages" in its message resource.)
    """
    samples = memoryview(pcm[: len(pcm) // 2 * 2]).cast("h")
    points = min(_WAVEFORM_POINTS, int(len(samples) / rate / _WAVEFORM_STEP_SECONDS))
    if not points:
        return b""
    edges = [len(samples) * n // points for n in range(points + 1)]
    peaks = [
        max(abs(value) for value in samples[a : b : max(1, (b - a) // _SAMPLES_A_POINT)])
        for a, b in pairwise(edges)
    ]
    loudest = max(peaks) or 1
    return bytes(peak * 255 // loudest for peak in peaks)


def _enter_limits() -> None:
    """Use every code path once, so that nothing is left to load, then close the doors."""
    hiss = bytes(range(256)) * (DECODED_RATE // 128)
    decode(encode(hiss, DECODED_RATE), "ogg", 2.0)
    _heard(Pcm(hiss, DECODED_RATE))
    if sys.platform == "win32":
        return
    for limit, value in (
        (resource.RLIMIT_NOFILE, 0),  # what is open stays open
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_AS, _MEMORY_BYTES),
    ):
        with suppress(ValueError, OSError):  # macOS does not know all of them
            resource.setrlimit(limit, (value, value))


def _allow_cpu_time() -> None:
    """The soft limit counts the whole life of the process, so it is moved before each job."""
    if sys.platform == "win32":
        return
    soft = int(time.process_time()) + _CPU_SECONDS_A_JOB
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


if __name__ == "__main__":
    serve(handle, on_ready=_enter_limits)
