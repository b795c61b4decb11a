"""From text to the symbols Kokoro was trained on, by way of espeak-ng's IPA."""

import re
from collections.abc import Callable

# Kokoro writes an affricate or a diphthong as one symbol (model card of Kokoro-82M, "phonemes").
_JOINED = {
    "a^ɪ": "I", "a^ʊ": "W", "d^z": "ʣ", "d^ʒ": "ʤ", "e^ɪ": "A", "o^ʊ": "O", "ə^ʊ": "Q",
    "t^s": "ʦ", "t^ʃ": "ʧ", "ɔ^ɪ": "Y", "ə^l": "ᵊl",
}  # fmt: skip
_ENGLISH = {"ɚ": "əɹ", "r": "ɹ", "x": "k", "ɐ": "ə", "ɬ": "l", "ʲ": ""}
_AMERICAN = {"ɜːɹ": "ɜɹ", "ɜː": "ɜɹ", "ɪə": "iə", "ː": ""}
_BRITISH = {"e^ə": "ɛː", "i^ə": "ɪə", "iə": "ɪə"}
# A mark ends a clause only before a space, so that 3.50 and 10:30 stay whole.
_MARKS = re.compile(r"\s*([;:,.!?…—–。！？，、；：]+)(?=\s|$)\s*|(?<=[。！？，、；：])")
_UNSPOKEN = re.compile(r"[\"“”«»()\[\]{}*_¿¡]")
_PLAIN_MARKS = str.maketrans("。！？，、；：–", ".!?,,;:—")


def kokoro_symbols(text: str, language: str, ipa: Callable[[str, str], str]) -> str:
    """The symbols of `text`, punctuation kept: it carries the melody.

    Args:
        language: BCP 47 tag.
        ipa: espeak-ng's phonemes of a text in a language, ties as "^".
    """
    spoken = []
    plain = " ".join(_UNSPOKEN.sub(" ", text).split())
    for index, piece in enumerate(_MARKS.split(plain)):
        if not piece or not piece.strip():
            continue
        is_mark = index % 2 == 1
        symbols = (
            _mark(piece) if is_mark else " " + _symbols(ipa(piece.strip(), language), language)
        )
        spoken.append(symbols)
    return "".join(spoken).strip()


def _mark(marks: str) -> str:
    plain = marks.translate(_PLAIN_MARKS)
    return "…" if plain.startswith("..") else plain[0]


def _symbols(ipa: str, language: str) -> str:
    tag = language.lower()
    tables = [_JOINED]
    if tag.startswith("en"):
        tables = [_BRITISH if tag == "en-gb" else {}, _JOINED, _ENGLISH]
        if tag != "en-gb":
            tables.append(_AMERICAN)
    for table in tables:
        for written, symbol in table.items():
            ipa = ipa.replace(written, symbol)
    return ipa.replace("^", "").replace("-", "")


def pieces_of(symbols: str, most: int) -> list[str]:
    """Cut at the last mark or space that keeps each piece within `most` symbols."""
    pieces = []
    while len(symbols) > most:
        window = symbols[:most]
        cut = (
            max((window.rfind(mark) + 1 for mark in ";:,.!?…—"), default=0) or window.rfind(" ") + 1
        )
        pieces.append(symbols[: cut or most].strip())
        symbols = symbols[cut or most :].strip()
    return [piece for piece in [*pieces, symbols] if piece]
