"""discord.py put together: its `Client`, our way in, our way out."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import discord
import structlog

from bot.core.clock import Clock, SystemClock
from bot.core.errors import Cause, ServiceFailure
from bot.handlers.discord import slash
from bot.handlers.discord.answers import Answers
from bot.handlers.discord.asking import Asking
from bot.handlers.discord.failures import SERVICE, TROUBLES, service_failure
from bot.handlers.discord.files import Files
from bot.handlers.discord.gateway import Advice, Gateway, GatewayClient, Turns
from bot.handlers.discord.hearing import Hearing
from bot.handlers.discord.live_rooms import DiscordHalls
from bot.handlers.discord.memory import Memory
from bot.handlers.discord.messenger import DiscordMessenger
from bot.handlers.discord.missed import Missed
from bot.handlers.discord.ports import (
    HeardRooms,
    Rooms,
    SeenHashes,
    SlashCommand,
    SuggestedChoices,
    TalkRooms,
)
from bot.handlers.discord.rest import Rest
from bot.handlers.discord.rooms import DiscordRooms
from bot.handlers.discord.translate import parse_event
from bot.handlers.discord.voices import Voices
from bot.messaging.forms import Forms
from bot.messaging.model import Incoming
from bot.messaging.ports import Receiver

_log = structlog.get_logger()

API_URL = "https://discord.com/api/v10"


class DiscordPlatform:
    """One bot on Discord.

    Whatever the gateway tells goes to `receiver` before it is acknowledged.

    Args:
        api_url: of the REST API, with its version.
        gateway_url: of the gateway; None: as the API says.
        message_content: whether the privileged intent is asked for, so that messages in servers
            that do not name the bot can be read.
        identify_seconds: between two sessions that begin anew (gateway.mdx allows one in five).
    """

    def __init__(
        self,
        *,
        token: str,
        receiver: Receiver,
        heard: HeardRooms,
        rooms: Rooms,
        talks: TalkRooms,
        forms: Forms,
        suggestions: SuggestedChoices,
        api_url: str = API_URL,
        gateway_url: str | None = None,
        message_content: bool = False,
        clock: Clock | None = None,
        messages_per_second: float = 45.0,
        identify_seconds: float = 5.0,
    ) -> None:
        clock = clock or SystemClock()
        logging.getLogger("discord").setLevel(logging.ERROR)  # DEBUG tells tokens and texts
        logging.getLogger("discord.client").setLevel(logging.CRITICAL)  # see `on_disconnect`
        discord.http.Route.BASE = api_url.rstrip("/")  # the library has no other way
        self._token = token
        self._gateway_url = gateway_url
        self._signing_in = asyncio.Lock()
        turns = Turns(identify_seconds)
        self.client = GatewayClient(_intents(message_content), turns)
        self.rest = Rest(self.client, self.start)
        answers = Answers(self.rest)
        self._memory = Memory(heard)
        self._missed = Missed(self.rest, self._memory, rooms, clock)
        self._on_ready: Callable[[], None] = lambda: None
        self.messenger = DiscordMessenger(
            self.rest, answers, Files(self.rest), per_second=messages_per_second
        )
        self.rooms = DiscordRooms(self.rest)
        self.halls = DiscordHalls(self.rest)
        self.hearing = Hearing(
            receiver,
            memory=self._memory,
            missed=self._missed,
            answers=answers,
            asking=Asking(self.rest, forms, suggestions),
            rooms=rooms,
            voices=Voices(talks, clock),
            bot_id=lambda: self.bot_id,
            on_ready=self._note_ready,
        )
        self._gateway = Gateway(self.client, turns, self.hearing.hear)

    @property
    def bot_id(self) -> str | None:
        """Ours, once signed in."""
        return None if self.client.user is None else str(self.client.user.id)

    async def start(self) -> None:
        """Prove the token and get ready to send; does nothing where that was done.

        Raises:
            ServiceFailure: MISCONFIGURED for a refused token, otherwise worth another try.
        """
        async with self._signing_in:
            if self.client.application_id is not None:
                return
            try:
                await self.client.login(self._token)
            except TROUBLES as error:
                failure = service_failure(error)
            else:
                return
            await self.client.http.close()
            self.client.http.connector = discord.utils.MISSING  # closed with its session
        raise failure  # on its own: the error behind it may quote the token

    async def stop(self) -> None:
        """Close every connection. `listen` ends by its own `stop` event, before this."""
        await self.client.sign_out()

    async def listen(self, stop: asyncio.Event, on_ready: Callable[[], None]) -> None:
        """Take events from the gateway until `stop` is set.

        Args:
            on_ready: told at every session that begins anew, once all connections have one.

        Raises:
            ServiceFailure: MISCONFIGURED, token or intents are refused; otherwise the gateway
                cannot be used now. What discord.py can wait out, it waits out.
        """
        advice = await self._find_gateway()
        self._on_ready = on_ready
        hearing = asyncio.create_task(self.hearing.run())
        connection = asyncio.create_task(self._gateway.run(advice))
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({hearing, connection, stopped}, return_when=asyncio.FIRST_COMPLETED)
            for task in (connection, hearing):
                if task.done():
                    task.result()
                    raise ServiceFailure(SERVICE, Cause.UNREACHABLE, "the gateway was left")
        except TROUBLES as error:
            raise service_failure(error) from None
        finally:
            await self._hang_up(connection, hearing, stopped)

    async def publish(
        self, commands: Sequence[SlashCommand], *, guild: int | None, seen: SeenHashes
    ) -> None:
        """See `slash.publish`."""
        await slash.publish(self.rest, commands, guild=guild, seen=seen)

    def parse(
        self, body: Mapping[str, Any], *, received_at: datetime | None = None
    ) -> Incoming | None:
        """What an event, as it is stored, says (see `parse_event`)."""
        return parse_event(body, bot_id=self.bot_id)

    async def _find_gateway(self) -> Advice:
        try:
            advice = await self.rest.gateway()
        except TROUBLES as error:
            raise service_failure(error) from None
        return replace(advice, url=self._gateway_url or advice.url)

    def _note_ready(self) -> None:
        if self._gateway.is_complete:
            self._on_ready()

    async def _hang_up(self, *tasks: asyncio.Task[Any]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._missed.stop()


def _intents(message_content: bool) -> discord.Intents:
    """What is needed and no more; only the content of messages is privileged."""
    intents = discord.Intents.none()
    intents.guilds = True
    intents.guild_messages = intents.dm_messages = True
    intents.guild_reactions = intents.dm_reactions = True
    intents.voice_states = True
    intents.message_content = message_content
    return intents
