"""What a turn over EVI makes of its frames; the frames come from the official package's types."""

import base64
import json
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import pytest
from hume.empathic_voice import types as official
from hypothesis import given
from hypothesis import strategies as st

from bot.voice.adapters.hume_exchange import Exchange, join_sound
from bot.voice.adapters.hume_wire import (
    ChatOpened,
    Interrupted,
    Refused,
    ReplyEnded,
    ReplySound,
    ReplyText,
    ToolAsked,
    UserPart,
    parse_frame,
)
from bot.voice.adapters.wav import render_wav
from bot.voice.model import EngineError, ErrorKind, Pcm, ToolCall
from tests.voice_turns import a_sound

NAMES = tuple(field.alias or name for name, field in official.EmotionScores.model_fields.items())


def wire(message: Any) -> str:
    """A frame as the service would send it, from a type of the official package."""
    return str(message.model_dump_json(by_alias=True, exclude_none=True))


def a_part(
    text: str, begin: int = 0, *, end: int | None = None, interim: bool = False, joy: float = 0.0
) -> official.UserMessage:
    scores = official.EmotionScores.model_validate(dict.fromkeys(NAMES, 0.0) | {"Joy": joy})
    return official.UserMessage(
        from_text=False,
        interim=interim,
        message=official.ChatMessage(role="user", content=text),
        models=official.Inference(prosody=official.ProsodyInference(scores=scores)),
        time=official.MillisecondInterval(begin=begin, end=begin + 100 if end is None else end),
    )


def a_text(
    text: str, message_id: str = "m1", *, dictated: bool = False
) -> official.AssistantMessage:
    return official.AssistantMessage(
        id=message_id,
        from_text=dictated,
        is_quick_response=False,
        message=official.ChatMessage(role="assistant", content=text),
        models=official.Inference(),
    )


def a_sound_frame(data: bytes, message_id: str = "m1", index: int = 0) -> official.AudioOutput:
    encoded = base64.b64encode(data).decode()
    return official.AudioOutput(id=message_id, index=index, data=encoded)


def a_call(parameters: str = '{"said": "goed"}') -> official.ToolCallMessage:
    return official.ToolCallMessage(
        name="note_correction",
        parameters=parameters,
        response_required=True,
        tool_call_id="c1",
        tool_type="function",
    )


END = official.AssistantEnd()
CUT = official.UserInterruption(time=1_700_000_000)


def told(messages: Iterable[Any], *, is_dictation: bool = False) -> Exchange:
    exchange = Exchange(is_dictation=is_dictation)
    for message in messages:
        if frame := parse_frame(wire(message)):
            exchange.take(frame)
    return exchange


def test_every_frame_of_the_official_types_is_understood() -> None:
    understood = {
        wire(official.ChatMetadata(chat_id="c", chat_group_id="g")): ChatOpened("g"),
        wire(a_text("Hi")): ReplyText("m1", "Hi", is_dictated=False),
        wire(a_sound_frame(b"\1\2")): ReplySound("m1", 0, b"\1\2"),
        wire(a_call()): ToolAsked("c1", "note_correction", {"said": "goed"}, needs_answer=True),
        wire(CUT): Interrupted(),
        wire(END): ReplyEnded(),
        wire(official.WebSocketError(code="E0300", slug="x", message="m")): Refused(
            EngineError(ErrorKind.QUOTA, "E0300")
        ),
    }
    assert [parse_frame(raw) for raw in understood] == list(understood.values())


def test_a_part_of_the_learner_has_its_words_its_time_and_all_scores() -> None:
    part = parse_frame(wire(a_part(" Hello ", 20, joy=0.5)))
    assert isinstance(part, UserPart)
    assert (part.text, part.begin, part.end, part.is_interim) == ("Hello", 20, 120, False)
    assert set(part.scores) == set(NAMES)
    assert len(part.scores) == 48


@pytest.mark.parametrize(
    ("code", "slug", "kind"),
    [
        ("E0101", "payload_invalid", ErrorKind.FATAL),
        ("E0201", "media_invalid", ErrorKind.BAD_INPUT),
        ("E0300", "x", ErrorKind.QUOTA),
        ("E0799", "zero_balance", ErrorKind.QUOTA),
        ("E0799", "inactivity_timeout", ErrorKind.TRANSIENT),
        ("X1", "unauthorized", ErrorKind.FATAL),
    ],
)
def test_what_an_error_means(code: str, slug: str, kind: ErrorKind) -> None:
    exchange = told([official.WebSocketError(code=code, slug=slug, message="m")])
    assert exchange.error == EngineError(kind, code)


def test_a_warning_is_not_the_end() -> None:
    assert told([official.WebSocketError(code="W0105", slug="no_speech", message="")]).error is None


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"type": "assistant_mood"}',
        '{"type": "audio_output"}',
        "{oops",
        '{"type": "audio_output", "id": "a", "index": 0, "data": "???"}',
        '{"type": ["x"]}',
        '{"type": "user_message", "message": null, "time": {"begin": 0, "end": 1}}',
        '{"type": "user_message", "message": {"content": "a"}, "time": {"begin": "x", "end": 1}}',
        b"\xff\xfe",
    ],
)
def test_unknown_and_broken_frames_are_passed_over(raw: str | bytes) -> None:
    assert parse_frame(raw) is None


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["type", "message", "models", "time", "content", "data", "prosody"])
                | st.text(),
                inner,
            )
        ),
        max_leaves=12,
    ),
    st.sampled_from(["user_message", "assistant_message", "audio_output", "tool_call", "error"]),
)
def test_no_frame_can_raise(value: object, kind: str) -> None:
    parse_frame(json.dumps(value))
    if isinstance(value, dict):
        parse_frame(json.dumps({**value, "type": kind}))


def test_parts_are_joined_in_the_order_they_were_spoken_without_interim_ones() -> None:
    exchange = told(
        [
            a_part("I go", 0, interim=True),
            a_part("to the beach.", 900),
            a_part("I went", 0),
            a_part("I went", 0),
        ]
    )
    assert exchange.transcript.text == "I went to the beach."


def test_prosody_of_several_parts_weighs_by_their_length() -> None:
    exchange = told(
        [a_part("Short.", 0, end=100, joy=1.0), a_part("Longer.", 100, end=400, joy=0.2)]
    )
    assert exchange.prosody is not None
    assert exchange.prosody.scores["Joy"] == pytest.approx(0.4)


def test_typed_words_have_no_prosody() -> None:
    message = a_part("Hi").model_copy(update={"models": official.Inference(), "from_text": True})
    assert told([message]).prosody is None


def test_a_greeting_before_the_learner_spoke_is_no_answer() -> None:
    exchange = told([a_text("Hello!", "g"), a_sound_frame(b"\1\1", "g"), END, a_part("Hi"), END])
    assert (exchange.reply.text, exchange.reply.sound, exchange.reply.has_ended) == ("", [], False)


def test_a_reply_of_several_messages_is_one() -> None:
    first, second = a_sound(0.1, 48_000), a_sound(0.2, 48_000)
    exchange = told(
        [
            a_part("Hi"),
            a_text("Hello!", "a"),
            a_sound_frame(render_wav(first), "a"),
            a_text("How are you?", "b"),
            a_sound_frame(render_wav(second), "b"),
            END,
        ]
    )
    assert exchange.reply.text == "Hello! How are you?"
    assert exchange.reply.sound == [first, second]
    assert exchange.reply.has_ended


def test_frames_that_come_twice_or_out_of_order_change_nothing() -> None:
    halves = [
        a_sound_frame(render_wav(a_sound(0.1)), index=0),
        a_sound_frame(render_wav(a_sound(0.2)), index=1),
    ]
    text = a_text("Hello!")
    exchange = told([a_part("Hi"), text, text, halves[1], halves[0], halves[1], END, END])
    assert exchange.reply.text == "Hello!"
    assert exchange.reply.sound == [Pcm(a_sound(0.1).data + a_sound(0.2).data, 16_000)]


def test_newer_words_of_the_learner_replace_the_reply() -> None:
    exchange = told(
        [
            a_part("I went", 0),
            a_text("Where?", "old"),
            a_sound_frame(b"\1\1", "old"),
            END,
            a_part("to the beach.", 500),
            a_sound_frame(b"\2\2", "old", 1),
            a_text("Lovely!", "new"),
            END,
        ]
    )
    assert exchange.reply.text == "Lovely!"
    assert exchange.reply.sound == []


def test_an_interrupted_reply_loses_its_sound_and_then_its_words() -> None:
    before = [
        a_part("Hi"),
        a_text("Well", "cut"),
        a_sound_frame(b"\1\1", "cut"),
        CUT,
        a_sound_frame(b"\1\1", "cut", 1),
        END,
    ]
    cut = told(before)
    assert (cut.reply.text, cut.reply.sound, cut.reply.has_ended) == ("Well", [], False)
    after = told([*before, a_text("Hello!", "new"), a_sound_frame(b"\2\2", "new"), END])
    assert (after.reply.text, after.reply.has_ended) == ("Hello!", True)
    assert after.reply.sound == [Pcm(b"\2\2", 48_000)]


def test_dictated_words_are_answered_by_their_own_echo_alone() -> None:
    exchange = told(
        [
            a_text("How can I help?", "g"),
            a_sound_frame(b"\1\1", "g"),
            END,
            a_text("Welcome!", "d", dictated=True),
            a_sound_frame(b"\2\2", "d"),
            END,
        ],
        is_dictation=True,
    )
    assert exchange.reply.text == "Welcome!"
    assert exchange.reply.sound == [Pcm(b"\2\2", 48_000)]
    assert exchange.reply.has_ended


def test_a_tool_called_twice_by_the_same_id_is_called_once() -> None:
    exchange = told([a_part("I goed"), a_call(), a_call()])
    assert exchange.calls == (ToolCall("note_correction", {"said": "goed"}),)


def test_a_tool_call_without_readable_arguments_is_no_call() -> None:
    assert told([a_call("not json"), a_call("[1]")]).calls == ()


def in_pieces(data: bytes, cuts: Sequence[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[a:b] for a, b in pairwise(edges)]


@given(st.binary(min_size=2, max_size=60), st.lists(st.integers(0, 60), max_size=5))
def test_samples_survive_any_cut_into_bare_frames(data: bytes, cuts: list[int]) -> None:
    whole = data[: len(data) & ~1]
    frames = in_pieces(data, cuts)
    joined = join_sound([[render_wav(Pcm(frames[0], 22_050)), *frames[1:]]])
    if frames[0] and not any(frame[:4] == b"RIFF" for frame in frames):
        assert b"".join(pcm.data for pcm in joined) == whole
        assert {pcm.rate for pcm in joined} == {22_050}


def test_a_rate_that_changes_begins_another_piece() -> None:
    slow, fast = a_sound(0.1, 16_000), a_sound(0.1, 48_000)
    assert join_sound([[render_wav(slow), render_wav(fast), fast.data]]) == [
        slow,
        Pcm(fast.data * 2, 48_000),
    ]
