"""HTTP calls of the cascade: what its three services answer, and what their refusals mean."""

from typing import Any, Literal

import httpx

from bot.voice.adapters.cascade_wire import Endpoint
from bot.voice.adapters.turns import TurnFailed
from bot.voice.model import ErrorKind

Part = Literal["stt", "chat", "tts"]

_TIMEOUT = httpx.Timeout(60.0, connect=10.0)
_OUT_OF_MONEY = frozenset(
    {"insufficient_quota", "billing_hard_limit_reached", "account_deactivated"}
)
_OUR_REQUEST = frozenset({400, 404, 405, 409, 415, 422})


class NotTaken(Exception):
    """The service does not take this form of the request (HTTP 400 or 422); another may do."""

    def __init__(self, failure: TurnFailed) -> None:
        self.failure = failure
        super().__init__(str(failure))


class CascadeHttp:
    """Posts to the services."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def post(
        self, part: Part, endpoint: Endpoint, path: str, **content: Any
    ) -> httpx.Response:
        """A successful answer.

        Raises:
            NotTaken: HTTP 400 or 422.
            TurnFailed: anything else that is not success.
        """
        reply = await self._send(part, "POST", endpoint, path, **content)
        if reply.is_success:
            return reply
        failure = _refusal(part, reply)
        if reply.status_code in (400, 422):
            raise NotTaken(failure)
        raise failure

    async def models(self, part: Part, endpoint: Endpoint) -> httpx.Response:
        """The list of models, whatever its status.

        Raises:
            TurnFailed: the service cannot be reached.
        """
        return await self._send(part, "GET", endpoint, "models", timeout=10.0)

    async def _send(
        self, part: Part, method: str, endpoint: Endpoint, path: str, **content: Any
    ) -> httpx.Response:
        options = {"timeout": _TIMEOUT, "headers": endpoint.headers, **content}
        try:
            return await self._http.request(method, endpoint.at(path), **options)
        except httpx.TimeoutException as error:
            raise TurnFailed(ErrorKind.TRANSIENT, f"{part}_timeout") from error
        except httpx.TransportError as error:
            raise TurnFailed(ErrorKind.TRANSIENT, f"{part}_unreachable") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise TurnFailed(ErrorKind.FATAL, f"{part}_address") from error


def body_of(part: Part, reply: httpx.Response) -> dict[str, Any]:
    """The JSON object of an answer.

    Raises:
        TurnFailed: there is none.
    """
    try:
        body = reply.json()
    except ValueError as error:
        raise TurnFailed(ErrorKind.TRANSIENT, f"{part}_unreadable") from error
    if not isinstance(body, dict):
        raise TurnFailed(ErrorKind.TRANSIENT, f"{part}_unreadable")
    return body


def _refusal(part: Part, reply: httpx.Response) -> TurnFailed:
    status = reply.status_code
    code = f"{part}_http_{status}"
    if status in (401, 403):
        return TurnFailed(ErrorKind.FATAL, code)
    if status == 402 or (status == 429 and _error_code(reply) in _OUT_OF_MONEY):
        return TurnFailed(ErrorKind.QUOTA, code, _retry_after(reply))
    if status in (408, 425, 429) or status >= 500:
        return TurnFailed(ErrorKind.TRANSIENT, code, _retry_after(reply))
    if part == "stt" and status in (400, 413, 415, 422):
        return TurnFailed(ErrorKind.BAD_INPUT, code)
    return TurnFailed(ErrorKind.FATAL, code)


def _error_code(reply: httpx.Response) -> str:
    try:
        return str(reply.json()["error"]["code"])
    except (ValueError, KeyError, TypeError):
        return ""


def _retry_after(reply: httpx.Response) -> float | None:
    """Seconds; a date there is taken for no answer."""
    value = reply.headers.get("Retry-After", "")
    return float(value) if value.replace(".", "", 1).isdigit() else None
