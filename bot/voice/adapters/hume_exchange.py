"""What one turn over Hume's socket has brought so far: a state fed with frames, without waiting."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from bot.voice.adapters.hume_wire import (
    ChatOpened,
    Frame,
    Interrupted,
    Refused,
    ReplyEnded,
    ReplySound,
    ReplyText,
    ToolAsked,
    UserPart,
)
from bot.voice.adapters.wav import NotWav, WavFormat, split_wav, to_pcm
from bot.voice.model import EngineError, Pcm, Prosody, ToolCall, UserTranscript

_BARE = WavFormat(rate=48_000)  # what the service's samples are when no header ever said


@dataclass
class Reply:
    """One reply: text and sound by id, in the order the ids first came."""

    texts: list[ReplyText] = field(default_factory=list)
    sounds: dict[str, dict[int, bytes]] = field(default_factory=dict)
    has_ended: bool = False

    @property
    def text(self) -> str:
        return " ".join(part.text for part in self.texts if part.text)

    @property
    def sound(self) -> list[Pcm]:
        """One piece of sound for every id; frames of an id are joined by index."""
        return join_sound([frames[i] for i in sorted(frames)] for frames in self.sounds.values())

    def add_text(self, part: ReplyText) -> None:
        if part.id is None or part not in self.texts:  # a frame may come twice
            self.texts.append(part)

    def add_sound(self, part: ReplySound) -> None:
        self.sounds.setdefault(part.id, {}).setdefault(part.index, part.data)


class Exchange:
    """Collects transcript, reply and tool calls of a turn.

    A reply belongs to the turn only after the learner's words (or, for dictated words, after
    their own echo): a greeting the service starts by itself is not an answer. Newer words of the
    learner replace a reply, and an interrupted one is dropped with its sound.
    """

    def __init__(self, *, is_dictation: bool = False) -> None:
        self._is_dictation = is_dictation
        self._parts: list[UserPart] = []
        self._calls: dict[str, ToolCall] = {}
        self._dropped: set[str] = set()
        self._is_cut = False
        self.reply = Reply()
        self.chat_group_id: str | None = None
        self.error: EngineError | None = None
        self.is_answering = False
        self._user_frames = 0

    @property
    def has_heard(self) -> bool:
        return bool(self._parts)

    @property
    def calls(self) -> Sequence[ToolCall]:
        return tuple(self._calls.values())

    @property
    def transcript(self) -> UserTranscript:
        """All parts in the order they were spoken."""
        parts = sorted(self._parts, key=lambda part: part.begin)
        language = next((part.language for part in parts if part.language), None)
        text = " ".join(part.text for part in parts if part.text)
        return UserTranscript(text=text, language=language)

    @property
    def prosody(self) -> Prosody | None:
        """Scores of all parts, each weighing as long as it lasted."""
        measured = [(part, max(part.end - part.begin, 1)) for part in self._parts if part.scores]
        if not measured:
            return None
        total = sum(weight for _, weight in measured)
        names = sorted({name for part, _ in measured for name in part.scores})
        return Prosody(
            {n: sum(p.scores.get(n, 0.0) * weight for p, weight in measured) / total for n in names}
        )

    def more_words(self) -> Callable[[], bool]:
        """Whether the learner has been heard further since this call, interim words included."""
        seen = self._user_frames
        return lambda: self._user_frames > seen

    def take(self, frame: Frame) -> None:
        """Bring a frame in; frames may come twice."""
        match frame:
            case ChatOpened():
                self.chat_group_id = frame.chat_group_id
            case UserPart():
                self._take_words(frame)
            case ReplyText():
                self._take_text(frame)
            case ReplySound() if self.is_answering and frame.id not in self._dropped:
                self.reply.add_sound(frame)
            case ToolAsked() if frame.arguments is not None:
                self._calls.setdefault(frame.id, ToolCall(frame.name, frame.arguments))
            case Interrupted():
                self._cut()
            case ReplyEnded() if not self._is_cut:
                self.reply.has_ended = bool(self.reply.texts or self.reply.sounds)
            case Refused():
                self.error = frame.error
            case _:
                pass

    def _take_words(self, part: UserPart) -> None:
        self._user_frames += 1
        if part.is_interim or part in self._parts or self._is_dictation:
            return
        self._parts.append(part)
        self.is_answering = True
        self._begin_again()

    def _take_text(self, part: ReplyText) -> None:
        self.is_answering = self.is_answering or (self._is_dictation and part.is_dictated)
        if not self.is_answering or part.id in self._dropped:
            return
        if self._is_cut:
            self._begin_again()
        self.reply.add_text(part)

    def _cut(self) -> None:
        """Sound of the cut reply goes at once; its text stays until another one begins."""
        if self.reply.has_ended:
            return
        self._drop_ids()
        self.reply.sounds.clear()
        self._is_cut = bool(self.reply.texts)

    def _begin_again(self) -> None:
        self._drop_ids()
        self.reply = Reply()
        self._is_cut = False

    def _drop_ids(self) -> None:
        self._dropped.update(part.id for part in self.reply.texts if part.id)
        self._dropped.update(self.reply.sounds)


def join_sound(segments: Iterable[Sequence[bytes]]) -> list[Pcm]:
    """Sound of each segment in one piece.

    Every frame is a WAV file or bare samples. Headers are stripped; what they say about rate and
    width holds for the bare samples that follow. Samples cut by a frame's end are put together.
    """
    joined: list[Pcm] = []
    layout: WavFormat | None = None
    for frames in segments:
        samples = b""
        for frame in frames:
            stated, body = _samples(frame)
            if stated is not None and stated != layout:
                _flush(joined, layout, samples)
                layout, samples = stated, b""
            samples += body
        _flush(joined, layout, samples)
    return joined


def _samples(frame: bytes) -> tuple[WavFormat | None, bytes]:
    try:
        return split_wav(frame)
    except NotWav:
        return None, b"" if frame[:4] == b"RIFF" else frame


def _flush(joined: list[Pcm], layout: WavFormat | None, samples: bytes) -> None:
    pcm = to_pcm(layout or _BARE, samples)
    if pcm.data:
        joined.append(pcm)
