"""Counting in texts: words, syllables, and how far two texts are apart."""

import re
import unicodedata
from collections.abc import Sequence

from bot.core.language import base_language

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_VOWELS = re.compile(r"[aeiouyаеёиоуыэюяіїєαεηιουω]+")
# One sign, one syllable: Hangul, kana, Chinese characters.
_SYLLABIC = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
_LETTERS_PER_SYLLABLE = 2
_MARKS = "Mn"
# Written without spaces: their words cannot be counted here.
_UNSEGMENTED = frozenset({"ja", "km", "lo", "my", "th", "zh"})


def tokens_of(text: str) -> list[str]:
    """The words of a text as written, without punctuation."""
    return [word.replace("’", "'") for word in _WORD.findall(text)]


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, without punctuation."""
    return tokens_of(text.lower())


def has_spaces(language: str) -> bool:
    """Whether a language puts spaces between words, so that `words_of` finds them."""
    return base_language(language) not in _UNSEGMENTED


def syllables(text: str, language: str = "en") -> int:
    """How many syllables a text has, by its groups of vowels.

    Silent endings are known for English only. Scripts that write no vowels count a syllable for
    every two letters, syllabic and Chinese scripts one for every sign.
    """
    is_english = base_language(language) == "en"
    return sum(_syllables_of(word, is_english=is_english) for word in words_of(text))


def _syllables_of(word: str, *, is_english: bool) -> int:
    signs = len(_SYLLABIC.findall(word))
    if signs:
        return signs
    plain = "".join(
        letter
        for letter in unicodedata.normalize("NFD", word)
        if unicodedata.category(letter) != _MARKS
    )
    groups = len(_VOWELS.findall(plain))
    if not groups:
        return 1 if plain.isascii() else -(-len(plain) // _LETTERS_PER_SYLLABLE)
    if is_english and groups > 1 and _has_silent_ending(plain):
        groups -= 1
    return groups


def _has_silent_ending(word: str) -> bool:
    """Whether the last vowel of an English word is not spoken: make, walked; not table, wanted."""
    if word.endswith("ed"):
        return not word.endswith(("ted", "ded"))
    return word.endswith("e") and not word.endswith(("le", "ee", "ie", "ye"))


def word_error_rate(expected: str, heard: str) -> float:
    """Insertions, deletions and substitutions per expected word; 0 is the same text.

    Raises:
        ValueError: nothing was expected.
    """
    target = words_of(expected)
    if not target:
        raise ValueError("the expected text has no words")
    return _distance(target, words_of(heard)) / len(target)


def _distance(source: Sequence[str], target: Sequence[str]) -> int:
    """Levenshtein distance, a row at a time."""
    import numpy as np  # 15 MB that only scores need

    places = np.arange(len(target) + 1)
    goal = np.array(target, dtype=object)
    row = places.copy()
    for number, word in enumerate(source, start=1):
        best = np.empty_like(row)
        best[0] = number
        best[1:] = np.minimum(row[1:] + 1, row[:-1] + (goal != word))
        # An insertion costs one for every place it moves to the right.
        row = np.minimum.accumulate(best - places) + places
    return int(row[-1])
