"""What is known of single words: how common, which base form, how alike. Works, less well, without
the packages of the extra `local`, so that a machine without them still has a tutor in writing.
"""

from difflib import SequenceMatcher
from functools import cache, lru_cache
from importlib.util import find_spec

# Imported where they are used: 20 MB, and a third of a start, that only conversations need.
_HAS_PACKAGES = all(map(find_spec, ("rapidfuzz", "simplemma", "wordfreq")))

_KNOWN = 3.0  # Zipf frequency of a word that exists whether or not a dictionary has it


@cache
def has_word_list(language: str) -> bool:
    """Whether anything is known of the words of a base language."""
    if not _HAS_PACKAGES:
        return False
    import simplemma
    from wordfreq import zipf_frequency

    try:
        zipf_frequency("a", language)
        simplemma.is_known("a", lang=language)
    except (LookupError, ValueError, ImportError):  # Chinese and others want a word splitter
        return False
    return True


@lru_cache(maxsize=20_000)
def frequency(word: str, language: str) -> float:
    """Zipf scale: 7 the commonest words, 3 rare ones, 0 not known or no data for the language."""
    if not has_word_list(language):
        return 0.0
    from wordfreq import zipf_frequency

    return float(zipf_frequency(word, language))


@lru_cache(maxsize=20_000)
def lemma(word: str, language: str) -> str:
    """The base form, lower case; the word itself where nothing is known of it."""
    if not has_word_list(language):
        return word
    import simplemma

    return str(simplemma.lemmatize(word, lang=language)).lower()


def is_word(word: str, language: str) -> bool:
    """Whether the language has the word; without a word list, whether it looks like one."""
    if not has_word_list(language):
        return word.isalnum()
    import simplemma

    common = frequency(word, language)
    return common >= _KNOWN or (common > 0 and bool(simplemma.is_known(word, lang=language)))


def likeness(one: str, other: str) -> float:
    """From 0 to 100: how alike two texts are."""
    if _HAS_PACKAGES:
        from rapidfuzz import fuzz

        return float(fuzz.ratio(one, other))
    return 100 * SequenceMatcher(None, one, other).ratio()


def part_likeness(one: str, other: str) -> float:
    """From 0 to 100: how alike the shorter text is to the part of the longer nearest to it."""
    if _HAS_PACKAGES:
        from rapidfuzz import fuzz

        return float(fuzz.partial_ratio(one, other))
    short, long = sorted((one, other), key=len)
    starts = range(max(len(long) - len(short), 0) + 1)
    return max(likeness(short, long[at : at + len(short)]) for at in starts)
