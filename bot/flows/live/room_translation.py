"""A translation beside what was said in a room, for the one reader who asks."""

import asyncio
from dataclasses import dataclass

from bot.chat.ports import Translator
from bot.core.errors import ServiceFailure
from bot.core.language import base_language
from bot.flows.live.room_mirror import RoomMirror
from bot.flows.live.room_unit import find_room
from bot.flows.ports import FlowWork
from bot.flows.runner import StaleButton
from bot.flows.scene import Later, Scene
from bot.flows.voice_turn import Parts
from bot.live.room_model import RoomMessage
from bot.messaging.model import Incoming, Indication
from bot.messaging.signs import showing


@dataclass(frozen=True, slots=True)
class RoomTranslation:
    """The Translate button; what was translated for one is there for others of that language."""

    mirror: RoomMirror
    translator: Translator
    parts: Parts

    def press(self, scene: Scene, message_id: str) -> Later | None:
        """Only somebody who was in the room may ask, and nobody about their own words."""
        work = scene.work
        message = work.live.rooms.messages.find(message_id)
        if message is None or message.sender_id == scene.user.id or not message.words:
            raise StaleButton
        if work.live.rooms.members.find_of(message.conversation_id, scene.user.id) is None:
            raise StaleButton
        language = base_language(scene.user.native_language or scene.user.ui_language)
        known = work.live.rooms.messages.translation_of(message.id, language)
        scene.answer_button()
        if known is not None:
            self.mirror.show_translation(work, message, known.text, scene.user.id, scene.now)
            return None
        if not self.translator.is_available:
            scene.say(scene.text("relay.untranslated"))
            return None
        return _Translate(self, message.id, language)

    def keep(
        self, work: FlowWork, message: RoomMessage, text: str, language: str, scene: Scene
    ) -> None:
        """As a child of what it translates; the original is never replaced."""
        find_room(work, message.conversation_id, scene.now)
        known = work.live.rooms.messages.translation_of(message.id, language)
        child = known or work.live.rooms.messages.add(
            RoomMessage(
                conversation_id=message.conversation_id,
                sender_id=message.sender_id,
                recipient_id=scene.user.id,
                kind=message.kind,
                at=scene.now,
                text=text,
                language=language,
                original_id=message.id,
                is_translation=True,
            )
        )
        self.mirror.show_translation(work, message, child.text, scene.user.id, scene.now)


@dataclass(frozen=True, slots=True)
class _Translate:
    desk: RoomTranslation
    message_id: str
    language: str

    async def __call__(self, incoming: Incoming, interrupted: asyncio.Event) -> None:
        parts = self.desk.parts
        asked = await parts.storage.read(
            lambda work: work.live.rooms.messages.find(self.message_id)
        )
        text: str | None = None
        if asked is not None:
            messenger = parts.messengers[incoming.address.platform]
            async with showing(messenger, incoming.address, Indication.TYPING):
                try:
                    text = await self.desk.translator.translate(asked.words, into=self.language)
                except ServiceFailure as failure:
                    if failure.service == "database":
                        raise

        def unit(work: FlowWork) -> None:
            scene = parts.scenes.of(work, incoming, "translation")
            message = work.live.rooms.messages.find(self.message_id)
            if not text or message is None:
                scene.say(scene.text("relay.untranslated"))
            else:
                self.desk.keep(work, message, text, self.language, scene)
            parts.scenes.finish(scene)

        await parts.storage.write(unit)
