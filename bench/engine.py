"""A voice service that answers at once: the EVI simulator around a reply made beforehand.

`python -m bench.engine` prints its address, then a line for each turn: when the last of the
learner's words had come in and when the answer was complete (seconds of the monotonic clock).
Between the two lie the silences by which the protocol tells that somebody has finished.
"""

import asyncio
import os
import time
from collections.abc import Mapping
from typing import Any, Literal

from bot.simulators.brain import BrainReply
from bot.simulators.hume.server import HumeSimulator
from bot.simulators.scripted_brain import tone

HEARD = "Yesterday I went to the market and bought some fresh bread."
_REPLY = "You bought fresh bread at the market. What else did you buy there?"
_SECONDS = 5
_SOUND = tone("x" * _SECONDS * 50)


class _Ready:
    """Hears the same words in every note and has the reply at hand. A `Brain` and its sessions."""

    async def open(self, variables: Mapping[str, str], prompt: str, /) -> "_Ready":
        return self

    async def update(self, variables: Mapping[str, str], prompt: str, /) -> None:
        """Nothing depends on the settings."""

    async def hear(self, pcm: bytes, rate: int, /) -> BrainReply:
        return BrainReply(transcript=HEARD, segments=(_REPLY,), audio=(_SOUND,))

    async def read(self, text: str, /) -> BrainReply:
        return BrainReply(segments=(_REPLY,), audio=(_SOUND,))

    async def say(self, text: str, /) -> BrainReply:
        return BrainReply(segments=(text,), audio=(_SOUND,))


class _Stopwatch:
    """Tells for each turn how long the service had it."""

    def __init__(self) -> None:
        self._heard_at = time.monotonic()

    def __call__(self, sender: Literal["client", "service"], frame: Mapping[str, Any]) -> None:
        kind = frame.get("type")
        if sender == "client" and kind == "audio_input" and not _is_silent(str(frame["data"])):
            self._heard_at = time.monotonic()
        elif sender == "service" and kind == "assistant_end":
            print(self._heard_at, time.monotonic(), flush=True)


def _is_silent(encoded: str) -> bool:
    """Zeros in base64."""
    return not encoded.strip("A=")


async def _serve() -> None:
    async with HumeSimulator(_Ready(), observe=_Stopwatch()) as service:
        print(service.url, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    os.nice(15)  # elsewhere it would have a machine of its own
    asyncio.run(_serve())
