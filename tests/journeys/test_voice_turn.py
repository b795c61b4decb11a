"""A turn with the tutor as the learner sees it, over the wire; the engine follows rules."""

import asyncio
import io
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace

import av
import pytest
from sqlalchemy import select

from bot.app import App
from bot.i18n.catalog import texts_in
from bot.simulators.brain import BrainReply
from bot.simulators.faults import Fault
from bot.simulators.scripted_brain import CORRECTION, ScriptedBrain, ScriptedSession
from bot.simulators.telegram import ChatMessage, Person
from bot.storage.voice import turns
from bot.voice.session import TurnState
from tests.crash.databases import fetch
from tests.hostile_audio import corpus, opus_note, tone
from tests.stage import Stage, a_note, a_stage, an_app, button, labels

HELP = {
    "suggestions": ["A tea, please.", "Nothing, thanks."],
    "translation": "Dijiste: buenos días",
}
EN = texts_in("en")
HEARD = "👂 I understood:\n"


class HelpfulBrain(ScriptedBrain):
    """Offers a translation of what it said, and possible answers."""

    async def open(self, variables: Mapping[str, str], prompt: str, /) -> ScriptedSession:
        session = await super().open(variables, prompt)
        read = session.read

        async def with_help(text: str, /) -> BrainReply:
            return replace(await read(text), tools=[("offer_help", HELP)])

        session.read = with_help  # type: ignore[method-assign] # a double for one method
        return session


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with a_stage() as running:
        yield running


@pytest.fixture
async def app(stage: Stage, sqlite_url: str) -> AsyncIterator[App]:
    async with an_app(stage, sqlite_url) as running:
        yield running


@pytest.fixture
async def ana(stage: Stage, app: App) -> Person:
    """Somebody who is practising."""
    person = stage.telegram.person(1001, "Ana")
    await stage.meet(person)
    return person


async def _states(app: App) -> list[TurnState]:
    """Of all turns, the opening first."""
    wanted = select(turns.c.state).order_by(turns.c.id)
    return [row.state for row in await fetch(app.settings.database_url, wanted)]


async def _voice(person: Person, after: int) -> ChatMessage:
    return await person.wait(lambda m: m.kind == "voice", after=after)


async def _says(person: Person, words: str, after: int | None = None) -> ChatMessage:
    return await person.wait(lambda m: words in m.text, after=after)


def _calls(stage: Stage, *methods: str) -> list[str]:
    return [request.method for request in stage.telegram.requests if request.method in methods]


async def test_a_note_is_noticed_then_understood_then_answered_by_voice(
    stage: Stage, ana: Person
) -> None:
    stage.telegram.requests.clear()
    note = await ana.send_voice(a_note(), 1.0)
    answer = await _voice(ana, note)

    sent = ana.chat.find(note)
    assert sent is not None
    assert sent.reactions == ("👀",)
    heard = await _says(ana, HEARD, note)
    assert heard.text == f"{HEARD}Hello there."
    assert heard.message_id < answer.message_id
    assert labels(heard) == ["✏️ That’s not what I said"]
    assert labels(answer) == ["🐢 Slower", "⏹ End"]
    shown = _calls(stage, "setMessageReaction", "sendChatAction", "sendMessage", "sendVoice")
    assert shown[0] == "setMessageReaction" or shown[:2] == ["sendChatAction", "setMessageReaction"]
    assert shown[-2:] == ["sendMessage", "sendVoice"]
    assert ana.chat.actions[-1].action == "record_voice"


async def test_the_answer_is_a_voice_bubble_of_opus_with_its_length(
    stage: Stage, ana: Person
) -> None:
    note = await ana.send_voice(a_note(), 1.0)
    answer = await _voice(ana, note)
    assert answer.file_id is not None
    with av.open(io.BytesIO(stage.telegram.file(answer.file_id)), "r") as container:
        (stream,) = container.streams.audio
        assert (container.format.name, stream.codec_context.name) == ("ogg", "opus")
        seconds = sum(frame.samples / frame.sample_rate for frame in container.decode(stream))
    # "You said: Hello there." and "Before that you spoke 0 times.", 20 ms a letter.
    assert seconds == pytest.approx(0.02 * (22 + 31), abs=0.15)
    assert answer.seconds == 2


async def test_a_slow_engine_shows_recording_until_it_answers(
    stage: Stage, ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.messaging.signs.REFRESH_SECONDS", 0.05)
    stage.hume.faults.add(Fault("delay", "assistant_message", seconds=0.5))
    before = len(ana.chat.actions)
    note = await ana.send_voice(a_note(), 1.0)
    await _voice(ana, note)
    shown = [action.action for action in ana.chat.actions[before:]]
    assert len(shown) >= 5
    assert set(shown) == {"record_voice"}


@pytest.mark.parametrize(
    "sound", [tone(seconds=0.3), bytes(2 * 16_000)], ids=["a third of a second", "silence"]
)
async def test_a_note_without_words_is_said_to_hold_none_and_is_no_turn(
    app: App, stage: Stage, ana: Person, sound: bytes
) -> None:
    note = await ana.send_voice(opus_note(sound), 1.0)
    await _says(ana, EN("voice.nothing_heard"), note)
    assert await _states(app) == [TurnState.ANSWERED, TurnState.SILENT]
    assert stage.brain.notes == []


async def test_noise_in_which_nothing_was_understood_is_no_turn(
    app: App, stage: Stage, ana: Person
) -> None:
    stage.brain.will_hear.append("")
    note = await ana.send_voice(a_note(), 1.0)
    await _says(ana, EN("voice.nothing_heard"), note)
    assert await _states(app) == [TurnState.ANSWERED, TurnState.SILENT]


async def test_what_is_no_recording_is_refused_in_words_each_time(
    app: App, stage: Stage, ana: Person
) -> None:
    hostile = corpus()
    for recording in hostile:
        note = await ana.send_voice(recording.data, 3.0)
        refusal = await ana.wait(after=note, timeout=20)
        assert refusal.kind == "text", recording.name
        assert HEARD not in refusal.text, recording.name
    assert set(await _states(app)) <= {TurnState.ANSWERED, TurnState.FAILED, TurnState.SILENT}
    assert (await _states(app)).count(TurnState.ANSWERED) == 1
    assert stage.brain.notes == []
    note = await ana.send_voice(a_note(), 1.0)
    await _voice(ana, note)


async def test_end_overtakes_the_running_turn_which_says_nothing_more(
    app: App, stage: Stage, ana: Person
) -> None:
    stage.hume.faults.add(Fault("delay", "assistant_message", seconds=1.5))
    note = await ana.send_voice(a_note(), 1.0)
    await _says(ana, HEARD, note)
    await ana.send_text("/end")
    closing = await ana.wait(after=note + 2)
    assert closing.kind == "text"
    assert await _states(app) == [TurnState.ANSWERED, TurnState.CANCELLED]
    await asyncio.sleep(1.6)  # the answer would have come by now
    assert [m.kind for m in ana.chat.messages if m.message_id > closing.message_id] == []


async def test_a_second_note_is_answered_after_the_first(stage: Stage, ana: Person) -> None:
    stage.brain.will_hear += ["First.", "Second."]
    first = await ana.send_voice(a_note(), 1.0)
    await ana.send_voice(a_note(), 1.0)
    await ana.wait(lambda m: m.kind == "voice" and "Second." in m.text, after=first)
    voices = [m.text for m in ana.chat.messages if m.from_bot and m.kind == "voice"]
    assert ["First." in text for text in voices] == [False, True, False]
    assert ["Second." in text for text in voices] == [False, False, True]


async def test_after_the_last_turn_of_a_guest_registering_is_offered_and_no_turn_begun(
    stage: Stage, sqlite_url: str
) -> None:
    async with an_app(stage, sqlite_url, voice={"guest_turns": 2}) as app:
        person = stage.telegram.person(1001, "Ana")
        await stage.meet(person)
        for _ in range(2):
            note = await person.send_voice(a_note(), 1.0)
            await _voice(person, note)
        offer = await person.wait(lambda m: "📝 Register" in labels(m), after=note)
        note = await person.send_voice(a_note(), 1.0)
        again = await person.wait(after=note)
        assert again.text == offer.text
        assert await _states(app) == [TurnState.ANSWERED] * 3
    assert len(stage.brain.notes) == 2


async def test_a_guest_who_opens_a_practice_with_a_note_has_used_a_turn(
    stage: Stage, sqlite_url: str
) -> None:
    async with an_app(stage, sqlite_url, voice={"guest_turns": 1}):
        person = stage.telegram.person(1001, "Ana")
        await stage.meet(person)
        await person.send_text("/end")
        await _says(person, "Ended.")
        note = await person.send_voice(a_note(), 1.0)
        await _voice(person, note)
        await person.wait(lambda m: "📝 Register" in labels(m), after=note)


async def test_slower_says_the_same_again(stage: Stage, ana: Person) -> None:
    note = await ana.send_voice(a_note(), 1.0)
    answer = await _voice(ana, note)
    await ana.press(answer.message_id, data=button(answer, ":slow"))
    again = await _voice(ana, answer.message_id)
    assert again.file_id != answer.file_id
    assert stage.brain.opened[-1][0]["speed"] == "0.7"


async def test_explain_tells_what_was_wrong_and_why(stage: Stage, ana: Person) -> None:
    stage.brain.will_hear.append("I goed home.")
    note = await ana.send_voice(a_note(), 1.0)
    answer = await _voice(ana, note)
    await ana.press(answer.message_id, data=button(answer, ":explain"))
    told = await _says(ana, CORRECTION["explanation"], answer.message_id)
    assert CORRECTION["better"] in told.text


async def test_a_typed_line_is_answered_in_writing_and_listen_speaks_it(
    stage: Stage, ana: Person
) -> None:
    line = await ana.send_text("Good morning")
    answer = await ana.wait(after=line)
    assert answer.text.startswith("You said: Good morning")
    assert answer.kind == "text"
    await ana.press(answer.message_id, data=button(answer, ":listen"))
    await _voice(ana, answer.message_id)


async def test_hint_and_translate_show_what_the_engine_offered(sqlite_url: str) -> None:
    async with a_stage(HelpfulBrain()) as stage, an_app(stage, sqlite_url):
        person = stage.telegram.person(1001, "Ana")
        await stage.meet(person)
        line = await person.send_text("Good morning")
        answer = await person.wait(after=line)
        await person.press(answer.message_id, data=button(answer, ":hint"))
        await _says(person, "• A tea, please.\n• Nothing, thanks.", answer.message_id)
        await person.press(answer.message_id, data=button(answer, ":translate"))
        await _says(person, "Dijiste: buenos días", answer.message_id)


async def test_the_right_words_typed_are_answered_in_place_of_those_misheard(
    app: App, stage: Stage, ana: Person
) -> None:
    note = await ana.send_voice(a_note(), 1.0)
    heard = await _says(ana, HEARD, note)
    answer = await _voice(ana, note)
    await ana.press(heard.message_id, data=button(heard, ":fix"))
    asked = await ana.wait(lambda m: m.message_id > answer.message_id or m.edited, after=note)
    assert "Hello there." in asked.text
    words = await ana.send_text("Yellow bear")
    anew = await ana.wait(after=words)
    assert anew.text.startswith("You said: Yellow bear")
    assert await _states(app) == [TurnState.ANSWERED] * 2


async def test_the_right_words_said_again_are_answered_in_place_of_those_misheard(
    app: App, stage: Stage, ana: Person
) -> None:
    stage.brain.will_hear += ["Hello there.", "Yellow bear."]
    note = await ana.send_voice(a_note(), 1.0)
    heard = await _says(ana, HEARD, note)
    await _voice(ana, note)
    await ana.press(heard.message_id, data=button(heard, ":fix"))
    again = await ana.send_voice(a_note(), 1.0)
    anew = await _voice(ana, again)
    assert anew.text.startswith("You said: Yellow bear.")
    assert (await _says(ana, HEARD, again)).text == f"{HEARD}Yellow bear."
    assert await _states(app) == [TurnState.ANSWERED] * 2


async def test_a_turn_is_counted_once_however_often_it_is_set_right(
    stage: Stage, sqlite_url: str
) -> None:
    async with an_app(stage, sqlite_url, voice={"guest_turns": 2}):
        person = stage.telegram.person(1001, "Ana")
        await stage.meet(person)
        note = await person.send_voice(a_note(), 1.0)
        heard = await _says(person, HEARD, note)
        await _voice(person, note)
        await person.press(heard.message_id, data=button(heard, ":fix"))
        words = await person.send_text("Yellow bear")
        await _says(person, "You said: Yellow bear", words)
        await person.send_text("Good morning")
        second = await _says(person, "You said: Good morning", words)
        await person.wait(lambda m: "📝 Register" in labels(m), after=second.message_id)
        offers = [m for m in person.chat.messages if "📝 Register" in labels(m)]
        assert len(offers) == 1
