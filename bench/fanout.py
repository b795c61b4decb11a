"""A message in a large room on its way to everybody in it, within Telegram's published limits."""

import asyncio

from bench.crowd import CROWD, FIRST_MEMBER
from bench.fake_api import Came, FakeApi
from bench.process import running
from bench.relay import until
from bench.sending import LIMIT, telegrams_limits
from bench.table import Row

_TEXTS = 4


async def rows() -> list[Row]:
    """Some people in the room write, one after the other; each line goes to all the others."""
    async with FakeApi(telegrams_limits()) as api, running("-m", "bench.bots", "crowd", api.url):
        await asyncio.wait_for(api.polled.wait(), 60)
        for number in range(_TEXTS):
            api.text(FIRST_MEMBER + number, f"hello number {number}")
        await until(lambda: api.sent >= _TEXTS * (CROWD - 1))
        came = _passed_on(api)
        _check(api)
    per_second = (len(came) - 1) / (came[-1].at - came[0].at)
    share = per_second / LIMIT
    return [
        Row(
            f"a line in a room of {CROWD}, {_TEXTS} of them / Telegram's {LIMIT:.0f} a second",
            f"{100 * share:.0f} % ({per_second:.1f} a second)",
            "at least 88 %",
            is_met=share >= 0.88,
        ),
        Row("refusals (429) meanwhile", str(api.refused), "none", api.refused == 0),
    ]


def _passed_on(api: FakeApi) -> list[Came]:
    """What came of it, in order."""
    sent = [came for member in _members() for came in api.came[member] if "hello" in came.text]
    return sorted(sent, key=lambda each: each.at)


def _check(api: FakeApi) -> None:
    """Everybody has every line of the others once, and all have them in the same order."""
    orders = []
    for member in _members():
        said = [came.text for came in api.came[member] if "hello" in came.text]
        orders.append([text.splitlines()[-1] for text in said])
    longest = orders[-1]  # somebody who only reads
    for place, read in enumerate(orders):
        if read != [line for line in longest if line != f"hello number {place}"]:
            raise ValueError(f"person {place} read {read}")


def _members() -> range:
    return range(FIRST_MEMBER, FIRST_MEMBER + CROWD)
