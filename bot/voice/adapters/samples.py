"""Arithmetic on samples. Numpy, hence imported by the first sound."""

import numpy as np
from numpy.typing import NDArray


def peak_of(samples: bytes) -> int:
    """The largest of 16-bit samples, whatever its sign; 0 without any."""
    values = np.frombuffer(samples[: len(samples) & ~1], dtype="<i2").astype(np.int32)
    return int(np.abs(values).max()) if values.size else 0


def as_mono_16(samples: bytes, bits: int, channels: int, is_float: bool) -> bytes:
    """Whole frames of samples as 16-bit mono; channels are averaged.

    Args:
        bits: of one sample of one channel: 8 (unsigned), 16, 24 or 32; 32 or 64 for floats.
    """
    mono = _as_float(samples, bits, is_float).reshape(-1, channels).mean(axis=1)
    samples_16: bytes = np.clip(mono * 32768.0, -32768, 32767).astype("<i2").tobytes()
    return samples_16


def _as_float(samples: bytes, bits: int, is_float: bool) -> NDArray[np.float64]:
    if is_float:
        return np.frombuffer(samples, dtype=f"<f{bits // 8}").astype(np.float64)
    if bits == 8:
        return (np.frombuffer(samples, dtype=np.uint8).astype(np.float64) - 128) / 128
    if bits == 24:
        bytes_of = np.frombuffer(samples, dtype=np.uint8).reshape(-1, 3).astype(np.int32)
        value = bytes_of[:, 0] | bytes_of[:, 1] << 8 | bytes_of[:, 2] << 16
        return (value - ((value & 0x800000) << 1)).astype(np.float64) / 2**23
    whole = np.frombuffer(samples, dtype=f"<i{bits // 8}").astype(np.float64)
    return np.asarray(whole / 2 ** (bits - 1), dtype=np.float64)
