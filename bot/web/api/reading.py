"""Reading requests strictly: what is not in the document is refused, with a pointer to it."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from bot.web.api.problems import Problem, Trouble, Wrong

BODY_BYTES = 64 * 1024
READ_SECONDS = web.AppKey("read_seconds", float)
_MOST_TOLD = 20
M = TypeVar("M", bound=BaseModel)

# What pydantic calls a fault, the text that says what is wanted, and what of its context is told.
_WANTED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "missing": ("apikey.wrong.missing", ()),
    "extra_forbidden": ("apikey.wrong.unknown", ()),
    "string_too_short": ("apikey.wrong.too_short", ("min_length",)),
    "string_too_long": ("apikey.wrong.too_long", ("max_length",)),
    "too_long": ("apikey.wrong.too_many", ("max_length",)),
    "greater_than_equal": ("apikey.wrong.too_small", ("ge",)),
    "less_than_equal": ("apikey.wrong.too_large", ("le",)),
    "enum": ("apikey.wrong.one_of", ("expected",)),
    "literal_error": ("apikey.wrong.one_of", ("expected",)),
    "instant": ("apikey.wrong.instant", ()),
    "blank": ("apikey.wrong.blank", ()),
}


async def read_body(request: web.Request, model: type[M]) -> M:
    """The body as `model`; a model without required fields may come as no body at all.

    Raises:
        Problem: 400 for what is no JSON, 408, 413, 415, or 422 naming the fields.
    """
    data = await _bytes_of(request)
    is_optional = not any(field.is_required() for field in model.model_fields.values())
    if not data and is_optional:
        return model()
    if request.content_type != "application/json" or (request.charset or "utf-8") != "utf-8":
        raise Problem(Trouble.MEDIA_TYPE)
    try:
        return model.model_validate_json(data, strict=True)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        if faults[0]["type"] == "json_invalid":
            raise Problem(Trouble.MALFORMED) from None
        raise _invalid("body", faults) from None


def read_query(request: web.Request, model: type[M]) -> M:
    """The query as `model`, each parameter once.

    Raises:
        Problem: 422 naming the parameters.
    """
    twice = [name for name in request.query if len(request.query.getall(name)) > 1]
    if twice:
        wrong = [Wrong("query", _shown(name), "apikey.wrong.twice", {}) for name in twice]
        raise Problem(Trouble.INVALID, wrong=wrong)
    try:
        return model.model_validate(dict(request.query), strict=True)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        raise _invalid("query", faults) from None


async def _bytes_of(request: web.Request) -> bytes:
    if (request.content_length or 0) > BODY_BYTES:
        raise Problem(Trouble.TOO_LARGE, params={"most": BODY_BYTES // 1024})
    body = bytearray()
    try:
        async with asyncio.timeout(request.app[READ_SECONDS]):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > BODY_BYTES:
                    raise Problem(Trouble.TOO_LARGE, params={"most": BODY_BYTES // 1024})
    except TimeoutError:
        raise Problem(Trouble.TOO_SLOW) from None
    except web.RequestPayloadError:
        raise Problem(Trouble.MALFORMED) from None
    return bytes(body)


def _invalid(where: str, faults: Sequence[Any]) -> Problem:
    wrong = [_wrong(where, fault) for fault in faults[:_MOST_TOLD]]
    return Problem(Trouble.INVALID, wrong=wrong)


def _wrong(where: str, fault: Any) -> Wrong:
    name = _pointer(fault["loc"]) if where == "body" else _shown(str(fault["loc"][0]))
    kind, context = fault["type"], fault.get("ctx", {})
    key, told = _WANTED.get(kind, ("apikey.wrong.value", ()))
    return Wrong(where, name, key, {each: _plain(context.get(each)) for each in told})


def _plain(value: object) -> object:
    """A choice without pydantic's English: "'A', 'B' or 'C'"."""
    return value.replace(" or ", ", ").replace("'", "") if isinstance(value, str) else value


def _pointer(place: Sequence[object]) -> str:
    """RFC 6901; the empty pointer is the body itself."""
    parts = (_shown(str(part)).replace("~", "~0").replace("/", "~1") for part in place)
    return "".join(f"/{part}" for part in parts)


def _shown(name: str) -> str:
    """A stranger's name for something, short and without halves of surrogate pairs."""
    return name[:100].encode(errors="replace").decode()
