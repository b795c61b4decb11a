"""What the page may ask for: the student's side of Telegram, Discord, meetings, and the clock."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

from bot.simulators.page.assets import Sample
from bot.simulators.page.discord_commands import DiscordCommands
from bot.simulators.page.meetings import Meetings
from bot.simulators.page.refusal import Refused
from bot.simulators.page.tabs import Tab
from bot.simulators.telegram import Person
from bot.simulators.world import DemoWorld, Json

_MAX_TEXT = 16_384
_MAX_MINUTES = 60 * 24 * 31


class Time(Protocol):
    """The demo's clock; what becomes due on the way is done on the way."""

    def now(self) -> datetime:
        """Aware."""
        ...

    async def advance(self, by: timedelta, /) -> None:
        """Move it forward."""
        ...

    async def advance_to_next(self) -> bool:
        """Move it to when something happens by itself; False: nothing is waiting."""
        ...


class Commands:
    """Carries out one JSON object at a time."""

    def __init__(self, world: DemoWorld, samples: Mapping[str, Sample], time: Time) -> None:
        self._students = world.students
        self._discord = DiscordCommands(world, samples)
        self._meetings = Meetings(world, time.now)
        self._samples = samples
        self._time = time

    async def run(self, source: str, tab: Tab) -> str:
        """Do what `source` says; returns what that was.

        Raises:
            Refused: it is malformed, or what it is about has gone.
        """
        try:
            command = json.loads(source)
            if not isinstance(command, dict):
                raise Refused("gone")
            if "member" in command:
                await self._discord.run(command, tab)
            elif not await self._about_demo(command, tab):
                await self._in_chat(command, self._students[tab.student])
        except (ValueError, KeyError, TypeError, PermissionError) as error:
            raise Refused("gone") from error
        return str(command["do"])

    async def _about_demo(self, command: Json, tab: Tab) -> bool:
        match command:
            case {"do": "student", "who": str(who)} if who in self._students:
                tab.student = who
            case {"do": "advance", "minutes": int(minutes)} if 0 < minutes <= _MAX_MINUTES:
                await self._time.advance(timedelta(minutes=minutes))
            case {"do": "next"}:
                if not await self._time.advance_to_next():
                    raise Refused("nothing_due")
            case _:
                return self._meetings.run(command)
        return True

    async def _in_chat(self, command: Json, student: Person) -> None:
        match command:
            case {"do": "text", "text": str(text)}:
                answered = command.get("reply_to")
                reply_to = answered if isinstance(answered, int) else None
                await student.send_text(text[:_MAX_TEXT], reply_to=reply_to)
            case {"do": "edit", "message_id": int(message_id), "text": str(text)}:
                await student.edit_text(message_id, text[:_MAX_TEXT])
            case {"do": "react", "message_id": int(message_id), "emoji": str(emoji)}:
                await student.react(message_id, emoji)
            case {"do": "press", "message_id": int(message_id), "data": str(data)}:
                await student.press(message_id, data=data)
            case {"do": "tap", "label": str(label)}:
                await student.tap(label)
            case {"do": "sample", "id": str(sample_id)}:
                sample = self._samples[sample_id]
                await student.send_voice(sample.ogg, sample.seconds)
            case {"do": "block"}:
                await student.block()
            case {"do": "unblock"}:
                await student.unblock()
            case _:
                raise Refused("gone")
