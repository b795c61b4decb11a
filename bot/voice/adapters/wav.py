"""WAV in and out: what engines send as sound, and what they want to be sent.

Headers are read the way streaming servers write them: sizes of 0 or 0xFFFFFFFF mean "until the
end", unknown chunks are skipped. Layout: Microsoft "Multiple Channel Audio Data and WAVE Files".
"""

import struct
from dataclasses import dataclass

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
    from bot.voice.adapters.samples import as_mono_16

    return Pcm(as_mono_16(whole, layout.bits, layout.channels, layout.is_float), layout.rate)


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
    from bot.voice.adapters.samples import peak_of

    return peak_of(pcm.data) < _INAUDIBLE


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
