"""Recordings nobody should send: made here, byte by byte, never stored."""

import io
import random
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import pi, sin

import av

EMPTY, UNREADABLE, TOO_LONG, NOT_AUDIO = (
    "voice.refused.empty",
    "voice.refused.unreadable",
    "voice.refused.too_long",
    "voice.refused.not_audio",
)
_NEVER_READ = ("/etc/passwd", "http://127.0.0.1:9/canary")
_SILENT_OPUS = b"\xf8\xff\xfe"  # 20 ms of CELT silence, RFC 6716 section 3.1
_SILENT_OPUS_SAMPLES = 960


@dataclass(frozen=True, slots=True)
class Hostile:
    """One recording and the refusals that are right for it."""

    name: str
    data: bytes
    refusals: frozenset[str]


def corpus() -> list[Hostile]:
    """Everything that has to be refused within a second, at a limit of 300 seconds."""
    return [Hostile(name, data, frozenset(refusals)) for name, data, *refusals in _described()]


def _described() -> Iterator[tuple[object, ...]]:
    noise = random.Random(12).randbytes(20_000)
    voice = tone(seconds=3)
    yield "nothing", b"", EMPTY
    yield "text", b"I am not a recording.\n" * 50, NOT_AUDIO
    yield "png", b"\x89PNG\r\n\x1a\n" + noise, NOT_AUDIO
    yield "random bytes", b"\x00" + noise, NOT_AUDIO
    yield "hls playlist", _hls(), NOT_AUDIO
    yield "concat script", _concat(), NOT_AUDIO
    yield "dash manifest", _dash(), NOT_AUDIO
    yield "sdp", b"v=0\nc=IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\n", NOT_AUDIO
    yield "playlist behind an id3 tag", _id3_claiming(64) + _hls(), UNREADABLE, NOT_AUDIO
    yield "id3 tag claiming 256 MB", _id3_claiming(2**28 - 1), UNREADABLE, NOT_AUDIO
    for magic in (
        b"OggS",
        b"\x1aE\xdf\xa3",
        b"\0\0\0\x18ftypmp42",
        b"RIFF\xff\xff\xff\xffWAVE",
        b"fLaC",
    ):
        yield f"random bytes after {magic!r}", magic + noise, UNREADABLE, NOT_AUDIO
    yield "random bytes after an mp3 sync", b"\xff\xfb\x90\x64" + noise, UNREADABLE, NOT_AUDIO
    yield (
        "mp3 in an ogg's clothes",
        b"OggS" + encoded(voice, "mp3", "libmp3lame"),
        UNREADABLE,
        NOT_AUDIO,
    )
    yield "ogg cut in its header", opus_note(voice)[:40], UNREADABLE, NOT_AUDIO
    yield "m4a without its index", encoded(voice, "mp4", "aac")[:2_000], UNREADABLE, NOT_AUDIO
    yield "video without sound", silent_video(), NOT_AUDIO
    yield "two hours of silence", ogg_silence(seconds=7_200), TOO_LONG
    yield "two hours that claim three seconds", ogg_silence(seconds=7_200, claim=3), TOO_LONG
    yield "three seconds that claim a year", ogg_silence(seconds=3, claim=31_536_000), TOO_LONG
    yield "wav claiming 4 GHz and 65535 channels", _wav(b"\0" * 64, 2**32 - 1, 65_535), UNREADABLE
    yield "wav that is two hours of zeros", _wav(bytes(14_400_000), 1_000, 1), TOO_LONG


def tone(*, seconds: float, rate: int = 16_000) -> bytes:
    """A hum of 220 Hz, signed 16-bit mono."""
    count = int(seconds * rate)
    return struct.pack(
        f"<{count}h", *(int(9_000 * sin(2 * pi * 220 * n / rate)) for n in range(count))
    )


def opus_note(pcm: bytes) -> bytes:
    """A voice note as Telegram stores one."""
    return encoded(pcm, "ogg", "libopus")


def encoded(pcm: bytes, container: str, codec: str, *, rate: int = 16_000) -> bytes:
    """`pcm` (signed 16-bit mono, 16 kHz) in another container."""
    sink = io.BytesIO()
    with av.open(sink, "w", format=container) as target:
        stream = target.add_stream(
            codec, rate=48_000 if codec == "libopus" else rate, layout="mono"
        )
        frame = av.AudioFrame(format="s16", layout="mono", samples=len(pcm) // 2)
        frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
        frame.planes[0].update(pcm.ljust(frame.planes[0].buffer_size, b"\0"))
        target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    return sink.getvalue()


def video_note(pcm: bytes) -> bytes:
    """A round video note: small MPEG-4 video and AAC sound."""
    return _video(pcm)


def silent_video() -> bytes:
    """A video without a sound track."""
    return _video(None)


def _video(pcm: bytes | None) -> bytes:
    sink = io.BytesIO()
    with av.open(sink, "w", format="mp4") as target:
        pictures = target.add_stream("mpeg4", rate=10)
        pictures.width = pictures.height = 64
        pictures.pix_fmt = "yuv420p"
        sound = target.add_stream("aac", rate=16_000, layout="mono") if pcm else None
        for number in range(10):
            picture = av.VideoFrame(64, 64, "yuv420p")
            picture.pts = number
            target.mux(pictures.encode(picture))
        target.mux(pictures.encode(None))
        if sound is not None and pcm:
            frame = av.AudioFrame(format="s16", layout="mono", samples=len(pcm) // 2)
            frame.sample_rate, frame.pts, frame.time_base = 16_000, 0, Fraction(1, 16_000)
            frame.planes[0].update(pcm.ljust(frame.planes[0].buffer_size, b"\0"))
            target.mux(sound.encode(frame))
            target.mux(sound.encode(None))
    return sink.getvalue()


def ogg_silence(*, seconds: int, claim: float | None = None) -> bytes:
    """Ogg/Opus silence, 200 bytes a second; its last page states `claim` seconds."""
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 312, 48_000, 0, 0)
    tags = b"OpusTags" + struct.pack("<I", 0) + struct.pack("<I", 0)
    pages = [_page([head], 0, 0, 2), _page([tags], 0, 1, 0)]
    packets = seconds * 48_000 // _SILENT_OPUS_SAMPLES
    stated = packets * _SILENT_OPUS_SAMPLES if claim is None else int(claim * 48_000)
    for done in range(0, packets, 250):
        count = min(250, packets - done)
        is_last = done + count == packets
        position = stated if is_last else min((done + count) * _SILENT_OPUS_SAMPLES, stated)
        pages.append(_page([_SILENT_OPUS] * count, position, len(pages), 4 if is_last else 0))
    return b"".join(pages)


def _page(packets: Sequence[bytes], position: int, number: int, flags: int) -> bytes:
    """An Ogg page of packets shorter than 255 bytes, RFC 3533 section 6."""
    lacing, body = bytes(len(packet) for packet in packets), b"".join(packets)
    start = struct.pack("<4sBBqII", b"OggS", 0, flags, position, 7, number)
    end = bytes([len(lacing)]) + lacing + body
    return start + struct.pack("<I", _ogg_crc(start + bytes(4) + end)) + end


def _crc_table() -> list[int]:
    table = []
    for number in range(256):
        value = number << 24
        for _ in range(8):
            value = (value << 1 ^ 0x04C11DB7 if value & 0x80000000 else value << 1) & 0xFFFFFFFF
        table.append(value)
    return table


_CRC = _crc_table()


def _ogg_crc(data: bytes) -> int:
    value = 0
    for byte in data:
        value = (value << 8 & 0xFFFFFFFF) ^ _CRC[value >> 24 ^ byte]
    return value


def _wav(samples: bytes, rate: int, channels: int) -> bytes:
    layout = struct.pack("<HHIIHH", 1, channels, rate, rate & 0xFFFF, channels * 2 & 0xFFFF, 16)
    chunks = b"fmt " + struct.pack("<I", len(layout)) + layout
    chunks += b"data" + struct.pack("<I", len(samples)) + samples
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WAVE" + chunks


def _hls() -> bytes:
    return "".join(f"{line}\n" for line in ("#EXTM3U", *_NEVER_READ)).encode()


def _concat() -> bytes:
    files = "".join(f"file '{address}'\n" for address in _NEVER_READ)
    return f"ffconcat version 1.0\n{files}".encode()


def _dash() -> bytes:
    base = "".join(f"<BaseURL>{address}</BaseURL>" for address in _NEVER_READ)
    return f'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011">{base}</MPD>'.encode()


def _id3_claiming(size: int) -> bytes:
    """An ID3v2 tag header; sizes are four groups of seven bits (ID3v2.4 section 6.2)."""
    return b"ID3\x04\0\0" + bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0)) + bytes(64)
