"""Requests and answers of OpenAI-compatible transcription, chat and speech; nothing here waits.

Shapes: github.com/openai/openai-openapi, `createTranscription`, `createChatCompletion`,
`createSpeech`. Servers differ in what they leave out, so nothing beyond the text is counted on.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from bot.core.language import base_language
from bot.voice.adapters.cascade_reply import CORRECTION, VOCABULARY
from bot.voice.adapters.wav import render_wav
from bot.voice.model import AudioClip, ResumeToken, Said, SessionSpec, Speaker, UserTranscript, Word

NAME = "cascade"
SttFormat = Literal["ogg", "wav16k"]
Upload = tuple[str, bytes, str]

MAX_SPEECH_CHARS = 4000  # OpenAI takes 4096 in one request
_HISTORY_LINES = 40
_HISTORY_CHARS = 12_000
# Whisper's own rule for segments that are not speech.
_NO_SPEECH, _UNSURE = 0.6, -1.0
_EXTENSIONS = {
    "audio/ogg": "ogg",
    "audio/opus": "ogg",
    "audio/webm": "webm",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "audio/x-m4a": "m4a",
    "audio/wav": "wav",
    "audio/flac": "flac",
}


class Mode(StrEnum):
    """How the model is asked for corrections, best first; a server may know only the last."""

    SCHEMA = "schema"
    TOOLS = "tools"
    PLAIN = "plain"


_FORMAT_NOTES = {
    Mode.SCHEMA: (
        "Answer as one JSON object. `reply` is what the learner reads, each better form in "
        "parentheses. `spoken` is what the learner hears: the same without parentheses, saying "
        "the better form only. `corrections` and `vocabulary` are empty when there are none."
    ),
    Mode.TOOLS: "Call the tools for corrections and new words, and always answer in words too.",
    Mode.PLAIN: "When the learner makes a slip, put the better form in parentheses, then go on.",
}
_LISTS = {CORRECTION: "corrections", VOCABULARY: "vocabulary"}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One of the three services.

    Args:
        url: up to and including the version, e.g. "https://api.openai.com/v1".
        voice: for speech; the session's own voice comes first.
    """

    url: str
    key: str | None = field(repr=False)
    model: str
    voice: str | None = None

    def at(self, path: str) -> str:
        return f"{self.url.rstrip('/')}/{path}"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}


def note_file(clip: AudioClip, wanted: SttFormat) -> Upload:
    """The note as a file: its name and type tell servers what it is."""
    extension = _EXTENSIONS.get(clip.mime.split(";")[0].strip().lower())
    if wanted == "wav16k" or not clip.original or extension is None:
        return "note.wav", render_wav(clip.pcm), "audio/wav"
    mime = "audio/ogg" if extension == "ogg" else clip.mime
    return f"note.{extension}", clip.original, mime


def transcription_fields(model: str, spec: SessionSpec, *, is_verbose: bool) -> dict[str, Any]:
    """Form fields beside the file; word times come with the verbose form only."""
    fields: dict[str, Any] = {
        "model": model,
        "language": base_language(spec.reply_language),
        "response_format": "verbose_json" if is_verbose else "json",
    }
    if spec.hints:
        fields["prompt"] = ", ".join(spec.hints)
    if is_verbose:
        fields["timestamp_granularities[]"] = ["word", "segment"]
    return fields


def parse_transcription(body: Mapping[str, Any]) -> UserTranscript:
    """What was understood.

    Segments that the recogniser itself takes for no speech are left out. Words without any
    probability are left out as well: an invented one would be scored.

    Raises:
        TypeError: there is no text.
    """
    text = body.get("text")
    if not isinstance(text, str):
        raise TypeError("no text")
    segments = [segment for segment in body.get("segments") or () if isinstance(segment, dict)]
    heard = [segment for segment in segments if not _is_noise(segment)]
    if len(heard) < len(segments):
        text = " ".join(str(segment.get("text", "")).strip() for segment in heard)
    words = tuple(
        word
        for entry in body.get("words") or ()
        if isinstance(entry, dict) and (word := _word(entry, heard)) is not None
    )
    language = str(body.get("language") or "")
    is_tag = re.fullmatch(r"[A-Za-z]{2,3}(-\w+)*", language) is not None
    return UserTranscript(
        text=text.strip(),
        language=language if is_tag else None,
        words=words if text.strip() else (),
    )


def chat_messages(
    spec: SessionSpec, history: Sequence[Said], text: str, mode: Mode
) -> list[dict[str, Any]]:
    """Instructions, the conversation so far, and what the learner said last.

    Many models' templates refuse a conversation that does not begin with the user or in which
    one side speaks twice: what the tutor opened with goes into the instructions, and lines of
    one speaker are joined.
    """
    lines = list(history)
    opening = []
    while lines and lines[0].speaker is Speaker.TUTOR:
        opening.append(lines.pop(0).text)
    system = [spec.prompt, _FORMAT_NOTES[mode]]
    if opening:
        system.append("You opened the conversation with: " + " ".join(opening))
    messages = [{"role": "system", "content": "\n\n".join(part for part in system if part)}]
    for said in (*lines, Said(Speaker.LEARNER, text)):
        role = "user" if said.speaker is Speaker.LEARNER else "assistant"
        if messages[-1]["role"] == role:
            messages[-1]["content"] += f"\n{said.text}"
        else:
            messages.append({"role": role, "content": said.text})
    return messages


def chat_body(model: str, spec: SessionSpec, messages: Sequence[Any], mode: Mode) -> dict[str, Any]:
    """A request of one of the three modes."""
    body: dict[str, Any] = {"model": model, "messages": list(messages)}
    if mode is Mode.SCHEMA:
        schema = {"name": "tutor_turn", "strict": True, "schema": _turn_schema(spec)}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    if mode is Mode.TOOLS and spec.tools:
        body["tools"] = [
            {
                "type": "function",
                "function": {
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": dict(tool.parameters),
                },
            }
            for tool in spec.tools
        ]
    return body


def tool_results(message: Mapping[str, Any]) -> list[Any]:
    """What goes back after calls without words, so that the words come."""
    calls = [call for call in message.get("tool_calls") or () if isinstance(call, dict)]
    return [
        {"role": "assistant", "content": None, "tool_calls": calls},
        *(
            {"role": "tool", "tool_call_id": str(call.get("id")), "content": '{"ok": true}'}
            for call in calls
        ),
    ]


def speech_bodies(endpoint: Endpoint, spec: SessionSpec, text: str) -> list[dict[str, Any]]:
    """One request for each part of a text that fits."""
    shared: dict[str, Any] = {
        "model": endpoint.model,
        "voice": spec.voice or endpoint.voice or "alloy",
        "response_format": "wav",
    }
    if spec.speed != 1.0:
        shared["speed"] = spec.speed
    return [{**shared, "input": part} for part in in_parts(text, MAX_SPEECH_CHARS)]


def in_parts(text: str, limit: int) -> list[str]:
    """A text cut at sentences, else at spaces, into parts of at most `limit` characters."""
    parts: list[str] = []
    rest = text.strip()
    while len(rest) > limit:
        ends = [found.end() for found in re.finditer(r"[.!?…。]\s", rest[:limit])]
        at = ends[-1] if ends else rest.rfind(" ", 1, limit)
        at = at if at > 0 else limit
        parts.append(rest[:at].strip())
        rest = rest[at:].strip()
    return [part for part in (*parts, rest) if part]


def bounded(history: Sequence[Said]) -> tuple[Said, ...]:
    """The latest lines, as many as a request and a stored row may hold."""
    kept: list[Said] = []
    room = _HISTORY_CHARS
    for said in reversed(history[-_HISTORY_LINES:]):
        room -= len(said.text)
        if room < 0 and kept:
            break
        kept.append(said)
    return tuple(reversed(kept))


def render_resume(history: Sequence[Said]) -> ResumeToken:
    """Our own history; the services keep nothing."""
    lines = [[said.speaker.value, said.text] for said in history]
    return ResumeToken(NAME, json.dumps({"history": lines}, ensure_ascii=False))


def parse_resume(token: ResumeToken | None) -> tuple[Said, ...] | None:
    """The history of a token; None for another engine's token and for one that cannot be read."""
    if token is None or token.engine != NAME:
        return None
    try:
        lines = json.loads(token.state)["history"]
        return tuple(Said(Speaker(speaker), str(text)) for speaker, text in lines)
    except (ValueError, KeyError, TypeError):
        return None


def _turn_schema(spec: SessionSpec) -> dict[str, Any]:
    """Words, and a list for each tool that was offered, of what the tool takes."""
    properties: dict[str, Any] = {"reply": {"type": "string"}, "spoken": {"type": "string"}}
    for tool in spec.tools:
        if tool.name in _LISTS:
            item = _strict(tool.parameters["properties"])
            properties[_LISTS[tool.name]] = {"type": "array", "items": item}
    return _strict(properties)


def _strict(properties: Any) -> dict[str, Any]:
    """An object as strict mode wants it: every property required, no others allowed."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _is_noise(segment: Mapping[str, Any]) -> bool:
    silence, sureness = segment.get("no_speech_prob"), segment.get("avg_logprob")
    if not isinstance(silence, int | float) or not isinstance(sureness, int | float):
        return False
    return silence > _NO_SPEECH and sureness < _UNSURE


def _word(entry: Mapping[str, Any], segments: Sequence[Mapping[str, Any]]) -> Word | None:
    try:
        text, start, end = str(entry["word"]).strip(), float(entry["start"]), float(entry["end"])
    except (KeyError, TypeError, ValueError):
        return None
    probability = entry.get("probability")
    if not isinstance(probability, int | float):
        probability = _probability_at((start + end) / 2, segments)
    return None if probability is None else Word(text, start, end, min(max(probability, 0.0), 1.0))


def _probability_at(at: float, segments: Sequence[Mapping[str, Any]]) -> float | None:
    """The mean probability of the segment around a moment."""
    for segment in segments:
        sureness = segment.get("avg_logprob")
        is_around = segment.get("start", math.inf) <= at <= segment.get("end", -math.inf)
        if is_around and isinstance(sureness, int | float):
            return math.exp(sureness)
    return None
