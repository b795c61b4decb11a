"""The mind a voice simulator is given: it hears, reads and answers; simulators only carry it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


class BrainFailed(Exception):
    """The brain cannot answer; the service it is in reports an error of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrainReply:
    """What came of one thing said to the brain.

    Args:
        transcript: what was heard; empty when nothing was understood, None when nothing was heard.
        segments: the reply's text in pieces; none when there is no reply.
        audio: the reply's sound in pieces: 16-bit mono samples and their rate.
        tools: calls of the client's tools, with arguments.
        prosody: expression name to a score of 0 to 1.
        rest: brings the reply when only the words heard are known yet; None when all is here.
    """

    transcript: str | None = None
    segments: Sequence[str] = ()
    audio: Sequence[tuple[bytes, int]] = ()
    tools: Sequence[tuple[str, Mapping[str, object]]] = ()
    prosody: Mapping[str, float] | None = None
    rest: Callable[[], Awaitable["BrainReply"]] | None = None


class BrainSession(Protocol):
    """One conversation; it remembers what was said. Any method may raise `BrainFailed`."""

    async def update(self, variables: Mapping[str, str], prompt: str, /) -> None:
        """The client changed its settings; see `Brain.open`."""
        ...

    async def hear(self, pcm: bytes, rate: int, /) -> BrainReply:
        """Understand 16-bit mono samples and answer them."""
        ...

    async def read(self, text: str, /) -> BrainReply:
        """Answer typed words."""
        ...

    async def say(self, text: str, /) -> BrainReply:
        """Speak these words and nothing else."""
        ...


class Brain(Protocol):
    """Begins conversations."""

    async def open(self, variables: Mapping[str, str], prompt: str, /) -> BrainSession:
        """A new conversation.

        Args:
            variables: context, level and languages as data, as the client's settings hold them.
            prompt: the client's instructions in words.
        """
        ...
