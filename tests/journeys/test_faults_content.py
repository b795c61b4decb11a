"""Odd texts, markup and file names people send: shown as they are, split where they must be."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.app import App
from bot.i18n.catalog import texts_in
from bot.simulators.telegram import ChatMessage, Person, find_spec
from tests.stage import Stage, a_note, a_stage, an_app

EN = texts_in("en")
_PATIENCE_SECONDS = 30.0

OVERRIDE = "\u202e"  # would turn round what is shown after it: never sent on
ODD = {
    "as long as a message can be": "tea please " * 372 + "tea!",
    "one word as long as a message": "a" * 4096,
    "astral characters up to the limit": "🍵" * 2048,
    "right to left": "أود بعض الشاي من فضلك " + OVERRIDE + "תה בבקשה",
    "piled marks": "t" + "\u0335\u0489\u0352" * 300 + "ea",
    "joined emoji": "👩‍👩‍👧‍👦" * 200,
    "control characters": "tea\x00\x07\x1b[31m please",
    "invisible": "\u200b\u2060\ufefftea",
    "entities and escapes": "&lt;b&gt; &amp; &#0; &nbsp; \\n %s {0} $(id) ';--",
}
MARKUP = [
    "<b>bold</b> <i>x</i> <u>x</u> <s>x</s> <tg-spoiler>x</tg-spoiler>",
    '<a href="tg://user?id=1">Ana</a> <a href="http://evil.test">bank</a>',
    "<blockquote expandable>x</blockquote><pre>x</pre><code>x</code>",
    "**bold** __x__ ||x|| `code` ```x``` [bank](http://evil.test) *x* _x_ ~x~",
    "</b></i></a></blockquote><b",
]
NAMES = [
    "../../etc/passwd", "..\\..\\boot.ini", "/etc/shadow", "CON", "nul.txt", "a\x00b.ogg",
    "x" * 300 + ".ogg", "file.ogg\r\nX-Injected: yes", "%2e%2e%2fpasswd", "$(touch pwned)", "~",
]  # fmt: skip
_AUTOMATIC = {"url", "email", "mention", "hashtag", "bot_command", "cashtag", "phone_number"}


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with a_stage(spec=find_spec()) as running:
        yield running
        assert running.telegram.violations == []
        assert [r for r in running.telegram.requests if r.status == 400] == []


@pytest.fixture
async def app(stage: Stage, sqlite_url: str) -> AsyncIterator[App]:
    async with an_app(stage, sqlite_url) as running:
        yield running


@pytest.fixture
async def ana(stage: Stage, app: App) -> Person:
    person = stage.telegram.person(1001, "Ana")
    await stage.meet(person)
    return person


async def _answer(person: Person, after: int) -> list[ChatMessage]:
    """All pieces of an answer; the last one tells how many turns there were before."""
    await person.wait(lambda m: "times." in m.text, _PATIENCE_SECONDS, after=after)
    return [m for m in person.chat.messages if m.from_bot and m.message_id > after]


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
async def test_an_odd_text_comes_back_whole(ana: Person, text: str) -> None:
    sent = await ana.send_text(text)
    pieces = await _answer(ana, sent)
    shown = "".join("".join(m.text for m in pieces).split())
    stored = ana.chat.find(sent)
    assert stored is not None
    assert "".join(stored.text.split()).replace(OVERRIDE, "") in shown
    assert all(len(m.text.encode("utf-16-le")) // 2 <= 4096 for m in pieces)


async def test_a_long_reply_is_split_between_the_voice_and_messages_after_it(
    stage: Stage, ana: Person
) -> None:
    words = " ".join(f"word{n}" for n in range(300))
    stage.brain.will_hear.append(words)
    note = await ana.send_voice(a_note(), 1.0)
    pieces = await _answer(ana, note)
    assert words in " ".join(" ".join(m.text for m in pieces if m.kind == "text").split())
    reply = pieces[[m.kind for m in pieces].index("voice") :]
    assert len(reply) > 1
    assert words in " ".join(" ".join(m.text for m in reply).split())


@pytest.mark.parametrize("markup", MARKUP)
async def test_markup_people_type_stays_text(ana: Person, markup: str) -> None:
    sent = await ana.send_text(markup)
    (answer,) = await _answer(ana, sent)
    assert markup in answer.text
    assert {entity["type"] for entity in answer.entities} <= _AUTOMATIC


async def test_markup_in_what_was_heard_stays_text(stage: Stage, ana: Person) -> None:
    plain = await ana.send_voice(a_note(), 1.0)
    usual = [[e["type"] for e in m.entities] for m in await _answer(ana, plain)]
    for markup in MARKUP[:3]:
        stage.brain.will_hear.append(markup)
        note = await ana.send_voice(a_note(), 1.0)
        pieces = await _answer(ana, note)
        assert all(markup in m.text for m in pieces)
        kinds = [[e["type"] for e in m.entities if e["type"] not in _AUTOMATIC] for m in pieces]
        assert kinds == usual


@pytest.mark.parametrize("name", ["<b>Ana</b>", "Ana&lt;", '<a href="http://evil.test">Ana</a>'])
async def test_markup_in_a_name_stays_text(stage: Stage, app: App, name: str) -> None:
    person = stage.telegram.person(3003, name)
    await person.send_text("/start")
    greeting = await person.wait(timeout=_PATIENCE_SECONDS)
    assert name.split()[0] in greeting.text
    assert {entity["type"] for entity in greeting.entities} <= _AUTOMATIC


async def test_a_file_name_is_never_a_path(
    stage: Stage, ana: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    before = {file.name for file in tmp_path.iterdir()}
    for name in NAMES:
        sent = await ana.send_document(b"harmless", name)
        refusal = await ana.wait(after=sent, timeout=_PATIENCE_SECONDS)
        assert refusal.text == EN("talk.no_files"), name
    for name in NAMES[:3]:
        sent = await ana.send_audio(a_note(), 1.0, filename=name)
        await ana.wait(lambda m: m.kind == "voice", _PATIENCE_SECONDS, after=sent)
    assert list(folder.iterdir()) == []
    assert {file.name for file in tmp_path.iterdir()} == before
