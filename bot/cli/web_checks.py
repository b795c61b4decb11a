"""What the doctor looks at in our own HTTP server: its port, and its address for the world."""

import errno
import os
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

import aiohttp

from bot.cli.findings import Finding, Status
from config.settings import Settings

_HEALTH = "/healthz"
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_HEALTH_SECONDS = aiohttp.ClientTimeout(total=3)
_REMEDY = "set LINGUAFLEX_WEB__PUBLIC_URL to an https address that a proxy passes on to us"
_WITHOUT = (
    "no public address: Zoom and Stripe are asked every five minutes instead of telling us, and"
    " hours cannot be taken over from Calendly"
)


async def check_web(settings: Settings) -> Sequence[Finding]:
    """Our port, then the address behind which the world finds it."""
    return [await _port(settings), *await check_public_address(settings)]


async def check_public_address(settings: Settings) -> Sequence[Finding]:
    """Whether vendors can tell us anything, as far as it can be seen from here."""
    address = settings.web.public_url
    if address is None:
        return [_found(Status.WARN, _WITHOUT, _REMEDY)]
    if not is_deliverable(address):
        detail = f"{address} is not an https address: vendors deliver to no other"
        return [_found(Status.FAIL, detail, _REMEDY)]
    if not await _is_ours(_local(settings)):
        return [_found(Status.OK, f"{address}; looked at once the bot runs")]
    if await _is_ours(address):
        return [_found(Status.OK, f"the bot answers at {address}")]
    detail = f"the bot runs, and does not answer at {address}"
    remedy = f"does the proxy pass it on to {_local(settings)}? Some networks hide it from within"
    return [_found(Status.WARN, detail, remedy)]


async def _port(settings: Settings) -> Finding:
    """Whether our HTTP server can listen, or already does."""
    host, port = settings.web.host, settings.web.port
    where = f"{host}:{port}"
    try:
        with socket.create_server((host, port)):
            return Finding("web", Status.OK, f"{where} is free")
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            if await _is_ours(_local(settings)):
                return Finding("web", Status.OK, f"the bot answers on {where}")
            detail = f"another program listens on {where}"
            return Finding("web", Status.FAIL, detail, "choose another LINGUAFLEX_WEB__PORT")
        detail = f"{where} cannot be listened on: {os.strerror(error.errno or 0)}"
    return Finding("web", Status.FAIL, detail, "see LINGUAFLEX_WEB__HOST and _PORT")


def _found(status: Status, detail: str, remedy: str = "") -> Finding:
    return Finding("web.public_url", status, detail, remedy)


def is_deliverable(address: str) -> bool:
    """Vendors deliver to https alone; services of one's own, on this machine, to anything."""
    url = urlsplit(address)
    return url.hostname in _LOOPBACK or (url.scheme == "https" and bool(url.hostname))


def is_within_reach(address: str, service: str) -> bool:
    """Whether a service could deliver there: this machine's own names lead elsewhere from afar.

    Args:
        service: the address of its API; a simulator's is on this machine.
    """
    return urlsplit(address).hostname not in _LOOPBACK or urlsplit(service).hostname in _LOOPBACK


async def _is_ours(address: str) -> bool:
    try:
        async with (
            aiohttp.ClientSession(timeout=_HEALTH_SECONDS) as http,
            http.get(address.rstrip("/") + _HEALTH, allow_redirects=False) as reply,
        ):
            return bool(await reply.json() == {"status": "ok"})
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
        return False


def _local(settings: Settings) -> str:
    """Where our server can be asked from here."""
    host, port = settings.web.host, settings.web.port
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - asked, not listened on
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
