"""Paragraphs to HTML, read back by the parser of the simulated Bot API."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.text import clean, is_blank, units
from bot.handlers.telegram.markup import html_pieces
from bot.messaging.model import Paragraph, Style
from bot.simulators.telegram.markup import parse_html

STYLES = {
    Style.STRONG: "bold",
    Style.NAME: "bold",
    Style.QUOTE: "blockquote",
    Style.FOLDED: "expandable_blockquote",
    Style.CODE: "code",
}
HOSTILE = st.one_of(
    st.text(st.characters(codec=None), max_size=200),
    st.sampled_from(
        [
            "<b>bold</b>",
            "&lt;b&gt;",
            "</blockquote><a href='http://evil.example'>your bank</a>",
            "<code>&amp;</code",
            "<tg-spoiler>",
            "a & b < c > d",
            "[masked](http://evil.example) *bold* _it_ `code`",
            "<" * 5_000,
        ]
    ),
)
PARAGRAPHS = st.lists(st.builds(Paragraph, HOSTILE, st.sampled_from(Style)), max_size=8)


def read(pieces):
    return [parse_html(piece) for piece in pieces]


@given(st.lists(HOSTILE.map(Paragraph), max_size=5))
def test_user_text_creates_no_entities(body):
    assert [entities for _, entities in read(html_pieces(body)) if entities] == []


@given(PARAGRAPHS)
def test_every_piece_parses_fits_and_keeps_all_that_is_visible(body):
    texts = [text for text, _ in read(html_pieces(body, first=1024))]

    assert [units(text) for text in texts[:1] if units(text) > 1024] == []
    assert [units(text) for text in texts if units(text) > 4096] == []
    wanted = "".join(clean(paragraph.text) for paragraph in body)
    assert [c for c in "".join(texts) if not is_blank(c)] == [c for c in wanted if not is_blank(c)]


@given(PARAGRAPHS)
def test_only_our_styles_become_entities(body):
    asked = {STYLES[paragraph.style] for paragraph in body if paragraph.style in STYLES}

    found = {entity["type"] for _, entities in read(html_pieces(body)) for entity in entities}

    assert found <= asked


def test_each_style_has_its_tag():
    body = [
        Paragraph("1 < 2"),
        Paragraph("Strong", Style.STRONG),
        Paragraph("said", Style.QUOTE),
        Paragraph("more", Style.FOLDED),
        Paragraph("x & y", Style.CODE),
    ]

    assert html_pieces(body) == [
        "1 &lt; 2\n\n<b>Strong</b>\n<blockquote>said</blockquote>\n"
        "<blockquote expandable>more</blockquote>\n<code>x &amp; y</code>"
    ]


def test_a_style_goes_on_in_the_next_piece():
    body = [Paragraph("a" * 4_000), Paragraph("b" * 4_000, Style.QUOTE)]

    first, second = html_pieces(body)

    assert first == "a" * 4_000
    assert second == f"<blockquote>{'b' * 4_000}</blockquote>"


def test_limits_are_measured_without_tags_and_escapes():
    assert html_pieces([Paragraph("&" * 4096, Style.STRONG)]) == [f"<b>{'&amp;' * 4096}</b>"]


def test_a_hundred_and_one_styles_need_two_messages():
    pieces = html_pieces([Paragraph(str(n), Style.STRONG) for n in range(101)])

    assert [len(entities) for _, entities in read(pieces)] == [100, 1]


@pytest.mark.parametrize("text", ["", " \n ", "\u200b\u2060", "\u2800", "\x00\x01"])
def test_what_nobody_can_see_is_no_message(text):
    assert html_pieces([Paragraph(text)]) == []
