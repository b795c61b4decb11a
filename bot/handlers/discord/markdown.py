"""Paragraphs to Discord's markdown: what a person wrote is escaped, no style is ever cut open."""

import re
from collections.abc import Sequence

from bot.core.text import clean, is_blank, split, units
from bot.messaging.model import Paragraph, Style

TEXT_LIMIT = 2000
_SHORTEST_PIECE = 200
# An address as Discord's client finds one, without what could end or style it; or an instant,
# which the client shows in the reader's own clock (Discord, "Message Formatting": timestamps).
_ADDRESS = re.compile(r"https?://[^\s<>]*[^\s<>.,:;!?\"'()\[\]*_~|`\\]|<t:[0-9]{1,12}:[tTdDfFR]>")
_SPECIAL = re.compile(r"[\\*_~`|<>\[]|(?m:^(?=[ \t]*(?:#{1,3}[ \t]|-#?[ \t]|\+[ \t])))")
_NUMBERED = re.compile(r"(?m)^([ \t]*\d+)([.)])(?=[ \t])")
_EVERYONE = re.compile(r"@(?=everyone|here)")
_IN_ADDRESS = str.maketrans({"*": "%2A", "~": "%7E", "`": "%60", "|": "%7C", "\\": "%5C"})
_AROUND = {Style.STRONG: "**", Style.NAME: "**", Style.FOLDED: "||"}
_BLOCKS = {Style.QUOTE}

Span = tuple[int, int, Style]


def markdown_pieces(body: Sequence[Paragraph], limit: int = TEXT_LIMIT) -> list[str]:
    """`body` as markdown in pieces of at most `limit` characters; [] when nothing is visible."""
    text, spans = _flattened(body)
    return _pieces(text, spans, 0, limit, limit)


def escaped(text: str) -> str:
    """`text` so that Discord shows it as it was written; addresses stay links, instants times."""
    out: list[str] = []
    at = 0
    for address in _ADDRESS.finditer(text):
        out += _escaped(text[at : address.start()]), address[0].translate(_IN_ADDRESS)
        at = address.end()
    out.append(_escaped(text[at:], is_start=at == 0))
    return "".join(out)


def _escaped(text: str, *, is_start: bool = True) -> str:
    marked = _SPECIAL.sub(_with_backslash, text)
    marked = _NUMBERED.sub(r"\1\\\2", marked) if is_start or "\n" in marked else marked
    return _EVERYONE.sub("@\u200b", marked)


def _with_backslash(found: re.Match[str]) -> str:
    return "\\" + found[0]


def plain_text(body: Sequence[Paragraph]) -> str:
    """The paragraphs without markup, cleaned."""
    return "\n\n".join(clean(paragraph.text) for paragraph in body)


def _pieces(
    text: str, spans: Sequence[Span], start: int, limit: int, most: int, end: int | None = None
) -> list[str]:
    """Marks make text longer: a piece that outgrew the limit is cut again, in smaller ones."""
    pieces: list[str] = []
    part = text[start:end]
    for low, high in split(part, most, most):
        piece = _marked(text, spans, start + low, start + high)
        if units(piece) <= limit:
            pieces.append(piece)
        else:
            smaller = max(2, most * limit // units(piece) - _SHORTEST_PIECE // 10)
            pieces += _pieces(text, spans, start + low, limit, smaller, start + high)
    return pieces


def _flattened(body: Sequence[Paragraph]) -> tuple[str, list[Span]]:
    """One plain text, and where in it which style applies."""
    parts: list[str] = []
    spans: list[Span] = []
    at, before = 0, None
    for paragraph in body:
        text = clean(paragraph.text).strip()
        if is_blank(text):
            continue
        if before is not None:
            is_close = before is Style.NAME or _BLOCKS & {before, paragraph.style}
            gap = "\n" if is_close else "\n\n"
            parts.append(gap)
            at += len(gap)
        parts.append(text)
        spans.append((at, at + len(text), paragraph.style))
        at, before = at + len(text), paragraph.style
    return "".join(parts), spans


def _marked(text: str, spans: Sequence[Span], start: int, end: int) -> str:
    out: list[str] = []
    at = start
    for span_start, span_end, style in spans:
        low, high = max(span_start, start), min(span_end, end)
        if low < high:
            out += text[at:low], _styled(text[low:high], style)
            at = high
    return "".join(out)


def _styled(text: str, style: Style) -> str:
    inner = text.strip()
    if style is Style.CODE and "`" not in inner and "\n" not in inner:
        return f"`{inner}`"
    if style is Style.QUOTE:
        return "\n".join(f"> {escaped(line)}" for line in inner.splitlines())
    mark = _AROUND.get(style, "")
    return f"{mark}{escaped(inner)}{mark}"
