"""Materials are complete, fit what a host may announce, and are found by language and level."""

import pytest

from bot.core.language import Level
from bot.live.draft import LONGEST_ITEM, LONGEST_TEXT, LONGEST_TITLE, LONGEST_TOPIC, MOST_ITEMS
from bot.live.materials import Material, find_material, material_languages, materials_for


def every() -> list[Material]:
    return [
        each for language in sorted(material_languages()) for each in materials_for(language, "any")
    ]


def test_four_languages_have_something_for_three_levels() -> None:
    assert {"en", "es", "fr", "de"} <= material_languages()
    for language in material_languages():
        for level in (Level.A2, Level.B1, Level.B2):
            found = materials_for(language, level)
            assert len(found) >= 2
            assert {each.level for each in found} == {level}


@pytest.mark.parametrize("material", every(), ids=lambda each: each.id)
def test_a_material_can_be_announced_as_it_is(material: Material) -> None:
    assert 3 <= len(material.title) <= LONGEST_TITLE
    assert len(material.topic) <= LONGEST_TOPIC
    assert len(material.cultural_notes) <= LONGEST_TEXT
    for items, least in (
        (material.prompts, 6),
        (material.vocabulary, 8),
        (material.grammar_points, 2),
    ):
        assert least <= len(set(items)) == len(items) <= MOST_ITEMS
        assert all(item == item.strip() and 0 < len(item) <= LONGEST_ITEM for item in items)


def test_no_two_materials_of_a_language_have_one_id() -> None:
    for language in material_languages():
        ids = [each.id for each in materials_for(language, "any")]
        assert len(set(ids)) == len(ids)
        assert all(find_material(language, each) is not None for each in ids)


@pytest.mark.parametrize(("level", "nearest"), [("A1", "A2"), ("C1", "B2"), ("C2", "B2")])
def test_a_level_without_materials_gets_the_nearest(level: str, nearest: str) -> None:
    assert {each.level for each in materials_for("en", level)} == {Level(nearest)}


def test_a_region_uses_its_language_and_an_unknown_language_has_none() -> None:
    assert materials_for("es-MX", "B1") == materials_for("es", "B1")
    assert materials_for("xx", "B1") == ()
    assert find_material("xx", "viajes") is None
