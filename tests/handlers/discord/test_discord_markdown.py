"""Nothing a person writes becomes markup, and nothing of it is lost."""

import random
import re

import pytest

from bot.core.text import units
from bot.handlers.discord.markdown import TEXT_LIMIT, escaped, markdown_pieces
from bot.messaging.model import Paragraph, Style

_ESCAPE = re.compile(r"\\([\\*_~`|<>\[#+.)-])")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("*a* _b_ ~~c~~ ||d|| `e`", r"\*a\* \_b\_ \~\~c\~\~ \|\|d\|\| \`e\`"),
        ("<@123> <#4> <t:1> <:x:1>", r"\<@123\> \<#4\> \<t:1\> \<:x:1\>"),
        ("at <t:1795507200:F>, *so*", r"at <t:1795507200:F>, \*so\*"),
        ("[safe](https://evil.org)", r"\[safe](https://evil.org)"),
        ("# big\n-# small\n- one\n> said", "\\# big\n\\-# small\n\\- one\n\\> said"),
        ("1. one\n2) two", "1\\. one\n2\\) two"),
        ("@everyone and @here", "@\u200beveryone and @\u200bhere"),
        ("a_b https://x.org/a_b_c?d=*e (https://x.org)", None),
    ],
)
def test_marks_are_shown_as_they_were_written(written, shown):
    expected = shown or r"a\_b https://x.org/a_b_c?d=%2Ae (https://x.org)"

    assert escaped(written) == expected


def test_each_style_has_its_marks():
    body = [
        Paragraph("a*", Style.STRONG),
        Paragraph("one\ntwo", Style.QUOTE),
        Paragraph("hidden", Style.FOLDED),
        Paragraph("code", Style.CODE),
    ]

    assert markdown_pieces(body) == ["**a\\***\n> one\n> two\n||hidden||\n\n`code`"]


def test_backticks_do_not_end_code():
    assert markdown_pieces([Paragraph("a`b", Style.CODE)]) == ["a\\`b"]


@pytest.mark.parametrize("seed", range(20))
def test_long_texts_are_cut_within_the_limit_and_nothing_is_lost(seed):
    chance = random.Random(seed)
    words = ["*_~|", "word", "👩‍🏫", "<@1>", "ñandú", "[x](y)", "``", "#"]
    text = " ".join(chance.choice(words) for _ in range(chance.randint(1, 3000)))
    style = chance.choice([Style.PLAIN, Style.STRONG, Style.FOLDED])

    pieces = markdown_pieces([Paragraph(text, style)])

    assert all(0 < units(piece) <= TEXT_LIMIT for piece in pieces)
    mark = {Style.STRONG: "**", Style.FOLDED: "||"}.get(style, "")
    bare = [piece.removeprefix(mark).removesuffix(mark) for piece in pieces]
    said = "".join(_ESCAPE.sub(r"\1", piece) for piece in bare)
    assert "".join(said.split()) == "".join(text.split())


def test_nothing_visible_is_nothing():
    assert markdown_pieces([Paragraph(" \u200b\n"), Paragraph("")]) == []
