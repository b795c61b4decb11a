"""Cutting a reply into sentences, so that the first can be heard while the next is made."""

import re

_END = re.compile(r"[.!?…]+[\"'”»’)\]]*\s+|[。！？]+\s*|\n+")
_ABBREVIATED = frozenset(
    {
        "mr", "mrs", "ms", "dr", "prof", "st", "vs",
        "sr", "sra", "srta", "dra", "ud", "uds",
        "m", "mm", "mme", "mlle",
        "sig", "dott", "z.b", "d.h", "e.g", "i.e", "p.ej",
    }
)  # fmt: skip


def sentences_of(text: str) -> list[str]:
    """The sentences of `text` in order, without the space around them."""
    sentences, start = [], 0
    for end in _END.finditer(text):
        if not _is_abbreviation(text[start : end.start()], end.group()):
            sentences.append(text[start : end.end()].strip())
            start = end.end()
    return [sentence for sentence in [*sentences, text[start:].strip()] if sentence]


def _is_abbreviation(before: str, mark: str) -> bool:
    if mark.rstrip() != ".":
        return False
    words = before.split()
    last = words[-1].lstrip("(\"'«“¿¡") if words else ""
    is_initial = len(last) == 1 and last.isupper() and last != "I"
    return is_initial or last.lower() in _ABBREVIATED
