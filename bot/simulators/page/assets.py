"""What the page is made of, read once: its own files and the sample voice notes."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

_HERE = Path(__file__).parent
_TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file and its media type."""

    body: bytes
    mime: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A recorded note that can be sent without a microphone; fields as in samples/README.md."""

    id: str
    language: str
    text: str
    seconds: float
    speaker: str
    rating: float | None
    source: str

    def as_json(self) -> dict[str, object]:
        return asdict(self)

    @property
    def ogg(self) -> bytes:
        return (_HERE / "samples" / f"{self.id}.ogg").read_bytes()


def load_assets() -> Mapping[str, Asset]:
    """The page's files by name; nothing else can be asked for."""
    files = sorted((_HERE / "static").iterdir())
    return {
        path.name: Asset(path.read_bytes(), _TYPES[path.suffix])
        for path in files
        if path.suffix in _TYPES
    }


def load_samples() -> Mapping[str, Sample]:
    """The tray of sample notes by id, in the order shown."""
    listed = json.loads((_HERE / "samples" / "samples.json").read_text(encoding="utf-8"))
    return {entry["id"]: Sample(**entry) for entry in listed}
