"""The conversation put together without anything around it, to look at what it consists of."""

from datetime import timedelta
from typing import cast

from bot.accounts.codes import Codes
from bot.accounts.couriers import MailedCodes
from bot.accounts.entrance import Entrance
from bot.accounts.tokens import Tokens
from bot.core.storage import Storage
from bot.flows.ports import FlowWork
from bot.flows.rules import Rules
from bot.flows.scene import Scenes
from bot.flows.voice_turn import Parts
from bot.voice.adapters import sound
from bot.voice.adapters.codec import PyAvCodec
from bot.voice.avatars import voice_of
from bot.voice.engines import EngineChain
from bot.voice.service import VoiceService
from tests.fakes_voice import FakeVoiceEngine
from tests.message_builders import HandClock


def a_desk() -> tuple[Parts, Codes, Tokens]:
    """What `assemble` takes; there is no storage behind it."""
    clock = HandClock()
    parts = Parts(
        storage=cast("Storage[FlowWork]", None),
        scenes=Scenes(clock, Rules(), Entrance(frozenset(), lambda locale: locale or "en")),
        service=VoiceService(timedelta(hours=1)),
        chain=EngineChain([FakeVoiceEngine()], voices=voice_of),
        codec=PyAvCodec(),
        sound=sound,
        messengers={},
    )
    return parts, Codes(clock, MailedCodes(str)), Tokens(clock)
