"""How the local tutor answers what a learner does."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot.voice.adapters.local.tutor_state import TutorState
from bot.voice.adapters.local.tutor_understanding import Heard, understand
from bot.voice.context import Talk
from bot.voice.contexts.catalogue import find_talk
from bot.voice.model import ToolCall
from tests.unit.tutor.learners import CONTEXTS, LEVELS, a_state, a_tutor, recognised, say

ROOT = Path(__file__).parents[3]


def talk_of(language: str) -> Talk:
    talk = find_talk(language)
    assert talk is not None
    return talk


def calls(reply_calls: tuple[ToolCall, ...], name: str) -> list[dict[str, object]]:
    return [dict(call.arguments) for call in reply_calls if call.name == name]


@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("level", LEVELS)
def test_a_slip_is_recast_at_once_and_the_story_goes_on(context: str, level: str) -> None:
    reply = say("I goed to the store", context=context, level=level)
    assert reply.text.text.startswith("(I went to the store) ")
    assert "buy" in reply.text.text
    assert reply.text.spoken is not None
    assert reply.text.spoken.startswith("I went to the store. ")
    assert "goed" not in reply.text.spoken
    assert "(" not in reply.text.spoken
    (note,) = calls(reply.calls, "note_correction")
    assert (note["said"], note["better"]) == ("I goed to the store", "I went to the store")
    assert (note["kind"], note["was_prompted"]) == ("verb_form", False)
    assert note["explanation"] == {
        "en": "“go” is irregular: the past is “went”.",
        "es": "«go» es irregular: el pasado es «went».",
    }


def test_a_recast_that_is_used_in_the_next_turn_counts_as_repaired() -> None:
    after = say("I goed to the store").state
    (noted,) = calls(say("Yes, I went there and got bread.", after).calls, "note_uptake")
    assert (noted["uptake"], noted["repaired"], noted["was_prompted"]) == (True, True, False)
    (ignored,) = calls(say("Bread and some milk.", after).calls, "note_uptake")
    assert (ignored["uptake"], ignored["repaired"]) == (False, False)


def test_the_prompting_style_lets_the_learner_find_the_better_form_first() -> None:
    asked = say("I goed to the store", style="prompt")
    assert asked.text.text.endswith("what is the past of “go”?")
    assert "went" not in asked.text.text
    assert calls(asked.calls, "note_correction")[0]["was_prompted"] is True

    repaired = say("I went to the store", asked.state)
    assert calls(repaired.calls, "note_uptake")[0]["repaired"] is True
    assert "(" not in repaired.text.text
    assert repaired.text.text.endswith("What did you buy there?")

    missed = say("I gone to the store", asked.state)
    note = calls(missed.calls, "note_uptake")[0]
    assert (note["uptake"], note["repaired"]) == (True, False)
    assert missed.text.text.startswith("(I went to the store) ")
    assert missed.text.text.endswith("What did you buy there?")


def test_a_second_slip_goes_to_the_report_without_being_shown() -> None:
    reply = say("I goed to the store. She don't like coffee.")
    notes = calls(reply.calls, "note_correction")
    assert [(note["better"], note["shown"]) for note in notes] == [
        ("I went to the store", True),
        ("She doesn't like coffee", False),
    ]
    assert reply.text.text.count("(") == 1


def test_an_unsure_word_is_asked_about_and_never_corrected() -> None:
    heard = recognised("I goed to the store", goed=0.31)
    reply = a_tutor().reply(a_state(), heard)
    assert calls(reply.calls, "note_correction") == []
    assert "“goed”" in reply.text.text
    assert reply.text.text.endswith("?")
    assert reply.text.is_repair


def test_what_was_asked_about_is_not_asked_about_twice_in_a_row() -> None:
    tutor, heard = a_tutor(), recognised("I saw a beech in the park", beech=0.2)
    first = tutor.reply(a_state(), heard)
    second = tutor.reply(first.state, heard)
    assert "“beech”" in first.text.text
    assert "“beech”" not in second.text.text


def test_a_slip_beside_an_unsure_word_is_left_alone() -> None:
    tutor = a_tutor()
    asked: TutorState = tutor.reply(a_state(), recognised("I see a beech", beech=0.2)).state
    reply = tutor.reply(asked, recognised("I goed to the beech", beech=0.2))
    assert calls(reply.calls, "note_correction") == []


@pytest.mark.parametrize(
    "heard", [Heard(text="xkcdq vbnrt plmzz"), Heard(text="…"), recognised("a b", a=0.1, b=0.2)]
)
def test_what_was_not_understood_is_said_politely_and_asked_in_another_way(heard: Heard) -> None:
    reply = a_tutor().reply(a_state(), heard)
    assert reply.text.is_repair
    assert reply.text.text.endswith("?")


def test_another_language_is_answered_in_the_learned_one_with_a_word_about_it() -> None:
    english = say("quiero un café con leche por favor")
    assert "English" in english.text.text
    spanish = say("I would like to pay now please", language="es")
    assert "español" in spanish.text.text


def test_a_town_does_not_count_as_another_language() -> None:
    assert "English" not in say("I live in Zaragoza near Teruel").text.text
    assert "español" not in say("Soy de Manchester", language="es").text.text


def test_the_learners_own_words_are_taken_up() -> None:
    assert "your sister" in say("I am here with my sister", context="small_talk").text.text.lower()
    assert (
        "tu hermana"
        in say("Vivo con mi hermana", context="small_talk", language="es").text.text.lower()
    )


def test_a_drink_is_taken_up_whole() -> None:
    assert "A coffee with milk" in say("I would like a coffee with milk, please.").text.text


def test_a_clause_that_begins_like_a_question_is_none() -> None:
    story = understand("When I was a child we lived in a village.", talk_of("en"))
    assert not story.is_question
    assert understand("when do you close", talk_of("en")).is_question


@pytest.mark.parametrize(
    ("context", "said", "answer"),
    [
        ("cafe", "How much is it?", "euros"),
        ("directions", "Where is the station?", "station is"),
        ("small_talk", "What is your name?", "My name is Flex"),
    ],
)
def test_a_question_that_belongs_to_the_scene_is_answered(
    context: str, said: str, answer: str
) -> None:
    assert answer in say(said, context=context).text.text


def test_who_does_not_know_what_to_say_gets_an_idea() -> None:
    started = say("I would like a tea, please.").state
    assert "“" in say("I don't know", started).text.text


def test_who_does_not_understand_is_asked_more_simply_and_spoken_to_slowly() -> None:
    reply = say("Sorry, I don't understand", level="B2")
    assert reply.state.is_slow
    assert reply.text.text.endswith("?")


def test_a_word_asked_for_is_given_and_noted() -> None:
    reply = say("How do you say cuenta in English?")
    assert "“cuenta” is “bill”" in reply.text.text
    (word,) = calls(reply.calls, "note_vocabulary")
    assert (word["word"], word["meaning"], word["how"]) == ("bill", "cuenta", "asked")


def test_a_target_word_is_noted_once() -> None:
    first = say("The menu and a coffee with milk, please.")
    words = [call["word"] for call in calls(first.calls, "note_vocabulary")]
    assert words == ["coffee with milk", "menu"]
    assert calls(say("The menu is nice.", first.state).calls, "note_vocabulary") == []


def test_goodbye_closes_the_conversation() -> None:
    reply = say("Goodbye!")
    assert reply.text.is_closing
    assert "?" not in reply.text.text


def test_answers_are_suggested_for_the_step() -> None:
    assert say("Hello, a coffee please.").text.suggestions == (
        "I would like a coffee with milk, please.",
        "A small orange juice, please.",
    )


def test_the_same_words_in_the_same_state_get_the_same_reply() -> None:
    assert say("I like tea very much.") == say("I like tea very much.")


def test_without_the_extra_packages_there_is_still_a_tutor_in_writing() -> None:
    """In a process of its own, where the packages of the extra cannot be imported."""
    script = """
import sys
for name in ("harper", "rapidfuzz", "simplemma", "wordfreq"):
    sys.modules[name] = None
from tests.unit.tutor.learners import say
print(say("I goed to the store").text.text)
print(say("quiero un café con leche por favor").text.text)
print(say("I am here with my sister", context="small_talk").text.text)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    recast, spanish, sister = done.stdout.splitlines()
    assert recast.startswith("(I went to the store) ")
    assert "English" in spanish
    assert "your sister" in sister.lower()
