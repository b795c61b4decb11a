"""What a voice turn is made of: audio, words, events, sessions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.voice.timing import Timing


@dataclass(frozen=True, slots=True)
class Pcm:
    """Decoded sound: signed 16-bit little-endian, mono, at `rate` samples a second."""

    data: bytes
    rate: int

    @property
    def seconds(self) -> float:
        return len(self.data) / (2 * self.rate)


@dataclass(frozen=True, slots=True)
class AudioClip:
    """One whole voice note.

    Args:
        pcm: decoded, 16 kHz.
        original: the bytes as they came from the platform; any container.
        mime: of `original`, e.g. "audio/ogg".
        timing: when there was voice in `pcm`; None where nothing stands out.
    """

    pcm: Pcm
    original: bytes
    mime: str
    timing: Timing | None = None


@dataclass(frozen=True, slots=True)
class Spoken:
    """The part of a note in which somebody speaks, 16 kHz mono, and when they did."""

    pcm: Pcm
    timing: Timing | None


@dataclass(frozen=True, slots=True)
class EncodedVoice:
    """Ogg/Opus, mono, 48 kHz: what chat platforms show as a voice bubble.

    Args:
        seconds: length.
        waveform: up to 256 loudness points, one byte each (Discord wants them).
    """

    ogg: bytes
    seconds: float
    waveform: bytes = b""


@dataclass(frozen=True, slots=True)
class Word:
    """A recognised word: its place in the note in seconds, and how sure it is (0 to 1)."""

    text: str
    start: float
    end: float
    probability: float


class Speaker(StrEnum):
    """Who said something."""

    LEARNER = "learner"
    TUTOR = "tutor"


@dataclass(frozen=True, slots=True)
class Said:
    """One line of the stored history."""

    speaker: Speaker
    text: str


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A function a generative engine may call; `parameters` is a JSON schema."""

    name: str
    description: str
    parameters: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSpec:
    """Everything an engine needs to know about the conversation.

    Args:
        prompt: full instructions, for generative engines.
        variables: the same as data ("context", "level", "language", "native_language", "name",
            "style", "goal"), for the local engine and for simulators.
        voice: the engine's own voice id, None for its default.
        reply_language: BCP 47 tag of the language being learned.
        spoken_languages: what the learner may be heard speaking: target first, then native.
        speed: of the spoken reply; 1.0 is natural.
        hints: words the recogniser should expect (names, towns, words corrected by the learner).
        history: the conversation so far, oldest first; text only.
        wants_speech: False when the reply will only be read; nothing is synthesised then.
    """

    prompt: str
    reply_language: str
    spoken_languages: tuple[str, ...]
    variables: Mapping[str, str] = field(default_factory=dict)
    voice: str | None = None
    tools: tuple[ToolSpec, ...] = ()
    speed: float = 1.0
    hints: tuple[str, ...] = ()
    history: tuple[Said, ...] = ()
    wants_speech: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """One thing that goes into a session: exactly one of the three is set.

    Args:
        audio: a voice note of the learner.
        text: typed by the learner, or the corrected transcript of a note.
        say: words to be spoken verbatim by the tutor (an opening, a replay, a sample); the
            engine adds nothing to them and the learner said nothing.
    """

    turn_id: str
    audio: AudioClip | None = None
    text: str | None = None
    say: str | None = None


@dataclass(frozen=True, slots=True)
class ResumeToken:
    """An engine's own state of a conversation, stored by us between turns; opaque text (JSON)."""

    engine: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserTranscript:
    """What was understood. Empty `text`: nothing was.

    Args:
        language: heard language, if the engine tells.
        words: with times and probabilities, if the engine tells.
    """

    text: str
    language: str | None = None
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Prosody:
    """How the speaker sounded: expression name to a score of 0 to 1."""

    scores: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class AssistantText:
    """The tutor's reply.

    Args:
        text: as shown, corrections in parentheses.
        spoken: as said, where it differs (the recast alone).
        translation: into the learner's own language, where the engine has one.
        suggestions: possible answers, shown behind the Hint button.
        tip: a cultural tip to show, at most one a session.
        is_closing: the conversation has reached its goal.
        is_repair: the tutor did not understand and asks again.
    """

    text: str
    spoken: str | None = None
    translation: str | None = None
    suggestions: tuple[str, ...] = ()
    tip: str | None = None
    is_closing: bool = False
    is_repair: bool = False


@dataclass(frozen=True, slots=True)
class AudioChunk:
    """A piece of the spoken reply, in order."""

    pcm: Pcm


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The engine called one of the tools; arguments are already parsed."""

    name: str
    arguments: Mapping[str, object]


class ErrorKind(StrEnum):
    """What an engine's failure means for the turn."""

    TRANSIENT = "transient"
    FATAL = "fatal"
    BAD_INPUT = "bad_input"
    QUOTA = "quota"
    LANGUAGE = "language"


@dataclass(frozen=True, slots=True)
class EngineError:
    """Something went wrong at the engine; a `TurnEnd` follows."""

    kind: ErrorKind
    code: str
    retry_after: float | None = None


class TurnStatus(StrEnum):
    """How an engine's turn ended."""

    OK = "ok"
    PARTIAL = "partial"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnEnd:
    """Always the last event of a turn, and the only one of its kind."""

    status: TurnStatus
    resume: ResumeToken | None = None
    usage: Mapping[str, float] = field(default_factory=dict)


TurnEvent = UserTranscript | Prosody | AssistantText | AudioChunk | ToolCall | EngineError | TurnEnd


class VoiceQuality(StrEnum):
    """What kind of voice an engine has for a language."""

    NATURAL = "natural"
    SIMPLE = "simple"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineCaps:
    """What an engine can do.

    Args:
        is_generative: talks freely in any language of `languages`; otherwise it follows the
            scenarios that exist as data.
        languages: base languages it understands and replies in; None means no limit is known.
        voices: base language to the kind of voice; languages not named are `default_voice`.
        max_note_seconds: longest note it takes in one turn.
    """

    has_prosody: bool = False
    is_generative: bool = True
    languages: frozenset[str] | None = None
    voices: Mapping[str, VoiceQuality] = field(default_factory=dict)
    default_voice: VoiceQuality = VoiceQuality.NATURAL
    max_note_seconds: float = 300.0


@dataclass(frozen=True, slots=True)
class Health:
    """Whether an engine can be used now; `detail` is for `doctor` and the log."""

    is_ok: bool
    detail: str = ""
