"""Calendly's API as far as schedules are read over it, on loopback; shapes as in its API v2."""

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from bot.simulators.faults import Faults, cut
from bot.simulators.loopback import LoopbackServer

Json = Mapping[str, Any]


class CalendlySimulator(LoopbackServer):
    """One person's account.

    `faults` knows the operations "me" and "schedules" with the kinds status, delay and drop_before.

    Args:
        token: the only personal access token that is accepted.
        schedules: of them `name`, `timezone` and `rules`; the first one is the default.
    """

    def __init__(self, token: str, *schedules: Json) -> None:
        super().__init__()
        self.faults = Faults()
        self.schedules: Sequence[Json] = schedules
        self._token = token

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def _person(self) -> str:
        return "https://api.calendly.com/users/AAAAAAAAAAAAAAAA"

    def application(self) -> web.Application:
        """The two requests."""
        app = web.Application()
        app.router.add_get("/users/me", self._me)
        app.router.add_get("/user_availability_schedules", self._list)
        return app

    async def _me(self, request: web.Request) -> web.StreamResponse:
        if (trouble := await self._trouble(request, "me")) is not None:
            return trouble
        at = "2024-01-02T03:04:05.678123Z"
        resource = {
            "uri": self._person,
            "name": "Ana Demo",
            "slug": "ana-demo",
            "email": "ana@example.org",
            "scheduling_url": "https://calendly.com/ana-demo",
            "timezone": "Europe/Madrid",
            "avatar_url": None,
            "created_at": at,
            "updated_at": at,
            "current_organization": "https://api.calendly.com/organizations/AAAAAAAAAAAAAAAA",
        }
        return web.json_response({"resource": resource})

    async def _list(self, request: web.Request) -> web.StreamResponse:
        if (trouble := await self._trouble(request, "schedules")) is not None:
            return trouble
        if request.query.get("user") != self._person:
            return _refused(403, "Permission Denied", "This user is not in your organization")
        collection = [
            {
                "uri": f"https://api.calendly.com/user_availability_schedules/{number}",
                "default": number == 0,
                "user": self._person,
                **schedule,
            }
            for number, schedule in enumerate(self.schedules)
        ]
        return web.json_response({"collection": collection[::-1]})

    async def _trouble(self, request: web.Request, operation: str) -> web.StreamResponse | None:
        await self.faults.hold(operation)
        if self.faults.take(operation, "drop_before"):
            return cut(request)
        if fault := self.faults.take(operation, "status"):
            return _refused(
                fault.status, "Internal Server Error", "The server encountered an error"
            )
        if request.headers.get("Authorization") != f"Bearer {self._token}":
            return _refused(401, "Unauthenticated", "The access token is invalid")
        return None


def _refused(status: int, title: str, message: str) -> web.Response:
    return web.json_response({"title": title, "message": message}, status=status)
