"""The speech process: recognition and synthesis, heavy libraries and models, no network.

Started by `speech.py` as `python -m bot.voice.adapters.local.worker`. What is heavy is imported
and loaded by the first request that needs it; the process ends when its parent does.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path

from bot.core.errors import ServiceFailure
from bot.core.language import base_language
from bot.voice.adapters.frames import Frame, Refused, serve
from bot.voice.adapters.local.espeak import Espeak
from bot.voice.adapters.local.models import REMEDY, SYNTHESISER, ModelStore
from bot.voice.adapters.local.ports import Recognition
from bot.voice.adapters.local.voices import NATURAL_LANGUAGES

MISCONFIGURED, LANGUAGE = "misconfigured", "language"

_THREADS = 2

Hear = Callable[[bytes, Sequence[str], Sequence[str]], Recognition]
Say = Callable[[str, str, str | None, float], tuple[bytes, int]]


class SpeechWorker:
    """Answers {"op": "load" | "transcribe" | "speak"}."""

    def __init__(self, store: ModelStore) -> None:
        self._store = store
        self._operations: dict[str, Callable[[Frame], Frame]] = {
            "load": self._load,
            "transcribe": self._transcribe,
            "speak": self._speak,
        }

    def handle(self, request: Frame) -> Frame:
        """One answer; `Refused` when models are missing or the language is not known here."""
        try:
            return self._operations[request.header["op"]](request)
        except ServiceFailure as failure:
            raise Refused(MISCONFIGURED, failure.detail) from failure
        except (ImportError, OSError) as error:
            raise Refused(MISCONFIGURED, f"{error}; {REMEDY}") from error
        except LookupError as error:
            raise Refused(LANGUAGE, f"{error}") from error

    def _load(self, _request: Frame) -> Frame:
        """Load what is installed, so that the first learner need not wait for it."""
        loaded: list[object] = [self._hear]
        if self._store.is_present(SYNTHESISER):
            loaded.append(self._say_naturally)
        return Frame({"loaded": len(loaded)})

    def _transcribe(self, request: Frame) -> Frame:
        header = request.header
        return Frame(asdict(self._hear(request.body, header["languages"], header["hints"])))

    def _speak(self, request: Frame) -> Frame:
        header = request.header
        say: Say = self._say_simply
        if base_language(header["language"]) in NATURAL_LANGUAGES:
            say = self._say_naturally if self._store.is_present(SYNTHESISER) else say
        pcm, rate = say(header["text"], header["language"], header["voice"], header["speed"])
        return Frame({"rate": rate}, pcm)

    @cached_property
    def _hear(self) -> Hear:
        from bot.voice.adapters.local.recogniser import Recogniser

        return Recogniser(self._store.recogniser(), threads=_THREADS).transcribe

    @cached_property
    def _espeak(self) -> Espeak:
        return Espeak()

    @cached_property
    def _say_naturally(self) -> Say:
        from bot.voice.adapters.local.kokoro import Kokoro

        return Kokoro(self._store.synthesiser(), self._espeak, threads=_THREADS).speak

    def _say_simply(
        self, text: str, language: str, _voice: str | None, speed: float
    ) -> tuple[bytes, int]:
        return self._espeak.speak(text, language, speed), self._espeak.rate


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--models", type=Path)
    parser.add_argument("--cache", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    _given = _arguments()
    serve(SpeechWorker(ModelStore(_given.models, _given.cache)).handle)
