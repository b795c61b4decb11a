"""Typed hours as words: what separates statements, and the words of one, left to right."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.core.errors import DomainError
from bot.i18n.calendar_names import words
from bot.i18n.names import folded

_LONGEST_TEXT = 1000
_LONGEST_PART = 60
_TOKEN = re.compile(
    r"(?P<iso>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"|(?P<clock>[0-9]{1,2}(?:(?:[:.][0-9]{2}|h[0-9]{2}|h)?\s?[ap]\.?\s?m\b\.?"
    r"|[:.][0-9]{2}|h[0-9]{2}|h)(?!\w))"
    r"|(?P<number>[0-9]+)(?:st|nd|rd|th|º)?(?!\w)"
    r"|(?P<dash>[-–—−‐‑~])"
    r"|(?P<word>[^\W\d_]+)\.?"
    r"|(?P<other>\S)",
    re.IGNORECASE,
)
_SEPARATORS = re.compile(r"[,;\n+&]")


class NotUnderstood(DomainError):
    """A part of the text is no hours; `part` is that part, as it was typed."""

    key = "hours.not_understood"

    def __init__(self, part: str, key: str | None = None) -> None:
        super().__init__(key, part=" ".join(part.split())[:_LONGEST_PART] or "…")


@dataclass(frozen=True, slots=True)
class Token:
    """One word: its kind is the name of its group in the pattern, `plain` is folded."""

    kind: str
    text: str
    plain: str


class Statement:
    """One statement, read from left to right; `text` is how it was typed."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.text = " ".join(token.text for token in tokens)
        self._tokens = tokens
        self.at = 0

    @property
    def is_at_end(self) -> bool:
        return self.at >= len(self._tokens)

    @property
    def rest(self) -> str:
        """What was not read yet; all of it, where everything was."""
        return " ".join(token.text for token in self._tokens[self.at :]) or self.text

    def since(self, begin: int) -> str:
        """What was read from there on."""
        return " ".join(token.text for token in self._tokens[begin : self.at])

    def kind(self, ahead: int = 0) -> str:
        """Of the next token, or one after it; empty at the end. "to" is a dash."""
        if self.at + ahead >= len(self._tokens):
            return ""
        token = self._tokens[self.at + ahead]
        is_dash = token.kind == "word" and token.plain in words("hours.words.to")
        return "dash" if is_dash else token.kind

    def next(self) -> Token:
        """Go past one token; there must be one."""
        token = self._tokens[self.at]
        self.at += 1
        return token

    def peek(self) -> Token:
        return self._tokens[self.at]

    def take(self, key: str) -> bool:
        """Go past a word that the catalogs accept for `key`."""
        is_it = self.kind() == "word" and self.peek().plain in words(key)
        self.at += is_it
        return is_it

    def take_dash(self) -> bool:
        is_dash = self.kind() == "dash"
        self.at += is_dash
        return is_dash

    def end(self) -> None:
        """Raises NotUnderstood: something is left."""
        if not self.is_at_end:
            raise NotUnderstood(self.rest)


def statements(text: str) -> Iterator[Statement]:
    """What stands between commas, line ends and "and", without the words that mean nothing.

    Raises:
        NotUnderstood: it is longer than anybody's hours.
    """
    if len(text) > _LONGEST_TEXT:
        raise NotUnderstood(text, "hours.too_long")
    for part in _SEPARATORS.split(unicodedata.normalize("NFC", text)):
        tokens: list[Token] = []
        for token in _tokens(part):
            if token.kind == "word" and token.plain in words("hours.words.and"):
                yield from _statement(tokens)
                tokens = []
            elif token.kind != "word" or token.plain not in words("hours.words.skip"):
                tokens.append(token)
        yield from _statement(tokens)


def _statement(tokens: Sequence[Token]) -> Iterator[Statement]:
    if tokens:
        yield Statement(tokens)


def _tokens(part: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(part):
        kind = str(match.lastgroup)
        yield Token(kind, match[0], folded(match[kind]))
