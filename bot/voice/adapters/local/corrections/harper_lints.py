"""Harper, the English grammar checker, limited to what a learner's speech can be corrected for."""

import threading
from collections.abc import Iterator, Mapping
from typing import Any

import harper

from bot.voice.adapters.local.corrections.finding import Finding
from bot.voice.corrections import CorrectionKind


class HarperLints:
    """Harper's lints of chosen kinds; the first linter takes about a second to make.

    Spelling, capitals, punctuation and style are left out: a transcript has none of the learner's.
    """

    def __init__(self, kinds: Mapping[str, Mapping[str, Any]]) -> None:
        self._kinds = kinds
        self._linter = harper.Linter()
        self._lock = threading.Lock()  # a Linter is not thread-safe

    def find(self, text: str) -> Iterator[Finding]:
        """Findings with exactly the first suggestion harper makes."""
        with self._lock:
            lints = self._linter.lint(text)
        for lint in lints:
            meaning = self._kinds.get(lint.lint_kind)
            if meaning is None or not lint.suggestions:
                continue
            problem = lint.problem_text.lower()
            if problem in meaning.get("never", ()) or problem not in meaning.get("only", [problem]):
                continue
            suggestion = lint.suggestions[0]
            if suggestion.kind != harper.SuggestionKind.REPLACE:
                continue
            right = suggestion.replacement_text
            yield Finding(
                start=lint.span.start,
                end=lint.span.end,
                replacement=right,
                kind=CorrectionKind(meaning["kind"]),
                rule=f"harper:{lint.lint_kind}",
                explanation={
                    tag: template.format(right=right)
                    for tag, template in meaning["explain"].items()
                },
            )
