"""A text in as many parts as the reader's platform asks for."""

import string
from collections.abc import Sequence

from bot.core.text import split, units

_NAME_AND_GAP = 120  # every part begins with who speaks
_LIMITS = {"telegram": 4096, "discord": 2000}
_CAPTION_LIMITS = {"telegram": 1024, "discord": 2000}
_SHORTEST_LIMIT = 1000
_PUNCTUATION = frozenset(string.punctuation)


def parts_of(text: str, platform: str, *, is_caption: bool = False) -> Sequence[str]:
    """`text`, cut so that no part is cut again on its way out; at least one part.

    Args:
        is_caption: the first part stands under a file.
    """
    rest = _LIMITS.get(platform, _SHORTEST_LIMIT) - _NAME_AND_GAP
    first = _CAPTION_LIMITS.get(platform, _SHORTEST_LIMIT) - _NAME_AND_GAP if is_caption else rest
    pieces = [text[start:end] for start, end in split(text, first, rest)] or [""]
    return [part for piece in pieces for part in _fitting(piece, platform, rest)]


def _fitting(piece: str, platform: str, limit: int) -> Sequence[str]:
    """`piece`, cut further when escaping makes it longer than it looks."""
    if 2 * len(piece) <= limit or _cost(piece, platform) <= limit:  # a character costs two at most
        return [piece]
    shorter = max(2, units(piece) // 2)
    halves = [piece[start:end] for start, end in split(piece, shorter, shorter)]
    if len(halves) < 2:
        return [piece]
    return [part for half in halves for part in _fitting(half, platform, limit)]


def _cost(text: str, platform: str) -> int:
    """Length on its way out; Discord counts the backslashes that make markup plain."""
    escapes = sum(char in _PUNCTUATION for char in text) if platform == "discord" else 0
    return units(text) + escapes
