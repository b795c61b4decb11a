"""Answers that go by an interaction's token: promised ones, and those for one person's eyes."""

import asyncio
from collections import OrderedDict

import discord
import structlog

from bot.handlers.discord.failures import TROUBLES, is_expired, service_failure
from bot.handlers.discord.interactions import Asked, Interaction
from bot.handlers.discord.render import Draft, as_file, whispered
from bot.handlers.discord.rest import Json, Rest

_EPHEMERAL, _LOADING = 1 << 6, 1 << 7
_DEFERRED, _DEFERRED_UPDATE = 5, 6
_A_MOMENT_SECONDS = 1.0
_REMEMBERED = 10_000

_log = structlog.get_logger()


class TooLate(Exception):
    """The way an answer was to go is closed."""


class Answers:
    """Knows which interactions were acknowledged here, and which promised answers are still owed.

    A slash command was answered "thinking": the first message that follows takes that place, as
    long as the token lives. Another process, or this one before a crash, may have given it: then
    Discord is asked.
    """

    def __init__(self, rest: Rest) -> None:
        self._rest = rest
        self._acknowledged: dict[str, asyncio.Event] = {}
        self._given: OrderedDict[str, str | None] = OrderedDict()  # id to the key that answered

    def expect(self, asked: Interaction) -> None:
        """It is stored next, and acknowledged after that: answers wait so long."""
        self._acknowledged[asked.interaction_id] = asyncio.Event()

    async def acknowledge(self, asked: Interaction, *, on_message: bool) -> None:
        """The first answer, due within three seconds; too late, ordinary messages answer.

        Args:
            on_message: there is a message whose component was used.
        """
        data = {"flags": _EPHEMERAL} if asked.is_whispered else None
        try:
            if on_message:
                await self._rest.answer(asked.interaction_id, asked.token, _DEFERRED_UPDATE, None)
            else:
                await self._rest.answer(asked.interaction_id, asked.token, _DEFERRED, data)
                self._remember(asked, None)
        except TROUBLES as error:
            _log.warning("discord.not_acknowledged", cause=str(service_failure(error)))
        finally:
            self.forget(asked)

    def forget(self, asked: Interaction) -> None:
        """Whether acknowledged or not, answers wait no longer."""
        waited_for = self._acknowledged.pop(asked.interaction_id, None)
        if waited_for is not None:
            waited_for.set()

    async def give(
        self, asked: Interaction, key: str, draft: Draft, *, is_first: bool
    ) -> str | None:
        """The id of the message made; None when it is to be an ordinary message instead.

        Raises:
            TooLate: it must be one, because the token died.
        """
        await self._until_acknowledged(asked)
        try:
            if is_first and asked.asked is Asked.COMMAND and await self._is_owed(asked, key):
                if not draft.is_voice or asked.is_whispered:
                    return await self._fill(asked, key, draft)
                self._remember(asked, key)
                await self._rest.delete_original(asked.token)
                return None
            if asked.is_whispered:
                plain = as_file(draft) if draft.is_voice else draft
                made = await self._rest.follow_up(asked.token, whispered(plain.body), plain.files)
                return str(made["id"])
        except discord.HTTPException as error:
            if not is_expired(error):
                raise
            raise TooLate from None  # the error quotes the token
        return None

    async def change(self, asked: Interaction, body: Json) -> bool:
        """Change the whispered message whose button was pressed; False when it is too late."""
        await self._until_acknowledged(asked)
        try:
            await self._rest.edit_original(asked.token, body)
        except discord.HTTPException as error:
            if not is_expired(error):
                raise
            return False
        return True

    async def whisper(self, asked: Interaction, body: Json) -> None:
        """A notice; it is not worth another way when this one is closed."""
        if asked.asked is Asked.COMMAND:  # it would take the place of the answer
            return
        await self._until_acknowledged(asked)
        try:
            await self._rest.follow_up(asked.token, body)
        except discord.HTTPException as error:
            if not is_expired(error):
                raise

    async def _fill(self, asked: Interaction, key: str, draft: Draft) -> str:
        plain = as_file(draft) if draft.is_voice else draft
        body = {n: v for n, v in plain.body.items() if n != "message_reference"}
        self._remember(asked, key)
        made = await self._rest.edit_original(asked.token, body, plain.files)
        return str(made["id"])

    async def _is_owed(self, asked: Interaction, key: str) -> bool:
        if asked.interaction_id in self._given:
            return self._given[asked.interaction_id] in (None, key)
        original = await self._original(asked)
        return bool(int(original.get("flags", 0)) & _LOADING)

    async def _original(self, asked: Interaction) -> Json:
        """Another process may be acknowledging it just now."""
        try:
            return await self._rest.get_original(asked.token)
        except discord.NotFound:
            await asyncio.sleep(_A_MOMENT_SECONDS)
            return await self._rest.get_original(asked.token)

    async def _until_acknowledged(self, asked: Interaction) -> None:
        if (coming := self._acknowledged.get(asked.interaction_id)) is not None:
            await coming.wait()

    def _remember(self, asked: Interaction, key: str | None) -> None:
        self._given[asked.interaction_id] = key
        while len(self._given) > _REMEMBERED:
            self._given.popitem(last=False)
