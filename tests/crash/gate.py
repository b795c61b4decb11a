"""What stands before several copies of the program: hands each delivery to one that listens."""

import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
from aiohttp import web


@dataclass(frozen=True)
class Passed:
    """One delivery."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    status: int
    port: int


class Gate:
    """Tries the copies in random order; 502 where none is there, as a balancer answers.

    `seen` is what was handed on, with the answers.
    """

    def __init__(self, ports: Sequence[int], seed: int = 0) -> None:
        self.url = ""
        self.seen: list[Passed] = []
        self.ports = ports
        self._chance = random.Random(seed)

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Gate"]:
        app = web.Application()
        app.router.add_post("/webhooks/{vendor}", self._pass_on)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with aiohttp.ClientSession() as self._http:
            yield self
        await runner.cleanup()

    async def _pass_on(self, request: web.Request) -> web.Response:
        body = await request.read()
        for port in self._chance.sample(self.ports, len(self.ports)):
            address = f"http://127.0.0.1:{port}{request.path}"
            try:
                async with self._http.post(address, data=body, headers=request.headers) as answer:
                    headers = dict(request.headers)
                    self.seen.append(Passed(request.path, headers, body, answer.status, port))
                    return web.Response(status=answer.status)
            except aiohttp.ClientConnectorError:
                continue  # nobody listens there: nothing was handed over
            except aiohttp.ClientError:
                break  # it died over it
        return web.Response(status=502)
