"""Natural voices: Kokoro-82M on plain onnxruntime. Loaded by the speech process only."""

import json
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from bot.voice.adapters.local.espeak import Espeak
from bot.voice.adapters.local.phonemes import kokoro_symbols, pieces_of
from bot.voice.adapters.local.voices import voice_for

Floats = NDArray[np.float32]
Halves = NDArray[np.float16]

RATE = 24_000

_DATA = Path(__file__).parent / "data"
# The model's context is 512 symbols, but what it allocates stays allocated: 0.4 GB after 8 s of
# speech in one go, 0.9 GB after 26 s (measured). 200 symbols are about 11 s.
_MOST_SYMBOLS = 200
_AUDIBLE = 0.01  # of full scale
_LEAD_SECONDS, _TAIL_SECONDS = 0.04, 0.10
_SLOWEST, _FASTEST = 0.5, 2.0


class Kokoro:
    """Speaks English, Spanish, French, Italian and Portuguese.

    Args:
        model: the ONNX file.
        espeak: gives the phonemes.
        threads: used for one inference.
    """

    def __init__(self, model: Path, espeak: Espeak, *, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(model), options, providers=["CPUExecutionProvider"]
        )
        self._espeak = espeak
        self._tokens: dict[str, int] = json.loads((_DATA / "vocab.json").read_text("utf-8"))
        self._voices = np.load(_DATA / "voices.npz")

    def speak(self, text: str, language: str, voice: str | None, speed: float) -> tuple[bytes, int]:
        """One sentence as signed 16-bit mono and its rate; silence at the ends is cut."""
        style = self._voices[voice_for(language, voice)]
        symbols = kokoro_symbols(text, language, self._espeak.phonemes)
        pace = min(max(speed, _SLOWEST), _FASTEST)
        spoken = [self._speak(piece, style, pace) for piece in pieces_of(symbols, _MOST_SYMBOLS)]
        sound = np.concatenate([np.zeros(0, np.float32), *spoken])
        return (np.clip(sound, -1.0, 1.0) * 32767).astype("<i2").tobytes(), RATE

    def _speak(self, symbols: str, style: Halves, speed: float) -> Floats:
        tokens = [self._tokens[symbol] for symbol in symbols if symbol in self._tokens]
        if not tokens:
            return np.zeros(0, np.float32)
        (sound,) = self._session.run(
            None,
            {
                "tokens": np.array([[0, *tokens, 0]], np.int64),
                "style": style[len(tokens) - 1][None, :].astype(np.float32),
                "speed": np.array([speed], np.float32),
            },
        )
        return _trimmed(np.asarray(sound, np.float32).reshape(-1))


def _trimmed(
    sound: Floats,
) -> Floats:
    (audible,) = np.nonzero(np.abs(sound) > _AUDIBLE)
    if not len(audible):
        return sound[:0]
    start = max(0, int(audible[0]) - int(_LEAD_SECONDS * RATE))
    return sound[start : int(audible[-1]) + int(_TAIL_SECONDS * RATE)]
