"""Measure the product: `python -m bench [part ...]`.

Without names all parts run, in the order of `--help`. Prints a Markdown table and keeps it in
var/bench.md. Times decide nothing: the exit status is 1 only when a part crashed.
"""

import argparse
import asyncio
import os
import platform
import sys
import time
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import import_module
from inspect import isawaitable

from bench.process import VAR
from bench.table import Absent, Row, render

_PARTS = {
    "updates": "bench.updates",
    "relay": "bench.relay",
    "sending": "bench.sending",
    "voice": "bench.voice",
    "local": "bench.local_turn",
    "start": "bench.start",
    "storage": "bench.storage",
    "jobs": "bench.jobs",
    "booking": "bench.booking",
    "reminders": "bench.reminders",
    "slots": "bench.slots",
    "listing": "bench.listing",
    "scores": "bench.scores",
    "fairness": "bench.fairness",
    "fanout": "bench.fanout",
}


def main(words: Sequence[str] | None = None) -> int:
    """Run the parts that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=", ".join(_PARTS))
    names = parser.parse_args(words).parts or list(_PARTS)
    if unknown := set(names) - set(_PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    rows: list[Row] = []
    notes, is_broken = [_machine()], False
    for name in names:
        try:
            rows += _measured(name)
        except Absent as why:
            notes.append(f"{name}: skipped, {why}.")
            _tell(f"skipped, {why}")
        except Exception:
            is_broken = True
            notes.append(f"{name}: crashed.")
            traceback.print_exc()
    notes.append(f"At the end: {_load()}.")
    report = render(rows) + "\n\n" + "\n".join(notes) + "\n"
    print(report)
    VAR.mkdir(exist_ok=True)
    (VAR / "bench.md").write_text(report, "utf-8")
    return int(is_broken)


def _measured(name: str) -> Sequence[Row]:
    _tell(f"{name} ...")
    began = time.monotonic()
    rows = import_module(_PARTS[name]).rows()
    if isawaitable(rows):
        rows = asyncio.run(_awaited(rows))
    for row in rows:
        _tell(f"  {row.figure}: {row.value}")
    _tell(f"{name}: {time.monotonic() - began:.0f} s")
    return list(rows)


async def _awaited(rows: object) -> Sequence[Row]:
    return list(await rows)  # type: ignore[misc] # `isawaitable` said so


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _machine() -> str:
    at = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return (
        f"{at}, Python {platform.python_version()}, {platform.system()} {platform.machine()},"
        f" {os.cpu_count()} cores. At the start: {_load()}."
    )


def _load() -> str:
    return "load " + " ".join(f"{value:.1f}" for value in os.getloadavg())


if __name__ == "__main__":
    sys.exit(main())
