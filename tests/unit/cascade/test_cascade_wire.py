"""Requests to OpenAI-compatible services, and what their answers are taken for."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.voice.adapters.cascade_reply import (
    Unusable,
    looks_like_json,
    read_calls,
    read_json,
    read_plain,
)
from bot.voice.adapters.cascade_wire import (
    Endpoint,
    Mode,
    bounded,
    chat_messages,
    in_parts,
    note_file,
    parse_resume,
    parse_transcription,
    render_resume,
    transcription_fields,
)
from bot.voice.adapters.wav import parse_wav
from bot.voice.model import (
    AudioClip,
    ResumeToken,
    Said,
    Speaker,
    ToolCall,
    UserTranscript,
    Word,
)
from tests.voice_turns import a_sound, a_spec

WENT = {"said": "I goed", "better": "I went", "kind": "other", "explanation": ""}


def a_segment(text: str, start: float, end: float, *, logprob: float, silence: float) -> object:
    return {
        "text": text,
        "start": start,
        "end": end,
        "avg_logprob": logprob,
        "no_speech_prob": silence,
    }


def test_words_take_the_probability_of_the_segment_around_them() -> None:
    heard = parse_transcription(
        {
            "text": "Hello there",
            "language": "en",
            "words": [
                {"word": "Hello", "start": 0.0, "end": 0.4},
                {"word": "there", "start": 0.5, "end": 0.9, "probability": 0.8},
                {"word": "nowhere", "start": 7.0, "end": 7.5},
                {"word": "timeless"},
            ],
            "segments": [a_segment("Hello there", 0.0, 1.0, logprob=-0.5, silence=0.1)],
        }
    )
    assert heard.language == "en"
    assert heard.words == (
        Word("Hello", 0.0, 0.4, math.exp(-0.5)),
        Word("there", 0.5, 0.9, 0.8),
    )


def test_what_the_recogniser_makes_of_silence_is_dropped() -> None:
    noise = a_segment("Thanks for watching!", 2, 4, logprob=-1.4, silence=0.9)
    speech = a_segment("Good morning.", 0, 2, logprob=-0.2, silence=0.9)
    both = {"text": "Good morning. Thanks for watching!", "segments": [speech, noise]}
    assert parse_transcription(both).text == "Good morning."
    assert parse_transcription({"text": "Thanks for watching!", "segments": [noise]}).text == ""


@pytest.mark.parametrize(
    ("language", "tag"), [("english", None), ("en", "en"), ("pt-BR", "pt-BR"), (None, None)]
)
def test_only_a_tag_is_a_language(language: str | None, tag: str | None) -> None:
    body = {"text": " Hi ", "language": language}
    assert parse_transcription(body) == UserTranscript(text="Hi", language=tag)


def test_a_transcription_asks_for_the_language_learned_and_the_words_expected() -> None:
    spec = a_spec(reply_language="pt-BR", hints=("Ana", "Recife"))
    assert transcription_fields("m", spec, is_verbose=False) == {
        "model": "m",
        "language": "pt",
        "prompt": "Ana, Recife",
        "response_format": "json",
    }


@pytest.mark.parametrize(
    ("mime", "name", "sent"),
    [
        ("audio/ogg", "note.ogg", "audio/ogg"),
        ("audio/ogg; codecs=opus", "note.ogg", "audio/ogg"),
        ("audio/mpeg", "note.mp3", "audio/mpeg"),
        ("audio/aiff", "note.wav", "audio/wav"),
    ],
)
def test_a_note_goes_as_it_came_where_its_type_is_known(mime: str, name: str, sent: str) -> None:
    clip = AudioClip(a_sound(0.1), b"as it came", mime)
    file = note_file(clip, "ogg")
    assert (file[0], file[2]) == (name, sent)
    assert file[1] == b"as it came" or parse_wav(file[1]) == clip.pcm


def test_a_note_goes_decoded_to_servers_that_want_wav() -> None:
    clip = AudioClip(a_sound(0.1), b"as it came", "audio/ogg")
    name, data, _ = note_file(clip, "wav16k")
    assert (name, parse_wav(data)) == ("note.wav", clip.pcm)


def test_messages_alternate_and_begin_with_the_learner() -> None:
    history = (
        Said(Speaker.TUTOR, "Welcome!"),
        Said(Speaker.LEARNER, "Hi."),
        Said(Speaker.LEARNER, "I am Ana."),
        Said(Speaker.TUTOR, "Nice!"),
    )
    system, *lines = chat_messages(a_spec(prompt="Be kind."), history, "And you?", Mode.PLAIN)
    assert system["role"] == "system"
    assert system["content"].startswith("Be kind.")
    assert "Welcome!" in system["content"]
    assert lines == [
        {"role": "user", "content": "Hi.\nI am Ana."},
        {"role": "assistant", "content": "Nice!"},
        {"role": "user", "content": "And you?"},
    ]


@pytest.mark.parametrize(
    "content",
    [
        '{"reply": "Nice (I went)!", "spoken": "I went. Nice!", "corrections": '
        '[{"said": "I goed", "better": "I went"}], "vocabulary": [{"word": "beach"}]}',
        '```json\n{"reply": "Nice (I went)!", "spoken": "I went. Nice!", "corrections": '
        '[{"said": "I goed", "better": "I went"}, {"said": "x", "better": "x"}, 5], '
        '"vocabulary": [{"word": "beach", "meaning": ""}, {}]}\n```',
        '<think>{"reply": 1}</think> {"reply": "Nice (I went)!", "spoken": "I went. Nice!", '
        '"corrections": [{"said": "I goed", "better": "I went"}], '
        '"vocabulary": [{"word": "beach"}]}',
    ],
)
def test_an_answer_in_json_is_read_however_it_is_wrapped(content: str) -> None:
    assert looks_like_json(content)
    answer = read_json(content)
    assert (answer.reply, answer.spoken) == ("Nice (I went)!", "I went. Nice!")
    assert answer.calls == (
        ToolCall("note_correction", WENT),
        ToolCall("note_vocabulary", {"word": "beach", "meaning": ""}),
    )


@pytest.mark.parametrize("content", ["", "{", '{"reply": ""}', '{"spoken": "Hi"}', '{"reply": 5}'])
def test_json_without_a_reply_is_unusable(content: str) -> None:
    with pytest.raises(Unusable):
        read_json(content)


@pytest.mark.parametrize(
    ("content", "spoken"),
    [
        ("(I went to the beach) Lovely! Was it warm?", "I went to the beach. Lovely! Was it warm?"),
        ("You went (I went to the beach)? Lovely!", "You went? Lovely!"),
        ("(I went to the beach.) Lovely!", "I went to the beach. Lovely!"),
    ],
)
def test_a_better_form_in_parentheses_is_a_correction(content: str, spoken: str) -> None:
    answer = read_plain(content, "Yesterday I goed to the beach.")
    assert (answer.reply, answer.spoken) == (content, spoken)
    [call] = answer.calls
    assert call.arguments["better"] in {"I went to the beach", "I went to the beach."}
    assert call.arguments["said"] == "I goed to the beach"


@pytest.mark.parametrize(
    "content",
    ["We have tapas (small dishes).", "Yes (I like the beach)!", "Well () then.", "No asides."],
)
def test_an_aside_is_no_correction(content: str) -> None:
    answer = read_plain(content, "I like the beach")
    assert (answer.reply, answer.spoken, answer.calls) == (content, None, ())


@pytest.mark.parametrize(
    ("better", "said", "learner"),
    [
        ("I went", "I goed", "Yesterday I goed out."),
        ("wanted", "wantd", "She wantd bread."),
        ("Él tiene veinte años", "Él es veinte años", "Él es veinte años."),
    ],
)
def test_a_short_better_form_finds_its_words(better: str, said: str, learner: str) -> None:
    [call] = read_plain(f"({better}) And then?", learner).calls
    assert call.arguments["said"] == said


def test_thoughts_are_not_words() -> None:
    assert read_plain("<think>Hmm (I went).</think>Hello!", "I goed").reply == "Hello!"
    with pytest.raises(Unusable):
        read_plain("<think>on and on", "Hi")


@given(st.text(), st.text())
def test_any_answer_is_read_or_unusable(content: str, learner: str) -> None:
    for read in (read_json, lambda text: read_plain(text, learner)):
        try:
            assert read(content).reply
        except Unusable:
            continue


@pytest.mark.parametrize(
    "calls",
    [
        None,
        {},
        [None],
        [{}],
        [{"function": {"name": "x", "arguments": "[]"}}],
        [{"function": {"name": "x", "arguments": "{"}}],
    ],
)
def test_calls_that_cannot_be_read_are_passed_over(calls: object) -> None:
    assert read_calls(calls) == ()


@given(st.text(alphabet="ab .!", max_size=120), st.integers(1, 20))
def test_parts_fit_and_lose_nothing_but_spaces(text: str, limit: int) -> None:
    parts = in_parts(text, limit)
    assert all(0 < len(part) <= limit for part in parts)
    assert "".join(parts).replace(" ", "") == text.replace(" ", "")


def test_history_is_bounded_from_its_old_end() -> None:
    long = [Said(Speaker.LEARNER, f"{n} " + "x" * 1000) for n in range(100)]
    kept = bounded(long)
    assert kept == tuple(long[-len(kept) :])
    assert 1 < len(kept) < 40
    assert bounded([Said(Speaker.TUTOR, "y" * 99_999)])[0].text == "y" * 99_999


def test_history_survives_the_token() -> None:
    history = (Said(Speaker.TUTOR, "¿Qué tal?"), Said(Speaker.LEARNER, "Bien"))
    assert parse_resume(render_resume(history)) == history


@pytest.mark.parametrize(
    "state", ["", "[]", "{}", '{"history": [["nobody", "x"]]}', '{"history": 5}']
)
def test_a_token_that_cannot_be_read_is_none(state: str) -> None:
    assert parse_resume(ResumeToken("cascade", state)) is None


def test_the_key_is_not_shown() -> None:
    assert "canary" not in repr(Endpoint("http://x/v1", "canary", "m"))
