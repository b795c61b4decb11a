"""What the fitted models look at in one note.

Rates and shares, so that a long note and a short one can be compared; the length of the text
corrects them for short ones and stops counting where the models hold it.
"""

import math
from collections.abc import Sequence

from bot.voice.evidence import TurnEvidence
from bot.voice.timing import Timing
from bot.voice.wording import syllables, word_error_rate, words_of

_SHORTEST_SECONDS = 0.1


def describe(turn: TurnEvidence, language: str) -> dict[str, float]:
    """All features that can be computed of a turn; empty without sound.

    The text counts as known when the learner was to read it, or corrected what was understood;
    how far the recogniser was off is held against the learner in the first case only. Where it
    understood nothing at all it was sure of nothing; an engine that tells a transcript and no
    words leaves that open.
    """
    timing = turn.timing
    if timing is None:
        return {}
    features = _of_sound(timing)
    known = syllables(turn.known_text or turn.corrected_transcript or "", language)
    if known:
        features["articulation"] = _pace(known, timing)
        features["text_length"] = math.log(known)
    heard = syllables(turn.transcript, language)
    if heard:
        features["heard_articulation"] = _pace(heard, timing)
        features["heard_length"] = math.log(heard)
    if turn.words or not heard:
        features |= _of_recognition([word.probability for word in turn.words] or [0.0])
        if turn.known_text and words_of(turn.known_text):
            rate = word_error_rate(turn.known_text, turn.transcript)
            features["mismatch"] = math.sqrt(min(rate, 1.0))
    return features


def _of_sound(timing: Timing) -> dict[str, float]:
    whole = max(timing.speech_seconds, _SHORTEST_SECONDS)
    return {
        "pause_share": timing.pause_seconds / whole,
        "long_pause_share": math.sqrt(timing.long_pause_seconds / whole),
    }


def _pace(count: int, timing: Timing) -> float:
    """Logarithm of a count per second of speech without pauses."""
    speaking = max(timing.speech_seconds - timing.pause_seconds, _SHORTEST_SECONDS)
    return math.log(count / speaking)


def _of_recognition(probabilities: Sequence[float]) -> dict[str, float]:
    """Their mean and lower quartile."""
    sure = sorted(probabilities)
    place = (len(sure) - 1) / 4
    below, above = sure[math.floor(place)], sure[math.ceil(place)]
    return {
        "sureness": sum(sure) / len(sure),
        "weak_sureness": below + (above - below) * (place - math.floor(place)),
    }
