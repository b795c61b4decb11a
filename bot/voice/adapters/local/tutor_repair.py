"""Asking the learner to repair a sentence, and judging what came of a correction."""

from bot.voice.adapters.local.lexicon import likeness, part_likeness
from bot.voice.adapters.local.tutor_lines import Draft, pick_again
from bot.voice.adapters.local.tutor_state import Pending
from bot.voice.adapters.local.tutor_understanding import tokens
from bot.voice.context import Talk
from bot.voice.corrections import Correction
from bot.voice.model import ToolCall

_ATTEMPT = 60  # part likeness of an answer that tries to say the sentence again
_SAME = 85  # likeness of the sentence said again


def pending_of(correction: Correction, *, is_prompted: bool, resume: str) -> Pending:
    """What the next turn will be judged by."""
    return Pending(
        said=correction.said,
        better=correction.better,
        wrong=correction.wrong,
        right=correction.right,
        is_prompted=is_prompted,
        resume=resume,
    )


def ask_for_repair(draft: Draft, correction: Correction, talk: Talk) -> None:
    """Add the question that lets the learner find the better form."""
    if correction.prompt is not None:
        line = pick_again(talk.reactions["prompt"], draft.state)
        draft.say(line, prompt=correction.prompt)
    else:
        draft.say(pick_again(talk.questions["prompt"], draft.state), said=correction.said)


def is_attempt(pending: Pending, text: str) -> bool:
    """Whether the learner took the correction up at all, rightly or not."""
    said, better = text.lower(), pending.better.lower()
    return is_repaired(pending, text) or part_likeness(said, better) >= _ATTEMPT


def is_repaired(pending: Pending, text: str) -> bool:
    """Whether the better form was said, alone or in a sentence, without the slip."""
    said = tokens(text)
    missing = [word for word in tokens(pending.right) if word not in tokens(pending.wrong)]
    if _contains(said, tokens(pending.wrong)) and not _contains(
        tokens(pending.better), tokens(pending.wrong)
    ):
        return False
    if missing:
        return all(word in said for word in missing)
    return likeness(" ".join(said), " ".join(tokens(pending.better))) >= _SAME


def uptake_call(pending: Pending, text: str) -> ToolCall:
    """What came of a correction, as data: was it taken up, and was the repair right."""
    return ToolCall(
        "note_uptake",
        {
            "said": pending.said,
            "better": pending.better,
            "was_prompted": pending.is_prompted,
            "uptake": is_attempt(pending, text),
            "repaired": is_repaired(pending, text),
        },
    )


def correction_call(correction: Correction, *, is_prompted: bool, is_shown: bool) -> ToolCall:
    """A correction as data; one that is not shown goes to the report only."""
    return ToolCall(
        "note_correction",
        {
            "said": correction.said,
            "better": correction.better,
            "wrong": correction.wrong,
            "right": correction.right,
            "kind": correction.kind.value,
            "rule": correction.rule,
            "explanation": dict(correction.explanation),
            "was_prompted": is_prompted,
            "shown": is_shown,
        },
    )


def word_call(word: str, meaning: str, sentence: str, *, how: str) -> ToolCall:
    """A word worth keeping; `how` is "used" or "asked"."""
    return ToolCall(
        "note_vocabulary",
        {"word": word, "meaning": meaning, "sentence": sentence, "how": how},
    )


def _contains(words: tuple[str, ...], part: tuple[str, ...]) -> bool:
    size = len(part)
    return any(words[at : at + size] == part for at in range(len(words) - size + 1))
