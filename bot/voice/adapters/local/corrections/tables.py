"""Rule tables: patterns and replacements as data, with word lists and verb tables in them."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bot.core.language import Band
from bot.voice.adapters.local.corrections.finding import Finding
from bot.voice.corrections import CorrectionKind

_FOLDER = Path(__file__).parent
_NAME = re.compile(r"<([a-z_]+)(?:\.([a-z_]+))?>")
_SLOT = re.compile(r"\{(\d)(?::([a-z_]+)(?:\.([a-z_]+)>([a-z_]+))?)?\}")
_BANDS = list(Band)
_ANY = "any"  # a lookup from whichever column has the word


class Lexicon:
    """The lists, maps and tables of one language's file."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._lists: Mapping[str, list[str]] = data.get("lists", {})
        self._maps: Mapping[str, Mapping[str, str]] = data.get("maps", {})
        self._tables = {name: _rows(table) for name, table in data.get("tables", {}).items()}

    def expand(self, pattern: str) -> str:
        """The pattern with every <name> replaced by its words.

        Raises:
            KeyError: there is no such list, map or table.
        """
        return _NAME.sub(lambda found: self._alternatives(found[1], found[2]), pattern)

    def fill(self, template: str, match: re.Match[str]) -> str:
        """The template with its slots filled from the match.

        Raises:
            KeyError: a slot asks for a word that its table does not have.
        """
        return _SLOT.sub(lambda slot: self._word(slot, match), template)

    def _alternatives(self, name: str, column: str | None) -> str:
        if column is not None:
            words = [re.escape(w) for row in self._tables[name] for w in row.get(column, ())]
        elif name in self._maps:
            words = [re.escape(word) for word in self._maps[name]]
        else:
            words = [self.expand(word) for word in self._lists[name]]
        return "(?:" + "|".join(sorted(set(words), key=lambda word: (-len(word), word))) + ")"

    def _word(self, slot: re.Match[str], match: re.Match[str]) -> str:
        said = match[int(slot[1])] or ""
        if slot[2] is None:
            return said
        if slot[3] is None:
            return {key.lower(): value for key, value in self._maps[slot[2]].items()}[said.lower()]
        return self._look_up(slot[2], slot[3], slot[4], said.lower())

    def _look_up(self, table: str, source: str, target: str, word: str) -> str:
        for row in self._tables[table]:
            columns = row if source == _ANY else [source]
            if any(word in row.get(column, ()) for column in columns):
                return row[target][0]
        raise KeyError(f"{table}.{source} has no {word!r}")


def _rows(table: Mapping[str, Any]) -> list[dict[str, list[str]]]:
    """Rows as column to alternatives; "-" is an empty cell, "|" divides alternatives."""
    return [
        {
            column: cell.split("|")
            for column, cell in zip(table["columns"], row.split(), strict=True)
            if cell != "-"
        }
        for row in table["rows"]
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One kind of slip; `wrong` and `right` are its own test, sentence by sentence."""

    id: str
    kind: CorrectionKind
    pattern: re.Pattern[str]
    replace: str
    explain: Mapping[str, str]
    prompt: str | None
    upto: Band
    wrong: tuple[str, ...]
    right: tuple[str, ...]


class RuleTable:
    """The rules of one language."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._lexicon = Lexicon(data)
        self.rules = tuple(self._rule(entry) for entry in data["rules"])
        self.harper: Mapping[str, Mapping[str, Any]] = data.get("harper", {})
        self._tidy = tuple((re.compile(old), new) for old, new in data.get("tidy", ()))

    def find(self, text: str, band: Band) -> Iterator[Finding]:
        """All findings, the table's order first; they may overlap."""
        for rule in self.rules:
            if _BANDS.index(band) > _BANDS.index(rule.upto):
                continue
            for match in rule.pattern.finditer(text):
                yield self._finding(rule, match)

    def tidied(self, text: str) -> str:
        """The text as it is shown, whatever the keyboard or recogniser left out."""
        for old, new in self._tidy:
            text = old.sub(new, text)
        return text

    def _rule(self, entry: Mapping[str, Any]) -> Rule:
        return Rule(
            id=entry["id"],
            kind=CorrectionKind(entry["kind"]),
            pattern=re.compile(self._lexicon.expand(entry["pattern"]), re.IGNORECASE),
            replace=entry["replace"],
            explain=entry["explain"],
            prompt=entry.get("prompt"),
            upto=Band(entry.get("upto", Band.ADVANCED)),
            wrong=tuple(entry["wrong"]),
            right=tuple(entry["right"]),
        )

    def _finding(self, rule: Rule, match: re.Match[str]) -> Finding:
        fill = self._lexicon.fill
        return Finding(
            start=match.start(),
            end=match.end(),
            replacement=_cased_like(match[0], fill(rule.replace, match)),
            kind=rule.kind,
            rule=rule.id,
            explanation={tag: fill(text, match) for tag, text in rule.explain.items()},
            prompt=None if rule.prompt is None else fill(rule.prompt, match),
        )


def _cased_like(said: str, better: str) -> str:
    return better[:1].upper() + better[1:] if said[:1].isupper() else better


@cache
def find_table(language: str) -> RuleTable | None:
    """The rules of a base language, None where nobody has written any."""
    path = _FOLDER / f"{language}.toml"
    if not path.exists():
        return None
    return RuleTable(tomllib.loads(path.read_text(encoding="utf-8")))
