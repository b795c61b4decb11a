"""WAV in and out: what engines send as sound, and what they want to be sent.

Headers are read the way streaming servers write them: sizes of 0 or 0xFFFFFFFF mean "until the
end", unknown chunks are skipped. Layout: Microsoft "Multiple Channel Audio Data and WAVE Files".
"""

import struct
from dataclasses import dataclass

import numpy as np

from bot.voice.model import Pcm

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_INAUDIBLE = 64
"""Peak of a 16-bit sample below which nobody hears anything (-54 dB of full scale)."""


class NotWav(ValueError):
    """The bytes are not WAV, or hold a coding other than plain samples."""


@dataclass(frozen=True, slots=True)
class WavFormat:
    """How samples are laid out; `bits` is per sample and channel."""

    rate: int
    channels: int = 1
    bits: int = 16
    is_float: bool = False


def split_wav(data: bytes) -> tuple[WavFormat, bytes]:
    """Header and samples.

    Raises:
        NotWav: no RIFF/WAVE header, no `fmt ` or no `data` chunk, or a compressed coding.
    """
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise NotWav("no RIFF header")
    layout: WavFormat | None = None
    at = 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        body = at + 8
        if name == b"fmt ":
            layout = _layout(data[body : body + size])
        elif name == b"data" and layout is not None:
            end = len(data) if size == 0 or body + size > len(data) else body + size
            return layout, data[body:end]
        at = body + size + size % 2
    raise NotWav("no samples")


def to_pcm(layout: WavFormat, samples: bytes) -> Pcm:
    """Samples of any layout as 16-bit mono at the same rate; channels are averaged."""
    width = layout.bits // 8
    frame = width * layout.channels
    whole = samples[: len(samples) - len(samples) % frame]
    if layout.bits == 16 and layout.channels == 1 and not layout.is_float:
        return Pcm(whole, layout.rate)
    mono = _as_float(layout, whole).reshape(-1, layout.channels).mean(axis=1)
    data = np.clip(mono * 32768.0, -32768, 32767).astype("<i2").tobytes()
    return Pcm(data, layout.rate)


def parse_wav(data: bytes) -> Pcm:
    """A whole WAV file as 16-bit mono.

    Raises:
        NotWav: see `split_wav`.
    """
    return to_pcm(*split_wav(data))


def render_wav(pcm: Pcm) -> bytes:
    """A WAV file of one channel, 16 bits."""
    size = len(pcm.data)
    layout = struct.pack("<IHHIIHH", 16, _PCM, 1, pcm.rate, pcm.rate * 2, 2, 16)
    return b"".join(
        (
            b"RIFF",
            struct.pack("<I", 36 + size),
            b"WAVEfmt ",
            layout,
            b"data",
            struct.pack("<I", size),
            pcm.data,
        )
    )


def is_silent(pcm: Pcm) -> bool:
    """Nothing audible at all: not worth an engine's time, and recognisers invent words for it."""
    samples = np.frombuffer(pcm.data[: len(pcm.data) & ~1], dtype="<i2").astype(np.int32)
    return samples.size == 0 or int(np.abs(samples).max()) < _INAUDIBLE


def _layout(chunk: bytes) -> WavFormat:
    if len(chunk) < 16:
        raise NotWav("short fmt chunk")
    coding, channels, rate, _, _, bits = struct.unpack("<HHIIHH", chunk[:16])
    if coding == _EXTENSIBLE and len(chunk) >= 26:
        coding = int.from_bytes(chunk[24:26], "little")
    plain = (coding == _PCM and bits in (8, 16, 24, 32)) or (coding == _FLOAT and bits in (32, 64))
    if not plain or not channels or not rate:
        raise NotWav(f"coding {coding} with {bits} bits")
    return WavFormat(rate=rate, channels=channels, bits=bits, is_float=coding == _FLOAT)


def _as_float(layout: WavFormat, samples: bytes) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    if layout.is_float:
        return np.frombuffer(samples, dtype=f"<f{layout.bits // 8}").astype(np.float64)
    if layout.bits == 8:
        return (np.frombuffer(samples, dtype=np.uint8).astype(np.float64) - 128) / 128
    if layout.bits == 24:
        bytes_of = np.frombuffer(samples, dtype=np.uint8).reshape(-1, 3).astype(np.int32)
        value = bytes_of[:, 0] | bytes_of[:, 1] << 8 | bytes_of[:, 2] << 16
        return (value - ((value & 0x800000) << 1)).astype(np.float64) / 2**23
    whole = np.frombuffer(samples, dtype=f"<i{layout.bits // 8}").astype(np.float64)
    return np.asarray(whole / 2 ** (layout.bits - 1), dtype=np.float64)
