"""`linguaflex score`: its lines, its table, its exit status. No speech models."""

import json
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from bot.cli.score import RecordingScorer, add_arguments, check_grammar, score_all
from bot.core.errors import Cause, ServiceFailure
from bot.voice.adapters.local.ports import Recognition
from bot.voice.errors import AudioRefused
from bot.voice.model import EncodedVoice, Health, Pcm, VoiceQuality, Word
from bot.voice.session import Correction

RATE = 16_000
TEXT = "the quick brown fox"


class RawCodec:
    """Implements `AudioCodec` for files that hold bare samples."""

    async def decode(self, data: bytes, /, *, max_seconds: float) -> Pcm:
        if data == b"not audio":
            raise AudioRefused("voice.refused.not_audio")
        pcm = Pcm(data, RATE)
        if pcm.seconds > max_seconds:
            raise AudioRefused("voice.refused.too_long", limit_seconds=max_seconds)
        return pcm

    async def encode(self, pcm: Pcm, /) -> EncodedVoice:
        return EncodedVoice(pcm.data, pcm.seconds)


class ScriptedSpeech:
    """Implements `Speech`: hears the same sentence in everything that is not silent."""

    def __init__(self, *, is_installed: bool = True) -> None:
        self._is_installed = is_installed

    async def transcribe(
        self, pcm: Pcm, /, *, languages: Sequence[str], hints: Sequence[str] = ()
    ) -> Recognition:
        if not self._is_installed:
            raise ServiceFailure("local", Cause.MISCONFIGURED, "pip install linguaflex[local]")
        heard = TEXT if any(pcm.data) else ""
        words = tuple(
            Word(word, 0.3 * n, 0.3 * n + 0.2, 0.9) for n, word in enumerate(heard.split())
        )
        return Recognition(text=heard, language=languages[0], language_probability=1.0, words=words)

    async def synthesize(
        self, text: str, /, *, language: str, voice: str | None = None, speed: float = 1.0
    ) -> Pcm:
        return Pcm(b"", RATE)

    def quality(self, language: str, /) -> VoiceQuality:
        return VoiceQuality.NONE

    async def check(self) -> Health:
        return Health(self._is_installed)

    async def aclose(self) -> None:
        pass


def one_slip(heard: Recognition, language: str) -> tuple[Correction, ...] | None:
    """A grammar check that knows English only and finds one mistake in everything."""
    return (Correction(said="fox", better="foxes", kind="plural"),) if language == "en" else None


def scorer(*, is_installed: bool = True) -> RecordingScorer:
    return RecordingScorer(RawCodec(), ScriptedSpeech(is_installed=is_installed), one_slip)


def speech_like(seconds: float) -> bytes:
    """A voice of four syllables a second between two silences of half a second."""
    time = np.arange(int(seconds * RATE)) / RATE
    voice = 6000 * np.abs(np.sin(2 * np.pi * 2 * time)) * np.sin(2 * np.pi * 220 * time)
    quiet = np.zeros(RATE // 2)
    return np.concatenate([quiet, voice, quiet]).astype("<i2").tobytes()


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "note.ogg"
    path.write_bytes(speech_like(3.0))
    return path


async def test_a_json_line_has_exactly_the_promised_fields(recording, capsys):
    status = await score_all(scorer(), [recording], "en", is_json=True)

    (line,) = capsys.readouterr().out.splitlines()
    found = json.loads(line)
    assert status == 0
    assert list(found) == ["file", "language", "seconds", "transcript", "scores"]
    assert (found["file"], found["language"]) == (str(recording), "en")
    assert (found["seconds"], found["transcript"]) == (4.0, TEXT)
    assert set(found["scores"]) == {
        "fluency",
        "pronunciation",
        "vocabulary",
        "grammar",
        "listening",
    }
    for score in found["scores"].values():
        assert list(score) == ["value", "sufficient", "method", "evidence"]


async def test_a_short_note_has_a_value_that_is_not_sufficient(recording, capsys):
    await score_all(scorer(), [recording], "en", is_json=True)

    fluency = json.loads(capsys.readouterr().out)["scores"]["fluency"]
    assert 0 < fluency["value"] <= 10
    assert fluency["sufficient"] is False
    assert fluency["evidence"]["missing"] == "seconds"
    assert fluency["evidence"]["need"] == 20


async def test_twenty_seconds_of_speech_are_sufficient(tmp_path, capsys):
    path = tmp_path / "long.ogg"
    path.write_bytes(speech_like(20.5))

    await score_all(scorer(), [path], "en", is_json=True)

    assert json.loads(capsys.readouterr().out)["scores"]["fluency"]["sufficient"] is True


async def test_silence_has_no_values(tmp_path, capsys):
    path = tmp_path / "silence.ogg"
    path.write_bytes(b"\0\0" * RATE * 3)

    status = await score_all(scorer(), [path], "en", is_json=True)

    found = json.loads(capsys.readouterr().out)
    assert status == 0
    assert found["transcript"] == ""
    assert {score["value"] for score in found["scores"].values()} == {None}


async def method_of_fluency(recording: Path, capsys, text: str | None = None) -> str:
    await score_all(scorer(), [recording], "en", text, is_json=True)
    method: str = json.loads(capsys.readouterr().out)["scores"]["fluency"]["method"]
    return method


async def test_the_method_names_its_agreement_with_human_raters(recording, capsys):
    method = await method_of_fluency(recording, capsys)

    assert method.startswith("fluency.recognised; r=0.")
    assert "speechocean762" in method
    assert "folds by speaker" in method


async def test_a_text_file_beside_the_recording_is_what_was_to_be_said(recording, capsys):
    recording.with_suffix(".txt").write_text("\ufeffThe quick brown fox.\n", "utf-8")

    assert (await method_of_fluency(recording, capsys)).startswith("fluency.known_text;")


async def test_a_given_text_goes_before_the_file_beside(recording, capsys):
    recording.with_suffix(".txt").write_text(TEXT, "utf-8")

    await score_all(scorer(), [recording], "en", "quick foxes", is_json=True)

    evidence = json.loads(capsys.readouterr().out)["scores"]["pronunciation"]["evidence"]
    assert evidence["word_error_rate"] == 1.5


async def test_an_empty_text_is_no_text(recording, capsys):
    recording.with_suffix(".txt").write_text("\n", "utf-8")

    assert (await method_of_fluency(recording, capsys)).startswith("fluency.recognised;")


async def test_a_bad_file_is_named_and_the_others_are_still_scored(recording, tmp_path, capsys):
    bad, absent = tmp_path / "bad.ogg", tmp_path / "absent.ogg"
    bad.write_bytes(b"not audio")

    status = await score_all(scorer(), [bad, absent, recording], "en", is_json=True)

    printed = capsys.readouterr()
    assert status == 1
    assert [json.loads(line)["file"] for line in printed.out.splitlines()] == [str(recording)]
    assert printed.err.splitlines() == [
        f"linguaflex score: {bad}: voice.refused.not_audio",
        f"linguaflex score: {absent}: No such file or directory",
    ]


async def test_a_text_that_is_not_unicode_is_an_error_of_its_file(recording, capsys):
    recording.with_suffix(".txt").write_bytes(b"\xff\xfe\xff")

    assert await score_all(scorer(), [recording], "en", is_json=True) == 1
    assert "utf-8" in capsys.readouterr().err


async def test_without_a_recogniser_the_remedy_is_named(recording, capsys):
    status = await score_all(scorer(is_installed=False), [recording], "en", is_json=False)

    printed = capsys.readouterr()
    assert (status, printed.out) == (1, "")
    assert "pip install linguaflex[local]" in printed.err


async def grammar_of(recording: Path, language: str, capsys) -> dict[str, object]:
    await score_all(scorer(), [recording], language, is_json=True)
    grammar: dict[str, object] = json.loads(capsys.readouterr().out)["scores"]["grammar"]
    return grammar


async def test_grammar_counts_mistakes_in_a_language_with_rules(recording, capsys):
    grammar = await grammar_of(recording, "en-GB", capsys)

    assert grammar["evidence"]["mistakes"] == 1


async def test_grammar_is_not_measured_in_a_language_without_rules(recording, capsys):
    assert (await grammar_of(recording, "fi", capsys))["value"] is None


async def test_the_table_says_what_is_missing(recording, capsys):
    await score_all(scorer(), [recording], "en", is_json=False)

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{recording}  (4.0 s, en)"
    assert lines[1] == f"  heard: {TEXT}"
    assert [line.split()[0] for line in lines[2:]] == [
        "fluency",
        "pronunciation",
        "vocabulary",
        "grammar",
        "listening",
    ]
    assert "not enough words: have 4, need 75" in lines[4]
    assert "not measured: no questions" in lines[6]


def test_the_command_line_is_the_documented_one():
    parser = ArgumentParser()
    add_arguments(parser)

    options = parser.parse_args(["a.ogg", "b.ogg", "--language", "en", "--text", "hi", "--json"])

    assert options.files == [Path("a.ogg"), Path("b.ogg")]
    assert (options.language, options.text, options.json) == ("en", "hi", True)


def heard(*words: tuple[str, float]) -> Recognition:
    found = tuple(Word(text, n, n + 0.5, sure) for n, (text, sure) in enumerate(words))
    text = " ".join(word.text for word in found)
    return Recognition(text=text, language="en", language_probability=1.0, words=found)


def test_the_local_checker_finds_a_common_mistake():
    found = check_grammar(heard(("Yesterday", 0.9), ("I", 0.9), ("goed", 0.9), ("home", 0.9)), "en")

    assert found is not None
    assert [correction.said for correction in found] == ["goed"]


def test_a_word_the_recogniser_was_not_sure_of_is_no_mistake():
    assert check_grammar(heard(("I", 0.9), ("goed", 0.2), ("home", 0.9)), "en") == ()


def test_a_language_without_rules_is_not_checked():
    assert check_grammar(heard(("Hei", 0.9)), "fi") is None
