"""The fluency score: pace and pauses, and how easily the words were recognised."""

from collections.abc import Sequence

from bot.voice.evidence import Number, Score, Skill, TurnEvidence
from bot.voice.spoken import score_spoken
from bot.voice.timing import LONG_PAUSE_SECONDS, Timing
from bot.voice.wording import has_spaces, syllables, words_of


def score_fluency(turns: Sequence[TurnEvidence], language: str) -> Score:
    """Each note by the best model its evidence allows, weighted by time spent speaking."""
    return score_spoken(Skill.FLUENCY, turns, language, _evidence(turns, language))


def _evidence(turns: Sequence[TurnEvidence], language: str) -> dict[str, Number]:
    notes = [(turn.timing, turn.known_text or turn.text) for turn in turns if turn.timing]
    whole = sum(timing.speech_seconds for timing, _ in notes)
    if not whole:
        return {}
    pauses = [pause for timing, _ in notes for pause in _long_pauses(timing)]
    speaking = whole - sum(timing.pause_seconds for timing, _ in notes)
    evidence: dict[str, Number] = {
        "notes": len(notes),
        "pauses": len(pauses),
        "pause_share": round(sum(pauses) / whole, 3),
    }
    words = sum(len(words_of(text)) for _, text in notes)
    if words and has_spaces(language):
        evidence["words"] = words
        evidence["words_per_minute"] = round(60 * words / whole, 1)
        evidence["words_per_run"] = round(words / (len(pauses) + len(notes)), 2)
    if words and speaking > 0:
        count = sum(syllables(text, language) for _, text in notes)
        evidence["syllables_per_second"] = round(count / speaking, 2)
    if pauses:
        evidence["mean_pause_seconds"] = round(sum(pauses) / len(pauses), 2)
    return evidence


def _long_pauses(timing: Timing) -> list[float]:
    return [pause for pause in timing.pauses if pause >= LONG_PAUSE_SECONDS]
