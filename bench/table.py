"""Rows of the table that `make bench` prints."""

from collections.abc import Sequence
from dataclasses import dataclass


class Absent(Exception):
    """A part cannot be measured here: what it needs is not on this machine."""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure, what it is to reach, and whether it does (None: it is only reported)."""

    figure: str
    value: str
    target: str
    is_met: bool | None = None


def render(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    mark = {True: "yes", False: "NO", None: ""}
    lines = ["| figure | measured | to reach | reached |", "|---|---|---|---|"]
    lines += [f"| {r.figure} | {r.value} | {r.target} | {mark[r.is_met]} |" for r in rows]
    return "\n".join(lines)
