"""One connection to the simulated service: it listens, waits while paused, answers."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal
from uuid import uuid4

from aiohttp import WSMsgType, web

from bot.simulators.brain import Brain, BrainFailed, BrainReply, BrainSession
from bot.simulators.faults import Faults
from bot.simulators.hume import frames
from bot.simulators.hume.ear import Ear, Heard
from bot.simulators.hume.frames import BadMessage, Frame

_FRAME_SECONDS = 1.0  # of sound in one audio_output
_TOOL_SECONDS = 10.0  # a tool call without an answer is given up
_GRACE_SECONDS = 0.25  # after the silence, in real time: a note sent at once has more to come


_UNAVAILABLE = BadMessage("E0712", "service_unavailable", "the service is not available")

Observer = Callable[[Literal["client", "service"], Frame], None]


class Quirk(StrEnum):
    """What the service may do within its protocol, or nearly so, on command."""

    ERROR_FRAME = "error_frame"
    UNKNOWN_FRAME = "unknown_frame"
    SILENT = "silent"
    INTERRUPTION = "interruption"
    GREETING = "greeting"
    BARE_AUDIO = "bare_audio"
    DEAF = "deaf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds: silence that ends a turn; without a message; of a whole chat."""

    end_of_turn: float = 0.8
    inactivity: float = 120.0
    duration: float = 1800.0


@dataclass
class ChatGroup:
    """A conversation over several connections."""

    id: str
    session: BrainSession | None = None
    told: tuple[dict[str, str], str] | None = None


@dataclass
class Manner:
    """How the service behaves; shared by all its chats."""

    faults: Faults
    limits: Limits
    observe: Observer
    quirks: Counter[Quirk] = field(default_factory=Counter)

    def strikes(self, quirk: Quirk) -> bool:
        """Whether an armed quirk is due; it is used up by this."""
        if self.quirks[quirk] <= 0:
            return False
        self.quirks[quirk] -= 1
        return True


class Dropped(Exception):
    """The connection was cut on command."""


class Chat:
    """One chat from `chat_metadata` to its close."""

    def __init__(
        self,
        socket: web.WebSocketResponse,
        group: ChatGroup,
        brain: Brain,
        manner: Manner,
        *,
        is_verbose: bool,
    ) -> None:
        self._socket = socket
        self._group = group
        self._brain = brain
        self._manner = manner
        self._is_verbose = is_verbose
        self._settings: Frame = {}
        self._ear: Ear | None = None
        self._turn_timer: asyncio.TimerHandle | None = None
        self._is_paused = False
        self._held: BrainReply | None = None
        self._is_speaking = False
        self._is_interrupted = False
        self._work: asyncio.Queue[Callable[[], Awaitable[None]]] = asyncio.Queue()
        self._tools: dict[str, asyncio.Future[None]] = {}

    async def run(self) -> None:
        """Serve until either side ends it.

        Raises:
            Dropped: the connection is to be cut.
        """
        worker = asyncio.create_task(self._do_work())
        listener = asyncio.create_task(self._serve())
        try:
            await asyncio.wait({worker, listener}, return_when=asyncio.FIRST_COMPLETED)
            if worker.done():
                worker.result()
            if listener.done():
                listener.result()
        except BadMessage as failure:
            await self._send(frames.error(failure))
            await self._socket.close(code=1008, message=failure.code.encode())
        finally:
            for task in (worker, listener):
                task.cancel()
            await asyncio.wait({worker, listener})
            if self._turn_timer is not None:
                self._turn_timer.cancel()

    async def _serve(self) -> None:
        try:
            async with asyncio.timeout(self._manner.limits.duration):
                await self._send(frames.chat_metadata(uuid4().hex, self._group.id))
                if self._manner.strikes(Quirk.GREETING):
                    await self._speak(BrainReply(segments=("Hello! What is on your mind?",)))
                await self._listen()
        except TimeoutError:
            await self._socket.close(code=1000, message=b"time is up")

    async def _listen(self) -> None:
        while True:
            async with asyncio.timeout(self._manner.limits.inactivity):
                raw = await self._socket.receive()
            if raw.type is not WSMsgType.TEXT:
                return
            message = frames.parse_client(raw.data)
            self._manner.observe("client", message)
            self._take(message)

    def _take(self, message: Frame) -> None:
        match message["type"]:
            case "session_settings":
                self._settings.update(message)
            case "audio_input":
                self._take_audio(message)
            case "user_input":
                self._work.put_nowait(lambda: self._read(message["text"]))
            case "assistant_input":
                self._work.put_nowait(lambda: self._dictate(message["text"]))
            case "pause_assistant_message":
                self._is_paused = True
            case "resume_assistant_message":
                self._is_paused = False
                self._work.put_nowait(self._answer_held)
            case "tool_response" | "tool_error":
                if waiting := self._tools.pop(message["tool_call_id"], None):
                    waiting.set_result(None)

    def _take_audio(self, message: Frame) -> None:
        audio = self._settings.get("audio")
        if audio is None:
            raise BadMessage("E0200", "media_unknown_format", "audio: not declared")
        samples = frames.decode_audio(message)
        if self._ear is None:
            self._ear = Ear(audio["sample_rate"], self._manner.limits.end_of_turn)
        if self._ear.hear(samples):
            self._is_interrupted = self._is_speaking
            if self._turn_timer is not None:
                self._turn_timer.cancel()
                self._turn_timer = None
        elif self._ear.is_turn_over and self._turn_timer is None:
            loop = asyncio.get_running_loop()
            self._turn_timer = loop.call_later(_GRACE_SECONDS, self._close_turn, self._ear)

    def _close_turn(self, ear: Ear) -> None:
        self._turn_timer = None
        heard = ear.take()
        if not self._manner.strikes(Quirk.DEAF):
            self._work.put_nowait(lambda: self._hear(heard))

    async def _do_work(self) -> None:
        while True:
            work = await self._work.get()
            try:
                await work()
            except BrainFailed as failure:
                raise _UNAVAILABLE from failure

    async def _hear(self, heard: Heard) -> None:
        session = await self._session()
        reply = await session.hear(heard.samples, heard.rate)
        parts = list(_parts(reply.transcript or "", heard.begin, heard.end))
        if self._is_verbose and reply.transcript:
            half = reply.transcript[: len(reply.transcript) // 2].strip()
            begin, end = heard.begin, (heard.begin + heard.end) // 2
            await self._send(frames.user_message(half, begin=begin, end=end, is_interim=True))
        for text, begin, end in parts:
            await self._send(frames.user_message(text, begin=begin, end=end, prosody=reply.prosody))
        await self._answer(reply)

    async def _read(self, text: str) -> None:
        await self._send(frames.user_message(text, begin=0, end=0, is_typed=True))
        await self._answer(await (await self._session()).read(text))

    async def _dictate(self, text: str) -> None:
        await self._speak(await (await self._session()).say(text), is_dictated=True)

    async def _answer(self, reply: BrainReply) -> None:
        if self._is_paused:
            self._held = reply
            return
        if reply.rest is not None:
            reply = await reply.rest()
        if not reply.segments:
            return
        if self._manner.strikes(Quirk.INTERRUPTION):
            await self._speak(reply, is_to_be_cut=True)
        await self._speak(reply)

    async def _answer_held(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            await self._answer(held)

    async def _speak(
        self, reply: BrainReply, *, is_dictated: bool = False, is_to_be_cut: bool = False
    ) -> None:
        if self._manner.strikes(Quirk.SILENT):
            return
        if self._manner.strikes(Quirk.ERROR_FRAME):
            raise _UNAVAILABLE
        await self._call_tools(reply)
        self._is_speaking, self._is_interrupted = True, False
        for frame in self._reply_frames(reply, is_dictated):
            if self._is_interrupted or (is_to_be_cut and frame["type"] == "assistant_end"):
                await self._send(frames.user_interruption(int(time.time())))
                break
            await self._send(frame)
        self._is_speaking = False

    def _reply_frames(self, reply: BrainReply, is_dictated: bool) -> Iterator[Frame]:
        """Text of each segment before its sound; sound without a segment of its own goes last."""
        last = len(reply.segments) - 1
        for n, segment in enumerate(reply.segments):
            message_id = uuid4().hex
            yield frames.assistant_message(message_id, segment, is_dictated=is_dictated)
            pieces = reply.audio[n:] if n == last else reply.audio[n : n + 1]
            for index, sound in enumerate(_sound_frames(pieces)):
                is_bare = index > 0 and self._manner.strikes(Quirk.BARE_AUDIO)
                yield frames.audio_output(message_id, index, sound[44:] if is_bare else sound)
        yield frames.assistant_end()

    async def _call_tools(self, reply: BrainReply) -> None:
        offered = {tool["name"] for tool in self._settings.get("tools") or ()}
        for name, arguments in reply.tools:
            if name in offered:
                call_id = uuid4().hex
                waiting = self._tools[call_id] = asyncio.get_running_loop().create_future()
                await self._send(frames.tool_call(call_id, name, arguments))
                await asyncio.wait([waiting], timeout=_TOOL_SECONDS)

    async def _send(self, frame: Frame) -> None:
        kind = frame["type"]
        await self._manner.faults.hold(kind)
        if self._manner.faults.take(kind, "drop_before"):
            raise Dropped
        if self._manner.strikes(Quirk.UNKNOWN_FRAME):
            await self._socket.send_json({"type": "assistant_mood", "mood": 1})
        copies = 2 if self._manner.faults.take(kind, "duplicate") else 1
        for _ in range(copies):
            self._manner.observe("service", frame)
            await self._socket.send_json(frame)
        if self._manner.faults.take(kind, "drop_after"):
            raise Dropped

    async def _session(self) -> BrainSession:
        group, settings = self._group, self._settings
        given = settings.get("variables") or {}
        variables = {name: str(value) for name, value in given.items()}
        if voice := settings.get("voice_id"):
            variables["voice"] = voice
        told = (variables, settings.get("system_prompt") or "")
        if group.session is None:
            group.session = await self._brain.open(*told)
        elif group.told != told:
            await group.session.update(*told)
        group.told = told
        return group.session


def _parts(transcript: str, begin: int, end: int) -> Iterator[tuple[str, int, int]]:
    """A transcript in sentences, as a speaker's pauses would cut it, each with its time."""
    sentences = re.split(r"(?<=[.!?…])\s+", transcript)
    step = (end - begin) // len(sentences)
    for n, sentence in enumerate(sentences):
        yield sentence, begin + n * step, begin + (n + 1) * step


def _sound_frames(pieces: Sequence[tuple[bytes, int]]) -> Iterator[bytes]:
    for samples, rate in pieces:
        size = int(_FRAME_SECONDS * rate) * 2
        for at in range(0, len(samples), size):
            yield frames.wav(samples[at : at + size], rate)
