"""Words of languages that nothing is known of, whatever their letters are."""

import pytest

from bot.voice.adapters.local.lexicon import frequency, has_word_list, is_word, lemma


@pytest.mark.parametrize("language", ["zh", "ja", "ko", "th", "xx"])
def test_a_language_without_a_word_list_troubles_nobody(language: str) -> None:
    assert not has_word_list(language)
    assert (frequency("你好", language), lemma("你好", language)) == (0.0, "你好")
    assert is_word("你好", language)
