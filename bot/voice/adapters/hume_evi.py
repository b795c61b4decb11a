"""The engine `hume`: any service that speaks Hume's speech-to-speech protocol (EVI).

A connection is billed by the minute, so one is leased for each turn; the service keeps the
conversation as a chat group, whose id is our resume token. A voice note is not live speech:
the assistant is paused, the note is streamed as if it were spoken, silence after it closes the
learner's turn, and the assistant is resumed when the transcripts have stopped.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

from bot.voice.adapters.hume_exchange import Exchange
from bot.voice.adapters.hume_socket import Address, HumeSocket, open_socket
from bot.voice.adapters.hume_wire import (
    CHUNK_SECONDS,
    Message,
    audio_messages,
    session_settings,
    silence,
)
from bot.voice.adapters.turns import Emit, TurnFailed, TurnRunner
from bot.voice.adapters.wav import is_silent
from bot.voice.model import (
    AssistantText,
    AudioChunk,
    EngineCaps,
    ErrorKind,
    Health,
    Pcm,
    ResumeToken,
    SessionSpec,
    TurnEvent,
    UserTranscript,
    Utterance,
)

NAME = "hume"
DEFAULT_HOST = "api.hume.ai"
_PAUSE: Message = {"type": "pause_assistant_message"}
_HASTY_CHUNK_SECONDS = 0.5
_SILENCE_SECONDS = 0.1  # a piece of the silence streamed while words are awaited
_RESUME: Message = {"type": "resume_assistant_message"}
LANGUAGES = frozenset({"en", "ja", "ko", "es", "fr", "pt", "it", "de", "ru", "hi", "ar"})
_REFUSED_KEY = frozenset({"http_401", "http_403"})
_ENDED = (
    "Hume announced that access to EVI ended on 2026-11-13. Set LINGUAFLEX_HUME__API_URL to a "
    "service that speaks EVI, or LINGUAFLEX_VOICE__ENGINE to local, cascade or openai_realtime."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long to wait for what, in seconds.

    Args:
        connect: handshake, and again the first frame.
        end_of_turn: silence that closes the learner's turn at the service (its default is 0.8).
        transcript: for the first words after the note; none by then means nothing was said.
        settle: without new transcripts, after which the learner has been heard to the end.
        reply: without any frame while a reply is awaited.
        total: a whole turn, the note's own length not counted.
    """

    connect: float = 10.0
    end_of_turn: float = 0.8
    transcript: float = 20.0
    settle: float = 0.5
    reply: float = 45.0
    total: float = 180.0


class HumeEngine:
    """Implements `VoiceEngine` over EVI.

    Args:
        url: of the protocol, e.g. "wss://api.hume.ai/v0/evi"; "/chat" is appended.
        pace: 1.0 streams a note in the time it lasts, as Hume's documents ask; 0 at once.
        languages: base languages the endpoint speaks; EVI 4-mini's unless it is another one.
    """

    name = NAME

    def __init__(
        self,
        *,
        url: str,
        api_key: str | None,
        config_id: str | None,
        pace: float = 1.0,
        languages: frozenset[str] = LANGUAGES,
        timing: Timing | None = None,
    ) -> None:
        self.caps = EngineCaps(has_prosody=True, is_generative=True, languages=languages)
        self._address = Address(url=url, api_key=api_key, config_id=config_id)
        self._pace = pace
        self._timing = timing or Timing()

    async def check(self) -> Health:
        """Open a chat and close it again."""
        lease = open_socket(
            self._address,
            Exchange(),
            chat_group_id=None,
            tools=frozenset(),
            within=self._timing.connect,
        )
        try:
            async with lease:
                return Health(True, "a chat was opened")
        except TurnFailed as failure:
            code = failure.error.code
            is_hume = DEFAULT_HOST in self._address.url
            return Health(False, f"{code}. {_ENDED}" if is_hume else code)

    async def open(self, spec: SessionSpec, /, resume: ResumeToken | None = None) -> "HumeSession":
        """No connection yet: the first turn makes it, so a failure is an event of that turn."""
        return HumeSession(self._address, self._pace, self._timing, spec, resume)

    async def aclose(self) -> None:
        """Nothing is held between turns."""


class HumeSession:
    """One conversation; see `EngineSession`."""

    def __init__(
        self,
        address: Address,
        pace: float,
        timing: Timing,
        spec: SessionSpec,
        resume: ResumeToken | None,
    ) -> None:
        self._address = address
        self._pace = pace
        self._timing = timing
        self._spec = spec
        self._chat_group_id = _chat_group_of(resume)
        self._runner = TurnRunner()

    @property
    def resume(self) -> ResumeToken | None:
        if self._chat_group_id is None:
            return None
        return ResumeToken(NAME, json.dumps({"chat_group_id": self._chat_group_id}))

    def turn(self, said: Utterance, /) -> AsyncIterator[TurnEvent]:
        return self._runner.run(lambda emit: self._exchange(said, emit), lambda: self.resume)

    async def cancel(self) -> None:
        await self._runner.cancel()

    async def aclose(self) -> None:
        await self._runner.cancel()

    async def _exchange(self, said: Utterance, emit: Emit) -> None:
        if said.audio is not None and is_silent(said.audio.pcm):
            emit(UserTranscript(text=""))
            return
        note_seconds = said.audio.pcm.seconds if said.audio else 0.0
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with asyncio.timeout(self._timing.total + note_seconds):
                await self._leased(said, emit)
        except TimeoutError as error:
            raise TurnFailed(ErrorKind.TRANSIENT, "timeout") from error
        finally:
            self._runner.usage["connected_seconds"] = loop.time() - began

    async def _leased(self, said: Utterance, emit: Emit) -> None:
        async with AsyncExitStack() as stack:
            exchange, socket = await self._connect(stack, said)
            telling = _Telling(exchange, emit, wants_speech=self._spec.wants_speech)
            try:
                if said.audio is not None:
                    await self._speak(socket, exchange, said.audio.pcm)
                    telling.tell_transcript()
                    if not exchange.transcript.text:
                        return
                    await socket.send(_RESUME)
                elif said.say is not None:
                    await socket.send({"type": "assistant_input", "text": said.say})
                else:
                    await socket.send({"type": "user_input", "text": said.text or ""})
                await self._hear_reply(socket, exchange)
            finally:
                telling.tell_reply(verbatim=said.say, has_note=said.audio is not None)

    async def _connect(self, stack: AsyncExitStack, said: Utterance) -> tuple[Exchange, HumeSocket]:
        """Lease a connection; a chat group the service no longer knows is begun afresh."""
        try:
            return await self._lease(stack, said)
        except TurnFailed as failure:
            is_refused = failure.error.kind is ErrorKind.FATAL
            if self._chat_group_id is None or not is_refused or failure.error.code in _REFUSED_KEY:
                raise
        self._chat_group_id = None
        return await self._lease(stack, said)

    async def _lease(self, stack: AsyncExitStack, said: Utterance) -> tuple[Exchange, HumeSocket]:
        exchange = Exchange(is_dictation=said.say is not None)
        resumed = self._chat_group_id
        socket = await stack.enter_async_context(
            open_socket(
                self._address,
                exchange,
                chat_group_id=resumed,
                tools=frozenset(tool.name for tool in self._spec.tools),
                within=self._timing.connect,
            )
        )
        self._chat_group_id = exchange.chat_group_id
        is_resumed = resumed is not None and resumed == exchange.chat_group_id
        await socket.send(session_settings(self._spec, is_resumed=is_resumed))
        return exchange, socket

    async def _speak(self, socket: HumeSocket, exchange: Exchange, note: Pcm) -> None:
        """Stream a whole note and wait until it has been understood to the end."""
        await socket.send(_PAUSE)
        await self._stream(socket, note, pace=self._pace)
        tail = silence(self._timing.end_of_turn * 1.5, note.rate)
        await self._stream(socket, tail, pace=self._pace)
        # Streamed faster than it was spoken, the service has yet to work through it.
        patience = self._timing.transcript + note.seconds * max(0.0, 1.0 - self._pace)
        deadline = asyncio.get_running_loop().time() + patience
        more = silence(_SILENCE_SECONDS, note.rate)
        while not exchange.has_heard and asyncio.get_running_loop().time() < deadline:
            await self._stream(socket, more, pace=1.0)  # speech is a stream: it does not just stop
            socket.raise_if_over()
        while await socket.until(exchange.more_words(), silence=self._timing.settle):
            pass

    async def _stream(self, socket: HumeSocket, sound: Pcm, *, pace: float) -> None:
        """Chunks as Hume wants them; without a pace fewer and larger, others' turn between them."""
        loop = asyncio.get_running_loop()
        due, seconds = loop.time(), CHUNK_SECONDS if pace else _HASTY_CHUNK_SECONDS
        for message in audio_messages(sound, seconds):
            if socket.is_over:
                return
            await socket.send(message)
            due += seconds * pace
            await asyncio.sleep(max(0.0, due - loop.time()))

    async def _hear_reply(self, socket: HumeSocket, exchange: Exchange) -> None:
        limit = self._timing.reply
        if not await socket.until(lambda: exchange.reply.has_ended, silence=limit):
            raise TurnFailed(ErrorKind.TRANSIENT, "silent")


class _Telling:
    """Turns what an exchange has gathered into events, each once."""

    def __init__(self, exchange: Exchange, emit: Emit, *, wants_speech: bool) -> None:
        self._exchange = exchange
        self._emit = emit
        self._wants_speech = wants_speech
        self._told: UserTranscript | None = None

    def tell_transcript(self) -> None:
        """What was understood; again with the whole text when a late part came after it."""
        transcript = self._exchange.transcript
        if transcript != self._told:
            self._told = transcript
            self._emit(transcript)
            if prosody := self._exchange.prosody:
                self._emit(prosody)

    def tell_reply(self, *, verbatim: str | None, has_note: bool) -> None:
        """The reply as far as it came."""
        reply = self._exchange.reply
        if not reply.texts and not reply.sounds:
            return
        if has_note:
            self.tell_transcript()
        for call in self._exchange.calls:
            self._emit(call)
        self._emit(AssistantText(text=verbatim or reply.text))
        if self._wants_speech:
            for pcm in reply.sound:
                self._emit(AudioChunk(pcm))


def _chat_group_of(resume: ResumeToken | None) -> str | None:
    if resume is None or resume.engine != NAME:
        return None
    try:
        state = json.loads(resume.state)
        return str(state["chat_group_id"])
    except (ValueError, KeyError, TypeError):
        return None
