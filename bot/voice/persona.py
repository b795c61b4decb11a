"""What an engine is told about a practice: instructions, variables, tools, and the first line."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from bot.core.language import Level, base_language
from bot.voice.avatars import Avatar
from bot.voice.context import Context, Line
from bot.voice.contexts.catalogue import find_context, find_talk
from bot.voice.corrections import CorrectionKind
from bot.voice.model import ToolSpec

_FILE = Path(__file__).with_name("persona.toml")
_ALWAYS = (
    "who learner missing language_lock accent voice scene steps words wishes start question grow"
    " {style} correct_limit correct_unsure pronunciation explain tip end tools"
)


class CorrectionStyle(StrEnum):
    """How the tutor corrects: gives the better form at once, or lets the learner find it first."""

    RECAST = "recast"
    PROMPT = "prompt"

    @classmethod
    def of(cls, value: str | None) -> "CorrectionStyle":
        """The style of this name; the default for any other."""
        return cls.PROMPT if value == cls.PROMPT else cls.RECAST


@dataclass(frozen=True, slots=True, kw_only=True)
class Practice:
    """What is known about a conversation before it begins.

    Args:
        language: BCP 47 tag of the language being learned; `native_language` of the learner's own.
        context_id: None for a free conversation.
        name: the learner's first name, empty when not known.
        wishes: what the learner wants the language for, in any words.
    """

    language: str
    level: Level
    context_id: str | None = None
    name: str = ""
    native_language: str | None = None
    style: CorrectionStyle = CorrectionStyle.RECAST
    wishes: str = ""
    accent: str | None = None
    avatar: Avatar | None = None

    @property
    def context(self) -> Context | None:
        """The context in this language; else in English, which generative engines carry over."""
        if self.context_id is None:
            return None
        return find_context(self.context_id, self.language) or find_context(self.context_id, "en")


def session_instructions(practice: Practice) -> str:
    """Everything a generative engine has to keep to, one rule a line."""
    told = _told()
    rules: Mapping[str, str] = told["rules"]
    facts = _facts(practice)
    names = _ALWAYS.format(style=f"correct_{practice.style.value}").split()
    lines = [
        rules[name].format(**facts)
        for name in names
        if not (name in _NEEDS and not facts.get(_NEEDS[name]))
    ]
    return "\n".join([*lines, told["band"][practice.level.band.value]])


def variables(practice: Practice) -> dict[str, str]:
    """The same as data, for `SessionSpec.variables`; unknown values are left out."""
    context = practice.context
    if context and context.language != base_language(practice.language):
        context = None  # its texts are in another language
    values = {
        "context": practice.context_id,
        "level": practice.level.value,
        "language": practice.language,
        "native_language": practice.native_language,
        "name": practice.name,
        "style": practice.style.value,
        "goal": context.goal.text if context else None,
        "wishes": practice.wishes,
        "tip": context.tip.text if context else None,
    }
    return {key: value for key, value in values.items() if value}


def opening(context: Context, level: Level, name: str = "", goal: str = "") -> Line:
    """The tutor's first line: greeting by name, the goal, an opening question.

    Args:
        goal: completes "today: …" in the context's language; the context's own when empty.
    """
    talk = find_talk(context.language)
    if talk is None:
        raise LookupError(context.language)
    greeting = talk.greeting_named if name else talk.greeting
    parts = (greeting, talk.goal_line[level.band], context.opening[level.band])
    tags = set(context.goal.translations).intersection(*(part.translations for part in parts))

    def told(texts: list[str], aim: str) -> str:
        return " ".join(text.format(name=name, goal=aim) for text in texts)

    return Line(
        key=f"{context.id}/opening/{level.band.value}",
        text=told([part.text for part in parts], goal or context.goal.text),
        translations={
            tag: told([p.translations[tag] for p in parts], goal or context.goal.translations[tag])
            for tag in sorted(tags)
        },
    )


NOTE_CORRECTION = ToolSpec(
    "note_correction",
    "Record a correction just made, so that the learner finds it in the report.",
    {
        "type": "object",
        "properties": {
            "said": {"type": "string", "description": "the learner's words as said"},
            "better": {"type": "string", "description": "the better form, as little changed"},
            "kind": {"type": "string", "enum": [kind.value for kind in CorrectionKind]},
            "explanation": {
                "type": "string",
                "description": "one short sentence in the learner's own language",
            },
            "was_prompted": {
                "type": "boolean",
                "description": "whether the learner was asked to repair it first",
            },
        },
        "required": ["said", "better", "kind", "explanation", "was_prompted"],
        "additionalProperties": False,
    },
)
NOTE_VOCABULARY = ToolSpec(
    "note_vocabulary",
    "Record a word the learner asked for, lacked or learnt.",
    {
        "type": "object",
        "properties": {
            "word": {"type": "string", "description": "in the language being learned"},
            "meaning": {"type": "string", "description": "in the learner's own language"},
            "sentence": {"type": "string", "description": "the learner's sentence with it"},
        },
        "required": ["word", "meaning", "sentence"],
        "additionalProperties": False,
    },
)


OFFER_HELP = ToolSpec(
    "offer_help",
    "Give what stands behind the learner's Hint and Translate buttons for the reply just made.",
    {
        "type": "object",
        "properties": {
            "suggestions": {
                "type": "array",
                "items": {"type": "string"},
                "description": "two or three things the learner could say next",
            },
            "translation": {
                "type": "string",
                "description": "the reply in the learner's own language",
            },
            "tip": {"type": "string", "description": "a cultural tip, if one was given now"},
            "is_closing": {"type": "boolean", "description": "whether the goal was reached"},
        },
        "required": ["suggestions", "translation"],
        "additionalProperties": False,
    },
)


def tools() -> tuple[ToolSpec, ...]:
    """What a generative engine may call, so that corrections, words and help arrive as data."""
    return (NOTE_CORRECTION, NOTE_VOCABULARY, OFFER_HELP)


# A rule that says nothing without this fact is left out.
_NEEDS = {
    "accent": "accent",
    "steps": "steps",
    "words": "words",
    "wishes": "wishes",
    "tip": "tip",
}


def _facts(practice: Practice) -> dict[str, str]:
    told = _told()
    context, avatar, other = practice.context, practice.avatar, told["fallback"]
    facts = {
        "language": _language_name(practice.language),
        "native": practice.native_language and _language_name(practice.native_language),
        "level": practice.level.value,
        "band": practice.level.band.value,
        "name": practice.name,
        "accent": practice.accent,
        "wishes": practice.wishes,
        "avatar": avatar and avatar.name,
        "persona": avatar and avatar.persona,
    }
    if context:
        facts |= {
            "situation": f"{context.name['en']} ({context.description['en']})",
            "role": context.role,
            "goal": context.goal.text,
            "steps": ", ".join(step.id.replace("_", " ") for step in context.steps),
        }
        if context.language == base_language(practice.language):
            facts["words"] = ", ".join(line.text for line in context.words)
            facts["tip"] = context.tip.text
    return {**other, **{key: value for key, value in facts.items() if value}}


def _language_name(tag: str) -> str:
    name: str = _told()["language_names"].get(base_language(tag), tag)
    return name


@cache
def _told() -> Mapping[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
