"""Rewriting `.env`: what is not changed stays as it was written, and nobody else can read it."""

import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from io import StringIO
from pathlib import Path

from dotenv.parser import Binding, parse_stream
from pydantic import BaseModel

from config.settings import PREFIX, Settings

_PLAIN = re.compile(r"[\w:/.,@%+=~-]+", re.ASCII)


def setting_names() -> list[str]:
    """Every setting as it is written in the environment, in the order of their groups."""
    return [PREFIX + name.upper() for name in _names(Settings)]


def _names(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        shown = field.alias or name
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from (f"{shown}__{inner}" for inner in _names(kind))
        else:
            yield shown


def quoted(value: str) -> str:
    """`value` so that python-dotenv, which pydantic-settings reads with, hands it back as it is.

    It expands `${NAME}` even between single quotes and knows no escape for it; a name that cannot
    exist, with a default of `$`, stands in.
    """
    if _PLAIN.fullmatch(value):
        return value
    escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("${", "${:-$}{")
    return f"'{escaped}'"


def merged(text: str, changes: Mapping[str, str]) -> str:
    """The content of an env file with some settings set; names count in either case."""
    pending = {name.upper(): value for name, value in changes.items()}
    done: set[str] = set()
    parts: list[str] = []
    for binding in parse_stream(StringIO(text)):
        name = (binding.key or "").upper()
        if name not in pending:
            parts.append(binding.original.string)
        elif name not in done:
            done.add(name)
            parts.append(_replaced(binding, name, pending[name]))
    kept = "".join(parts)
    if kept and not kept.endswith("\n"):
        kept += "\n"
    added = (f"{name}={quoted(value)}\n" for name, value in pending.items() if name not in done)
    return kept + "".join(added)


def _replaced(binding: Binding, name: str, value: str) -> str:
    written = binding.original.string
    statement = written.lstrip()
    export = "export " if re.match(r"export\s", statement) else ""
    return f"{written[: len(written) - len(statement)]}{export}{name}={quoted(value)}\n"


def read_text(path: Path) -> str:
    """The file's content; empty where there is none."""
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return ""


def write_private(path: Path, text: str) -> None:
    """Write the file whole or not at all, with mode 0600; a symbolic link keeps pointing to it."""
    target = path.resolve()
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f"{target.name}.")  # 0600 from birth
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
