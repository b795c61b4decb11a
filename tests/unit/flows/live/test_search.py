"""Filters that travel in a button."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.flows.live.search import LEVELS, LISTED_KINDS, MOST_WORDS, Wish, cut, parse_wish, wish_from
from bot.flows.runner import StaleButton
from bot.live.model import Kind

WISHES = st.builds(
    Wish,
    language=st.sampled_from([None, "es", "fil", "zh-Hant"]),
    level=st.sampled_from([None, *LEVELS]),
    kind=st.sampled_from([None, *LISTED_KINDS]),
    is_free=st.sampled_from([None, True, False]),
    text=st.text(st.characters(exclude_characters=":\n", exclude_categories=["Cs"])).map(cut),
)


@given(WISHES)
def test_a_wish_comes_back_from_a_button_and_fits_it(wish: Wish) -> None:
    assert parse_wish(wish.packed) == wish
    assert len(f"lv:list:{wish.packed}:99".encode()) <= 64
    assert len(f"lv:pick:l:{wish.packed}".encode()) <= 64


@pytest.mark.parametrize(
    "packed", ["", "es", "es.B1.g", "x1....", ".Z9...", "..z..", "...x.", "....a\nb", "....:"]
)
def test_what_no_button_carries_is_refused(packed: str) -> None:
    with pytest.raises(StaleButton):
        parse_wish(packed)


def test_words_after_the_command_name_a_language_a_level_and_a_topic() -> None:
    assert wish_from("jazz") == Wish(text="jazz")
    assert wish_from("Spanish b1 coffee") == Wish(language="es", level="B1", text="coffee")
    assert wish_from("coffee: español") == Wish(language="es", text="coffee")


def test_one_filter_changes_and_the_others_stay() -> None:
    wish = Wish(language="es", kind=Kind.GROUP, text="jazz")
    assert wish.with_one("level", "B1") == Wish(
        language="es", level="B1", kind=Kind.GROUP, text="jazz"
    )
    assert wish.with_one("language", "") == Wish(kind=Kind.GROUP, text="jazz")


def test_words_are_cut_at_whole_characters() -> None:
    assert cut("ñ" * 40) == "ñ" * (MOST_WORDS // 2)
