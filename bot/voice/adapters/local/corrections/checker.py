"""What is worth correcting in a turn: findings joined, guarded, put into the learner's clause."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cache
from importlib.util import find_spec

from bot.core.language import Band
from bot.voice.adapters.local.corrections.finding import Finding
from bot.voice.adapters.local.corrections.tables import RuleTable, find_table
from bot.voice.corrections import Correction

_SENTENCE = re.compile(r"[¿¡]*[^.!?¡¿]+[.!?]*")
_CLAUSE = re.compile(r"(?:[,;:]|\s(?=(?:and|but|because|so|y|e|pero|porque|aunque)\s))")
_LONG = 14  # words; a longer sentence is shown by the clause


def preload(language: str) -> None:
    """Do what the first correction would otherwise wait for; blocks for about a second."""
    _checker(language)


def find_corrections(
    text: str, language: str, band: Band, unsure: Collection[str] = ()
) -> tuple[Correction, ...]:
    """Corrections of a turn, one per sentence or clause, the one to show first.

    Args:
        language: base language of the text; without rules for it nothing is found.
        unsure: words, lower case, that the recogniser was not sure of; nothing that
            touches one is corrected.
    """
    checker = _checker(language)
    return () if checker is None else checker.corrections(text, band, unsure)


class Checker:
    """The rule table of a language and, for English, harper."""

    def __init__(self, table: RuleTable) -> None:
        self._table = table
        self._lints = _lints(table)

    def corrections(self, text: str, band: Band, unsure: Collection[str]) -> tuple[Correction, ...]:
        text = text.replace("’", "'")
        found: list[tuple[int, Correction]] = []
        for start, end in _segments(text):
            segment = text[start:end]
            findings = self._findings(segment, band, unsure)
            if findings:
                found.append((self._rank(findings[0]), self._correction(segment, findings)))
        return tuple(correction for _, correction in sorted(found, key=lambda pair: pair[0]))

    def _findings(self, text: str, band: Band, unsure: Collection[str]) -> list[Finding]:
        kept: list[Finding] = []
        for finding in self._candidates(text, band):
            said = text[finding.start : finding.end]
            touched = set(re.findall(r"[\w']+", said.lower()))
            if said.lower() == finding.replacement.lower() or touched & set(unsure):
                continue
            if not any(finding.overlaps(other) for other in kept):
                kept.append(finding)
        return kept

    def _candidates(self, text: str, band: Band) -> Iterable[Finding]:
        yield from self._table.find(text, band)
        yield from self._lints(text)

    def _rank(self, finding: Finding) -> int:
        ids = [rule.id for rule in self._table.rules]
        return ids.index(finding.rule) if finding.rule in ids else len(ids)

    def _correction(self, text: str, findings: list[Finding]) -> Correction:
        first = findings[0]
        better = text
        for finding in sorted(findings, key=lambda item: -item.start):
            better = better[: finding.start] + finding.replacement + better[finding.end :]
        return Correction(
            said=text,
            better=self._table.tidied(better),
            wrong=text[first.start : first.end],
            right=first.replacement,
            kind=first.kind,
            rule=first.rule,
            explanation=first.explanation,
            prompt=first.prompt,
        )


def _segments(text: str) -> Iterator[tuple[int, int]]:
    """Sentences, and the clauses of long ones, as spans without outer blanks and full stops."""
    for sentence in _SENTENCE.finditer(text):
        cuts = [sentence.start()]
        if len(sentence[0].split()) > _LONG:
            cuts += [cut.end() for cut in _CLAUSE.finditer(text, *sentence.span())]
        for start, end in zip(cuts, [*cuts[1:], sentence.end()], strict=True):
            piece = text[start:end]
            inner = piece.strip().rstrip(".!,;:").rstrip()
            if inner:
                offset = start + len(piece) - len(piece.lstrip())
                yield offset, offset + len(inner)


def _lints(table: RuleTable) -> Callable[[str], Iterable[Finding]]:
    if not table.harper or find_spec("harper") is None:  # the rules do without the extra `local`
        return lambda text: ()
    from bot.voice.adapters.local.corrections.harper_lints import HarperLints

    return HarperLints(table.harper).find


@cache
def _checker(language: str) -> Checker | None:
    table = find_table(language)
    return None if table is None else Checker(table)
