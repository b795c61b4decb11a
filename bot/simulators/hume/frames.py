"""EVI's messages: the service's frames are built here, and the client's are checked.

Shapes are those of the official `hume` package 0.14.1 (`hume.empathic_voice`).
"""

import base64
import binascii
import json
import struct
from collections.abc import Mapping
from typing import Any

Frame = dict[str, Any]

# fmt: off
EXPRESSIONS = (
    "Admiration", "Adoration", "Aesthetic Appreciation", "Amusement", "Anger", "Anxiety", "Awe",
    "Awkwardness", "Boredom", "Calmness", "Concentration", "Confusion", "Contemplation",
    "Contempt", "Contentment", "Craving", "Desire", "Determination", "Disappointment",
    "Disgust", "Distress", "Doubt", "Ecstasy", "Embarrassment", "Empathic Pain", "Entrancement",
    "Envy", "Excitement", "Fear", "Guilt", "Horror", "Interest", "Joy", "Love", "Nostalgia",
    "Pain", "Pride", "Realization", "Relief", "Romance", "Sadness", "Satisfaction", "Shame",
    "Surprise (negative)", "Surprise (positive)", "Sympathy", "Tiredness", "Triumph",
)
# fmt: on
"""The 48 names a prosody score can have."""

_REQUIRED: Mapping[str, Mapping[str, type]] = {
    "audio_input": {"data": str},
    "session_settings": {},
    "user_input": {"text": str},
    "assistant_input": {"text": str},
    "tool_response": {"tool_call_id": str, "content": str},
    "tool_error": {"tool_call_id": str, "error": str},
    "pause_assistant_message": {},
    "resume_assistant_message": {},
}
_SETTINGS: Mapping[str, type] = {
    "audio": dict,
    "context": dict,
    "system_prompt": str,
    "tools": list,
    "variables": dict,
    "voice_id": str,
}
_RAW_AUDIO: Mapping[str, type] = {"sample_rate": int, "channels": int}
_TOOL: Mapping[str, type] = {"name": str, "parameters": str, "type": str}


class BadMessage(Exception):
    """A client message the service refuses, with the code it reports."""

    def __init__(self, code: str, slug: str, message: str) -> None:
        self.code, self.slug, self.message = code, slug, message
        super().__init__(code)


def parse_client(raw: str) -> Frame:
    """A client message with everything its type requires.

    Raises:
        BadMessage: E0100 not JSON, E0101 a field is missing or of the wrong type.
    """
    try:
        message = json.loads(raw)
    except ValueError as error:
        raise BadMessage("E0100", "payload_invalid_json", "not valid JSON") from error
    kind = message.get("type") if isinstance(message, dict) else None
    if not isinstance(kind, str) or kind not in _REQUIRED:
        raise BadMessage("E0101", "payload_invalid", "type: unknown")
    _require(message, _REQUIRED[kind])
    if kind == "session_settings":
        _check_settings(message)
    checked: Frame = message
    return checked


def decode_audio(message: Frame) -> bytes:
    """Samples of an `audio_input`.

    Raises:
        BadMessage: E0201, not base64.
    """
    try:
        return base64.b64decode(message["data"], validate=True)
    except binascii.Error as error:
        raise BadMessage("E0201", "media_invalid_base64", "data: not base64") from error


def error(failure: BadMessage) -> Frame:
    """What the service says when it refuses."""
    return {
        "type": "error",
        "code": failure.code,
        "slug": failure.slug,
        "message": failure.message,
    }


def chat_metadata(chat_id: str, chat_group_id: str) -> Frame:
    """The first frame of a chat."""
    return {"type": "chat_metadata", "chat_id": chat_id, "chat_group_id": chat_group_id}


def user_message(
    text: str,
    *,
    begin: int,
    end: int,
    is_interim: bool = False,
    is_typed: bool = False,
    prosody: Mapping[str, float] | None = None,
) -> Frame:
    """A transcript; times in milliseconds of the chat. Typed words have no prosody."""
    models: Frame = {}
    if prosody is not None:
        models["prosody"] = {"scores": {name: prosody.get(name, 0.0) for name in EXPRESSIONS}}
    return {
        "type": "user_message",
        "message": {"role": "user", "content": text},
        "from_text": is_typed,
        "interim": is_interim,
        "models": models,
        "time": {"begin": begin, "end": end},
    }


def assistant_message(message_id: str, text: str, *, is_dictated: bool) -> Frame:
    """A piece of the reply; `is_dictated` when an `assistant_input` asked for it."""
    return {
        "type": "assistant_message",
        "id": message_id,
        "message": {"role": "assistant", "content": text},
        "models": {},
        "from_text": is_dictated,
        "is_quick_response": False,
    }


def audio_output(message_id: str, index: int, sound: bytes) -> Frame:
    """A piece of the sound of one message; `sound` is a WAV file."""
    data = base64.b64encode(sound).decode("ascii")
    return {"type": "audio_output", "id": message_id, "index": index, "data": data}


def tool_call(call_id: str, name: str, arguments: Mapping[str, object]) -> Frame:
    """Asks the client to run one of its tools and to answer."""
    return {
        "type": "tool_call",
        "tool_call_id": call_id,
        "name": name,
        "parameters": json.dumps(arguments),
        "tool_type": "function",
        "response_required": True,
    }


def user_interruption(at: int) -> Frame:
    """At: Unix time."""
    return {"type": "user_interruption", "time": at}


def assistant_end() -> Frame:
    """The reply is complete."""
    return {"type": "assistant_end"}


def wav(samples: bytes, rate: int) -> bytes:
    """16-bit mono samples with a header."""
    head = struct.pack(
        "<4sI8sIHHIIHH", b"RIFF", 36 + len(samples), b"WAVEfmt ", 16, 1, 1, rate, rate * 2, 2, 16
    )
    return head + struct.pack("<4sI", b"data", len(samples)) + samples


def _require(fields: Frame, required: Mapping[str, type]) -> None:
    for name, kind in required.items():
        if not isinstance(fields.get(name), kind):
            raise BadMessage("E0101", "payload_invalid", f"{name}: missing or of a wrong type")


def _check_settings(message: Frame) -> None:
    given = {name: kind for name, kind in _SETTINGS.items() if message.get(name) is not None}
    _require(message, given)
    if message.get("audio") is not None:
        _require(message["audio"], _RAW_AUDIO)
        if message["audio"].get("encoding", "linear16") != "linear16":
            raise BadMessage("E0101", "payload_invalid", "audio.encoding: only linear16")
        if message["audio"]["sample_rate"] <= 0 or message["audio"]["channels"] != 1:
            raise BadMessage("E0101", "payload_invalid", "audio: only mono")
    for tool in message.get("tools") or ():
        _require(tool, _TOOL)
    for value in (message.get("variables") or {}).values():
        if not isinstance(value, str | int | float | bool):
            raise BadMessage("E0101", "payload_invalid", "variables: not a plain value")
