"""Saying something once more: a reply, slower; a correction beside the slip."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace

from bot.accounts.model import User
from bot.core.errors import DomainError, NotFound
from bot.flows.ports import FlowWork
from bot.flows.turn_messages import voice_attachment
from bot.flows.voice_turn import Parts
from bot.messaging.model import Incoming, Indication, MessageKind
from bot.messaging.signs import showing
from bot.voice.briefing import brief
from bot.voice.engines import Exchange, NoEngine
from bot.voice.model import Pcm, SessionSpec, Utterance
from bot.voice.session import Turn, VoiceSession


async def speak(parts: Parts, spec: SessionSpec, text: str, *, avatar: str | None) -> Pcm:
    """`text` as the tutor says it.

    Raises:
        DomainError: no engine has a voice for it now.
    """
    done = Exchange()
    say = Utterance(turn_id="speak", say=text)
    try:
        async with aclosing(parts.chain.exchange(spec, None, say, avatar=avatar)) as results:
            async for result in results:
                done = result
    except NoEngine as error:
        raise DomainError("voice.no_voice") from error
    if not done.audio:
        raise DomainError("voice.no_voice")
    return parts.sound.join(done.audio)


@dataclass(frozen=True, slots=True)
class Practised:
    """A turn with whose it is and where it belongs."""

    turn: Turn
    session: VoiceSession
    user: User


Make = Callable[[Parts, Practised], Awaitable[Pcm]]


class SaySomething:
    """A `Later` that makes sound about a turn and sends it as a voice bubble."""

    def __init__(self, parts: Parts, turn_id: str, make: Make) -> None:
        self._parts = parts
        self._turn_id = turn_id
        self._make = make

    async def __call__(self, incoming: Incoming, interrupted: asyncio.Event) -> None:
        parts = self._parts
        practised = await parts.storage.read(self._load)
        messenger = parts.messengers[incoming.address.platform]
        async with showing(messenger, incoming.address, Indication.RECORDING_VOICE):
            voice = await parts.codec.encode(await self._make(parts, practised))

        def unit(work: FlowWork) -> None:
            scene = parts.scenes.of(work, incoming, "again")
            scene.say(kind=MessageKind.TUTOR_REPLY, attachment=voice_attachment(scene, voice))
            parts.scenes.finish(scene)

        await parts.storage.write(unit)

    def _load(self, work: FlowWork) -> Practised:
        turn = work.turns.get(self._turn_id)
        session = work.voice_sessions.get(turn.session_id)
        return Practised(turn, session, work.users.get(turn.user_id))


def say_again(parts: Parts, turn: Turn, speed: float | None) -> SaySomething:
    """The reply once more, at `speed` (None: the person's usual one)."""

    async def make(parts: Parts, practised: Practised) -> Pcm:
        reply = practised.turn.reply
        if reply is None:
            raise NotFound("voice.unavailable")
        spec = brief(practised.session, practised.user, None, ())
        spec = replace(spec, speed=speed or spec.speed)
        avatar = practised.session.avatar_id
        return await speak(parts, spec, reply.spoken or reply.text, avatar=avatar)

    return SaySomething(parts, turn.id, make)


def compare(parts: Parts, turn: Turn, better: str) -> SaySomething:
    """The learner's own recording, then the better form in the tutor's voice."""

    async def make(parts: Parts, practised: Practised) -> Pcm:
        kept = practised.turn.audio_id
        if kept is None:
            raise NotFound("voice.no_recording")
        recording = await parts.storage.read(lambda work: work.blobs.get(kept))
        limit = parts.scenes.rules.max_note_seconds
        said = await parts.codec.decode(recording, max_seconds=limit)
        spec = brief(practised.session, practised.user, None, ())
        tutor = await speak(parts, spec, better, avatar=practised.session.avatar_id)
        return await asyncio.to_thread(parts.sound.comparison, said, tutor)

    return SaySomething(parts, turn.id, make)
