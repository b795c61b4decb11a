"""People who talk to a bot through the fake Bot API, and the notes they send."""

import asyncio
import time
from pathlib import Path

from bench.fake_api import Came, FakeApi
from bot.voice.adapters.codec import PyAvCodec
from bot.voice.model import Pcm

RECORDINGS = Path(__file__).parents[1] / "tests" / "data" / "learner-speech"
NOTE_SECONDS = 5.0
_LOOK_SECONDS = 0.002


async def note_of_five_seconds() -> bytes:
    """Learners' recordings, one after the other, cut at five seconds: an Ogg/Opus voice note."""
    codec = PyAvCodec()
    try:
        sounds = [
            await codec.decode(file.read_bytes(), max_seconds=60)
            for file in sorted(RECORDINGS.glob("*.ogg"))[:3]
        ]
        rate = sounds[0].rate
        whole = b"".join(sound.data for sound in sounds)[: int(2 * rate * NOTE_SECONDS)]
        return (await codec.encode(Pcm(whole, rate))).ogg
    finally:
        await codec.aclose()


async def begin_english(api: FakeApi, user_id: int, within: float) -> None:
    """The person starts to practise English and has heard the tutor's first line."""
    api.text(user_id, "/talk")
    await came(api, user_id, "sendMessage", 1, within)
    api.text(user_id, "English")
    await came(api, user_id, "sendVoice", 1, within)


async def came(api: FakeApi, user_id: int, method: str, number: int, within: float) -> Came:
    """The `number`th call of `method` for a person. Raises TimeoutError."""
    deadline = time.monotonic() + within
    while True:
        calls = [call for call in api.came[user_id] if call.method == method]
        if len(calls) >= number:
            return calls[number - 1]
        if time.monotonic() > deadline:
            seen = [call.method for call in api.came[user_id]]
            raise TimeoutError(f"no {method} number {number} for {user_id}, only {seen}")
        await asyncio.sleep(_LOOK_SECONDS)
