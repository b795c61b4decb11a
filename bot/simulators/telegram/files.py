"""Files at Telegram: what was sent, what it is, and for how long it may be fetched."""

import struct
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Literal

from bot.simulators.telegram.errors import bad_request

MediaKind = Literal["voice", "audio", "video", "video_note", "photo", "document", "sticker"]

MAX_DOWNLOAD = 20 * 1024 * 1024  # getFile, Bot API
MAX_UPLOAD = 50 * 1024 * 1024
MAX_PHOTO = 10 * 1024 * 1024
_LINK_LIFETIME = timedelta(hours=1)  # "at least 1 hour"; here not a minute more
_KEPT = 5_000
_OGG_RATE = 48_000  # granules a second in Ogg Opus (RFC 7845)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A file Telegram keeps. `size` is in bytes and may be declared larger than `data`."""

    file_id: str
    unique_id: str
    path: str
    kind: MediaKind
    data: bytes
    mime: str
    size: int
    filename: str | None = None
    seconds: float | None = None
    width: int = 0
    height: int = 0


class Files:
    """The files of one bot, newest 5,000; ids are this bot's alone."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._files: dict[str, StoredFile] = {}
        self._links: dict[str, tuple[str, datetime]] = {}
        self._count = 0

    def add(
        self,
        kind: MediaKind,
        data: bytes,
        *,
        mime: str,
        filename: str | None = None,
        seconds: float | None = None,
        declared_size: int | None = None,
        dimensions: tuple[int, int] = (0, 0),
    ) -> StoredFile:
        self._count += 1
        token = urlsafe_b64encode(sha256(f"{kind}:{self._count}".encode()).digest()).decode()
        stored = StoredFile(
            file_id=f"AwAC{token.rstrip('=')}",
            unique_id=urlsafe_b64encode(sha256(data).digest()[:11]).decode().rstrip("="),
            path=f"{kind}/file_{self._count}.{_extension(filename, mime)}",
            kind=kind,
            data=data,
            mime=mime,
            size=len(data) if declared_size is None else declared_size,
            filename=filename,
            seconds=seconds,
            width=dimensions[0],
            height=dimensions[1],
        )
        self._files[stored.file_id] = stored
        if len(self._files) > _KEPT:
            del self._files[next(iter(self._files))]
        return stored

    def find(self, file_id: str) -> StoredFile | None:
        return self._files.get(file_id)

    def link(self, file_id: str) -> StoredFile:
        """Open the file for download for an hour (getFile).

        Raises:
            ApiError: no such file, or larger than bots may download.
        """
        stored = self._files.get(file_id)
        if stored is None:
            raise bad_request("wrong file_id or the file is temporarily unavailable")
        if stored.size > MAX_DOWNLOAD:
            raise bad_request("file is too big")
        self._links[stored.path] = (file_id, self._now() + _LINK_LIFETIME)
        return stored

    def download(self, path: str) -> StoredFile | None:
        """The file behind a link; None when there is none or it has expired."""
        file_id, expires_at = self._links.get(path, ("", self._now()))
        return self._files.get(file_id) if self._now() < expires_at else None


def voice_kind(data: bytes) -> MediaKind:
    """What sendVoice makes of a file.

    A voice note from mono Opus in Ogg, MP3 or M4A; audio from other audio; else a document.
    """
    if data[:4] == b"OggS":
        head = data.find(b"OpusHead", 0, 512)
        is_mono = head >= 0 and data[head + 9 : head + 10] == b"\x01"
        return "voice" if is_mono else "audio"
    if data[:3] == b"ID3" or _is_mpeg_audio(data) or data[4:8] == b"ftyp":
        return "voice"
    if data[:4] == b"fLaC" or (data[:4] == b"RIFF" and data[8:12] == b"WAVE"):
        return "audio"
    return "document"


def ogg_seconds(data: bytes) -> float | None:
    """Length by the last page's granule position less the pre-skip; None if it is not Ogg Opus."""
    head, last = data.find(b"OpusHead", 0, 512), data.rfind(b"OggS")
    if head < 0 or last < 0 or len(data) < max(last + 14, head + 12):
        return None
    (granule,) = struct.unpack_from("<q", data, last + 6)
    (pre_skip,) = struct.unpack_from("<H", data, head + 10)
    return float(max(0, granule - pre_skip)) / _OGG_RATE


def image_size(data: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG, JPEG or WebP in pixels; None for anything else."""
    if data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) >= 24:
        width, height = struct.unpack_from(">II", data, 16)
        return width, height
    if data[:4] == b"RIFF" and data[8:15] == b"WEBPVP8" and len(data) >= 30:
        return _webp_size(data)
    return _jpeg_size(data) if data[:2] == b"\xff\xd8" else None


def _webp_size(data: bytes) -> tuple[int, int]:
    """From the first chunk's header (RFC 9649, sections 2.5 to 2.7)."""
    match data[12:16]:
        case b"VP8X":
            canvas = int.from_bytes(data[24:27], "little"), int.from_bytes(data[27:30], "little")
            return canvas[0] + 1, canvas[1] + 1
        case b"VP8L":
            bits = int.from_bytes(data[21:25], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case _:
            width, height = struct.unpack_from("<HH", data, 26)
            return width & 0x3FFF, height & 0x3FFF


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """From the first start-of-frame segment (ITU T.81, B.2.2)."""
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        at += 2 + int(struct.unpack_from(">H", data, at + 2)[0])
    return None


def _is_mpeg_audio(data: bytes) -> bool:
    """An MPEG audio frame: eleven bits of sync and a layer (ISO 11172-3)."""
    return len(data) > 1 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0 and data[1] & 0x06 != 0


def _extension(filename: str | None, mime: str) -> str:
    known = {"audio/ogg": "oga", "audio/mpeg": "mp3", "image/jpeg": "jpg", "image/png": "png"}
    suffix = filename.rpartition(".")[2] if filename and "." in filename else ""
    return suffix if suffix.isalnum() else known.get(mime, "bin")
