"""espeak-ng through ctypes: phonemes for the natural voices, and a simple voice of its own.

Only the speech process loads it (espeak-ng is GPL-3.0-or-later and comes with the optional
extra). The numbers below are those of espeak-ng's `speak_lib.h`.
"""

import ctypes
from pathlib import Path

from bot.voice.adapters.local.models import package_directory

_SYNCHRONOUS_RETRIEVAL = 1  # AUDIO_OUTPUT_RETRIEVAL: samples go to the callback
_CHARACTERS_UTF8 = 1
_PHONEMES_IPA_TIED = 0x02 | 0x80 | ord("^") << 8
_PARAMETER_RATE = 1
_WORDS_A_MINUTE = 150
_SLOWEST, _FASTEST = 80, 450
# BCP 47 tags that espeak-ng calls otherwise, and defaults for a bare language.
_VOICE_NAMES = {
    "en": "en-us", "en-us": "en-us", "en-gb": "en", "es-mx": "es-419", "es-ar": "es-419",
    "es-co": "es-419", "pt": "pt-br", "pt-pt": "pt", "zh": "cmn", "no": "nb",
}  # fmt: skip
# Reads kana only and spells every kanji: no voice for a learner.
_UNFIT = frozenset({"ja"})


def voice_name(language: str) -> str:
    """espeak-ng's name of the voice for a BCP 47 tag."""
    tag = language.replace("_", "-").lower()
    base = tag.split("-", 1)[0]
    return _VOICE_NAMES.get(tag) or _VOICE_NAMES.get(base, base)


def spoken_languages() -> frozenset[str]:
    """espeak-ng's own language names, read from its files without loading it; empty: not there."""
    data = _data_directory()
    if data is None:
        return frozenset()
    names = {path.name.lower() for path in (data / "lang").rglob("*") if path.is_file()}
    return frozenset(names - _UNFIT)


class Espeak:
    """One loaded espeak-ng. Not thread-safe.

    Raises:
        OSError: the library is not installed or does not load.
    """

    def __init__(self) -> None:
        directory = package_directory("espeakng_loader")
        if directory is None:
            raise OSError("espeakng_loader is not installed")
        import espeakng_loader

        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        self._library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        self.rate = self._library.espeak_Initialize(
            _SYNCHRONOUS_RETRIEVAL, 0, str(directory).encode(), 0
        )
        if self.rate <= 0:
            raise OSError("espeak-ng does not start")
        self._samples = bytearray()
        self._callback = _CALLBACK(self._collect)  # ctypes keeps no reference
        self._library.espeak_SetSynthCallback(self._callback)

    def phonemes(self, text: str, language: str) -> str:
        """IPA of `text`, affricates and diphthongs tied by "^", clauses joined by a space."""
        self._select(language)
        rest = ctypes.c_char_p(text.encode())
        clauses = []
        while rest.value:
            clause = self._library.espeak_TextToPhonemes(
                ctypes.byref(rest), _CHARACTERS_UTF8, _PHONEMES_IPA_TIED
            )
            clauses.append((clause or b"").decode().strip())
        return " ".join(clause for clause in clauses if clause)

    def speak(self, text: str, language: str, speed: float) -> bytes:
        """Signed 16-bit mono at `rate`, in espeak-ng's own voice."""
        self._select(language)
        words_a_minute = min(max(int(_WORDS_A_MINUTE * speed), _SLOWEST), _FASTEST)
        self._library.espeak_SetParameter(_PARAMETER_RATE, words_a_minute, 0)
        self._samples.clear()
        data = text.encode()
        self._library.espeak_Synth(
            data, ctypes.c_size_t(len(data) + 1), 0, 1, 0, _CHARACTERS_UTF8, None, None
        )
        self._library.espeak_Synchronize()
        return bytes(self._samples)

    def _select(self, language: str) -> None:
        if self._library.espeak_SetVoiceByName(voice_name(language).encode()) != 0:
            raise LookupError(language)

    def _collect(self, samples: "ctypes._Pointer[ctypes.c_short]", count: int, _: object) -> int:
        if count > 0 and samples:
            self._samples += ctypes.string_at(samples, count * 2)
        return 0


_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


def _data_directory() -> Path | None:
    package = package_directory("espeakng_loader")
    return package / "espeak-ng-data" if package is not None else None
