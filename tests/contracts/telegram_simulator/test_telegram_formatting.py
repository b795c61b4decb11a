"""HTML is read as Telegram reads it."""

import pytest

from bot.simulators.telegram.errors import ApiError
from bot.simulators.telegram.markup import find_entities, parse_html


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("plain", "plain", []),
        ("<b>bold</b> and <i>it</i>", "bold and it", [("bold", 0, 4), ("italic", 9, 2)]),
        ("<strong>a<em>b</em></strong>", "ab", [("bold", 0, 2), ("italic", 1, 1)]),
        ("👩<u>x</u>", "👩x", [("underline", 2, 1)]),
        ("a &lt;b&gt; &amp;&quot; &#39;&#x41; &copy;", "a <b> &\" 'A &copy;", []),
        ('<span class="tg-spoiler">s</span>', "s", [("spoiler", 0, 1)]),
        ("<blockquote>q</blockquote>", "q", [("blockquote", 0, 1)]),
        ("<blockquote expandable>q</blockquote>", "q", [("expandable_blockquote", 0, 1)]),
        ("<b></b>empty", "empty", []),
        ("<S>x</S>", "x", [("strikethrough", 0, 1)]),
        ("5 > 4", "5 > 4", []),
    ],
)
def test_tags_become_entities_counted_in_utf16(source: str, text: str, entities: list[object]):
    parsed, found = parse_html(source)
    assert parsed == text
    assert [(e["type"], e["offset"], e["length"]) for e in found] == entities


def test_links_and_code_carry_what_they_point_to():
    _, (link, code) = parse_html(
        '<a href="https://example.org/?a=1&amp;b=2">x</a>'
        '<pre><code class="language-python">y</code></pre>'
    )
    assert link["url"] == "https://example.org/?a=1&b=2"
    assert (code["type"], code["language"]) == ("pre", "python")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("a<h1>b</h1>", 'Unsupported start tag "h1" at byte offset 1'),
        ("é<br>", 'Unsupported start tag "br" at byte offset 2'),
        ("<b>open", 'Can\'t find end tag corresponding to start tag "b"'),
        (
            "<b><i>x</b></i>",
            'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"',
        ),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("5 < 4", "Unclosed start tag at byte offset 2"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)
def test_broken_markup_is_refused_with_its_place(source: str, reason: str):
    with pytest.raises(ApiError) as refused:
        parse_html(source)
    assert refused.value.code == 400
    assert refused.value.description == f"Bad Request: can't parse entities: {reason}"


def test_commands_links_and_addresses_are_found_in_plain_text():
    text = "/book@linguaflex_bot 👩 see https://example.org/a. or mail a@b.example, and/or"
    found = {(e["type"], text.encode("utf-16-le")[e["offset"] * 2 :][: e["length"] * 2].decode(
        "utf-16-le")) for e in find_entities(text)}  # fmt: skip
    assert found == {
        ("bot_command", "/book@linguaflex_bot"),
        ("url", "https://example.org/a"),
        ("email", "a@b.example"),
    }


def test_nothing_is_found_inside_code():
    text, entities = parse_html("<code>/start</code> /help")
    assert [(e["type"], e["offset"]) for e in find_entities(text, entities)] == [
        ("code", 0),
        ("bot_command", 7),
    ]


async def test_text_is_trimmed_and_its_entities_move_along(api, ana):
    await api.send("  \n <b>hi</b>\r\n ", parse_mode="HTML")
    message = ana.chat.messages[-1]
    assert message.text == "hi"
    assert [(e["type"], e["offset"], e["length"]) for e in message.entities] == [("bold", 0, 2)]
    assert message.html == "  \n <b>hi</b>\n "


async def test_half_a_character_is_refused(api, ana):
    code, said = await api.refusal("sendMessage", chat_id=1001, text="\ud83d")
    assert (code, said) == (400, "Bad Request: strings must be encoded in UTF-8")
