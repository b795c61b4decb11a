"""Fixed lines are kept on disk, within bounds."""

import os
from pathlib import Path

import pytest

from bot.voice.adapters.local.line_cache import LineCache
from bot.voice.adapters.local.ports import Line
from bot.voice.model import Pcm

HELLO = Line("Hello!", "en")
SOUND = Pcm(bytes(range(256)) * 40, 24_000)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "lines"


def test_a_kept_line_comes_back_as_it_was(directory: Path) -> None:
    cache = LineCache(directory, max_bytes=1_000_000)

    cache.put(HELLO, SOUND)

    assert LineCache(directory, max_bytes=1_000_000).find(HELLO) == SOUND


@pytest.mark.parametrize(
    "other",
    [
        Line("Hello", "en"),
        Line("Hello!", "en-GB"),
        Line("Hello!", "en", voice="am_michael"),
        Line("Hello!", "en", speed=0.8),
    ],
)
def test_another_way_of_saying_it_is_another_line(directory: Path, other: Line) -> None:
    cache = LineCache(directory, max_bytes=1_000_000)
    cache.put(HELLO, SOUND)

    assert cache.find(other) is None


@pytest.mark.parametrize("broken", [b"", b"abc", b"\x80\xbb\0\0not compressed"])
def test_a_broken_file_is_forgotten(directory: Path, broken: bytes) -> None:
    cache = LineCache(directory, max_bytes=1_000_000)
    cache.put(HELLO, SOUND)
    (file,) = directory.iterdir()
    file.write_bytes(broken)

    assert cache.find(HELLO) is None
    assert list(directory.iterdir()) == []


def test_the_least_recently_used_lines_go_first(directory: Path) -> None:
    noise = [Pcm(os.urandom(10_000), 24_000) for _ in range(4)]
    lines = [Line(f"Line {number}.", "en") for number in range(4)]
    cache = LineCache(directory, max_bytes=32_000)
    for age, number in enumerate((2, 1, 0)):
        known = set(directory.glob("*"))
        cache.put(lines[number], noise[number])
        (file,) = set(directory.glob("*")) - known
        os.utime(file, (1_000 + age, 1_000 + age))
    cache.find(lines[2])  # used again, so it is the most recent

    cache.put(lines[3], noise[3])

    assert [cache.find(line) is not None for line in lines] == [True, False, True, True]
