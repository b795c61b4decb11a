"""The pronunciation score, called clarity to people: how sure a listener was of the words."""

from collections.abc import Sequence

from bot.voice.evidence import Number, Score, Skill, TurnEvidence
from bot.voice.model import Word
from bot.voice.spoken import score_spoken
from bot.voice.wording import word_error_rate, words_of

_UNSURE = 0.5
_MOST_WORDS = 5


def score_clarity(turns: Sequence[TurnEvidence], language: str) -> Score:
    """From the recogniser's word probabilities, pauses, pace and, of a known text, what was missed.

    A score for a listener, not for sounds: noise and rare names lower it as well.
    """
    return score_spoken(Skill.PRONUNCIATION, turns, language, _evidence(turns))


def words_to_repeat(turns: Sequence[TurnEvidence]) -> tuple[str, ...]:
    """Up to five different words the recogniser was not sure of, the least sure first.

    Notes whose transcript the learner corrected are left out: there the recogniser was wrong.
    """
    words = [word for turn in turns if turn.corrected_transcript is None for word in turn.words]
    unsure = sorted((word for word in words if _is_unsure(word)), key=lambda w: w.probability)
    plain = [name for word in unsure for name in words_of(word.text)]
    return tuple(dict.fromkeys(plain))[:_MOST_WORDS]


def _is_unsure(word: Word) -> bool:
    return word.probability < _UNSURE


def _evidence(turns: Sequence[TurnEvidence]) -> dict[str, Number]:
    words = [word for turn in turns if turn.timing for word in turn.words]
    evidence: dict[str, Number] = {"words": len(words)}
    if words:
        evidence["mean_sureness"] = round(sum(word.probability for word in words) / len(words), 3)
        evidence["unsure_words"] = sum(map(_is_unsure, words))
    known = [turn for turn in turns if turn.timing and turn.known_text]
    expected = " ".join(turn.known_text or "" for turn in known)
    if words_of(expected):
        heard = " ".join(turn.transcript for turn in known)
        evidence["word_error_rate"] = round(word_error_rate(expected, heard), 3)
    return evidence
