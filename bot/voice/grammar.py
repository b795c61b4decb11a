"""The grammar score: mistakes found in the transcript per hundred words."""

import math
from collections.abc import Sequence

from bot.voice.evidence import Score, Skill, TurnEvidence, not_measured
from bot.voice.vocabulary import ENOUGH_WORDS, missing_words
from bot.voice.wording import has_spaces, words_of

_HIGHEST = 10.0
# Ten mistakes in a hundred words leave 3.7 of 10 points.
_MISTAKES_PER_HUNDRED = 10.0


def score_grammar(turns: Sequence[TurnEvidence], language: str) -> Score:
    """From 10 for no mistakes found, falling by a constant share with each more per 100 words.

    Its reach is what the checker knows, and a recogniser often repairs a slip before anybody can
    see it: a high score means that few common mistakes were found. Not compared with raters.
    """
    if not has_spaces(language):
        return not_measured(Skill.GRAMMAR, "language")
    checked = [turn for turn in turns if turn.is_free and turn.corrections is not None]
    words = sum(len(words_of(turn.text)) for turn in checked)
    if not words:
        return not_measured(
            Skill.GRAMMAR, "grammar_check" if any(turn.is_free for turn in turns) else "text"
        )
    mistakes = sum(len(turn.corrections or ()) for turn in checked)
    per_hundred = 100 * mistakes / words
    return Score(
        value=round(_HIGHEST * math.exp(-per_hundred / _MISTAKES_PER_HUNDRED), 2),
        is_sufficient=words >= ENOUGH_WORDS,
        method=f"{Skill.GRAMMAR}.common_mistakes",
        evidence={
            "words": words,
            "mistakes": mistakes,
            "mistakes_per_hundred_words": round(per_hundred, 2),
        },
        missing=missing_words(words),
    )
