"""What a host has at hand in the room: ready-made for language and level, or their own."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.flows.answers import clean_line, clean_text
from bot.flows.model import Answers, InvalidAnswer, Option, Step
from bot.flows.prompts import as_list
from bot.flows.scene import Scene
from bot.flows.steps import text, worded
from bot.live.materials import Material, find_material, material_languages, materials_for

OWN, NONE = "own", "none"
_LINE_LIMIT, _NOTES_LIMIT = 200, 500
_MOST_ITEMS = 20
_BETWEEN_ITEMS = re.compile(r"[\n;,]+")
_BETWEEN_LINES = re.compile(r"[\n;]+")


def material_steps() -> tuple[Step, ...]:
    """Which materials, and, where they are the host's own, what is in them."""
    return (_materials(), *_own_materials())


def materials_of(answers: Answers) -> Mapping[str, Any]:
    """The answers as fields of a `Draft`."""
    chosen = str(answers.get("live_materials"))
    ready = find_material(str(answers["live_language"]), chosen)
    if ready is not None:
        return {
            "topic": ready.topic,
            "cultural_notes": ready.cultural_notes,
            "vocabulary": ready.vocabulary,
            "grammar_points": ready.grammar_points,
            "prompts": ready.prompts,
        }
    if chosen != OWN:
        return {}
    return {
        "topic": told(answers, "live_topic"),
        "cultural_notes": told(answers, "live_notes"),
        "vocabulary": tuple(as_list(answers.get("live_words"))),
        "grammar_points": tuple(as_list(answers.get("live_grammar"))),
        "prompts": tuple(as_list(answers.get("live_prompts"))),
    }


def told(answers: Answers, name: str) -> str:
    """A text; empty where the question was skipped."""
    value = answers.get(name)
    return "" if value is None else str(value)


def _materials() -> Step:
    """What is ready for this language and level, or one's own, or none."""

    def ready(answers: Answers) -> Sequence[Material]:
        return materials_for(str(answers["live_language"]), str(answers["live_level"]))

    def options(scene: Scene, answers: Answers) -> Sequence[Option]:
        words = [Option(each, worded(scene, "live_materials", each)) for each in (OWN, NONE)]
        return [*(Option(each.id, f"📚 {each.title}") for each in ready(answers)), *words]

    def show(scene: Scene, value: object) -> str:
        if value in {OWN, NONE}:
            return worded(scene, "live_materials", str(value))
        return _title_of(str(value))

    return Step(
        name="live_materials",
        asks="ask.live_materials",
        label="field.live_materials",
        options=options,
        show=show,
    )


def _title_of(material_id: str) -> str:
    """Whatever language it is in: an answer knows no other answers."""
    found = (find_material(tag, material_id) for tag in material_languages())
    return next((each.title for each in found if each is not None), material_id)


def _own_materials() -> Sequence[Step]:
    lines: Mapping[str, Callable[[str], object]] = {
        "live_topic": lambda typed: clean_line(typed, _LINE_LIMIT),
        "live_notes": lambda typed: clean_text(typed, _NOTES_LIMIT),
        "live_words": lambda typed: _items(typed, _BETWEEN_ITEMS),
        "live_grammar": lambda typed: _items(typed, _BETWEEN_ITEMS),
        "live_prompts": lambda typed: _items(typed, _BETWEEN_LINES),
    }
    return [
        text(
            name,
            parse,
            is_optional=True,
            is_long=name != "live_topic",
            when=lambda _, answers: answers.get("live_materials") == OWN,
            show=_items_shown,
        )
        for name, parse in lines.items()
    ]


def _items_shown(_: Scene, value: object) -> str:
    return ", ".join(as_list(value)) if isinstance(value, list) else str(value)


def _items(typed: str, between: re.Pattern[str]) -> list[str]:
    """Several things in one message. Raises InvalidAnswer: none, or too many."""
    items = [clean_line(each, _LINE_LIMIT) for each in between.split(typed) if each.strip()]
    if not items:
        raise InvalidAnswer("answer.empty")
    if len(items) > _MOST_ITEMS:
        raise InvalidAnswer("group.too_many_items", most=_MOST_ITEMS)
    return list(dict.fromkeys(items))
