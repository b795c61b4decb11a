"""A place in a text where something can be said better."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.voice.corrections import CorrectionKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`text[start:end]` would better be `replacement`."""

    start: int
    end: int
    replacement: str
    kind: CorrectionKind
    rule: str
    explanation: Mapping[str, str]
    prompt: str | None = None

    def overlaps(self, other: "Finding") -> bool:
        return self.start < other.end and other.start < self.end
