"""Voices, phonemes and the data files that go with them."""

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from bot.voice.adapters.local import voices
from bot.voice.adapters.local.espeak import Espeak, spoken_languages, voice_name
from bot.voice.adapters.local.phonemes import kokoro_symbols, pieces_of
from bot.voice.adapters.local.voices import NATURAL_LANGUAGES, voice_for, voices_of

DATA = Path(voices.__file__).parent / "data"
needs_espeak = pytest.mark.skipif(
    find_spec("espeakng_loader") is None, reason="the extra [local] is not installed"
)


def test_every_voice_we_name_is_in_the_data() -> None:
    named = {name for language in NATURAL_LANGUAGES for name in voices_of(language)}

    with np.load(DATA / "voices.npz") as tables:
        assert set(tables) == named
        assert {tables[name].shape for name in named} == {(510, 256)}


def test_the_vocabulary_has_its_114_symbols() -> None:
    assert len(json.loads((DATA / "vocab.json").read_text("utf-8"))) == 114


def test_the_licence_travels_with_the_data() -> None:
    assert "Apache License" in (DATA / "LICENSE").read_text()
    assert "kokoro-js 1.2.1" in (DATA / "NOTICE").read_text()


@pytest.mark.parametrize(
    ("language", "wanted", "voice"),
    [
        ("en", None, "af_heart"),
        ("en", "bm_george", "bm_george"),
        ("en-GB", None, "bf_emma"),
        ("en-AU", None, "af_heart"),
        ("es-MX", None, "ef_dora"),
        ("es", "em_alex", "em_alex"),
        ("es", "af_heart", "ef_dora"),
        ("pt_BR", None, "pf_dora"),
    ],
)
def test_a_voice_speaks_its_own_language_only(
    language: str, wanted: str | None, voice: str
) -> None:
    assert voice_for(language, wanted) == voice


def test_no_natural_voice_is_invented() -> None:
    with pytest.raises(LookupError):
        voice_for("de", None)


@pytest.mark.parametrize(
    ("text", "language", "symbols"),
    [
        ("Oh, yes!", "en", "Oh, yes!"),
        ("(So) “what”…", "en", "So what…"),
        ("At 10:30, 3.50 each.", "en", "At 10:30, 3.50 each."),
        ("¿Sí? ¡No!", "es", "Sí? No!"),
    ],
)
def test_marks_carry_the_melody_and_numbers_stay_whole(
    text: str, language: str, symbols: str
) -> None:
    assert kokoro_symbols(text, language, lambda piece, _: piece) == symbols


@pytest.mark.parametrize(
    ("language", "ipa", "symbols"),
    [
        ("en", "t^ʃˈɜːt^ʃ ɡˈo^ʊ", "ʧˈɜɹʧ ɡˈO"),
        ("en-GB", "ɡˈə^ʊ ðˈe^ə", "ɡˈQ ðˈɛː"),
        ("es", "lˈet^ʃe pˈero", "lˈeʧe pˈero"),
    ],
)
def test_affricates_and_diphthongs_become_one_symbol(language: str, ipa: str, symbols: str) -> None:
    assert kokoro_symbols("x", language, lambda *_: ipa) == symbols


def test_long_texts_are_cut_at_marks_and_spaces() -> None:
    pieces = pieces_of("one two, three four five six", 12)

    assert pieces == ["one two,", "three four", "five six"]


def test_a_text_without_any_gap_is_cut_all_the_same() -> None:
    assert pieces_of("a" * 25, 10) == ["a" * 10, "a" * 10, "a" * 5]


@needs_espeak
@pytest.mark.parametrize(
    "language", ["en", "en-GB", "es", "fr", "it", "pt", "de", "zh", "pt-PT", "nl"]
)
def test_espeak_knows_the_names_we_call_it_by(language: str) -> None:
    assert voice_name(language) in spoken_languages()


@needs_espeak
def test_espeak_gives_phonemes_and_a_simple_voice() -> None:
    espeak = Espeak()

    assert espeak.phonemes("Guten Tag", "de") == "ɡˈuːtən tˈɑːk"
    natural = espeak.speak("Guten Tag, wie geht es Ihnen?", "de", 1.0)
    slow = espeak.speak("Guten Tag, wie geht es Ihnen?", "de", 0.7)
    assert espeak.rate == 22_050
    assert 1.0 < len(natural) / 2 / espeak.rate < len(slow) / 2 / espeak.rate < 6.0


@needs_espeak
def test_espeak_does_not_pretend_to_a_language() -> None:
    with pytest.raises(LookupError):
        Espeak().phonemes("nuqneH", "x-none")
