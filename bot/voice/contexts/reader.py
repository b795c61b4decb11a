"""Reads and checks the context files: an error names the file and the entry."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from bot.core.language import Band
from bot.voice.context import (
    Answer,
    Context,
    ContextCard,
    Grammar,
    Line,
    Lines,
    Step,
    StepTalk,
    Talk,
    Topic,
)

Table = Mapping[str, object]
T = TypeVar("T")

OCCASIONS = frozenset(
    {
        "neutral",
        "accept",
        "refuse",
        "thanks",
        "apology",
        "hello",
        "feeling_good",
        "feeling_bad",
        "likes",
        "dislikes",
        "past",
        "future",
        "opinion",
        "reason",
        "number",
        "short",
        "wait",
        "dont_know",
        "dont_understand",
        "slower",
        "question_back",
        "question",
        "recast",
        "repaired",
        "not_repaired",
        "noticed",
        "word_answer",
        "word_unknown",
        "back",
        "prompt",
        "request",
        "goodbye",
        "take_up",
        "other_language",
        "not_understood",
        "again",
    }
)
INTENTS = frozenset(
    {
        "goodbye",
        "how_say",
        "dont_understand",
        "slower",
        "dont_know",
        "wait",
        "question_back",
        "apology",
        "feeling_bad",
        "feeling_good",
        "dislikes",
        "request",
        "likes",
        "reason",
        "opinion",
        "future",
        "refuse",
        "accept",
        "thanks",
        "hello",
        "number",
    }
)


class BadContent(ValueError):
    """A content file is wrong; the message names file and entry."""


class Entry:
    """A place in a content file, with checked access to what is there."""

    def __init__(self, file: str, path: str, data: object, language: str) -> None:
        self._file, self._path, self._data, self._language = file, path, data, language

    def fail(self, why: str) -> BadContent:
        return BadContent(f"{self._file}: {self._path or 'file'}: {why}")

    def table(self) -> Table:
        if not isinstance(self._data, Mapping):
            raise self.fail("must be a table")
        return self._data

    def __getitem__(self, key: str) -> "Entry":
        table = self.table()
        if key not in table:
            raise self.fail(f"{key!r} is missing")
        path = f"{self._path}/{key}" if self._path else key
        return Entry(self._file, path, table[key], self._language)

    def items(self) -> "list[Entry]":
        if not isinstance(self._data, Sequence) or isinstance(self._data, str) or not self._data:
            raise self.fail("must be a list with at least one entry")
        return [
            Entry(self._file, f"{self._path}/{n}", value, self._language)
            for n, value in enumerate(self._data)
        ]

    def text(self) -> str:
        if not isinstance(self._data, str) or not self._data.strip():
            raise self.fail("must be a text that is not empty")
        return self._data

    def pattern(self) -> str:
        try:
            re.compile(self.text())
        except re.error as error:
            raise self.fail(f"is not a regular expression: {error}") from error
        return self.text()

    def texts(self) -> tuple[str, ...]:
        return tuple(item.text() for item in self.items())

    def mapping(self) -> dict[str, str]:
        return {key: self[key].text() for key in self.table()}

    def line(self, open_words: Sequence[str] | None = None) -> Line:
        """A line of the tutor's: no question, or with `open_words` one open question at its end."""
        line = self.phrase()
        for text in (line.text, *line.translations.values()):
            if text.count("?") != (0 if open_words is None else 1):
                raise self.fail("must not ask" if open_words is None else "must ask one question")
        if open_words is not None and not is_open_question(line.text, open_words):
            raise self.fail("must end in an open question")
        return line

    def phrase(self) -> Line:
        """Any line, with its translations."""
        own = self[self._language].text()
        others = {
            key: self[key].text() for key in self.table() if key not in {self._language, "band"}
        }
        if not others:
            raise self.fail("has no translation")
        band = Band(self["band"].text()) if "band" in self.table() else None
        stem = self._file.rsplit("/", 1)[-1].removesuffix(".toml")
        return Line(key=f"{stem}/{self._path}", text=own, translations=others, band=band)

    def lines(self, open_words: Sequence[str] | None = None) -> Lines:
        return tuple(item.line(open_words) for item in self.items())

    def by_band(self, read: "Callable[[Entry], T]") -> dict[Band, T]:
        return {band: read(self[band.value]) for band in Band}


def is_open_question(text: str, open_words: Sequence[str]) -> bool:
    """Whether a text ends in a question that cannot be answered by yes or no."""
    last = re.split(r"(?<=[.!:])\s", text.strip())[-1].lower()
    return last.endswith("?") and any(re.search(rf"\b{word}\b", last) for word in open_words)


def read_context(
    file: str, data: Table, language: str, card: ContextCard, open_words: Sequence[str]
) -> Context:
    """One context of one language.

    Raises:
        BadContent: something is missing or wrong.
    """
    root = Entry(file, "", data, language)
    return Context(
        id=card.id,
        language=language,
        icon=card.icon,
        category=card.category,
        name=card.name,
        description=card.description,
        role=root["role"].text(),
        goal=root["goal"].line(),
        words=root["words"].lines(),
        opening=root["opening"].by_band(lambda entry: entry.line(open_words)),
        closing=root["closing"].by_band(lambda entry: entry.line()),
        steps=tuple(_step(entry, open_words) for entry in root["steps"].items()),
        answers=tuple(
            Answer(cues=entry["cues"].texts(), lines=entry["lines"].lines())
            for entry in root["answers"].items()
        ),
        take_up=root["take_up"].lines(),
        tip=root["tip"].phrase(),
    )


def _step(entry: Entry, open_words: Sequence[str]) -> Step:
    def talk(band: Entry) -> StepTalk:
        asked = band["ask"].lines(open_words)
        if len(asked) < 3:
            raise band.fail("needs three questions")
        return StepTalk(ask=asked, hints=tuple(item.phrase() for item in band["hints"].items()))

    return Step(id=entry["id"].text(), cues=entry["cues"].texts(), talk=entry.by_band(talk))


def read_talk(file: str, data: Table, language: str) -> Talk:
    """The small talk of one language.

    Raises:
        BadContent: something is missing or wrong.
    """
    root = Entry(file, "", data, language)
    grammar = _grammar(root["grammar"])
    asks = grammar.open_words
    _require(root["reactions"], OCCASIONS)
    _require(root["intents"], INTENTS)
    return Talk(
        language=language,
        grammar=grammar,
        greeting=root["greeting"].line(),
        greeting_named=root["greeting_named"].line(),
        goal_line=root["goal_line"].by_band(lambda entry: entry.line()),
        intents={name: root["intents"][name].texts() for name in root["intents"].table()},
        reactions={name: root["reactions"][name].lines() for name in root["reactions"].table()},
        questions={name: root["questions"][name].lines(asks) for name in ("unsure", "prompt")},
        extra=root["extra"].by_band(lambda entry: entry.lines(asks)),
        topics=tuple(
            Topic(
                id=entry["id"].text(),
                cues=entry["cues"].texts(),
                past=entry["past"].lines(asks),
                present=entry["present"].lines(asks),
            )
            for entry in root["topics"].items()
        ),
    )


def _grammar(entry: Entry) -> Grammar:
    return Grammar(
        open_words=entry["open_words"].texts(),
        adjectives=frozenset(entry["adjectives"].texts()),
        not_nouns=frozenset(entry["not_nouns"].texts()),
        function_words=frozenset(entry["function_words"].texts()),
        past=entry["past"].pattern(),
        unreal=entry["unreal"].pattern(),
        question=entry["question"].pattern(),
        asks_for_word=tuple(item.pattern() for item in entry["asks_for_word"].items()),
        determiners=entry["determiners"].mapping(),
        language_names=entry["language_names"].mapping(),
    )


def _require(entry: Entry, names: frozenset[str]) -> None:
    for name in sorted(names):
        entry[name].items()
