"""The API as a part of our HTTP server: its paths, and what becomes of every kind of trouble."""

from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from bot.accounts.api_tokens import ApiTokens
from bot.accounts.model import User
from bot.core.errors import DomainError, ServiceFailure
from bot.web.api.admission import Admission, ApiLimits
from bot.web.api.conversations import LiveConversations, LiveParts
from bot.web.api.document import document
from bot.web.api.fields import Nothing, TokenAsk
from bot.web.api.languages import TEXTS, texts_for
from bot.web.api.problems import HEADERS, Problem, Trouble, refusal
from bot.web.api.reading import BODY_BYTES, READ_SECONDS, read_body, read_query
from bot.web.api.shown import Tokens

_CONVERSATIONS = "/live-conversations"
_BOOKING = "/live-conversations/{id}/book"
_log = structlog.get_logger()

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
PersonsHandler = Callable[[web.Request, User], Awaitable[web.StreamResponse]]
_RETRY = {"Retry-After": "5"}


def api_application(parts: LiveParts, limits: ApiLimits | None = None) -> web.Application:
    """To be mounted under /api."""
    limits = limits or ApiLimits()
    admission = Admission(parts.storage, parts.clock, ApiTokens(parts.clock), limits)
    live = LiveConversations(parts)

    def of_person(handler: PersonsHandler) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            return await handler(request, await admission.person(request))

        return handle

    async def exchange(request: web.Request) -> web.StreamResponse:
        await admission.anybody(request)
        read_query(request, Nothing)
        ask = await read_body(request, TokenAsk)
        pair = await admission.exchange(request, ask.refresh_token)
        return Tokens.of(pair).response(201)

    async def describe(request: web.Request) -> web.StreamResponse:
        await admission.anybody(request)
        read_query(request, Nothing)
        return web.json_response(document(), headers=HEADERS)

    app = web.Application(middlewares=[_answered])
    app[READ_SECONDS] = limits.body_seconds
    app.router.add_get("/openapi.json", describe)
    app.router.add_post("/tokens", exchange)
    app.router.add_get(_CONVERSATIONS, of_person(live.find))
    app.router.add_post(_CONVERSATIONS, of_person(live.create))
    app.router.add_post(_BOOKING, of_person(live.book))
    app.router.add_delete(_BOOKING, of_person(live.leave))
    return app


@web.middleware
async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every refusal leaves as problem details, in the language of whoever asks."""
    request[TEXTS] = texts_for(request.headers)
    try:
        response = await handler(request)
    except Problem as problem:
        response = problem.response(request[TEXTS])
    except DomainError as no:
        response = refusal(no).response(request[TEXTS])
    except web.HTTPException as error:
        response = _of_aiohttp(error).response(request[TEXTS])
    except ServiceFailure as failure:
        _log.warning("api.unavailable", cause=str(failure))
        response = Problem(Trouble.UNAVAILABLE, headers=_RETRY).response(request[TEXTS])
    except Exception:
        _log.exception("api.failed", method=request.method)
        response = Problem(Trouble.INTERNAL).response(request[TEXTS])
    response.headers["Vary"] = "Accept-Language, Authorization"
    return response


def _of_aiohttp(error: web.HTTPException) -> Problem:
    """Paths and methods that do not exist."""
    if isinstance(error, web.HTTPMethodNotAllowed):
        allowed = ", ".join(sorted(error.allowed_methods))
        return Problem(Trouble.METHOD_NOT_ALLOWED, headers={"Allow": allowed})
    if isinstance(error, web.HTTPRequestEntityTooLarge):
        return Problem(Trouble.TOO_LARGE, params={"most": BODY_BYTES // 1024})
    return Problem(Trouble.NOT_FOUND if error.status == 404 else Trouble.MALFORMED)
