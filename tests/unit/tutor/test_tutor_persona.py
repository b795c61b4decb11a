"""What a generative engine is told, and the first line of a conversation."""

import pytest

from bot.core.language import Level
from bot.voice.avatars import closest, find_avatar, list_avatars, voice_of
from bot.voice.contexts.catalogue import find_context
from bot.voice.persona import (
    CorrectionStyle,
    Practice,
    opening,
    session_instructions,
    tools,
    variables,
)

ANA = Practice(
    language="en",
    level=Level.A2,
    context_id="cafe",
    name="Ana",
    native_language="es",
    accent="en-GB",
    wishes="a job in a hotel",
    avatar=find_avatar("emma"),
)
RULES = {
    "F052 who the tutor is": "friendly, supportive and multilingual language tutor",
    "F053 the level": "Level: A2",
    "F053 speed and length": "Speak slowly and clearly. Sentences of at most ten words",
    "F054 what is missing": "only if it is missing",
    "F055 the situation": "Play this situation as if it were real: In a café",
    "F055 the role": "a friendly waiter",
    "F055 the goal": "to order, talk with the waiter and pay",
    "F055 the steps": "drink, food, seat, problem, chat, pay",
    "F042 the words": "orange juice",
    "F056 gentle corrections": "When the learner makes a mistake",
    "F056 pronunciation": "made a word hard to understand",
    "F057 one open question": "End every reply with exactly one open question",
    "F058 growing": "raise length, vocabulary and grammar a little",
    "F059 one tip": "At most once in the whole conversation",
    "F060 a summary": "short summary: what went well",
    "F061 the voice": "warm and patient",
    "F061 no academic words": "no academic",
    "F062 the language": "Always reply in English",
    "F062 unless asked": "explain something in Spanish",
    "F063 parentheses": "(I went to the store)",
    "F063 aloud": "Aloud say only the better form",
    "F064 the start": "greet Ana by name, confirm the goal",
    "decision 12 one a turn": "Correct at most one mistake a turn",
    "decision 12 on request": "Explain a correction only when asked",
    "decision 12 not too much": "at C1 and C2 correct only what is plainly wrong",
    "unsure words": "never correct them; ask what the learner said",
    "corrections as data": "note_correction",
    "words as data": "note_vocabulary",
    "accent": "en-GB",
    "wishes": "a job in a hotel",
    "avatar": "You are Emma",
}


@pytest.mark.parametrize("rule", RULES)
def test_the_engine_is_told_the_rule(rule: str) -> None:
    assert RULES[rule] in session_instructions(ANA)


def test_the_chosen_style_of_correction_is_the_only_one_told() -> None:
    recast, prompt = (
        session_instructions(Practice(language="en", level=Level.B1, style=style))
        for style in CorrectionStyle
    )
    assert "first ask them kindly to repair it" not in recast
    assert "first ask them kindly to repair it" in prompt
    assert "write the better form of their words in parentheses at once" not in prompt


@pytest.mark.parametrize(
    ("level", "pace"),
    [(Level.A1, "slowly"), (Level.B2, "easy natural pace"), (Level.C1, "natural speed")],
)
def test_the_pace_fits_the_level(level: Level, pace: str) -> None:
    assert pace in session_instructions(Practice(language="en", level=level))


def test_a_language_without_content_is_still_locked_and_gets_no_english_words() -> None:
    told = session_instructions(Practice(language="fr", level=Level.B1, context_id="cafe"))
    assert "Always reply in French" in told
    assert "friendly waiter" in told
    assert "orange juice" not in told
    assert "Britain" not in told


def test_a_free_conversation_needs_no_context() -> None:
    told = session_instructions(Practice(language="es", level=Level.B1))
    assert "a free conversation" in told
    assert "{" not in told


def test_a_name_with_braces_is_only_a_name() -> None:
    told = session_instructions(Practice(language="en", level=Level.B1, name="{goal}"))
    assert "greet {goal} by name" in told


def test_the_same_is_told_as_data() -> None:
    assert variables(ANA) == {
        "context": "cafe",
        "level": "A2",
        "language": "en",
        "native_language": "es",
        "name": "Ana",
        "style": "recast",
        "goal": "to order, talk with the waiter and pay",
        "wishes": "a job in a hotel",
        "tip": variables(ANA)["tip"],
    }


def test_the_tools_bring_corrections_and_words_as_data() -> None:
    assert [tool.name for tool in tools()] == ["note_correction", "note_vocabulary", "offer_help"]
    for tool in tools():
        assert set(tool.parameters["required"]) <= set(tool.parameters["properties"])  # type: ignore[call-overload] # plain JSON


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("level", list(Level))
def test_the_first_line_greets_names_the_goal_and_asks(language: str, level: Level) -> None:
    context = find_context("cafe", language)
    assert context is not None
    line = opening(context, level, "Ana")
    assert "Ana" in line.text
    assert context.goal.text in line.text
    assert line.text.endswith("?")
    assert line.text.count("?") == 1
    (translated,) = line.translations.values()
    assert "Ana" in translated
    assert "{" not in line.text + translated


def test_who_has_no_name_is_greeted_without_one() -> None:
    context = find_context("cafe", "en")
    assert context is not None
    assert opening(context, Level.A1).text.startswith("Hi! ")


def test_an_unknown_style_is_the_default_one() -> None:
    assert CorrectionStyle.of("gentle") is CorrectionStyle.RECAST
    assert CorrectionStyle.of("prompt") is CorrectionStyle.PROMPT


def test_there_are_tutors_to_choose_from_with_a_voice_in_every_engine() -> None:
    assert len(list_avatars()) >= 6
    for avatar in list_avatars():
        assert {"local", "hume", "openai_realtime", "cascade"} <= set(avatar.voices)
        assert {"en", "es"} <= set(avatar.about)


@pytest.mark.parametrize(
    ("language", "accent", "gender", "avatar", "is_exact"),
    [
        ("en", "en-GB", "male", "george", True),
        ("en", "en-US", None, "grace", True),
        ("en", "en-AU", "male", "george", False),
        ("es", "es-MX", "female", "lucia", False),
        ("es", None, "male", "alejandro", True),
        ("fr", "fr-FR", "male", "camille", False),
        ("de", None, None, "emma", False),
    ],
)
def test_the_closest_tutor_is_found_and_said_to_be_just_that(
    language: str, accent: str | None, gender: str | None, avatar: str, is_exact: bool
) -> None:
    choice = closest(language, accent, gender)
    assert (choice.avatar.id, choice.is_exact) == (avatar, is_exact)


def test_a_local_voice_speaks_its_own_language_only() -> None:
    assert voice_of("local", "lucia", "es-ES") == "ef_dora"
    assert voice_of("local", "lucia", "en") is None
    assert voice_of("openai_realtime", "lucia", "en") == "shimmer"
    assert voice_of("hume", None, "en") is None
