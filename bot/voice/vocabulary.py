"""The vocabulary score: how many different words, and how many of the rarer ones."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache

from bot.core.language import base_language
from bot.voice.evidence import Missing, Number, Score, Skill, TurnEvidence, not_measured
from bot.voice.wording import has_spaces, tokens_of

ENOUGH_WORDS = 75

_STRETCH = 50
# Zipf scale: 4.5 is about 30 uses in a million words; most of the first 2,000 words lie above.
_RARE_ZIPF = 4.5
_POOR_VARIETY, _RICH_VARIETY = 0.50, 0.85
_RICH_RARE_SHARE = 0.40
_HIGHEST = 10.0

_Lemmatize = Callable[[str], str]
_Frequency = Callable[[str], float]


def score_vocabulary(
    turns: Sequence[TurnEvidence], language: str, target_words: Iterable[str] = ()
) -> Score:
    """Half variety, half rarity; not compared with human raters.

    Variety is the share of different words in every stretch of 50, which does not fall with the
    length of a talk as the plain share does. Rarity is the share of different words below Zipf
    4.5. Where no word frequencies are installed for the language, variety is all. Words that
    were read aloud or repeated are not the learner's own and do not count.
    """
    if not has_spaces(language):
        return not_measured(Skill.VOCABULARY, "language")
    tokens = [token for turn in turns if turn.is_free for token in tokens_of(turn.text)]
    if not tokens:
        return not_measured(Skill.VOCABULARY, "text")
    lemmatize = _lemmatizer(base_language(language)) or str.lower
    lemmas = [lemmatize(token).lower() for token in tokens]
    different = set(lemmas)
    wanted = {lemmatize(word).lower() for word in target_words}
    variety = _variety(lemmas)
    evidence: dict[str, Number] = {
        "words": len(lemmas),
        "different_words": len(different),
        "variety": round(variety, 3),
    }
    value = _between(variety, _POOR_VARIETY, _RICH_VARIETY)
    method = "variety"
    frequency = _frequency(base_language(language))
    if frequency is not None:
        rare = sum(0 < frequency(lemma) < _RARE_ZIPF for lemma in different) / len(different)
        evidence["rarer_share"] = round(rare, 3)
        value = (value + _between(rare, 0.0, _RICH_RARE_SHARE)) / 2
        method = "variety_and_rarity"
    if wanted:
        evidence["target_words"] = len(wanted)
        evidence["target_words_used"] = len(wanted & different)
    return Score(
        value=round(_HIGHEST * value, 2),
        is_sufficient=len(lemmas) >= ENOUGH_WORDS,
        method=f"{Skill.VOCABULARY}.{method}",
        evidence=evidence,
        missing=missing_words(len(lemmas)),
    )


def missing_words(count: int) -> tuple[Missing, ...]:
    """What is still to be said before a score from the transcript may be shown."""
    if count >= ENOUGH_WORDS:
        return ()
    return (Missing("score.missing.words", {"have": count, "need": ENOUGH_WORDS}),)


def _variety(lemmas: Sequence[str]) -> float:
    stretch = min(_STRETCH, len(lemmas))
    starts = range(len(lemmas) - stretch + 1)
    return sum(len(set(lemmas[start : start + stretch])) for start in starts) / (
        stretch * len(starts)
    )


def _between(value: float, low: float, high: float) -> float:
    """Where `value` lies from `low` (0) to `high` (1)."""
    return min(max((value - low) / (high - low), 0.0), 1.0)


@cache
def _lemmatizer(language: str) -> _Lemmatize | None:
    """Base forms, from the `local` extra; None where it or the language is absent."""
    try:
        from simplemma import lemmatize
    except ImportError:
        return None

    def to_lemma(token: str) -> str:
        return str(lemmatize(token, lang=language))

    try:
        to_lemma("a")
    except ValueError:
        return None
    return to_lemma


@cache
def _frequency(language: str) -> _Frequency | None:
    """Zipf frequencies, from the `local` extra; None where it or the language is absent."""
    try:
        from wordfreq import zipf_frequency
    except ImportError:
        return None

    def zipf(word: str) -> float:
        return float(zipf_frequency(word, language))

    try:
        zipf("a")
    except (LookupError, ImportError):
        return None
    return zipf
