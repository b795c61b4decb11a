"""Cutting text: nothing lost, nothing too long, nothing cut that belongs together."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.text import clean, is_blank, shorten, split, units

ANY_TEXT = st.text(st.characters(codec=None), max_size=300)
PIECES = st.sampled_from(
    [
        "word",
        " ",
        "\n",
        "\n\n",
        "👩‍🏫",
        "🇪🇸",
        "é",
        "e\u0301",
        "क्ष",
        "한",
        "\u1112\u1161\u11ab",
        "مرحبا",
    ]
)
CLUSTERS = st.sampled_from(
    [
        "w",
        " ",
        "👩‍🏫",
        "👍🏽",
        "🇪🇸",
        "e\u0301",
        "क्षि",
        "\u1112\u1161\u11ab",
        "م",
        "🏴\U000e0067\U000e007f",
    ]
)


def cut(text: str, first: int, rest: int) -> list[str]:
    return [text[start:end] for start, end in split(text, first, rest)]


def visible(text: str) -> str:
    return "".join(text.split())


@given(ANY_TEXT)
def test_cleaned_text_can_be_encoded_and_has_no_control_characters(text):
    cleaned = clean(text)

    cleaned.encode()
    assert [c for c in cleaned if unicodedata.category(c) in {"Cc", "Cs"} and c != "\n"] == []


@given(ANY_TEXT)
def test_cleaning_twice_changes_nothing_more(text):
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize(
    ("dirty", "clean_text"),
    [
        ("a\r\nb\rc", "a\nb\nc"),
        ("a\tb\x00c", "a bc"),
        ("a\u2028b\x85c", "a\nb\nc"),
        ("\ud83d\ude00", "😀"),
        ("\ud83d!", "\ufffd!"),
        ("gnp.\u202eexe", "gnp.exe"),
        ("עברית 👩‍🏫", "עברית 👩‍🏫"),
    ],
)
def test_what_cleaning_does(dirty, clean_text):
    assert clean(dirty) == clean_text


@given(st.lists(PIECES, max_size=200).map("".join), st.integers(12, 40), st.integers(12, 40))
def test_pieces_fit_and_together_are_the_whole_text(text, first, rest):
    pieces = cut(text, first, rest)

    assert all(
        units(piece) <= limit for piece, limit in zip(pieces, [first] + [rest] * 999, strict=False)
    )
    assert visible("".join(pieces)) == visible(text)


@given(ANY_TEXT.map(clean), st.integers(2, 9))
def test_odd_text_in_tiny_pieces_loses_nothing_visible(text, limit):
    kept = "".join(cut(text, limit, limit))

    assert [c for c in kept if not is_blank(c)] == [c for c in text if not is_blank(c)]


@given(st.lists(CLUSTERS, max_size=60), st.integers(12, 30))
def test_no_cluster_is_cut(clusters, limit):
    parts = "".join(clusters).split()
    boundaries = {len("".join(clusters[:count])) for count in range(len(clusters) + 1)}

    spans = split("".join(clusters), limit, limit)

    assert {index for span in spans for index in span} <= boundaries
    assert visible("".join(parts)) == "".join(cut("".join(clusters), limit, limit)).replace(" ", "")


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("first part\n\nsecond\nthird", ["first part", "second\nthird"]),
        ("first line\nsecond line", ["first line", "second line"]),
        ("some words in one line", ["some words in one", "line"]),
        ("x" * 45, ["x" * 20, "x" * 20, "x" * 5]),
        ("  \n  ", []),
        ("", []),
    ],
)
def test_where_it_is_cut(text, pieces):
    assert cut(text, 20, 20) == pieces


def test_a_text_of_exactly_the_limit_stays_whole():
    assert cut("😀" * 10, 20, 20) == ["😀" * 10]
    assert cut("😀" * 10 + "!", 20, 20) == ["😀" * 10, "!"]


def test_a_cluster_larger_than_a_message_is_cut_rather_than_lost():
    zalgo = "o" + "\u0308" * 10_000

    pieces = cut(zalgo, 4096, 4096)

    assert [units(piece) for piece in pieces] == [4096, 4096, 1809]
    assert "".join(pieces) == zalgo


def test_a_hundred_kilobytes_are_cut_quickly_into_full_pieces():
    text = "слово за слово, " * 6_000

    pieces = cut(text, 4096, 4096)

    assert visible("".join(pieces)) == visible(text)
    assert len(pieces) == 24


@given(ANY_TEXT, st.integers(2, 64))
def test_a_shortened_text_fits_in_one_line(text, limit):
    short = shorten(text, limit)

    assert units(short) <= limit
    assert "\n" not in short


def test_shortening_marks_the_cut_and_keeps_clusters():
    assert shorten("Practise speaking", 10) == "Practise…"
    assert shorten("👩‍🏫👩‍🏫", 8) == "👩‍🏫…"
