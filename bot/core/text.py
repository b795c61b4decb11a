"""Text as platforms take it: cleaned, measured in UTF-16 units, cut in good places."""

import re
import unicodedata

_UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\ud800-\udfff\ufffe\uffff]")
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BLANK_CATEGORIES = {"Cc", "Cf", "Zs", "Zl", "Zp"}
_BLANK = {"\u2800", "\u3164", "\uffa0", "\u115f", "\u1160", "\ufffc"}
_MARKS = {"Mn", "Mc", "Me"}
_ZERO_WIDTH_JOINER = "\u200d"
_VIRAMA = 9
_ELLIPSIS = "…"


def clean(text: str) -> str:
    """`text` with only what Telegram takes: no control characters, no halves of surrogate pairs.

    Bidirectional overrides go too (Telegram drops them; they make a name read as another).
    """
    if not _UNSAFE.search(text):
        return text
    text = _LINE_ENDS.sub("\n", text).replace("\t", " ")
    if _SURROGATE.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _UNSAFE.sub("", text)


def is_blank(text: str) -> bool:
    """Would a reader see nothing? Telegram refuses such a text."""
    return all(char in _BLANK or unicodedata.category(char) in _BLANK_CATEGORIES for char in text)


def units(text: str) -> int:
    """Length in UTF-16 code units, the measure of every limit of the Bot API."""
    return len(text.encode("utf-16-le")) // 2


def shorten(text: str, limit: int) -> str:
    """`text` in one line of at most `limit` units, with an ellipsis where it was cut."""
    line = " ".join(clean(text).split())
    if units(line) <= limit:
        return line
    hard = _reach(line, 0, limit - 1)
    return line[: _cluster_end(line, 0, hard)].rstrip() + _ELLIPSIS


def split(text: str, first: int, rest: int) -> list[tuple[int, int]]:
    """Where to cut a cleaned text: (start, end) of each piece, white space at the cuts left out.

    Paragraph ends are preferred to line ends, those to spaces, those to any place between two
    grapheme clusters. Only a cluster larger than a whole piece is cut.

    Args:
        first, rest: most UTF-16 units of the first and of every other piece; at least 2.
    """
    pieces = []
    limit, start = first, _next_visible(text, 0)
    while start < len(text):
        hard = _reach(text, start, limit)
        end = hard if hard == len(text) else _good_end(text, start, hard)
        stop = start + len(text[start:end].rstrip())
        if not is_blank(text[start:stop]):
            pieces.append((start, stop))
        limit, start = rest, _next_visible(text, end)
    return pieces


def _reach(text: str, start: int, limit: int) -> int:
    """The farthest index that is within `limit` units of `start`."""
    encoded = text[start : start + limit].encode("utf-16-le")
    return start + len(encoded[: 2 * limit].decode("utf-16-le", "ignore"))


def _good_end(text: str, start: int, hard: int) -> int:
    half = start + (hard - start) // 2
    for mark in ("\n\n", "\n", " "):
        at = text.rfind(mark, half, hard + 1)
        if at > start and _is_boundary(text, _next_visible(text, at)):
            return at
    return _cluster_end(text, start, hard)


def _cluster_end(text: str, start: int, hard: int) -> int:
    for at in range(hard, start, -1):
        if _is_boundary(text, at):
            return at
    return hard


def _next_visible(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _is_boundary(text: str, at: int) -> bool:
    """May the text be cut before `at`? The rules of UAX #29 that matter between two pieces."""
    if at <= 0 or at >= len(text):
        return True
    before, char = text[at - 1], text[at]
    if "\n" in (before, char):
        return True
    if _continues(char) or before == _ZERO_WIDTH_JOINER:
        return False
    if unicodedata.combining(before) == _VIRAMA and unicodedata.category(char) == "Lo":
        return False
    return not (_is_flag_half(before) and _is_flag_half(char)) or _flag_halves(text, at) % 2 == 0


def _continues(char: str) -> bool:
    """Does this character belong to the one before it?"""
    return (
        unicodedata.category(char) in _MARKS
        or char in "\u200c\u200d\u0e33\u0eb3"
        or "\U0001f3fb" <= char <= "\U0001f3ff"  # skin tones
        or "\U000e0020" <= char <= "\U000e007f"  # tags of regional flags
        or "\u1160" <= char <= "\u11ff"  # conjoining vowels and finals of Hangul
    )


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _flag_halves(text: str, at: int) -> int:
    start = at
    while start > 0 and _is_flag_half(text[start - 1]):
        start -= 1
    return at - start
