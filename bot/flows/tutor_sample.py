"""Hearing a tutor's voice before choosing it."""

import asyncio
from contextlib import aclosing

from bot.core.errors import DomainError
from bot.flows.ports import FlowWork
from bot.flows.runner import StaleButton
from bot.flows.scene import Later, Scene
from bot.flows.turn_messages import voice_attachment
from bot.flows.voice_turn import Parts
from bot.messaging.model import Button, Incoming, Indication, MessageKind
from bot.messaging.signs import showing
from bot.voice.avatars import Avatar, find_avatar
from bot.voice.engines import Exchange, NoEngine
from bot.voice.model import Utterance
from bot.voice.samples import sample_line, sample_spec

PREFIX = "a"


class TutorSamples:
    """The sample buttons; they change nothing, so anybody may press any of them."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @staticmethod
    def button(scene: Scene, avatar: Avatar, language: str) -> Button:
        """Says a line in this tutor's voice."""
        return scene.button(
            "tutor.button.sample", f"{PREFIX}:{language}:{avatar.id}", name=avatar.name
        )

    def press(self, scene: Scene, data: str) -> Later | None:
        """`data` is "<language>:<avatar>"."""
        language, _, avatar_id = data.partition(":")
        avatar = find_avatar(avatar_id)
        if avatar is None or not self._parts.chain.able(language):
            raise StaleButton
        scene.answer_button()
        return _Sample(self._parts, avatar, language)


class _Sample:
    """Speaks the line and sends it."""

    def __init__(self, parts: Parts, avatar: Avatar, language: str) -> None:
        self._parts = parts
        self._avatar = avatar
        self._language = language

    async def __call__(self, incoming: Incoming, interrupted: asyncio.Event) -> None:
        parts, avatar = self._parts, self._avatar
        say = Utterance(turn_id="sample", say=sample_line(avatar, self._language))
        messenger = parts.messengers[incoming.address.platform]
        async with showing(messenger, incoming.address, Indication.RECORDING_VOICE):
            done = Exchange()
            spec = sample_spec(avatar, self._language)
            results = parts.chain.exchange(spec, None, say, avatar=avatar.id)
            try:
                async with aclosing(results):
                    async for result in results:
                        done = result
            except NoEngine as error:
                raise DomainError("tutor.no_sample") from error
            if not done.audio:
                raise DomainError("tutor.no_sample")
            voice = await parts.codec.encode(parts.sound.join(done.audio))

        def unit(work: FlowWork) -> None:
            scene = parts.scenes.of(work, incoming, "sample")
            scene.say(kind=MessageKind.TUTOR_REPLY, attachment=voice_attachment(scene, voice))
            parts.scenes.finish(scene)

        await parts.storage.write(unit)
