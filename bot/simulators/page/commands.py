"""What the page may ask for: the student's side of Telegram, and the clock."""

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from bot.simulators.page.assets import Sample
from bot.simulators.world import DemoWorld, Json

_MAX_TEXT = 16_384
_MAX_MINUTES = 60 * 24 * 31


class Refused(Exception):
    """The command was not carried out; the page has a sentence for each `reason`."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class Commands:
    """Carries out one JSON object at a time.

    Args:
        advance: moves the demo's clock forward and runs what has become due.
    """

    def __init__(
        self,
        world: DemoWorld,
        samples: Mapping[str, Sample],
        advance: Callable[[timedelta], Awaitable[None]],
    ) -> None:
        self._student = world.student
        self._samples = samples
        self._advance = advance

    async def run(self, source: str) -> str:
        """Do what `source` says; returns what that was.

        Raises:
            Refused: it is malformed, or what it is about has gone.
        """
        try:
            command = json.loads(source)
            await self._run(command)
        except (ValueError, KeyError) as error:
            raise Refused("gone") from error
        return str(command["do"])

    async def _run(self, command: Json) -> None:
        match command:
            case {"do": "text", "text": str(text)}:
                await self._student.send_text(text[:_MAX_TEXT])
            case {"do": "press", "message_id": int(message_id), "data": str(data)}:
                await self._student.press(message_id, data=data)
            case {"do": "tap", "label": str(label)}:
                await self._student.tap(label)
            case {"do": "sample", "id": str(sample_id)}:
                sample = self._samples[sample_id]
                await self._student.send_voice(sample.ogg, sample.seconds)
            case {"do": "block"}:
                await self._student.block()
            case {"do": "unblock"}:
                await self._student.unblock()
            case {"do": "advance", "minutes": int(minutes)} if 0 < minutes <= _MAX_MINUTES:
                await self._advance(timedelta(minutes=minutes))
            case _:
                raise Refused("gone")
