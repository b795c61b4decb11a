"""The program as it was before the schema last changed, out of its own history."""

import io
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from bot.storage import schema
from tests.crash.instances import ROOT

_VERSIONS = "bot/storage/migrations/versions"
_TAKEN = ("bot", "config", "tests/crash/fork_server.py", "tests/crash/clocked_run.py")


def schema_before() -> str:
    """The version of the schema that the newest migration starts from."""
    versions = sorted(file.name[:4] for file in (ROOT / _VERSIONS).glob("[0-9]*_*.py"))
    return versions[-2]


def program_before(folder: Path) -> Path:
    """A folder with the program as it was before the newest migration; skips without history."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("no git history here: there is no earlier version to run")
    (newest,) = (ROOT / _VERSIONS).glob(f"{schema.head()}_*.py")
    added = _git("log", "-1", "--diff-filter=A", "--format=%H", "--", str(newest.relative_to(ROOT)))
    before = f"{added.decode().strip()}^"
    if not added or _status("rev-parse", "--verify", "--quiet", before) != 0:
        pytest.skip("the history here does not reach back to before the newest migration")
    with tarfile.open(fileobj=io.BytesIO(_git("archive", before, *_TAKEN))) as archive:
        archive.extractall(folder, filter="data")
    return folder


def _git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True).stdout


def _status(*arguments: str) -> int:
    return subprocess.run(
        ["git", *arguments], cwd=ROOT, check=False, capture_output=True
    ).returncode
