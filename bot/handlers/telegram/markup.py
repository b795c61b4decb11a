"""Paragraphs to Telegram's HTML: everything a person wrote is escaped, no tag is ever cut."""

from collections.abc import Iterator, Sequence
from html import escape

from bot.core.text import clean, is_blank, split
from bot.messaging.model import Paragraph, Style

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
_MOST_STYLED = 100  # entities Telegram keeps per message
_TAGS = {
    Style.STRONG: ("<b>", "</b>"),
    Style.NAME: ("<b>", "</b>"),
    Style.QUOTE: ("<blockquote>", "</blockquote>"),
    Style.FOLDED: ("<blockquote expandable>", "</blockquote>"),
    Style.CODE: ("<code>", "</code>"),
}
_BLOCKS = {Style.QUOTE, Style.FOLDED}

Span = tuple[int, int, Style]


def html_pieces(body: Sequence[Paragraph], first: int = TEXT_LIMIT) -> list[str]:
    """`body` as HTML, in as many pieces as Telegram's limits ask for; [] when nothing is visible.

    Args:
        first: most UTF-16 units of the first piece, measured as Telegram does: without tags.
    """
    pieces: list[str] = []
    for group in _groups(body):
        text, spans = _flattened(group)
        for start, end in split(text, TEXT_LIMIT if pieces else first, TEXT_LIMIT):
            pieces.append(_html(text, spans, start, end))
    return pieces


def plain_text(body: Sequence[Paragraph]) -> str:
    """The paragraphs without markup, cleaned."""
    return "\n\n".join(clean(paragraph.text) for paragraph in body)


def _groups(body: Sequence[Paragraph]) -> Iterator[list[Paragraph]]:
    """What can share a message as far as the number of its styles goes."""
    group: list[Paragraph] = []
    styled = 0
    for paragraph in body:
        text = clean(paragraph.text).strip("\n")
        if is_blank(text):
            continue
        if paragraph.style in _TAGS:
            if styled == _MOST_STYLED:
                yield group
                group, styled = [], 0
            styled += 1
        group.append(Paragraph(text, paragraph.style))
    yield group


def _flattened(paragraphs: Sequence[Paragraph]) -> tuple[str, list[Span]]:
    """One plain text, and where in it which style applies."""
    parts: list[str] = []
    spans: list[Span] = []
    at = 0
    for index, paragraph in enumerate(paragraphs):
        if index:
            gap = _gap(paragraphs[index - 1], paragraph)
            parts.append(gap)
            at += len(gap)
        parts.append(paragraph.text)
        end = at + len(paragraph.text)
        if paragraph.style in _TAGS:
            spans.append((at, end, paragraph.style))
        at = end
    return "".join(parts), spans


def _gap(before: Paragraph, after: Paragraph) -> str:
    """Clients set quotes apart by themselves."""
    is_close = before.style is Style.NAME or before.style in _BLOCKS or after.style in _BLOCKS
    return "\n" if is_close else "\n\n"


def _html(text: str, spans: Sequence[Span], start: int, end: int) -> str:
    out: list[str] = []
    at = start
    for span_start, span_end, style in spans:
        low, high = max(span_start, start), min(span_end, end)
        if low < high:
            opening, closing = _TAGS[style]
            inner = escape(text[low:high], quote=False)
            out += escape(text[at:low], quote=False), opening, inner, closing
            at = high
    out.append(escape(text[at:end], quote=False))
    return "".join(out)
