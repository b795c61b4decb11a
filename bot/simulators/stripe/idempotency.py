"""Idempotency keys: the first answer is given again, even where it was a failure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.simulators.stripe.errors import Refused

_KEPT = timedelta(hours=24)


@dataclass(slots=True)
class Answer:
    """What a request with a key was answered; `status` 0 while it runs."""

    request: tuple[str, str]
    at: datetime
    status: int = 0
    body: Any = None


class Idempotency:
    """Keys of the last day."""

    def __init__(self) -> None:
        self._answers: dict[str, Answer] = {}

    def begin(self, key: str, request: tuple[str, str], now: datetime) -> Answer | None:
        """The earlier answer to this very request; None: it is the first.

        Args:
            request: path, and the body in one order.

        Raises:
            Refused: the key stands for another request, or for one that still runs.
        """
        found = self._answers.get(key)
        if found is None or now - found.at > _KEPT:
            self._answers[key] = Answer(request, now)
            return None
        if found.request != request:
            raise Refused(
                "Keys for idempotent requests can only be used with the same parameters they"
                " were first used with.",
                kind="idempotency_error",
            )
        if not found.status:
            raise Refused(
                "There is currently another in-progress request using this Idempotent Key.",
                status=409,
                kind="idempotency_error",
                code="idempotency_key_in_use",
            )
        return found

    def end(self, key: str, status: int, body: Any) -> None:
        answer = self._answers[key]
        answer.status, answer.body = status, body

    def forget(self, key: str) -> None:
        """Nothing is kept of a request that was refused before it began."""
        self._answers.pop(key, None)
