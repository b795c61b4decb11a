"""Replies are cut into sentences where a reader would breathe."""

import pytest

from bot.voice.adapters.local.sentences import sentences_of


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", []),
        ("   ", []),
        ("Hello", ["Hello"]),
        ("Great! What did you buy?", ["Great!", "What did you buy?"]),
        ("Wait... What?! Really?", ["Wait...", "What?!", "Really?"]),
        ("It costs 3.50 euros. Cheap.", ["It costs 3.50 euros.", "Cheap."]),
        (
            "I met Mr. Smith and Dr. Jones. They left.",
            ["I met Mr. Smith and Dr. Jones.", "They left."],
        ),
        (
            "J. R. Tolkien wrote it. So did I. Really.",
            ["J. R. Tolkien wrote it.", "So did I.", "Really."],
        ),
        (
            "¿Qué tal? ¡Muy bien! El Sr. Pérez llega.",
            ["¿Qué tal?", "¡Muy bien!", "El Sr. Pérez llega."],
        ),
        ('She said "no." Then she left.', ['She said "no."', "Then she left."]),
        ("你好。你好吗？很好！", ["你好。", "你好吗？", "很好！"]),
        ("one\n\ntwo", ["one", "two"]),
    ],
)
def test_a_reply_is_cut_into_sentences(text: str, sentences: list[str]) -> None:
    assert sentences_of(text) == sentences
