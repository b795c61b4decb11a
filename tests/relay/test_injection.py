"""Whatever a person writes or calls themselves arrives as plain words on the other side."""

import re

import pytest

from bot.accounts.model import User
from bot.chat.mirror import shown_name
from bot.chat.policy import harmless
from bot.handlers.discord.render import drafts
from bot.handlers.telegram.render import render_outgoing
from bot.i18n.catalog import texts_in
from bot.messaging.model import Address, MessageKind, Outgoing, Paragraph, Style
from bot.simulators.telegram.markup import find_entities, parse_html
from tests.message_builders import NOW

HOSTILE = [
    "@everyone @here look",
    "<@123> <@!123> <@&9> <#5> </forget:1> <a:x:1> <t:0:R>",
    "@ana_garcia and @some_bot",
    "/forget /start@bot",
    "[your bank](https://evil.example)",
    "[x](tg://user?id=5) <a href='tg://user?id=5'>Ben</a>",
    "<b>bold</b> &lt;i&gt; <tg-spoiler>x</tg-spoiler>",
    "**bold** __under__ *it* ~~gone~~ ||spoiler|| `code` ```block```",
    "> quote\n>>> more\n# heading\n- list\n1. list\n-# small",
    "\u202egnp.exe\u202c \u200b@everyone",
    "\\*\\*not\\*\\* \\<@123>",
    "Ben\n\n**Ana**\nI said that",
]
NAMES = ["@everyone", "Ana**", "<b>Ana</b>", "a\nb", "\u202eanA", "/forget"]
# What a client makes tappable although it is plainly to be read: the address itself.
_READ_AS_THEY_ARE = {"url", "email"}


def relayed(text: str, platform: str, name: str = "Ana") -> Outgoing:
    shown = shown_name(User(created_at=NOW, name=name), texts_in("en"))
    body = (Paragraph(shown, Style.NAME), Paragraph(harmless(text)))
    return Outgoing(key="1", to=Address(platform, "1"), kind=MessageKind.RELAY, body=body)


@pytest.mark.parametrize("text", HOSTILE)
def test_telegram_shows_no_entity_of_a_persons_making(text: str) -> None:
    (call,) = render_outgoing(relayed(text, "telegram"))
    shown, entities = parse_html(str(call.params["text"]))

    found = [each["type"] for each in find_entities(shown, entities)]

    assert [kind for kind in found if kind not in _READ_AS_THEY_ARE] == ["bold"]


@pytest.mark.parametrize("text", HOSTILE)
def test_discord_pings_nobody_and_shows_no_markup(text: str) -> None:
    (draft,) = drafts(relayed(text, "discord"))
    content = str(draft.body["content"])

    assert draft.body["allowed_mentions"]["parse"] == []
    assert "@everyone" not in content
    assert "@here" not in content
    header, _, said = content.partition("\n")
    unescaped = re.sub(r"\\.", "x", said)
    assert header == "**Ana**"
    assert set(unescaped) & set("<[*_~|`") == set()
    assert re.search(r"^\s*(>|#|-\s|\d+\.\s)", unescaped, re.MULTILINE) is None


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_only_a_name(name: str) -> None:
    (call,) = render_outgoing(relayed("hello", "telegram", name))
    shown, entities = parse_html(str(call.params["text"]))
    (draft,) = drafts(relayed("hello", "discord", name))

    assert [each["type"] for each in find_entities(shown, entities)] == ["bold"]
    assert "@everyone" not in str(draft.body["content"])
    assert len(shown.splitlines()) == 2


def test_who_has_no_name_is_somebody() -> None:
    assert shown_name(User(created_at=NOW, name="\u200b"), texts_in("en")) == "Somebody"
