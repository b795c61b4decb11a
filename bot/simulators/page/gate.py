"""Who may talk to the demo page: the browser that was opened with its address, and nobody else.

Every website the person has open can reach a page on this machine (DNS rebinding, cross-site
WebSockets), so each request has to name our host, come from our origin and know the random token.
"""

from collections.abc import Awaitable, Callable
from secrets import compare_digest

from aiohttp import web

OPEN_PATHS = frozenset({"/healthz"})
_HOST_NAMES = ("127.0.0.1", "localhost")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Gate:
    """Checks requests and dresses answers.

    Args:
        token: known to whoever was given the page's address.
    """

    def __init__(self, token: str) -> None:
        self._token = token
        self._hosts: frozenset[str] = frozenset()
        self._cookie = ""

    def listen_on(self, port: int) -> None:
        """Accept requests to this port's names only; cookies ignore ports, ours is named by it."""
        self._hosts = frozenset(f"{name}:{port}" for name in _HOST_NAMES)
        self._cookie = f"linguaflex_demo_{port}"

    @web.middleware
    async def check(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let the request through or answer 403; a token in the address becomes a cookie."""
        if request.host not in self._hosts:
            raise web.HTTPForbidden(text="wrong host")
        origin = request.headers.get("Origin")
        if origin is not None and origin.removeprefix("http://") not in self._hosts:
            raise web.HTTPForbidden(text="wrong origin")
        if request.path in OPEN_PATHS:
            return await handler(request)
        came_with_token = self._knows(request.query.get("token"))
        if not came_with_token and not self._knows(request.cookies.get(self._cookie)):
            raise web.HTTPForbidden(text="open the address that the demo printed")
        response = await handler(request)
        if came_with_token and not response.prepared:
            response.set_cookie(self._cookie, self._token, httponly=True, samesite="Strict")
        return response

    async def dress(self, request: web.Request, response: web.StreamResponse) -> None:
        """Put the security headers on every answer, refusals included."""
        response.headers.update(_HEADERS)
        host = request.host if request.host in self._hosts else ""
        response.headers["Content-Security-Policy"] = _policy(host)

    def _knows(self, token: str | None) -> bool:
        return token is not None and compare_digest(token.encode(), self._token.encode())


_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
}


def _policy(host: str) -> str:
    """Own files only. Older Safari does not count `ws:` as 'self', so the socket is named."""
    socket = f" ws://{host}" if host else ""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        f"media-src 'self' blob:; connect-src 'self'{socket}; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )
