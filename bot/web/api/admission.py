"""Who asks, and how often: tokens, and limits for every address and every key."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address
from math import ceil
from typing import TypeVar

import structlog
from aiohttp import web

from bot.accounts.api_model import ApiKey, Limit, TokenKind, TokenPair
from bot.accounts.api_tokens import ApiTokens, Reused
from bot.accounts.model import User, UserStatus
from bot.core.clock import Clock
from bot.core.storage import Storage
from bot.flows.ports import FlowWork
from bot.flows.telling import tell
from bot.messaging.model import Paragraph
from bot.web.api.languages import TEXTS, texts_for
from bot.web.api.problems import Problem, Trouble

_log = structlog.get_logger()
_SCHEME = "bearer"
_REALM = 'Bearer realm="linguaflex"'
_FOREIGN = "/64"  # one household of IPv6
_TEN_A_SECOND = Limit(burst=120, every=timedelta(seconds=0.1))
_TWO_A_SECOND = Limit(burst=60, every=timedelta(seconds=0.5))
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiLimits:
    """How much is asked at most.

    Args:
        address: all requests from one address.
        key: requests with the tokens of one key.
        wrong_costs: so many requests a wrong token counts for.
        body_seconds: how long a body may take to come in.
    """

    address: Limit = _TEN_A_SECOND
    key: Limit = _TWO_A_SECOND
    wrong_costs: int = 10
    body_seconds: float = 5.0


class Admission:
    """Lets requests in; every one counts before anybody looks at its token."""

    def __init__(
        self, storage: Storage[FlowWork], clock: Clock, tokens: ApiTokens, limits: ApiLimits
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._tokens = tokens
        self._limits = limits

    async def anybody(self, request: web.Request) -> None:
        """Raises Problem 429."""
        address = _address(request)
        await self._within(lambda work: self._charge_address(work, address))

    async def person(self, request: web.Request) -> User:
        """Whose access token it is. Raises Problem 401 or 429."""
        address, token = _address(request), _bearer(request)

        def unit(work: FlowWork) -> User | None:
            self._charge_address(work, address)
            key = None if token is None else self._tokens.key_of(work, token, TokenKind.ACCESS)
            user = None if key is None else work.users.find(key.user_id)
            if key is None or user is None or user.status is UserStatus.CLOSED:
                self._punish(work, address)
                return None
            self._charge_key(work, key)
            return user

        user = await self._within(unit)
        if user is None:
            raise _unauthorized("invalid_token" if token else None)
        request[TEXTS] = texts_for(request.headers, user.ui_language)
        return user

    async def exchange(self, request: web.Request, refresh: str) -> TokenPair:
        """A fresh pair for a refresh token; one shown twice ends its key and its person is told.

        The request was counted (`anybody`) before its body was read.

        Raises:
            Problem: 401 or 429.
        """
        address = _address(request)

        def unit(work: FlowWork) -> TokenPair | Reused | None:
            key = self._tokens.key_of(work, refresh, TokenKind.REFRESH)
            if key is not None:
                self._charge_key(work, key)
            outcome = self._tokens.exchange(work, refresh)
            if not isinstance(outcome, TokenPair):
                self._punish(work, address)
            if isinstance(outcome, Reused):
                self._tell(work, outcome.key)
            return outcome

        outcome = await self._within(unit)
        if isinstance(outcome, TokenPair):
            return outcome
        if outcome is not None:
            _log.warning("api.token_reused", key=outcome.key.id)
        raise _unauthorized("invalid_token", "apikey.problem.unauthorized.refresh")

    async def _within(self, unit: Callable[[FlowWork], T]) -> T:
        """Run a unit; a limit that is reached undoes it."""
        try:
            return await self._storage.write(unit)
        except _Full as full:
            seconds = max(ceil(full.wait.total_seconds()), 1)
            raise Problem(
                Trouble.TOO_MANY,
                params={"count": seconds},
                headers={"Retry-After": str(seconds)},
            ) from None

    def _charge_address(self, work: FlowWork, address: str) -> None:
        self._charge(work, f"address:{address}", self._limits.address)

    def _charge_key(self, work: FlowWork, key: ApiKey) -> None:
        self._charge(work, f"key:{key.id}", self._limits.key)

    def _charge(self, work: FlowWork, whose: str, limit: Limit) -> None:
        subject, now = work.fingerprint(f"api rate:{whose}"), self._clock.now()
        empty_at = work.api.rates.hold(subject, now)
        wait = limit.wait(empty_at, now)
        if wait:
            raise _Full(wait)
        work.api.rates.put(subject, limit.charged(empty_at, now))

    def _punish(self, work: FlowWork, address: str) -> None:
        """What came with a wrong token costs more: guessing ends soon."""
        subject, now = work.fingerprint(f"api rate:address:{address}"), self._clock.now()
        empty_at = work.api.rates.hold(subject, now)
        cost = self._limits.wrong_costs - 1
        work.api.rates.put(subject, self._limits.address.charged(empty_at, now, cost))

    def _tell(self, work: FlowWork, key: ApiKey) -> None:
        user = work.users.find(key.user_id)
        if user is not None:
            tell(
                work,
                user,
                f"api:reused:{key.id}",
                self._clock.now(),
                lambda texts: [Paragraph(texts("apikey.reused", label=key.label))],
            )


class _Full(Exception):
    """A limit is reached for so long."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__()
        self.wait = wait


def address_of(peer: str | None, forwarded: Sequence[str]) -> str:
    """Whose request it is, for counting; `forwarded` are the lines of `X-Forwarded-For`.

    A proxy beside us, which is all that private addresses can be, says whom it heard last; what
    it was told by others (further to the left) proves nothing.
    """
    try:
        address = ip_address(peer or "")
    except ValueError:
        return "unknown"
    if address.is_private:
        told = ",".join(forwarded).rpartition(",")[2].strip()
        try:
            address = ip_address(told)
        except ValueError:
            return str(address)
    if isinstance(address, IPv6Address) and not address.is_private:
        return f"{IPv6Address(int(address) >> 64 << 64)}{_FOREIGN}"
    return str(address)


def _address(request: web.Request) -> str:
    return address_of(request.remote, request.headers.getall("X-Forwarded-For", []))


def _bearer(request: web.Request) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == _SCHEME else None


def _unauthorized(error: str | None, key: str | None = None) -> Problem:
    said = f'{_REALM}, error="{error}"' if error else _REALM
    return Problem(Trouble.UNAUTHORIZED, key, headers={"WWW-Authenticate": said})
