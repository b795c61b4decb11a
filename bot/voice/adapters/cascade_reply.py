"""What a language model answered, in whatever shape it managed to: our words and corrections."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from heapq import nlargest
from typing import Any

from bot.voice.model import ToolCall

CORRECTION = "note_correction"
VOCABULARY = "note_vocabulary"

_THOUGHT = re.compile(r"<think>.*?(</think>|\Z)", re.DOTALL)
_JSON_START = re.compile(r"(```\w*\s*)?(\[\s*)?\{")
_ASIDE = re.compile(r"\s*\(([^()]{2,200})\)")
_COMPARED = 50  # places in what the learner said that are compared letter by letter
_ALIKE = 0.5  # share of letters a better form has in common with the words it corrects


class Unusable(ValueError):
    """There is no reply in this answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer of the model.

    Args:
        reply: as shown, better forms in parentheses.
        spoken: as said aloud, None when it is the same.
    """

    reply: str
    spoken: str | None = None
    calls: Sequence[ToolCall] = field(default=())


def read_json(content: str) -> Answer:
    """An answer that keeps to the schema, even inside a code fence or after spoken thoughts.

    Raises:
        Unusable: no JSON object with a reply.
    """
    text = _without_thoughts(content)
    try:
        found = json.loads(text[text.index("{") : text.rindex("}") + 1])
    except ValueError as error:
        raise Unusable("no JSON object") from error
    reply = _text(found, "reply")
    if not reply:
        raise Unusable("no reply")
    calls = [
        *(_correction(entry) for entry in _entries(found, "corrections")),
        *(_vocabulary(entry) for entry in _entries(found, "vocabulary")),
    ]
    spoken = _text(found, "spoken")
    return Answer(
        reply=reply,
        spoken=spoken if spoken and spoken != reply else None,
        calls=tuple(call for call in calls if call is not None),
    )


def looks_like_json(content: str) -> bool:
    """Whether the model meant JSON: such text must never be shown or read aloud as it is."""
    return _JSON_START.match(_without_thoughts(content)) is not None


def read_plain(content: str, learner: str) -> Answer:
    """An answer in words, with better forms in parentheses: "I goed (I went) is great!".

    What stands in parentheses is taken for a correction when it resembles what the learner said.

    Raises:
        Unusable: there are no words.
    """
    reply = _without_thoughts(content)
    if not reply:
        raise Unusable("no words")
    calls: list[ToolCall] = []
    spoken, at = "", 0
    for aside in _ASIDE.finditer(reply):
        better = aside[1].strip()
        said = _words_corrected(better, learner)
        if said is None:
            continue
        calls.append(_call_of(said, better))
        lead = reply[at : aside.start()]
        spoken += lead if (spoken + lead).strip() else _sentence(better)
        at = aside.end()
    spoken = (spoken + reply[at:]).strip()
    return Answer(reply=reply, spoken=spoken if calls else None, calls=tuple(calls))


def read_calls(calls: object) -> tuple[ToolCall, ...]:
    """Function calls of a chat completion; those that cannot be read are passed over."""
    if not isinstance(calls, list):
        return ()
    read = []
    for call in calls:
        try:
            arguments = json.loads(call["function"]["arguments"])
            name = str(call["function"]["name"])
        except (KeyError, TypeError, ValueError):
            continue
        if isinstance(arguments, dict):
            read.append(ToolCall(name, arguments))
    return tuple(read)


def _without_thoughts(content: str) -> str:
    return _THOUGHT.sub("", content).strip()


def _text(fields: Any, name: str) -> str:
    value = fields.get(name) if isinstance(fields, dict) else None
    return value.strip() if isinstance(value, str) else ""


def _entries(fields: Mapping[str, Any], name: str) -> Sequence[Any]:
    value = fields.get(name)
    return value if isinstance(value, list) else ()


def _correction(entry: Any) -> ToolCall | None:
    said, better = _text(entry, "said"), _text(entry, "better")
    if not said or not better or said == better:
        return None
    return ToolCall(CORRECTION, {"kind": "other", "explanation": "", **entry})


def _vocabulary(entry: Any) -> ToolCall | None:
    return ToolCall(VOCABULARY, {"meaning": "", **entry}) if _text(entry, "word") else None


def _call_of(said: str, better: str) -> ToolCall:
    arguments = {"said": said, "better": better, "kind": "other", "explanation": ""}
    return ToolCall(CORRECTION, arguments)


def _sentence(better: str) -> str:
    """A better form that opens the reply is said as a sentence of its own."""
    return better if better.endswith((".", "!", "?", "…", "。")) else better + "."


def _words_corrected(better: str, learner: str) -> str | None:
    """The learner's words a better form stands for; None when it resembles none of them."""
    words, size = learner.split(), len(better.split())
    windows = [
        words[at : at + length]
        for length in (size, size - 1, size + 1)
        for at in range(len(words) - length + 1)
        if length
    ]
    kin = set(_plain(better).split())
    near = windows
    if size > 1:  # comparing letters is slow, and longer forms share a word with what they correct
        near = nlargest(
            _COMPARED, windows, key=lambda window: len(kin.intersection(_words(window)))
        )
    alike = [(_likeness(" ".join(window), better), window) for window in near]
    likeness, found = max(alike, key=lambda scored: scored[0], default=(0.0, []))
    said = " ".join(found)
    old, new = _plain(said).split(), _plain(better).split()
    if likeness < _ALIKE or old == new or (len(new) > 1 and not {*old} & {*new}):
        return None
    return said.strip(".,!?;:")


def _words(window: Sequence[str]) -> list[str]:
    return _plain(" ".join(window)).split()


def _likeness(said: str, better: str) -> float:
    return SequenceMatcher(None, _plain(said), _plain(better)).ratio()


def _plain(text: str) -> str:
    return re.sub(r"[^\w\s]", "", text).casefold()
