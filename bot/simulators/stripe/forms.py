"""Stripe's request bodies: forms whose names have brackets, `metadata[booking]=7`."""

import re
from collections.abc import Iterable
from typing import Any

_PART = re.compile(r"[^\[\]]+|(?<=\[)(?=\])")


def parse_form(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Nested mappings and lists; every value stays the text it was.

    Numbered brackets and empty ones (`expand[]=charge`) make lists.
    """
    root: dict[str, Any] = {}
    for name, value in pairs:
        place = root
        *outer, last = _PART.findall(name) or [name]
        for part in outer:
            found = place.setdefault(_index(part, place), {})
            place = found if isinstance(found, dict) else {}
        place[_index(last, place)] = value
    return {name: _with_lists(value) for name, value in root.items()}


def _index(part: str, place: dict[str, Any]) -> str:
    return part or str(len(place))


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(name.isdigit() for name in value):
        return [_with_lists(value[name]) for name in sorted(value, key=int)]
    return {name: _with_lists(each) for name, each in value.items()}
