"""The local engine: a note in, transcript, corrections, reply and sound out."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence

import pytest

from bot.core.errors import Cause, ServiceFailure
from bot.core.language import Band
from bot.voice.adapters.local.engine import LocalEngine
from bot.voice.adapters.local.ports import Line, Recognition
from bot.voice.adapters.local.tutor_state import state_from_json
from bot.voice.model import (
    AssistantText,
    AudioChunk,
    EngineError,
    Health,
    Pcm,
    ResumeToken,
    Said,
    SessionSpec,
    Speaker,
    ToolCall,
    TurnEnd,
    TurnStatus,
    UserTranscript,
    Utterance,
    VoiceQuality,
    Word,
)
from bot.voice.persona import tools
from tests.voice_turns import (
    a_note,
    a_spec,
    dictated,
    end_of,
    only,
    reply_of,
    take_turn,
    transcript_of,
    typed,
)


class FakeSpeech:
    """Hears what it is told to and speaks a tenth of a second a sentence."""

    def __init__(self, heard: str = "", *, doubts: Sequence[str] = ()) -> None:
        self.heard = heard
        self.doubts = doubts
        self.spoken: list[tuple[str, str | None, float]] = []
        self.prepared: list[list[Line]] = []
        self.asked: tuple[Sequence[str], Sequence[str]] = ((), ())
        self.deaf = self.mute = self.is_closed = False
        self.gate: asyncio.Event | None = None

    async def transcribe(
        self, pcm: Pcm, /, *, languages: Sequence[str], hints: Sequence[str] = ()
    ) -> Recognition:
        if self.deaf:
            raise ServiceFailure("speech", Cause.UNREACHABLE)
        self.asked = (languages, hints)
        words = tuple(
            Word(word, at, at + 0.5, 0.2 if word in self.doubts else 0.9)
            for at, word in enumerate(self.heard.split())
        )
        return Recognition(
            text=self.heard, language=languages[0], language_probability=0.9, words=words
        )

    async def synthesize(
        self, text: str, /, *, language: str, voice: str | None = None, speed: float = 1.0
    ) -> Pcm:
        if self.gate is not None:
            await self.gate.wait()
        if self.mute:
            raise ServiceFailure("speech", Cause.BUSY)
        self.spoken.append((text, voice, speed))
        return Pcm(bytes(4800), 24_000)

    async def prepare(self, lines: Iterable[Line], /) -> int:
        self.prepared.append(list(lines))
        if self.mute:
            raise ServiceFailure("speech", Cause.BUSY)
        return len(self.prepared[-1])

    def quality(self, language: str, /) -> VoiceQuality:
        return VoiceQuality.NATURAL if language.startswith("en") else VoiceQuality.NONE

    async def check(self) -> Health:
        return Health(True, "fake")

    async def aclose(self) -> None:
        self.is_closed = True


def spec(**changes: object) -> SessionSpec:
    return a_spec(tools=tools(), voice="bf_emma", **changes)


async def one_turn(speech: FakeSpeech, said: Utterance, **changes: object) -> list[object]:
    session = await LocalEngine(speech).open(spec(**changes))
    return list(await take_turn(session, said))


async def test_a_note_is_understood_corrected_answered_and_spoken() -> None:
    speech = FakeSpeech("I goed to the store")
    events = await one_turn(speech, a_note())
    assert transcript_of(events) == "I goed to the store"
    assert [call.name for call in only(ToolCall, events)] == ["note_correction"]
    assert reply_of(events).startswith("(I went to the store) ")
    assert speech.spoken[0][0] == "I went to the store."
    assert len(only(AudioChunk, events)) == len(speech.spoken)
    assert end_of(events).status is TurnStatus.OK
    kinds = [type(event) for event in events]
    assert kinds[:3] == [UserTranscript, ToolCall, AssistantText]
    assert kinds[-2:] == [AudioChunk, TurnEnd]


async def test_typed_words_are_answered_without_recognition() -> None:
    speech = FakeSpeech()
    speech.deaf = True
    events = await one_turn(speech, typed("A tea, please."))
    assert only(UserTranscript, events) == []
    assert reply_of(events).endswith("?")


async def test_dictated_words_are_spoken_as_they_are() -> None:
    speech = FakeSpeech()
    events = await one_turn(speech, dictated("Welcome, Ana! Sit down."))
    assert only(AssistantText, events) == [AssistantText(text="Welcome, Ana! Sit down.")]
    assert speech.spoken == [("Welcome, Ana!", "bf_emma", 1.0), ("Sit down.", "bf_emma", 1.0)]


async def test_silence_is_told_and_not_answered() -> None:
    events = await one_turn(FakeSpeech(""), a_note())
    assert only(UserTranscript, events) == [UserTranscript(text="", language="en")]
    assert [type(event) for event in events] == [UserTranscript, TurnEnd]
    assert end_of(events).status is TurnStatus.OK


async def test_an_unsure_word_is_not_corrected_but_asked_about() -> None:
    events = await one_turn(FakeSpeech("I goed to the store", doubts=["goed"]), a_note())
    assert only(ToolCall, events) == []
    assert "“goed”" in reply_of(events)
    assert only(AssistantText, events)[0].is_repair


async def test_the_recogniser_is_told_languages_and_words_to_expect() -> None:
    speech = FakeSpeech("tea")
    await one_turn(speech, a_note(), hints=("Ayşe",), spoken_languages=("en-GB", "es-ES"))
    languages, hints = speech.asked
    assert languages == ["en", "es"]
    assert hints[0] == "Ayşe"
    assert "orange juice" in hints


async def test_a_conversation_goes_on_from_its_token() -> None:
    engine = LocalEngine(FakeSpeech())
    told, token = [], None
    for text in ("A coffee, please.", "With milk.", "A big one, please."):
        session = await engine.open(spec(), token)
        events = await take_turn(session, typed(text))
        told.append(reply_of(events))
        token = end_of(events).resume
    assert len(set(told)) == 3
    assert token is not None
    assert token.engine == "local"


async def test_what_was_chosen_meanwhile_counts_from_the_next_turn() -> None:
    guest = {"context": "cafe", "level": "A2", "language": "en"}
    known = {**guest, "native_language": "es", "level": "B2"}
    first = await one_turn(
        FakeSpeech(), typed("A coffee, please."), variables=guest, spoken_languages=("en",)
    )
    session = await LocalEngine(FakeSpeech()).open(spec(variables=known), end_of(first).resume)
    second = await take_turn(session, typed("A small one with milk, please."))

    translations = [only(AssistantText, events)[0].translation for events in (first, second)]
    assert [translation is not None for translation in translations] == [False, True]
    resume = end_of(second).resume
    assert resume is not None
    state = state_from_json(resume.state)
    assert (state.native, state.band, state.turn) == ("es", Band.INTERMEDIATE, 2)


@pytest.mark.parametrize("state", ["", "[]", "{}", '{"band": "beginner"}', "null"])
async def test_a_token_that_cannot_be_read_begins_anew(state: str) -> None:
    session = await LocalEngine(FakeSpeech()).open(spec(), ResumeToken("local", state))
    assert reply_of(await take_turn(session, typed("A tea, please."))).endswith("?")


async def test_what_another_engine_has_asked_is_not_asked_again() -> None:
    asked = "How do you take your coffee or tea?"
    history = (Said(Speaker.TUTOR, f"Good. {asked}"), Said(Speaker.LEARNER, "With milk."))
    events = await one_turn(FakeSpeech(), typed("A coffee, please."))
    assert asked in reply_of(events)
    events = await one_turn(FakeSpeech(), typed("A coffee, please."), history=history)
    assert asked not in reply_of(events)


async def test_without_a_voice_there_is_text_and_an_end_that_says_so() -> None:
    speech = FakeSpeech()
    speech.mute = True
    events = await one_turn(speech, typed("A tea, please."))
    assert reply_of(events).endswith("?")
    assert only(AudioChunk, events) == []
    assert only(EngineError, events)[0].code == "synthesis_busy"
    assert end_of(events).status is TurnStatus.PARTIAL
    assert end_of(events).resume is not None


async def test_a_failing_recogniser_fails_the_turn() -> None:
    speech = FakeSpeech()
    speech.deaf = True
    events = await one_turn(speech, a_note())
    assert only(EngineError, events)[0].code == "recognition_unreachable"
    assert end_of(events).status is TurnStatus.FAILED


@pytest.mark.parametrize(
    "changes",
    [
        {"wants_speech": False},
        {"reply_language": "es", "spoken_languages": ("es", "en")},
    ],
    ids=["not wanted", "no voice"],
)
async def test_nothing_is_spoken_where_it_is_not_wanted_or_not_possible(
    changes: dict[str, object],
) -> None:
    speech = FakeSpeech()
    events = await one_turn(speech, typed("Hola. Hello."), **changes)
    assert speech.spoken == []
    assert end_of(events).status is TurnStatus.OK


async def test_who_asks_for_it_is_spoken_to_more_slowly() -> None:
    speech = FakeSpeech()
    await one_turn(speech, typed("Slower, please."), speed=0.9)
    assert speech.spoken
    assert [speed for _, _, speed in speech.spoken] == [pytest.approx(0.9 * 0.85)] * len(
        speech.spoken
    )


@pytest.mark.parametrize("is_mute", [False, True])
async def test_what_is_always_said_is_spoken_beforehand_once_a_voice(is_mute: bool) -> None:
    speech = FakeSpeech()
    speech.mute = is_mute
    engine = LocalEngine(speech)
    for speed in (0.85, 0.85, 1.0):
        await engine.open(spec(speed=speed))
    await asyncio.sleep(0)

    assert [lines[0].speed for lines in speech.prepared] == [0.85, 1.0]
    assert {(line.voice, line.language) for line in speech.prepared[0]} == {("bf_emma", "en")}
    await engine.aclose()


async def test_a_cancelled_turn_ends_at_once() -> None:
    speech = FakeSpeech()
    speech.gate = asyncio.Event()
    session = await LocalEngine(speech).open(spec())
    stream: AsyncIterator[object] = session.turn(typed("A tea, please."))
    first = await anext(stream)
    assert isinstance(first, ToolCall | AssistantText)
    await session.cancel()
    rest = [event async for event in stream]
    assert isinstance(rest[-1], TurnEnd)
    assert rest[-1].status is TurnStatus.CANCELLED


async def test_a_language_without_content_is_refused_and_not_claimed() -> None:
    engine = LocalEngine(FakeSpeech())
    assert engine.caps.languages == {"en", "es"}
    assert not engine.caps.is_generative
    assert engine.caps.voices == {"en": VoiceQuality.NATURAL, "es": VoiceQuality.NONE}
    with pytest.raises(ServiceFailure):
        await engine.open(spec(reply_language="de"))


async def test_an_unknown_context_becomes_small_talk() -> None:
    variables = {"context": "moon", "level": "B1", "native_language": "es"}
    events = await one_turn(FakeSpeech(), typed("Where are you from?"), variables=variables)
    assert "this chat" in reply_of(events)


async def test_health_and_closing_are_those_of_its_speech() -> None:
    speech = FakeSpeech()
    engine = LocalEngine(speech)
    assert await engine.check() == Health(True, "fake")
    await engine.aclose()
    assert speech.is_closed
