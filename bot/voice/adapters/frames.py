"""The wire between us and our own child processes: length-prefixed frames on stdin and stdout.

A frame is two big-endian 32-bit lengths, a JSON object and raw bytes (sound). The child's
half is `serve`; the parent's half is in `children.py`.
"""

import asyncio
import json
import os
import struct
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, BinaryIO

_LENGTHS = struct.Struct(">II")
_MAX_HEADER_BYTES = 4 * 1024 * 1024
_MAX_BODY_BYTES = 256 * 1024 * 1024
_NICENESS = 10

READY = "ready"
ERROR = "error"


class FrameBroken(Exception):
    """What came through the pipe is not a frame."""


class Refused(Exception):
    """The child cannot do what was asked; `kind` is the word the parent acts upon."""

    def __init__(self, kind: str, detail: str = "") -> None:
        self.kind = kind
        self.detail = detail
        super().__init__(kind, detail)


@dataclass(frozen=True, slots=True)
class Frame:
    """A request or a reply. A reply whose header has "error" says why nothing was done."""

    header: Mapping[str, Any]
    body: bytes = b""

    @property
    def error(self) -> str | None:
        return self.header.get(ERROR)


def pack(frame: Frame) -> bytes:
    """The frame as it travels."""
    header = json.dumps(frame.header).encode()
    return _LENGTHS.pack(len(header), len(frame.body)) + header + frame.body


async def read_frame(reader: asyncio.StreamReader) -> Frame:
    """The next frame of a child.

    Raises:
        asyncio.IncompleteReadError: the child is gone.
        FrameBroken: the child wrote something else.
    """
    header_size, body_size = _lengths(await reader.readexactly(_LENGTHS.size))
    header = _header(await reader.readexactly(header_size))
    return Frame(header, await reader.readexactly(body_size))


def receive(stream: BinaryIO) -> Frame | None:
    """The next frame of the parent, or None once the parent is gone."""
    lengths = stream.read(_LENGTHS.size)
    if len(lengths) < _LENGTHS.size:
        return None
    header_size, body_size = _lengths(lengths)
    header = stream.read(header_size)
    body = stream.read(body_size)
    if len(header) < header_size or len(body) < body_size:
        return None
    return Frame(_header(header), body)


def serve(handle: Callable[[Frame], Frame], *, on_ready: Callable[[], None] | None = None) -> None:
    """Be a child: say that we are ready, then answer frames until the parent is gone.

    Runs at low priority. Whatever libraries print goes to stderr, so that it cannot break a frame.

    Args:
        handle: answers one request; may raise `Refused`.
        on_ready: runs once before the first request (limits that must come after all imports).
    """
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    if on_ready is not None:
        on_ready()
    with suppress(BrokenPipeError):
        _write(replies, Frame({READY: True}))
        while (request := receive(sys.stdin.buffer)) is not None:
            _write(replies, _answer(handle, request))


def _answer(handle: Callable[[Frame], Frame], request: Frame) -> Frame:
    try:
        return handle(request)
    except Refused as refused:
        return Frame({ERROR: refused.kind, "detail": refused.detail})
    except Exception as error:
        return Frame({ERROR: "internal", "detail": type(error).__name__})


def _write(stream: BinaryIO, frame: Frame) -> None:
    stream.write(pack(frame))
    stream.flush()


def _lengths(data: bytes) -> tuple[int, int]:
    header_size, body_size = _LENGTHS.unpack(data)
    if header_size > _MAX_HEADER_BYTES or body_size > _MAX_BODY_BYTES:
        raise FrameBroken(f"{header_size} + {body_size} bytes")
    return header_size, body_size


def _header(data: bytes) -> dict[str, Any]:
    try:
        header = json.loads(data)
    except ValueError as error:
        raise FrameBroken("header is not JSON") from error
    if not isinstance(header, dict):
        raise FrameBroken("header is not an object")
    return header
