"""Papers: what a receipt or a statement says, before anybody prints it."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with lines of two columns: what, and how much."""

    title: str
    lines: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Document:
    """One paper, in the reader's language; `made_at` is its date, so that it prints the same."""

    title: str
    sections: Sequence[Section]
    foot: str
    made_at: datetime


class Printer(Protocol):
    """Makes a file of a document."""

    def pdf(self, document: Document, /) -> bytes: ...


def as_csv(rows: Sequence[Sequence[object]]) -> bytes:
    """A table for spreadsheets: UTF-8 with its mark, which Excel needs.

    A cell that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    text = io.StringIO()
    csv.writer(text).writerows([[_plain(cell) for cell in row] for row in rows])
    return text.getvalue().encode("utf-8-sig")


def _plain(cell: object) -> object:
    is_formula = isinstance(cell, str) and cell[:1] in {"=", "+", "-", "@", "\t", "\r"}
    return f"'{cell}" if is_formula else cell
