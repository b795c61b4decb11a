"""Reads a calendar from an address a stranger gave: checked, limited, and connected as checked."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpx

from bot.core.timespan import Timespan
from bot.scheduling.feeds import FeedFailed, FeedTrouble

_MOST_BYTES = 1024 * 1024
_MOST_SECONDS = 10.0
_MOST_REDIRECTS = 3
_TRANSLATED = IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address, perhaps a private one
_HEADERS = {"Accept": "text/calendar, */*;q=0.1", "Accept-Encoding": "identity"}
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


async def resolve_by_system(host: str, port: int) -> Sequence[str]:
    """The addresses of a name. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class IcsFeed:
    """Implements `BusyFeed`.

    A name is resolved once for each request; all its addresses must be public, and the connection
    goes to one of those, so that a name which changes its mind meanwhile leads nowhere else.

    Args:
        resolve: a name's addresses; raises OSError.
        allows_loopback: this machine and plain http are taken too, for tests.
    """

    def __init__(
        self, *, resolve: Resolve = resolve_by_system, allows_loopback: bool = False
    ) -> None:
        self._resolve = resolve
        self._allows_loopback = allows_loopback

    async def busy(self, url: str, zone: str, within: Timespan, /) -> tuple[Timespan, ...]:
        try:
            async with asyncio.timeout(_MOST_SECONDS):
                content = await self._fetched(url)
        except TimeoutError as error:
            raise FeedFailed(FeedTrouble.UNREACHABLE, "too slow") from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            raise FeedFailed(FeedTrouble.UNREACHABLE, type(error).__name__) from error
        return await asyncio.to_thread(_busy_times, content, zone, within)

    async def _fetched(self, url: str) -> bytes:
        at = httpx.URL(url)
        async with httpx.AsyncClient(trust_env=False, follow_redirects=False) as http:
            for _ in range(_MOST_REDIRECTS + 1):
                request = await self._request(http, at)
                reply = await http.send(request, stream=True)
                try:
                    if not reply.is_redirect:
                        return await _content(reply)
                    at = at.join(reply.headers.get("Location", ""))
                finally:
                    await reply.aclose()
        raise FeedFailed(FeedTrouble.REFUSED, "redirects")

    async def _request(self, http: httpx.AsyncClient, url: httpx.URL) -> httpx.Request:
        """To the address that was checked, in the name that was asked for (TLS checks the name)."""
        is_plain = url.scheme == "http" and self._allows_loopback
        if not url.host or not (url.scheme == "https" or is_plain):
            raise FeedFailed(FeedTrouble.NOT_PUBLIC, "not https")
        port = url.port or (80 if is_plain else 443)
        addresses = await self._resolve(url.host, port)
        if not addresses or not all(map(self._may_connect, addresses)):
            raise FeedFailed(FeedTrouble.NOT_PUBLIC, "address")
        return http.build_request(
            "GET",
            url.copy_with(host=addresses[0], username=None, password=None),
            headers={**_HEADERS, "Host": url.netloc.decode("ascii")},
            extensions={"sni_hostname": url.raw_host.decode("ascii")},
            timeout=_MOST_SECONDS,
        )

    def _may_connect(self, address: str) -> bool:
        parsed = ip_address(address.partition("%")[0])
        return is_public(parsed) or (self._allows_loopback and parsed.is_loopback)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether it is an address of the internet, by whatever notation."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        is_carried = address.sixtofour is not None or address.teredo is not None
        if is_carried or address in _TRANSLATED:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


async def _content(reply: httpx.Response) -> bytes:
    if not reply.is_success:
        is_theirs = reply.is_server_error or reply.status_code == httpx.codes.TOO_MANY_REQUESTS
        trouble = FeedTrouble.UNREACHABLE if is_theirs else FeedTrouble.REFUSED
        raise FeedFailed(trouble, str(reply.status_code))
    if reply.headers.get("Content-Encoding", "identity") != "identity":  # nothing was allowed
        raise FeedFailed(FeedTrouble.NO_CALENDAR, "encoded")
    content = bytearray()
    async for piece in reply.aiter_raw():
        content += piece
        if len(content) > _MOST_BYTES:
            raise FeedFailed(FeedTrouble.TOO_LARGE)
    return bytes(content)


def _busy_times(content: bytes, zone: str, within: Timespan) -> tuple[Timespan, ...]:
    """The parsers are loaded when the first calendar is read: few operators' teachers give one."""
    from bot.scheduling.adapters.ics_events import busy_times

    return busy_times(content, zone, within)
