"""Messages of Hume's speech-to-speech socket (EVI) and our types, both ways; nothing here waits.

Shapes are those of the official `hume` package 0.14.1 (`hume.empathic_voice`).
"""

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.voice.model import EngineError, ErrorKind, Pcm, SessionSpec, Speaker, ToolSpec

Message = dict[str, Any]

CHUNK_SECONDS = 0.02  # "a buffer window of 20 milliseconds": Hume's audio guide
_TOOL_OK = '{"ok": true}'


@dataclass(frozen=True, slots=True)
class ChatOpened:
    """The first frame; the group is what a later connection resumes."""

    chat_group_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserPart:
    """A piece of what the learner said; begin in milliseconds of the chat."""

    text: str
    begin: int
    end: int
    is_interim: bool
    language: str | None = None
    scores: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReplyText:
    """A piece of the reply; `is_dictated` when it came from our own `assistant_input`."""

    id: str | None
    text: str
    is_dictated: bool


@dataclass(frozen=True, slots=True)
class ReplySound:
    """A piece of the spoken reply: usually a WAV file, sometimes bare samples."""

    id: str
    index: int
    data: bytes


@dataclass(frozen=True, slots=True)
class ToolAsked:
    """A tool call; `arguments` is None when they were not a JSON object."""

    id: str
    name: str
    arguments: Mapping[str, object] | None
    needs_answer: bool


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The service heard the learner speak into the reply and cut it."""


@dataclass(frozen=True, slots=True)
class ReplyEnded:
    """The reply of this turn is complete."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The service reports an error; the chat is over."""

    error: EngineError


Frame = (
    ChatOpened | UserPart | ReplyText | ReplySound | ToolAsked | Interrupted | ReplyEnded | Refused
)


def session_settings(spec: SessionSpec, *, is_resumed: bool) -> Message:
    """The first message of every connection.

    Variables are always sent, with the settings this protocol has no field for. A conversation
    the service does not remember gets our own history as context; a resumed group has it.
    """
    speech = {"speed": f"{spec.speed:g}", "wants_speech": "yes" if spec.wants_speech else "no"}
    message: Message = {
        "type": "session_settings",
        "audio": {"encoding": "linear16", "sample_rate": 16_000, "channels": 1},
        "variables": {**spec.variables, **speech},
    }
    if spec.prompt:
        message["system_prompt"] = spec.prompt
    if spec.voice:
        message["voice_id"] = spec.voice
    if spec.tools:
        message["tools"] = [_tool(tool) for tool in spec.tools]
    if spec.history and not is_resumed:
        message["context"] = {"type": "persistent", "text": _history(spec)}
    return message


def audio_messages(pcm: Pcm, seconds: float = CHUNK_SECONDS) -> Iterator[Message]:
    """A note in chunks of so many `seconds`; the last is filled up with silence."""
    size = int(pcm.rate * seconds) * 2
    for at in range(0, len(pcm.data), size):
        chunk = pcm.data[at : at + size].ljust(size, b"\0")
        yield {"type": "audio_input", "data": base64.b64encode(chunk).decode("ascii")}


def silence(seconds: float, rate: int) -> Pcm:
    """That much of nothing."""
    return Pcm(bytes(2 * round(seconds * rate)), rate)


def tool_answer(call: ToolAsked, *, is_known: bool) -> Message:
    """What the service waits for before it goes on with the reply."""
    if is_known and call.arguments is not None:
        return {"type": "tool_response", "tool_call_id": call.id, "content": _TOOL_OK}
    reason = "unknown tool" if not is_known else "arguments are not a JSON object"
    return {"type": "tool_error", "tool_call_id": call.id, "error": reason, "level": "warn"}


def parse_frame(raw: str | bytes) -> Frame | None:
    """A frame of the service; None for types we do not use and for malformed ones."""
    try:
        message = json.loads(raw)
        frame: Frame | None = _PARSERS[message["type"]](message)
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error):
        return None
    return frame


def type_of(raw: str | bytes) -> str:
    """The declared type of a frame, for the log; never its content."""
    try:
        return str(json.loads(raw)["type"])[:40]
    except (KeyError, TypeError, ValueError):
        return "unreadable"


def error_kind(code: str, slug: str) -> ErrorKind:
    """What an error frame means: E03 is the account, E02 the audio, E01 our own message.

    Source: dev.hume.ai/docs/resources/errors; codes beyond these are not published, so the slug
    decides, and what is unknown may be tried again.
    """
    if code.startswith("E03") or any(word in slug for word in ("credit", "balance", "quota")):
        return ErrorKind.QUOTA
    if code.startswith("E02"):
        return ErrorKind.BAD_INPUT
    if code.startswith("E01") or "auth" in slug or "forbidden" in slug:
        return ErrorKind.FATAL
    return ErrorKind.TRANSIENT


def _tool(tool: ToolSpec) -> Message:
    return {
        "type": "function",
        "name": tool.name,
        "description": tool.description,
        "parameters": json.dumps(tool.parameters),
    }


def _history(spec: SessionSpec) -> str:
    names = {Speaker.LEARNER: "Learner", Speaker.TUTOR: "Tutor"}
    lines = (f"{names[said.speaker]}: {said.text}" for said in spec.history)
    return "The conversation so far:\n" + "\n".join(lines)


def _user_part(message: Message) -> UserPart:
    prosody = (message.get("models") or {}).get("prosody") or {}
    scores = {str(name): float(value) for name, value in (prosody.get("scores") or {}).items()}
    return UserPart(
        text=(message["message"].get("content") or "").strip(),
        begin=int(message["time"]["begin"]),
        end=int(message["time"]["end"]),
        is_interim=bool(message.get("interim")),
        language=message.get("language"),
        scores=scores,
    )


def _reply_text(message: Message) -> ReplyText:
    text = (message["message"].get("content") or "").strip()
    return ReplyText(message.get("id"), text, bool(message.get("from_text")))


def _reply_sound(message: Message) -> ReplySound:
    data = base64.b64decode(message["data"], validate=True)
    return ReplySound(str(message["id"]), int(message["index"]), data)


def _tool_asked(message: Message) -> ToolAsked:
    try:
        arguments = json.loads(message["parameters"])
    except ValueError:
        arguments = None
    return ToolAsked(
        id=str(message["tool_call_id"]),
        name=str(message["name"]),
        arguments=arguments if isinstance(arguments, dict) else None,
        needs_answer=bool(message.get("response_required", True)),
    )


def _refused(message: Message) -> Refused | None:
    code = str(message["code"])
    if code.startswith("W"):  # a warning: nothing was measured, the chat goes on
        return None
    return Refused(EngineError(error_kind(code, str(message.get("slug", "")).lower()), code[:20]))


_PARSERS: dict[str, Any] = {
    "chat_metadata": lambda message: ChatOpened(str(message["chat_group_id"])),
    "user_message": _user_part,
    "assistant_message": _reply_text,
    "audio_output": _reply_sound,
    "tool_call": _tool_asked,
    "user_interruption": lambda message: Interrupted(),
    "assistant_end": lambda message: ReplyEnded(),
    "error": _refused,
}
