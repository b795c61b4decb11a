"""From the chat to the API and back: the whole program, a token made in it, a seat that is paid."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from bot.accounts.api_tokens import ApiTokens
from bot.app import App, build
from bot.serving import Serving
from bot.simulators.stripe import StripeSimulator
from bot.storage.work import Work
from tests.live_stage import later
from tests.message_builders import HandClock
from tests.rights.cast import let_teach, settle_in
from tests.rights.lessons import CARD
from tests.stage import PATIENCE_SECONDS, a_stage
from tests.visitors import Visitor, register
from tests.web.api.stage import CONVERSATIONS, TOKENS, a_draft


@dataclass
class School:
    """Ana has a chat, Ben is a verified teacher."""

    app: App
    clock: HandClock
    stripe: StripeSimulator
    ana: Visitor
    ben_id: str
    url: str


@asynccontextmanager
async def a_school(url: str) -> AsyncIterator[School]:
    clock = HandClock()
    async with a_stage() as stage, StripeSimulator(clock=clock.now) as stripe:
        settings = stage.settings(
            url,
            web={"port": 0, "public_url": "https://school.example"},
            stripe={"api_key": stripe.key, "api_url": stripe.url},
        )
        async with build(settings, clock=clock) as app, served(app) as serving:
            ana = Visitor(stage.telegram.person(user_id=12, name="Ana", language="en"))
            ben_id = await app.storage.write(_teacher)
            assert serving.web is not None
            yield School(app, clock, stripe, ana, ben_id, f"http://127.0.0.1:{serving.web.port}")


@asynccontextmanager
async def served(app: App) -> AsyncIterator[Serving]:
    stop, serving = asyncio.Event(), Serving(app, frozenset({"telegram", "web"}))
    running = asyncio.create_task(serving.run(stop))
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while serving.web is None or not serving.web.port:  # noqa: ASYNC110 - has no bell
                await asyncio.sleep(0.01)
        yield serving
    finally:
        stop.set()
        await running


def _teacher(work: Work) -> str:
    ben = settle_in(work, ("telegram", "13"), "Ben", native="en")
    let_teach(work, ben)
    return ben.id


@dataclass
class Program:
    """What somebody wrote for themselves: it knows its refresh token and nothing else."""

    http: aiohttp.ClientSession
    url: str
    refresh: str
    access: str = ""

    async def renew(self) -> None:
        async with self.http.post(self.url + TOKENS, json={"refreshToken": self.refresh}) as reply:
            pair = await reply.json()
            self.access, self.refresh = pair["accessToken"], pair["refreshToken"]

    async def ask(self, method: str, path: str, **options: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.access}"}
        async with self.http.request(method, self.url + path, headers=headers, **options) as reply:
            return await reply.json()


async def test_a_program_books_a_paid_seat_and_the_chat_knows(sqlite_url: str) -> None:
    async with a_school(sqlite_url) as school, aiohttp.ClientSession() as http:
        ana, app = school.ana, school.app
        await register(ana)
        script = Program(http, school.url, await token_from_chat(ana))
        await script.renew()
        await script.renew()
        teachers = Program(http, school.url, await token_of(app, school.ben_id))
        await teachers.renew()
        made = await teachers.ask("POST", CONVERSATIONS, json=a_draft(title="Tapas", price=500))
        place = f"{CONVERSATIONS}/{made['id']}/book"

        held = await script.ask("POST", place)
        assert (held["status"], held["paymentStatus"]) == ("HELD", "PENDING")
        page = school.stripe.all("checkout.session")[-1]
        assert held["paymentUrl"] == page["url"]

        school.stripe.complete(page["id"], CARD)
        await later(app, school.clock, minutes=6)
        await ana.reads("Tapas")
        found = await script.ask("GET", CONVERSATIONS, params={"search": "tapas"})
        assert [it["booking"]["status"] for it in found["items"]] == ["BOOKED"]

        left = await script.ask("DELETE", place)
        assert (left["paymentStatus"], left["refunded"]) == ("REFUNDED", 500)


async def test_a_token_revoked_in_the_chat_is_refused_at_once(sqlite_url: str) -> None:
    async with a_school(sqlite_url) as school, aiohttp.ClientSession() as http:
        await register(school.ana)
        script = Program(http, school.url, await token_from_chat(school.ana))
        await script.renew()
        assert "items" in await script.ask("GET", CONVERSATIONS)
        await school.ana.press("API access", then="• My script")
        await school.ana.press("Revoke My script", then="Revoke My script?")
        await school.ana.press("Revoke My script", then="in your name")
        refused = await script.ask("GET", CONVERSATIONS)
        assert refused["status"] == 401


async def token_from_chat(ana: Visitor) -> str:
    """What the chat shows, once."""
    await ana.say("/settings", then="Your settings")
    await ana.press("API access", then="Address: https://school.example/api")
    await ana.press("New token", then="What is the token for?")
    shown = await ana.say("My script", then="shown only this once")
    return next(line for line in shown.text.splitlines() if line.startswith("lfr_"))


async def token_of(app: App, user_id: str) -> str:
    tokens = ApiTokens(app.clock)
    return await app.storage.write(lambda work: tokens.issue(work, user_id, "script"))
