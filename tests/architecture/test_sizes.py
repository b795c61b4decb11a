"""Modules and functions stay small, and nothing of one machine is in the repository."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("bot", "config", "tests", "bench", "tools")
LONGEST_MODULE = 400
LONGEST_FUNCTION = 50
VERSIONS = ROOT / "bot/storage/migrations/versions"  # a migration is one list of statements

# A home directory, a folder of one build machine, or the address of a package registry.
ONE_MACHINE = re.compile(
    r"(?<![\w.:/$}-])/(?:(?:home|Users)/[\w.-]+/|(?:work|root|mnt|builds?)/)[\w.-]+"
    r"|[A-Z]:\\Users" + r"\\"
    r"|(?:--|\b)(?:extra-)?index-" + r"url\b"
    r"|pypi\.org/" + r"simple"
)


def modules() -> list[Path]:
    return [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]


def functions(module: Path) -> Iterator[tuple[str, int]]:
    """Name and length in lines; decorators are not counted, a table of cases is no code."""
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def committed_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False, text=True
    )
    if listed.returncode != 0:
        pytest.skip("this is not a git checkout")
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def test_no_module_is_longer_than_400_lines():
    lengths = {
        str(module.relative_to(ROOT)): len(module.read_text("utf-8").splitlines())
        for module in modules()
        if module.parent != VERSIONS
    }

    assert {name: length for name, length in lengths.items() if length > LONGEST_MODULE} == {}


def test_no_function_is_longer_than_50_lines():
    too_long = {
        f"{module.relative_to(ROOT)}:{name}": length
        for module in modules()
        if module.parent != VERSIONS
        for name, length in functions(module)
        if length > LONGEST_FUNCTION
    }

    assert too_long == {}


def test_every_module_says_what_it_is_for():
    silent = [
        str(module.relative_to(ROOT))
        for module in modules()
        if not ast.get_docstring(ast.parse(module.read_text("utf-8")))
    ]

    assert silent == []


def test_no_committed_text_names_one_machine_or_a_package_registry():
    found = []
    for path in committed_files():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue  # sound, pictures
        found += [
            f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, match.start()) + 1}: {match[0]}"
            for match in ONE_MACHINE.finditer(text)
        ]

    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "see /home" + "/ana/notes",
        "'/work" + "/somewhere'",
        "https://pypi.org" + "/simple/",
        "pip install --index" + "-url=https://mirror.example",
        r"C:\Users" + r"\ana",
    ],
)
def test_the_search_finds_what_it_is_for(text):
    assert ONE_MACHINE.search(text)


@pytest.mark.parametrize("text", ["https://x.example/work/item", "${ROOT}/home/x", "a/work/b"])
def test_the_search_leaves_addresses_alone(text):
    assert ONE_MACHINE.search(text) is None
