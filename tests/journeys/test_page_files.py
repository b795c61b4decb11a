"""The page's texts, sample notes and scripts agree with each other."""

import json
import re
from pathlib import Path

import pytest

from bot.simulators.page.assets import load_samples
from bot.simulators.telegram.files import ogg_seconds

PAGE = Path(__file__).parents[2] / "bot/simulators/page"
STATIC = PAGE / "static"
TEXTS = json.loads((STATIC / "texts.json").read_text(encoding="utf-8"))
SCRIPTS = sorted(STATIC.glob("*.js"))
SAMPLES = load_samples()
# Keys put together from parts, by what they start with.
_BUILT = (
    "action.",
    "status.",
    "state.",
    "kind.",
    "refused.",
    "samples.speaker.",
    "people.",
    "context.",
    "discord.system.",
    *(f"{pane}.{does}" for pane in ("composer", "discord") for does in ("send", "record")),
)


def _used_keys() -> set[str]:
    html = (STATIC / "index.html").read_text(encoding="utf-8")
    keys = set(re.findall(r'data-(?:text|label)="([^"]+)"', html))
    for script in SCRIPTS:
        source = script.read_text(encoding="utf-8")
        for call in re.findall(r"\bt\(([^`]*?)\)", source):
            keys |= set(re.findall(r'"([a-z_]+(?:\.[a-z_]+)+)"', call))
        keys |= set(re.findall(r'"(refused\.[a-z]+)"', source))
    return keys


def test_both_languages_have_the_same_texts_with_the_same_blanks():
    def blanks(texts: dict[str, str]) -> dict[str, list[str]]:
        return {key: sorted(re.findall(r"\{(\w+)\}", text)) for key, text in texts.items()}

    assert set(TEXTS) == {"en", "es"}
    assert blanks(TEXTS["en"]) == blanks(TEXTS["es"])
    assert all(text.strip() for texts in TEXTS.values() for text in texts.values())


def test_every_text_that_is_used_exists_and_every_text_is_used():
    used, known = _used_keys(), set(TEXTS["en"])
    assert used - known == set()
    assert {key for key in known - used if not key.startswith(_BUILT)} == set()


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_a_sample_note_is_there_is_as_long_as_it_says_and_names_its_source(sample):
    readme = (PAGE / "samples/README.md").read_text(encoding="utf-8")
    assert ogg_seconds(sample.ogg) == pytest.approx(sample.seconds, abs=0.05)
    assert sample.source in readme
    assert sample.id.rpartition("-")[2] in readme


def test_every_recording_in_the_folder_is_in_the_tray():
    assert {path.stem for path in (PAGE / "samples").glob("*.ogg")} == set(SAMPLES)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_no_script_turns_text_into_markup_or_code(script):
    source = script.read_text(encoding="utf-8")
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function"
    assert re.findall(forbidden, source) == []
    assert len(source.splitlines()) < 400


def test_the_page_holds_no_inline_script_or_style_and_loads_nothing_foreign():
    html = (STATIC / "index.html").read_text(encoding="utf-8")
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=", html) == []
    assert re.findall(r'(?:src|href)="(?!/static/|#)', html) == []
