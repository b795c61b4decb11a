"""A gateway session: what it has heard, numbered, so that it can be resumed."""

import asyncio
import json
from collections import deque
from dataclasses import dataclass, field

from bot.simulators.discord.intents import Intent, wants
from bot.simulators.discord.model import Json
from bot.simulators.discord.world import Event


@dataclass(slots=True)
class Session:
    """One identified client; it outlives its connections.

    Args:
        shard: (number of this shard, how many there are).
        kept: how many past events a resumption can ask for.
        outgoing: payloads for the connection there is; nothing is put there while there is none.
    """

    session_id: str
    intents: Intent
    shard: tuple[int, int]
    kept: int
    sequence: int = 0
    outgoing: asyncio.Queue[tuple[str, str]] | None = None
    _past: deque[tuple[int, str, str]] = field(default_factory=deque)

    @property
    def is_connected(self) -> bool:
        return self.outgoing is not None

    def hears(self, event: Event) -> bool:
        number, count = self.shard
        home = 0 if event.guild_id is None else (event.guild_id >> 22) % count
        return home == number and wants(self.intents, event)

    def tell(self, event: Event) -> None:
        """The event as far as this session's intents let it see."""
        is_whole = event.hidden is None or Intent.MESSAGE_CONTENT in self.intents
        self.dispatch(event.name, event.data if is_whole else event.hidden or {})

    def dispatch(self, name: str, data: Json) -> None:
        """Number the event, keep it, and send it if somebody is connected."""
        self.sequence += 1
        body = {"op": 0, "t": name, "s": self.sequence, "d": data}
        text = json.dumps(body, separators=(",", ":"))
        self._past.append((self.sequence, name, text))
        if len(self._past) > self.kept:
            self._past.popleft()
        if self.outgoing is not None:
            self.outgoing.put_nowait((name, text))

    def can_resume(self, sequence: int) -> bool:
        """Whether everything after `sequence` is still kept."""
        oldest = self._past[0][0] if self._past else self.sequence + 1
        return oldest - 1 <= sequence <= self.sequence

    def missed(self, sequence: int) -> list[tuple[str, str]]:
        """Names and texts of the events after `sequence`."""
        return [(name, text) for number, name, text in self._past if number > sequence]
