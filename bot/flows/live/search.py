"""What somebody looks for in the list, as it travels in a button."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.core.language import Level
from bot.flows.runner import StaleButton
from bot.i18n.names import find_language
from bot.live.model import ANY_LEVEL, Kind

LISTED_KINDS = (Kind.GROUP, Kind.PRACTICE, Kind.CULTURAL)
LEVELS: Sequence[str] = (*Level, ANY_LEVEL)
MOST_WORDS = 30  # bytes: with the filters and a page it fits a button's 64
_FREE, _PAID = "f", "p"
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})?")
_LETTERS = {kind.value[0]: kind for kind in LISTED_KINDS}


@dataclass(frozen=True, slots=True)
class Wish:
    """The filters of a list; nothing set: everything."""

    language: str | None = None
    level: str | None = None
    kind: Kind | None = None
    is_free: bool | None = None
    text: str = ""

    @property
    def packed(self) -> str:
        """For a button: at most 45 bytes, without a colon."""
        price = "" if self.is_free is None else _FREE if self.is_free else _PAID
        kind = self.kind.value[0] if self.kind else ""
        return ".".join((self.language or "", self.level or "", kind, price, self.text))

    def with_one(self, name: str, value: str) -> "Wish":
        """With one filter changed; an empty value takes it away. Raises StaleButton."""
        fields = {"language": 0, "level": 1, "kind": 2, "price": 3}
        if name not in fields:
            raise StaleButton
        parts = self.packed.split(".", 4)
        parts[fields[name]] = value
        return parse_wish(".".join(parts))


def parse_wish(packed: str) -> Wish:
    """What `Wish.packed` said. Raises StaleButton for anything else."""
    parts = packed.split(".", 4)
    if len(parts) != 5 or any(char in packed for char in ":\n"):
        raise StaleButton
    language, level, kind, price, text = parts
    is_known = (
        (not language or _TAG.fullmatch(language))
        and level in {"", *LEVELS}
        and (not kind or kind in _LETTERS)
        and price in {"", _FREE, _PAID}
        and len(text.encode()) <= MOST_WORDS
    )
    if not is_known:
        raise StaleButton
    return Wish(
        language=language or None,
        level=level or None,
        kind=_LETTERS.get(kind),
        is_free=None if not price else price == _FREE,
        text=text,
    )


def wish_from(typed: str) -> Wish:
    """What is typed after the command: a language, a level and words in any order."""
    wish, rest = Wish(), []
    for word in typed.replace(":", " ").split():
        level = word.upper()
        tag = find_language(word) if len(word) > len("en") else None
        if wish.level is None and level in set(Level):
            wish = replace(wish, level=level)
        elif wish.language is None and tag is not None:
            wish = replace(wish, language=tag)
        else:
            rest.append(word)
    return replace(wish, text=cut(" ".join(rest)))


def cut(text: str) -> str:
    """As many whole characters as fit a button."""
    return text.encode()[:MOST_WORDS].decode(errors="ignore").strip()
