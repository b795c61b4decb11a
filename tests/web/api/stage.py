"""The API on loopback, on the services of live conversations and a clock moved by hand."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import aiohttp

from bot.accounts.api_model import Limit, TokenPair
from bot.accounts.api_tokens import ApiTokens
from bot.flows.live.core import live_core
from bot.live.policy import LivePolicy
from bot.storage.engine import SqlStorage
from bot.storage.work import Signal, Work
from bot.web.api.admission import ApiLimits
from bot.web.api.application import api_application
from bot.web.api.conversations import LiveParts
from bot.web.server import WebServer
from tests.message_builders import NOW, HandClock
from tests.relay_stage import a_profile, add_person
from tests.seats_floor import Plans

CONVERSATIONS = "/api/live-conversations"
TOKENS = "/api/tokens"
ANA, BEN, TEACHER = "ana", "ben", "dora"
TOMORROW = NOW + timedelta(days=1)
_MANY = Limit(burst=1_000_000, every=timedelta(microseconds=1))
PLENTY = ApiLimits(address=_MANY, key=_MANY)


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def code(self) -> str:
        """Of a problem."""
        assert self.headers["Content-Type"].startswith("application/problem+json"), self.body
        assert self.body["status"] == self.status
        return str(self.body["type"]).removeprefix("urn:linguaflex:problem:")

    @property
    def wrong(self) -> list[str]:
        """Where a problem says the faults are."""
        return [each.get("pointer") or each["parameter"] for each in self.body["errors"]]


@dataclass
class Desk:
    """A server, the tokens of who lives in its database, and the services it stands on.

    Args:
        covered: whose plan covers paid seats.
        told: what people were told in the chat: whom, and the text.
    """

    storage: SqlStorage
    clock: HandClock
    parts: LiveParts
    covered: set[str]
    url: str
    http: aiohttp.ClientSession
    server: WebServer
    tokens: dict[str, str] = field(default_factory=dict)
    told: list[tuple[str, str]] = field(default_factory=list)

    def hear(self, signals: Sequence[Signal], /) -> None:
        """Of what was committed, what goes to people."""
        messages = [signal.message for signal in signals if signal.message is not None]
        self.told += [(m.user_id or "", "\n".join(p.text for p in m.body)) for m in messages]

    async def restart(self, limits: ApiLimits | None = None, storage: Any = None) -> None:
        """Another process, on the same database or on one that is broken."""
        await self.server.aclose()
        parts = replace(self.parts, storage=storage or self.storage)
        self.server = a_server(parts, limits or PLENTY)
        await self.server.start()
        self.url = _url(self.server)

    async def pair(self, person: str) -> TokenPair:
        """Of a key of this person's own."""
        tokens = ApiTokens(self.clock)

        def unit(work: Work) -> TokenPair | object:
            return tokens.exchange(work, tokens.issue(work, person, "script"))

        pair = await self.storage.write(unit)
        assert isinstance(pair, TokenPair)
        return pair

    async def ask(self, method: str, path: str, person: str | None = ANA, **options: Any) -> Answer:
        headers = dict(options.pop("headers", {}))
        if person is not None:
            if person not in self.tokens:
                self.tokens[person] = (await self.pair(person)).access
            headers.setdefault("Authorization", f"Bearer {self.tokens[person]}")
        async with self.http.request(method, self.url + path, headers=headers, **options) as reply:
            has_json = "json" in reply.headers.get("Content-Type", "")
            body = await reply.json(content_type=None) if has_json else await reply.text()
            return Answer(reply.status, reply.headers, body)

    async def create(self, person: str = ANA, **changes: object) -> Answer:
        return await self.ask("POST", CONVERSATIONS, person, json=a_draft(**changes))

    async def created(self, person: str = ANA, **changes: object) -> str:
        """Its id."""
        answer = await self.create(person, **changes)
        assert answer.status == 201, answer.body
        return str(answer.body["id"])

    async def book(self, conversation: str, person: str = BEN, **body: object) -> Answer:
        sent = {"json": body} if body else {}
        return await self.ask("POST", f"{CONVERSATIONS}/{conversation}/book", person, **sent)

    async def leave(self, conversation: str, person: str = BEN) -> Answer:
        return await self.ask("DELETE", f"{CONVERSATIONS}/{conversation}/book", person)

    async def listed(self, person: str = BEN, **query: str) -> Any:
        answer = await self.ask("GET", CONVERSATIONS, person, params=query)
        assert answer.status == 200, answer.body
        return answer.body


def a_draft(**changes: object) -> dict[str, object]:
    """An hour of Spanish from this time tomorrow."""
    draft = {
        "title": "Café y charla",
        "language": "es",
        "startTime": at(TOMORROW),
        "endTime": at(TOMORROW + timedelta(hours=1)),
        **changes,
    }
    return {name: value for name, value in draft.items() if value is not None}


def at(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


class Pages:
    """Makes payment pages, or fails to."""

    def __init__(self) -> None:
        self.failure: Exception | None = None

    async def page_of(self, seat_id: str) -> str:
        if self.failure is not None:
            raise self.failure
        return f"https://pay.example/{seat_id}"


@asynccontextmanager
async def a_desk(
    storage: SqlStorage,
    limits: ApiLimits | None = None,
    pages: Pages | None = None,
    policy: LivePolicy | None = None,
) -> AsyncIterator[Desk]:
    """Ana and Ben are students, Dora is a verified teacher."""
    await storage.write(_populate)
    clock, plans = HandClock(), Plans()
    core = live_core(clock, policy or LivePolicy(), takes_money=True, plans=plans)
    parts = LiveParts(
        storage=storage,
        clock=clock,
        planning=core.planning,
        seats=core.seats,
        currency="EUR",
        payment_page=None if pages is None else pages.page_of,
    )
    server = a_server(parts, limits or PLENTY)
    await server.start()
    async with aiohttp.ClientSession() as http:
        desk = Desk(storage, clock, parts, plans.covered, _url(server), http, server)
        storage.on_commit(desk.hear)
        try:
            yield desk
        finally:
            await desk.server.aclose()


def a_server(parts: LiveParts, limits: ApiLimits) -> WebServer:
    """Nothing but the API and what every server has."""
    return WebServer(
        "127.0.0.1",
        0,
        is_ready=_ready,
        metrics=_nothing,
        webhooks={},
        api=api_application(parts, limits),
    )


def _url(server: WebServer) -> str:
    return f"http://127.0.0.1:{server.port}"


def _populate(work: Work) -> None:
    for name in (ANA, BEN, TEACHER):
        add_person(work, name)
    work.teachers.add(replace(a_profile(TEACHER), is_verified=True))


async def _ready() -> bool:
    return True


async def _nothing() -> bytes:
    return b""
