"""Who comes and goes in our rooms, out of all that the gateway tells of voice channels."""

import time
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from bot.core.clock import Clock
from bot.handlers.discord.ports import TalkRooms

_GOOD_FOR_SECONDS = 2.0

Event = dict[str, Any]


class Voices:
    """Remembers where everybody is, since a change of place is told like one of a microphone.

    What happened while nothing was heard is found when a session begins anew: each server then
    tells who is where. Discord tells no times: an event happened when it came.
    """

    def __init__(self, rooms: TalkRooms, clock: Clock) -> None:
        self._rooms = rooms
        self._clock = clock
        self._where: defaultdict[str, dict[str, str]] = defaultdict(dict)  # by server, person
        self._open: Mapping[str, Collection[str]] = {}
        self._looked_at = -_GOOD_FOR_SECONDS

    def begin(self) -> None:
        """A session begins anew: what is told from here on is compared with what is true then."""
        self._looked_at = -_GOOD_FOR_SECONDS

    async def changed(self, event: Event) -> Sequence[Event]:
        """One event for each room of ours that it is about, with the room and the time.

        Args:
            event: VOICE_STATE_UPDATE or GUILD_CREATE as it came.
        """
        if event["t"] == "GUILD_CREATE":
            return await self._all_of(event["d"])
        return await self._moved(event["d"])

    async def _moved(self, data: Mapping[str, Any]) -> Sequence[Event]:
        guild, who, after = data.get("guild_id"), data["user_id"], data["channel_id"]
        if guild is None:  # a call between people
            return ()
        before = self._where[guild].get(who)
        if before == after:
            return ()
        open_ones = {} if _is_bot(data) else await self._rooms.open_ones()
        if after is None:
            self._where[guild].pop(who, None)
        else:
            self._where[guild][who] = after
        ours = open_ones.get(guild, ())
        about = [room for room in (before, after) if room and room in ours]
        return [self._about(room, "VOICE_STATE_UPDATE", data) for room in about]

    async def _all_of(self, data: Mapping[str, Any]) -> Sequence[Event]:
        guild, states = data["id"], data.get("voice_states", ())
        ours = (await self._known()).get(guild, ())
        bots = {each["user"]["id"] for each in data.get("members", ()) if _is_bot({"member": each})}
        self._where[guild] = {state["user_id"]: state["channel_id"] for state in states}
        people = [state for state in states if state["user_id"] not in bots]
        inside = {room: [one for one in people if one["channel_id"] == room] for room in ours}
        return [self._about(room, "GUILD_CREATE", {"voice_states": inside[room]}) for room in ours]

    async def _known(self) -> Mapping[str, Collection[str]]:
        """A session that begins tells of every server at once: one look does for all of them."""
        if time.monotonic() - self._looked_at > _GOOD_FOR_SECONDS:
            self._open = await self._rooms.open_ones()
            self._looked_at = time.monotonic()
        return self._open

    def _about(self, room: str, name: str, data: Mapping[str, Any]) -> Event:
        heard = {"room": room, "heard_at": self._clock.now().isoformat()}
        return {"t": name, "d": {**data, **heard, "heard": str(time.time_ns())}}


def _is_bot(state: Mapping[str, Any]) -> bool:
    user = (state.get("member") or {}).get("user") or {}
    return bool(user.get("bot"))
