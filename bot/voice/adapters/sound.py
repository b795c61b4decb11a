"""Cutting, joining and measuring sound, by pydub on raw samples.

pydub never reads files here (that needs an ffmpeg on the machine; the codec does it): it gets
decoded samples and gives samples back. It is imported by the first use, quietly: it warns at
import about the missing ffmpeg, and its source has escapes that newer Pythons warn about.
"""

import warnings
from collections.abc import Sequence
from functools import cache
from math import inf
from typing import Any

from bot.voice.model import Pcm

_SPEECH_DBFS = -45.0
_SHORTEST_NOTE_SECONDS = 0.5
_WINDOW_MS = 30
_LEAST_SPEECH_MS = 150
_KEPT_SILENCE_MS = 100
_COMPARISON_PAUSE_SECONDS = 0.6
_COMPARISON_DBFS = -20.0
_MOST_GAIN_DB = 20.0


def level_dbfs(pcm: Pcm) -> float:
    """Mean loudness in dB below full scale; -inf for digital silence."""
    return float(_segment(pcm).dBFS)


def has_speech_level(pcm: Pcm, *, threshold_dbfs: float = _SPEECH_DBFS) -> bool:
    """Whether it is loud enough, for long enough, to be speech. Noise passes too."""
    sound = _segment(pcm)
    loud = sum(bool(window.dBFS > threshold_dbfs) for window in sound[::_WINDOW_MS])
    return loud * _WINDOW_MS >= _LEAST_SPEECH_MS


def trimmed(pcm: Pcm, *, threshold_dbfs: float = _SPEECH_DBFS) -> Pcm:
    """Without the silence at both ends but for a tenth of a second; empty when all is silent."""
    sound = _segment(pcm)
    windows = list(sound[::_WINDOW_MS])
    loud = [number for number, window in enumerate(windows) if window.dBFS > threshold_dbfs]
    if not loud:
        return Pcm(b"", pcm.rate)
    start = max(0, loud[0] * _WINDOW_MS - _KEPT_SILENCE_MS)
    return _pcm(sound[start : (loud[-1] + 1) * _WINDOW_MS + _KEPT_SILENCE_MS])


def spoken_part(pcm: Pcm) -> Pcm | None:
    """The note without the silence around it; None when it holds no speech."""
    if pcm.seconds < _SHORTEST_NOTE_SECONDS or not has_speech_level(pcm):
        return None
    return trimmed(pcm)


def at_rate(pcm: Pcm, rate: int) -> Pcm:
    """The same sound with another number of samples a second."""
    return pcm if pcm.rate == rate else _pcm(_segment(pcm).set_frame_rate(rate))


def join(clips: Sequence[Pcm], *, pause_seconds: float = 0.0) -> Pcm:
    """One clip after the other with silence between them, at the highest rate among them.

    Raises:
        ValueError: there are no clips.
    """
    if not clips:
        raise ValueError("nothing to join")
    rate = max(clip.rate for clip in clips)
    pause = bytes(2 * round(rate * pause_seconds))
    return Pcm(pause.join(at_rate(clip, rate).data for clip in clips), rate)


def comparison(said: Pcm, better: Pcm) -> Pcm:
    """The learner's own clip, a short pause, the better version: equally loud.

    Silence around both is cut; a clip that is silent throughout is left as it is.
    """
    clips = [
        _levelled(trimmed(clip) if has_speech_level(clip) else clip) for clip in (said, better)
    ]
    return join(clips, pause_seconds=_COMPARISON_PAUSE_SECONDS)


def _levelled(pcm: Pcm) -> Pcm:
    """Brought to a common loudness, without clipping and without blowing up noise."""
    sound = _segment(pcm)
    if sound.dBFS == -inf:
        return pcm
    gain = min(_COMPARISON_DBFS - sound.dBFS, -sound.max_dBFS, _MOST_GAIN_DB)
    return _pcm(sound.apply_gain(gain))


def _segment(pcm: Pcm) -> Any:
    whole = pcm.data[: len(pcm.data) // 2 * 2]
    return _audio_segment()(data=whole, sample_width=2, frame_rate=pcm.rate, channels=1)


def _pcm(segment: Any) -> Pcm:
    return Pcm(bytes(segment.raw_data), int(segment.frame_rate))


@cache
def _audio_segment() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pydub import AudioSegment
    return AudioSegment
