"""Another language is a matter of writing: files alone make a tutor for it."""

import re
import tomllib
from pathlib import Path

import bot.voice.contexts
from bot.voice.adapters.local.tutor import Tutor
from bot.voice.adapters.local.tutor_state import state_from_variables
from bot.voice.adapters.local.tutor_understanding import Heard
from bot.voice.context import ContextCard
from bot.voice.contexts.reader import read_context, read_talk
from tests.unit.tutor.learners import SCRIPTS

FOLDER = Path(bot.voice.contexts.__file__).parent / "en"
STRANGE = "xx"  # no word list and no rule knows it


def renamed(file: str) -> dict[str, object]:
    """An English file as that of a language nobody has heard of."""
    text = (FOLDER / file).read_text(encoding="utf-8")
    return tomllib.loads(re.sub(r"\{ en = ", f"{{ {STRANGE} = ", text))


def test_files_alone_make_a_tutor_for_another_language() -> None:
    talk = read_talk("xx/talk.toml", renamed("talk.toml"), STRANGE)
    card = ContextCard(id="cafe", icon="", category="", name={}, description={})
    context = read_context(
        "xx/cafe.toml", renamed("cafe.toml"), STRANGE, card, talk.grammar.open_words
    )
    tutor = Tutor(context, talk)
    state = state_from_variables({"context": "cafe", "level": "B1"}, STRANGE)
    told = []
    for line in SCRIPTS["en"]["chatty"]:
        reply = tutor.reply(state, Heard(text=line))
        state = reply.state
        told.append(reply.text)
    assert len({text.text for text in told}) == len(told)
    assert not any(text.is_repair for text in told)
    assert "cinema" in told[1].text or "film" in told[1].text
