"""Turns in, the five scores out: each with its evidence, or with what is missing."""

from collections.abc import Iterable, Mapping, Sequence

from bot.voice.clarity import score_clarity
from bot.voice.evidence import Score, Skill, TurnEvidence, not_measured
from bot.voice.fluency import score_fluency
from bot.voice.grammar import score_grammar
from bot.voice.vocabulary import score_vocabulary


def score(
    turns: Sequence[TurnEvidence], language: str, target_words: Iterable[str] = ()
) -> Mapping[Skill, Score]:
    """All five scores of a session, or of one note.

    Args:
        turns: in order; typed ones count for vocabulary and grammar only.
        language: BCP 47 tag of what was spoken.
        target_words: words the learner was to use.
    """
    return {
        Skill.FLUENCY: score_fluency(turns, language),
        Skill.PRONUNCIATION: score_clarity(turns, language),
        Skill.VOCABULARY: score_vocabulary(turns, language, target_words),
        Skill.GRAMMAR: score_grammar(turns, language),
        Skill.LISTENING: not_measured(Skill.LISTENING, "questions"),
    }
