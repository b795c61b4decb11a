"""What went wrong, as problem details (RFC 9457) in the asker's language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from aiohttp import web

from bot.core.errors import DomainError, NotFound, Stale
from bot.core.money import Money
from bot.i18n.catalog import Texts
from bot.i18n.money import money

MEDIA_TYPE = "application/problem+json"
_NAMESPACE = "urn:linguaflex:problem:"
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_NOT_ALLOWED = frozenset(
    {
        "group.error.code",
        "group.error.minor",
        "group.error.not_yours",
        "group.error.paid_by_teachers",
        "group.error.plan_register",
        "group.error.private",
        "group.error.register",
    }
)


class Trouble(Enum):
    """Every kind of refusal with its status."""

    MALFORMED = 400
    UNAUTHORIZED = 401
    PAYMENT_REQUIRED = 402
    FORBIDDEN = 403
    NOT_FOUND = 404
    METHOD_NOT_ALLOWED = 405
    TOO_SLOW = 408
    CONFLICT = 409
    TOO_LARGE = 413
    MEDIA_TYPE = 415
    INVALID = 422
    TOO_MANY = 429
    INTERNAL = 500
    UNAVAILABLE = 503

    @property
    def code(self) -> str:
        """As its `type` and the keys of its texts name it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Wrong:
    """One field that cannot be used.

    Args:
        where: "body", "query" or "header".
        name: a JSON pointer (RFC 6901) into the body, else the name of the parameter.
        key, params: of the text that says what is wanted.
    """

    where: str
    name: str
    key: str
    params: Mapping[str, object]


class Problem(Exception):
    """Ends a request.

    Args:
        key: of the text that says what to do; None: that of the kind of trouble.
        wrong: the fields it is about.
        headers: that tell a program the same.
    """

    def __init__(
        self,
        trouble: Trouble,
        key: str | None = None,
        params: Mapping[str, object] | None = None,
        *,
        wrong: Sequence[Wrong] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(trouble.code)
        self.trouble = trouble
        self.key = key or f"apikey.problem.{trouble.code}.detail"
        self.params = params or {}
        self.wrong = wrong
        self.headers = headers or {}

    def response(self, texts: Texts) -> web.Response:
        body: dict[str, object] = {
            "type": _NAMESPACE + self.trouble.code,
            "title": texts(f"apikey.problem.{self.trouble.code}"),
            "status": self.trouble.value,
            "detail": texts(self.key, **_worded(self.params, texts)),
        }
        if self.wrong:
            body["errors"] = [_told(each, texts) for each in self.wrong]
        return web.json_response(
            body,
            status=self.trouble.value,
            content_type=MEDIA_TYPE,
            headers={**HEADERS, "Content-Language": texts.language, **self.headers},
        )


def refusal(error: DomainError) -> Problem:
    """A rule's no, as the chat words it."""
    if isinstance(error, NotFound):
        trouble = Trouble.NOT_FOUND
    elif error.key in _NOT_ALLOWED:
        trouble = Trouble.FORBIDDEN
    else:
        trouble = Trouble.CONFLICT
    key = "apikey.problem.conflict.again" if isinstance(error, Stale) else error.key
    return Problem(trouble, key, error.params)


def _worded(params: Mapping[str, object], texts: Texts) -> Mapping[str, object]:
    """Amounts as the reader writes them."""
    return {
        name: money(value, texts.language) if isinstance(value, Money) else value
        for name, value in params.items()
    }


def _told(wrong: Wrong, texts: Texts) -> Mapping[str, str]:
    detail = texts(wrong.key, **_worded(wrong.params, texts))
    if wrong.where == "body":
        return {"pointer": f"#{wrong.name}", "detail": detail}
    return {"in": wrong.where, "parameter": wrong.name, "detail": detail}
