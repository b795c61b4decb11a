"""Documents as PDF. Implements `Printer`."""

import unicodedata
from functools import cache
from importlib import resources
from importlib.util import find_spec
from pathlib import Path

from fontTools.ttLib import TTFont  # type: ignore[import-untyped] # it ships no types
from fpdf import FPDF
from fpdf.enums import XPos, YPos

from bot.billing.documents import Document, Section

_PACKAGE = "font_source_sans_pro"  # Latin, Greek and Cyrillic
_FACES = {"": "SourceSansPro-Regular.ttf", "B": "SourceSansPro-Bold.ttf"}
_FAMILY, _BUILT_IN = "SourceSansPro", "helvetica"
_UNKNOWN = "?"
_MARGIN, _LINE, _LABEL_WIDTH = 20.0, 6.5, 62.0  # millimetres


class PdfPrinter:
    """A4, one column of labels and one of values; never fails over a character it cannot draw."""

    def pdf(self, document: Document, /) -> bytes:
        page = FPDF(format="A4")
        page.set_creation_date(document.made_at)
        page.set_margins(_MARGIN, _MARGIN)
        family = _load_font(page)
        page.add_page()
        page.set_title(drawable(document.title))
        page.set_font(family, "B", 18)
        _write(page, document.title, 10)
        for section in document.sections:
            self._section(page, family, section)
        page.ln(_LINE)
        page.set_font(family, "", 9)
        _write(page, document.foot, 5)
        return bytes(page.output())

    def _section(self, page: FPDF, family: str, section: Section) -> None:
        page.ln(_LINE / 2)
        page.set_font(family, "B", 12)
        _write(page, section.title, _LINE)
        page.set_font(family, "", 11)
        for label, value in section.lines:
            if page.will_page_break(_LINE):
                page.add_page()
            top = page.get_y()
            page.multi_cell(_LABEL_WIDTH, _LINE, drawable(label), align="L")
            below = page.get_y()
            page.set_xy(_MARGIN + _LABEL_WIDTH, top)
            _write(page, value, _LINE)
            page.set_y(max(below, page.get_y()))


def drawable(text: str) -> str:
    """`text` with a question mark for whatever the font has no sign for."""
    known = _signs()
    composed = unicodedata.normalize("NFC", text)
    return "".join(char if char == "\n" or ord(char) in known else _UNKNOWN for char in composed)


def _write(page: FPDF, text: str, height: float) -> None:
    page.multi_cell(0, height, drawable(text), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _load_font(page: FPDF) -> str:
    folder = _font_folder()
    if folder is None:
        return _BUILT_IN
    for style, name in _FACES.items():
        page.add_font(_FAMILY, style, str(folder / name))
    return _FAMILY


@cache
def _font_folder() -> Path | None:
    """Where the font is; None where its package is not installed: then Latin-1 alone is drawn."""
    if find_spec(_PACKAGE) is None:
        return None
    return Path(str(resources.files(_PACKAGE) / "files"))


@cache
def _signs() -> frozenset[int]:
    folder = _font_folder()
    if folder is None:
        return frozenset(range(0x20, 0x7F)) | frozenset(range(0xA0, 0x100))
    with TTFont(folder / _FACES[""]) as regular, TTFont(folder / _FACES["B"]) as bold:
        return frozenset(regular.getBestCmap()) & frozenset(bold.getBestCmap())
