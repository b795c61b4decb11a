"""Formatted text: the HTML dialect of the Bot API, and the entities a server finds by itself."""

import re
from dataclasses import dataclass, field
from html import unescape

from bot.simulators.telegram.chat import Entity
from bot.simulators.telegram.errors import ApiError, bad_request

_PLAIN_TAGS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline",
    "ins": "underline", "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough",
    "tg-spoiler": "spoiler", "code": "code", "blockquote": "blockquote", "pre": "pre",
}  # fmt: skip
_OTHER_TAGS = {"a", "span", "tg-emoji"}
_ATTRIBUTE = re.compile(r"""\s*([a-zA-Z0-9-]+)\s*(?:=\s*("[^"]*"|'[^']*'|[a-zA-Z0-9.-]+))?""")
_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});?")
_FOUND = {
    "bot_command": re.compile(r"(?<![\w/])/[A-Za-z0-9_]{1,32}(?:@\w{3,32})?(?![\w/])"),
    "url": re.compile(r"(?<![\w@])https?://[^\s<>\"]+[^\s<>\".,!?;:)]"),
    "email": re.compile(r"(?<![\w.])[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    "mention": re.compile(r"(?<![\w.])@[A-Za-z]\w{2,31}\b"),
}
_OPAQUE = {"code", "pre", "text_link"}


def utf16_length(text: str) -> int:
    """Length as Telegram counts it: UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def clean(text: str) -> str:
    """Control characters as the server leaves them: no carriage returns, others are spaces."""
    text = text.replace("\r", "")
    return re.sub(r"[\x00-\x08\x0b-\x1f]", " ", text).replace("\x0b", " ")


def find_entities(text: str, known: tuple[Entity, ...] = ()) -> tuple[Entity, ...]:
    """Commands, links, addresses and mentions in plain text, outside code and links."""
    taken = [
        (entity["offset"], entity["offset"] + entity["length"])
        for entity in known
        if entity["type"] in _OPAQUE
    ]
    found = list(known)
    for kind, pattern in _FOUND.items():
        for match in pattern.finditer(text):
            offset, length = utf16_length(text[: match.start()]), utf16_length(match.group())
            if all(offset + length <= start or offset >= end for start, end in taken):
                found.append({"type": kind, "offset": offset, "length": length})
                taken.append((offset, offset + length))
    return tuple(sorted(found, key=lambda entity: (entity["offset"], -entity["length"])))


def parse_html(source: str) -> tuple[str, tuple[Entity, ...]]:
    """Text without tags, and its entities.

    Raises:
        ApiError: "can't parse entities", with the byte offset, as the server says it.
    """
    return _HtmlReader(source).read()


def strip(text: str, entities: tuple[Entity, ...]) -> tuple[str, tuple[Entity, ...]]:
    """Trim white space around the text and move its entities along."""
    trimmed = text.strip()
    start = utf16_length(text) - utf16_length(text.lstrip())
    end = utf16_length(trimmed)
    moved = []
    for entity in entities:
        first = max(0, entity["offset"] - start)
        last = min(end, entity["offset"] + entity["length"] - start)
        if last > first:
            moved.append({**entity, "offset": first, "length": last - first})
    return trimmed, tuple(moved)


@dataclass(slots=True)
class _Open:
    """A tag whose end was not met."""

    name: str
    entity: Entity | None


@dataclass(slots=True)
class _HtmlReader:
    """Reads tags and text one after the other; `length` is in UTF-16 units."""

    source: str
    at: int = 0
    length: int = 0
    out: list[str] = field(default_factory=list)
    open: list[_Open] = field(default_factory=list)
    entities: list[Entity] = field(default_factory=list)

    def read(self) -> tuple[str, tuple[Entity, ...]]:
        while self.at < len(self.source):
            if self.source[self.at] == "<":
                self._tag()
            else:
                self._text()
        if self.open:
            name = self.open[-1].name
            raise self._error(f'Can\'t find end tag corresponding to start tag "{name}"')
        kept = [entity for entity in self.entities if entity["length"] > 0]
        kept.sort(key=lambda entity: (entity["offset"], -entity["length"]))
        return "".join(self.out), tuple(kept)

    def _text(self) -> None:
        end = self.source.find("<", self.at)
        end = len(self.source) if end < 0 else end
        text = _ENTITY.sub(lambda match: unescape(match.group()), self.source[self.at : end])
        self.out.append(text)
        self.length += utf16_length(text)
        self.at = end

    def _tag(self) -> None:
        start = self.at
        end = self._end_of_tag(start)
        inside = self.source[start + 1 : end]
        self.at = end + 1
        if inside.startswith("/"):
            self._close(inside[1:].strip().lower(), start)
        else:
            self._begin(inside, start)

    def _end_of_tag(self, start: int) -> int:
        quote = ""
        for position in range(start + 1, len(self.source)):
            character = self.source[position]
            if quote:
                quote = "" if character == quote else quote
            elif character in "\"'":
                quote = character
            elif character == ">":
                return position
        kind = "end" if self.source[start + 1 : start + 2] == "/" else "start"
        raise self._error(f"Unclosed {kind} tag", start)

    def _begin(self, inside: str, start: int) -> None:
        name = re.split(r"[\s/]", inside, maxsplit=1)[0].lower()
        if name not in _PLAIN_TAGS and name not in _OTHER_TAGS:
            raise self._error(f'Unsupported start tag "{name}"', start)
        attributes = self._attributes(inside[len(name) :])
        entity = self._entity(name, attributes, start)
        if entity is not None:
            entity |= {"offset": self.length, "length": 0}
        self.open.append(_Open(name, entity))

    def _attributes(self, rest: str) -> dict[str, str]:
        return {
            match.group(1).lower(): unescape((match.group(2) or "").strip("\"'"))
            for match in _ATTRIBUTE.finditer(rest)
        }

    def _entity(self, name: str, attributes: dict[str, str], start: int) -> Entity | None:
        if name == "a":
            return {"type": "text_link", "url": attributes.get("href", "")}
        if name == "span":
            if attributes.get("class") != "tg-spoiler":
                raise self._error('Tag "span" must have class "tg-spoiler"', start)
            return {"type": "spoiler"}
        if name == "tg-emoji":
            if not attributes.get("emoji-id"):
                raise self._error("Custom emoji identifier must be specified", start)
            return {"type": "custom_emoji", "custom_emoji_id": attributes["emoji-id"]}
        if name == "blockquote" and "expandable" in attributes:
            return {"type": "expandable_blockquote"}
        if name == "code" and self.open and self.open[-1].name == "pre":
            self._name_language(attributes)
            return None
        return {"type": _PLAIN_TAGS[name]}

    def _name_language(self, attributes: dict[str, str]) -> None:
        language = attributes.get("class", "").removeprefix("language-")
        around = self.open[-1].entity
        if language and around is not None:
            around["language"] = language

    def _close(self, name: str, start: int) -> None:
        if not self.open:
            raise self._error("Unexpected end tag", start)
        tag = self.open.pop()
        if name and name != tag.name:
            expected, found = f'"</{tag.name}>"', f'"</{name}>"'
            raise self._error("Unmatched end tag", start, f", expected {expected}, found {found}")
        if tag.entity is not None:
            tag.entity["length"] = self.length - tag.entity["offset"]
            self._keep(tag.entity)

    def _keep(self, entity: Entity) -> None:
        if entity["type"] == "text_link":
            if not entity["url"]:
                entity["url"] = self._written(entity["offset"])
            if not re.match(r"(?:https?|tg|ton)://|[^\s/.]+\.[^\s]+$", entity["url"]):
                return  # the server drops links it cannot open
        self.entities.append(entity)

    def _written(self, offset: int) -> str:
        units = "".join(self.out).encode("utf-16-le")
        return units[offset * 2 :].decode("utf-16-le")

    def _error(self, reason: str, start: int | None = None, more: str = "") -> ApiError:
        if start is not None:
            reason += f" at byte offset {len(self.source[:start].encode())}{more}"
        return bad_request(f"can't parse entities: {reason}")
