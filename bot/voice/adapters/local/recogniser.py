"""Whisper base on this machine, kept honest: silence has no words.

Loaded by the speech process only. Three gates stand before and after the model, because Whisper
writes fluent sentences on noise: loudness, a voice activity detector (Silero, inside
faster-whisper), and Whisper's own doubts.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import log10
from pathlib import Path
from zlib import crc32

import ctranslate2
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.audio import pad_or_trim
from faster_whisper.transcribe import Segment
from faster_whisper.vad import VadOptions, get_speech_timestamps
from numpy.typing import NDArray

from bot.voice.adapters.local.ports import Recognition
from bot.voice.model import Word

Floats = NDArray[np.float32]

RATE = 16_000

_QUIETEST_DBFS = -60.0
_LEAST_SPEECH_SECONDS = 0.2
_BESIDE_SPEECH_SECONDS = 0.4
# Silence at the end, as an engine's protocol may put there, changes the words Whisper guesses.
_AFTER_SPEECH_SECONDS = 0.5
_VOICE = VadOptions(threshold=0.5, min_speech_duration_ms=100, min_silence_duration_ms=500)
_LEAST_LOG_PROBABILITY = -1.5
_SILENT_PROBABILITY, _SILENT_LOG_PROBABILITY = 0.6, -1.0
_MOST_REPETITION = 2.4
_MOST_HINTS = 40
# How many times likelier another language must be heard before the target is given up: an
# accent sounds like the native language, and learners practise the target. (Of 120 English
# sentences by Mandarin speakers, at 4 two were taken for Chinese, at 10 one; clear speech in
# another language is a hundred times likelier.)
_TARGET_ADVANTAGE = 10.0
_WHISPER_CODES = {"nb": "no", "nn": "no", "fil": "tl", "cmn": "zh", "iw": "he", "in": "id"}


class Recogniser:
    """Args:
    directory: a CTranslate2 Whisper model.
    threads: used for one note.
    """

    def __init__(self, directory: Path, *, threads: int) -> None:
        self._model = _EncodesOnce(
            str(directory), device="cpu", compute_type="int8", cpu_threads=threads
        )

    def transcribe(self, pcm: bytes, languages: Sequence[str], hints: Sequence[str]) -> Recognition:
        """Understand signed 16-bit mono at `RATE`.

        Args:
            languages: base languages, the target first; those Whisper does not know are left out.
            hints: words to expect.

        Raises:
            LookupError: Whisper knows none of the languages.
        """
        known = self._known(languages)
        sound = np.frombuffer(pcm[: len(pcm) // 2 * 2], "<i2").astype(np.float32) / 32768.0
        speech = _speech_spans(sound)
        if not speech:
            return _recognition((), _ours(known[0], languages), 0.0)
        sound = sound[: round((speech[-1][1] + _AFTER_SPEECH_SECONDS) * RATE)]
        code, probability = self._language(sound, known)
        segments, _ = self._model.transcribe(
            sound,
            language=code,
            beam_size=1,
            temperature=0.0,
            condition_on_previous_text=False,
            word_timestamps=True,
            initial_prompt=", ".join(hints[:_MOST_HINTS]) + "." if hints else None,
            log_prob_threshold=_SILENT_LOG_PROBABILITY,
            no_speech_threshold=_SILENT_PROBABILITY,
        )
        words = tuple(
            word
            for segment in segments
            if _is_credible(segment)
            for word in _words(segment)
            if _is_beside(word, speech)
        )
        return _recognition(words, _ours(code, languages), probability)

    def _known(self, languages: Sequence[str]) -> list[str]:
        codes = [_WHISPER_CODES.get(language, language) for language in languages]
        known = [code for code in codes if code in self._model.supported_languages]
        if not known:
            raise LookupError(", ".join(languages))
        return list(dict.fromkeys(known))

    def _language(self, sound: Floats, known: Sequence[str]) -> tuple[str, float]:
        """The likeliest of `known`, the first with its advantage, and its share among them."""
        if len(known) == 1:
            return known[0], 1.0
        heard = dict(self._model.language_probabilities(sound))
        shares = [heard.get(code, 0.0) for code in known]
        weighted = [shares[0] * _TARGET_ADVANTAGE, *shares[1:]]
        best = weighted.index(max(weighted))
        return known[best], shares[best] / (sum(shares) or 1.0)


class _EncodesOnce(WhisperModel):  # type: ignore[misc]  # the library has no types
    """Telling the language and transcribing share one pass of the encoder, the dearest part."""

    _last: tuple[int, ctranslate2.StorageView] | None = None

    def encode(self, features: Floats) -> ctranslate2.StorageView:
        key = crc32(features.tobytes())
        if self._last is None or self._last[0] != key:
            self._last = (key, super().encode(features))
        return self._last[1]

    def language_probabilities(self, sound: Floats) -> list[tuple[str, float]]:
        """Of the first window, cut exactly as `transcribe` will cut it."""
        features = self.feature_extractor(sound)
        frames = min(self.feature_extractor.nb_max_frames, features.shape[-1] - 1)
        encoded = self.encode(pad_or_trim(features[:, :frames]))
        return [(token[2:-2], share) for token, share in self.model.detect_language(encoded)[0]]


def _recognition(words: Sequence[Word], language: str, probability: float) -> Recognition:
    """Whisper's words carry the space before them, which is how they join into the text."""
    return Recognition(
        text="".join(word.text for word in words).strip(),
        language=language,
        language_probability=probability,
        words=tuple(replace(word, text=word.text.strip()) for word in words),
    )


def _speech_spans(sound: Floats) -> list[tuple[float, float]]:
    """Seconds in which somebody speaks; empty when it is too quiet or too short to be speech."""
    power = float(np.mean(np.square(sound))) if len(sound) else 0.0
    if power <= 0.0 or 10 * log10(power) < _QUIETEST_DBFS:
        return []
    found = get_speech_timestamps(sound, _VOICE, sampling_rate=RATE)
    spans = [(span["start"] / RATE, span["end"] / RATE) for span in found]
    return spans if sum(end - start for start, end in spans) >= _LEAST_SPEECH_SECONDS else []


def _is_credible(segment: Segment) -> bool:
    is_guess = segment.avg_logprob < _LEAST_LOG_PROBABILITY
    is_loop = segment.compression_ratio > _MOST_REPETITION
    return not is_guess and not is_loop


def _words(segment: Segment) -> list[Word]:
    return [
        Word(word.word, float(word.start), float(word.end), float(word.probability))
        for word in segment.words or ()
    ]


def _is_beside(word: Word, speech: Sequence[tuple[float, float]]) -> bool:
    return any(
        start - _BESIDE_SPEECH_SECONDS <= word.end and word.start <= end + _BESIDE_SPEECH_SECONDS
        for start, end in speech
    )


def _ours(code: str, languages: Sequence[str]) -> str:
    """The name under which the caller asked for Whisper's `code`."""
    return next((name for name in languages if _WHISPER_CODES.get(name, name) == code), code)
