"""The contexts there are: found by language and id, read once."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from bot.core.language import Band, base_language
from bot.voice.context import Context, ContextCard, Talk
from bot.voice.contexts.reader import BadContent, Entry, read_context, read_talk

_FOLDER = Path(__file__).parent
_TALK = "talk"


@cache
def languages() -> frozenset[str]:
    """Base languages that have content: a folder with `talk.toml` and contexts."""
    return frozenset(path.parent.name for path in _FOLDER.glob(f"*/{_TALK}.toml"))


@cache
def list_cards() -> tuple[ContextCard, ...]:
    """All contexts in the order of the index, each with the languages that have it."""
    index = Entry("index.toml", "", _read(_FOLDER / "index.toml"), "en")
    return tuple(_card(index[name], name) for name in index.table())


@cache
def list_contexts(language: str) -> tuple[Context, ...]:
    """The contexts of a language, in the order people choose from; none where it has no content."""
    base = base_language(language)
    return tuple(_context(base, card) for card in list_cards() if base in card.languages)


def find_context(context_id: str, language: str) -> Context | None:
    """The context in this language, None when it is not written yet."""
    return next((item for item in list_contexts(language) if item.id == context_id), None)


@cache
def find_talk(language: str) -> Talk | None:
    """The small talk of a language, None when it is not written yet."""
    base = base_language(language)
    if base not in languages():
        return None
    return read_talk(f"{base}/{_TALK}.toml", _read(_FOLDER / base / f"{_TALK}.toml"), base)


def fixed_lines(context: Context, band: Band | None = None) -> tuple[str, ...]:
    """What the tutor may say word for word in a context, worth speaking beforehand.

    Args:
        band: of the learner; None for what learners of any band hear.

    Returns:
        Openings first, then about as they come up.
    """
    talk = find_talk(context.language)
    bands = tuple(Band) if band is None else (band,)
    goals = [talk.goal_line[each].text.format(goal=context.goal.text) for each in bands if talk]
    told = [*goals, *(context.opening[each].text for each in bands)]
    told += [line.text for step in context.steps for b in bands for line in step.talk[b].ask]
    for lines in talk.reactions.values() if talk else ():
        told += [line.text for line in lines if line.band is None or line.band in bands]
    told += [line.text for answer in context.answers for line in answer.lines]
    for topic in talk.topics if talk else ():
        told += [line.text for line in (*topic.past, *topic.present)]
    told += [line.text for each in bands for line in (talk.extra[each] if talk else ())]
    told += [context.closing[each].text for each in bands]
    return tuple(dict.fromkeys(text for text in told if "{" not in text))


def _card(entry: Entry, name: str) -> ContextCard:
    return ContextCard(
        id=name,
        icon=entry["icon"].text(),
        category=entry["category"].text(),
        name=entry["name"].mapping(),
        description=entry["description"].mapping(),
        languages=frozenset(path.parent.name for path in _FOLDER.glob(f"*/{name}.toml")),
    )


def _context(language: str, card: ContextCard) -> Context:
    talk = find_talk(language)
    if talk is None:
        raise BadContent(f"{language}/{_TALK}.toml: file: is missing")
    data = _read(_FOLDER / language / f"{card.id}.toml")
    return read_context(f"{language}/{card.id}.toml", data, language, card, talk.grammar.open_words)


def _read(path: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise BadContent(f"{path.parent.name}/{path.name}: file: {error}") from error
