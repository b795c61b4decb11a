"""One person who writes without end does not keep the others waiting."""

import logging
import time

from tests.stage import a_stage, an_app, said

_log = logging.getLogger(__name__)

_FLOOD = 300
_SOON_SECONDS = 5.0


async def test_somebody_else_is_answered_before_a_flood_is_drained(sqlite_url: str) -> None:
    async with a_stage() as stage, an_app(stage, sqlite_url):
        ana, bob = stage.telegram.person(1001, "Ana"), stage.telegram.person(1002, "Bob")
        await stage.meet(ana)
        await stage.meet(bob)
        for number in range(_FLOOD):
            await ana.send_text(f"text {number}")
        began = time.monotonic()
        line = await bob.send_text("Good morning")
        await bob.wait(lambda m: "Good morning" in m.text, _SOON_SECONDS, after=line)
        answered = sum(text.startswith("You said: text") for text in said(ana))
        _log.info("answered after %.2f s, %d of a flood", time.monotonic() - began, answered)
        assert answered < _FLOOD
