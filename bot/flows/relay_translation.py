"""A translation beside what a partner wrote or said, when the reader asks for it."""

import asyncio
from dataclasses import dataclass

from bot.chat.model import ChatMessage
from bot.chat.ports import Translator
from bot.chat.service import Relay
from bot.core.errors import ServiceFailure
from bot.flows.ports import FlowWork
from bot.flows.runner import StaleButton
from bot.flows.scene import Later, Scene
from bot.flows.voice_turn import Parts
from bot.messaging.model import Incoming, Indication
from bot.messaging.signs import showing


class RelayTranslation:
    """The Translate button."""

    def __init__(self, relay: Relay, translator: Translator, parts: Parts) -> None:
        self._relay = relay
        self._translator = translator
        self._parts = parts

    def press(self, scene: Scene, message_id: str) -> Later | None:
        """Only the one it was written to may ask; what is there already is not asked for again."""
        message = scene.work.chat.messages.find(message_id)
        thread = None if message is None else scene.work.chat.threads.find(message.thread_id)
        is_reader = thread is not None and thread.has(scene.user.id)
        if message is None or not is_reader or message.sender_id == scene.user.id:
            raise StaleButton
        language = scene.user.native_language or scene.user.ui_language
        if _known(scene.work, message, language) or not self._translator.is_available:
            scene.answer_button(scene.texts("relay.translated_already"))
            return None
        scene.answer_button()
        return _Translate(self._relay, self._translator, self._parts, message.id, language)


@dataclass(frozen=True, slots=True)
class _Translate:
    relay: Relay
    translator: Translator
    parts: Parts
    message_id: str
    language: str

    async def __call__(self, incoming: Incoming, interrupted: asyncio.Event) -> None:
        storage = self.parts.storage
        asked = await storage.read(lambda work: work.chat.messages.find(self.message_id))
        messenger = self.parts.messengers[incoming.address.platform]
        text: str | None = None
        if asked is not None:
            async with showing(messenger, incoming.address, Indication.TYPING):
                try:
                    text = await self.translator.translate(
                        asked.text or asked.transcript or "", into=self.language
                    )
                except ServiceFailure as failure:
                    if failure.service == "database":
                        raise

        def unit(work: FlowWork) -> None:
            scene = self.parts.scenes.of(work, incoming, "translation")
            message = work.chat.messages.find(self.message_id)
            if not text:
                scene.say(scene.text("relay.untranslated"))
            elif message is not None and not _known(work, message, self.language):
                self.relay.translated(work, message, text, self.language, scene.now)
            self.parts.scenes.finish(scene)

        await storage.write(unit)


def _known(work: FlowWork, message: ChatMessage, language: str) -> bool:
    """Whether the message, as it reads today, was translated into this language."""
    return any(
        each.language == language and each.revision == message.revision
        for each in work.chat.messages.translations_of(message.id)
    )
