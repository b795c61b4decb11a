"""What the Discord platform needs of the rest of the product."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bot.messaging.model import Incoming


@dataclass(frozen=True, slots=True)
class Heard:
    """How far a room was heard.

    Args:
        room: id of a DM, a channel or a thread.
        newest: id of the newest event from there that is stored.
        guild: id of its server; None for a DM.
        person: id of whom the DM is with.
    """

    room: str
    newest: str
    guild: str | None = None
    person: str | None = None


class HeardRooms(Protocol):
    """Remembers, across restarts, how far every room was heard."""

    async def all(self) -> Sequence[Heard]: ...
    async def put(self, heard: Sequence[Heard], /) -> None: ...
    async def advance(self, heard: Sequence[Heard], /) -> Sequence[str]:
        """Move marks ahead; rooms that somebody asked us to forget come back."""
        ...

    async def remove(self, room: str, /) -> None: ...


class Rooms(Protocol):
    """Rooms in servers where every message is for us, whether it names us or not."""

    async def is_ours(self, room: str, /) -> bool: ...
    async def authors(self, room: str, /) -> Mapping[str, str]:
        """Who wrote what was carried from there lately: ids of people by ids of messages."""
        ...

    async def author_of(self, room: str, message: str, /) -> str | None:
        """Who wrote this message, if it was carried."""
        ...


class TalkRooms(Protocol):
    """Rooms of ours where people talk."""

    async def open_ones(self) -> Mapping[str, Collection[str]]:
        """Ids of those that are open, by server."""
        ...


class SuggestedChoices(Protocol):
    """What could stand in a command's option."""

    async def suggest(self, asked: Incoming, /) -> Sequence[tuple[str, str]]:
        """(label, value) of what fits the beginning of `asked.text`, typed so far."""
        ...


class SeenHashes(Protocol):
    """Remembers, across restarts, what was published."""

    async def get(self, key: str, /) -> str | None: ...
    async def set(self, key: str, value: str, /) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SlashCommand:
    """A command as Discord shows it.

    Args:
        about: by interface language.
        takes: name of its option, if it has one; `option` says by language what that is.
        is_completed: whether choices are suggested while it is typed.
        is_for_managers: in a server Discord offers it to those who may manage channels; whoever
            runs the server may decide otherwise there.
    """

    name: str
    about: Mapping[str, str]
    takes: str | None = None
    option: Mapping[str, str] = field(default_factory=dict)
    is_completed: bool = False
    is_for_managers: bool = False
