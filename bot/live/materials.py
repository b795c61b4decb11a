"""Ready-made materials for hosts: words, grammar and prompts, by language and level."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bot.core.language import Level, base_language

_FOLDER = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What a host may take over, in the language that is practised.

    Args:
        id: unique within its language.
        prompts: from easy to bold.
    """

    id: str
    level: Level
    title: str
    topic: str
    vocabulary: tuple[str, ...]
    grammar_points: tuple[str, ...]
    prompts: tuple[str, ...]
    cultural_notes: str


@cache
def material_languages() -> frozenset[str]:
    """Languages there are materials in."""
    return frozenset(file.stem for file in _FOLDER.glob("*.toml"))


def materials_for(language: str, level: str) -> Sequence[Material]:
    """Those of the level, or of the nearest one there is something for.

    Args:
        language: BCP 47 tag; what is there for its base language counts.
        level: a CEFR level; for any other word, all of them.
    """
    every = _materials(base_language(language))
    if level not in set(Level) or not every:
        return every
    wanted = _rank(Level(level))
    nearest = min((each.level for each in every), key=lambda it: abs(_rank(it) - wanted))
    return tuple(each for each in every if each.level is nearest)


def find_material(language: str, material_id: str) -> Material | None:
    """The one of this id."""
    every = _materials(base_language(language))
    return next((each for each in every if each.id == material_id), None)


@cache
def _materials(language: str) -> tuple[Material, ...]:
    if language not in material_languages():
        return ()
    told = tomllib.loads((_FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    return tuple(
        Material(
            id=each["id"],
            level=Level(each["level"]),
            title=each["title"],
            topic=each["topic"],
            vocabulary=tuple(each["vocabulary"]),
            grammar_points=tuple(each["grammar_points"]),
            prompts=tuple(each["prompts"]),
            cultural_notes=each["cultural_notes"],
        )
        for each in told["material"]
    )


def _rank(level: Level) -> int:
    return list(Level).index(level)
