"""The OpenAPI 3.1 document, made of the classes that read requests and write answers."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from bot.web.api.fields import (
    IDEMPOTENCY_LENGTH,
    BookingAsk,
    Listing,
    NewConversation,
    TokenAsk,
)
from bot.web.api.problems import MEDIA_TYPE, Trouble
from bot.web.api.shown import Booking, Conversation, ConversationPage, ProblemDetails, Tokens

Json = dict[str, Any]
_REF = "#/components/schemas/{model}"
_PERSON = (Trouble.UNAUTHORIZED, Trouble.TOO_MANY, Trouble.INTERNAL, Trouble.UNAVAILABLE)
_BODY = (
    Trouble.MALFORMED,
    Trouble.TOO_SLOW,
    Trouble.TOO_LARGE,
    Trouble.MEDIA_TYPE,
    Trouble.INVALID,
)
_LANGUAGE: Json = {
    "name": "Accept-Language",
    "in": "header",
    "description": "Of the texts; without it, the language the person chose in the chat.",
    "schema": {"type": "string"},
    "example": "es",
}
_ID: Json = {
    "name": "id",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "format": "uuid"},
}
_IDEMPOTENCY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "A name for this request; sent again within a week, it is answered with what"
    " came of it the first time.",
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": IDEMPOTENCY_LENGTH,
        "pattern": "^[!-~]+$",
    },
}


class _Operation(NamedTuple):
    """One endpoint.

    Args:
        answers: by status: what it means, and what comes.
        troubles: other statuses, all with problem details.
    """

    name: str
    summary: str
    answers: Mapping[int, tuple[str, type[BaseModel] | None]]
    troubles: Sequence[Trouble]
    parameters: Sequence[Json] = ()
    body: type[BaseModel] | None = None
    is_open: bool = False


class _Plain(GenerateJsonSchema):
    """Without a title for every field, which only repeats its name."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


@cache
def document() -> Json:
    """The whole document; nobody may change it."""
    definitions = _definitions()
    paths: dict[str, Json] = {}
    for path, operations in _operations().items():
        paths[path] = {verb: _told(each) for verb, each in operations.items()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "LinguaFlex",
            "version": "1",
            "description": "Live conversations for people's own programs. A refresh token is made"
            " in the chat: /settings, API access.",
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": definitions,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operations() -> Mapping[str, Mapping[str, _Operation]]:
    return {
        "/api/openapi.json": {"get": _describing()},
        "/api/tokens": {"post": _exchanging()},
        "/api/live-conversations": {"get": _finding(), "post": _creating()},
        "/api/live-conversations/{id}/book": {"post": _booking(), "delete": _leaving()},
    }


def _describing() -> _Operation:
    return _Operation(
        "describe",
        "This document.",
        {200: ("OpenAPI 3.1.", None)},
        (Trouble.INVALID, *_PERSON[1:]),
        is_open=True,
    )


def _exchanging() -> _Operation:
    return _Operation(
        "exchangeToken",
        "A fresh pair of tokens for a refresh token, which is used up.",
        {201: ("The pair.", Tokens)},
        (*_BODY, *_PERSON),
        body=TokenAsk,
        is_open=True,
    )


def _finding() -> _Operation:
    return _Operation(
        "findLiveConversations",
        "What is to come, soonest first, with the asker's own state.",
        {200: ("A page of it.", ConversationPage)},
        (Trouble.INVALID, *_PERSON),
        _query(Listing),
    )


def _creating() -> _Operation:
    return _Operation(
        "createLiveConversation",
        "Announce one; students free ones among peers, verified teachers also paid ones.",
        {201: ("As it is announced.", Conversation)},
        (*_BODY, Trouble.FORBIDDEN, Trouble.CONFLICT, *_PERSON),
        (_IDEMPOTENCY,),
        NewConversation,
    )


def _booking() -> _Operation:
    refusals = (Trouble.PAYMENT_REQUIRED, Trouble.FORBIDDEN, Trouble.NOT_FOUND, Trouble.CONFLICT)
    return _Operation(
        "bookSeat",
        "Take a seat, or a place in the line where there is none left.",
        {201: ("Booked, held or waiting.", Booking), 200: ("It was there.", Booking)},
        (*_BODY, *refusals, *_PERSON),
        (_ID,),
        BookingAsk,
    )


def _leaving() -> _Operation:
    return _Operation(
        "leaveSeat",
        "Give one's seat or place in the line back, before the start.",
        {200: ("What became of it.", Booking)},
        (Trouble.INVALID, Trouble.NOT_FOUND, Trouble.CONFLICT, *_PERSON),
        (_ID,),
    )


def _told(operation: _Operation) -> Json:
    told: Json = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": [*operation.parameters, _LANGUAGE],
        "responses": _responses(operation),
        "security": [] if operation.is_open else [{"token": []}],
    }
    if operation.body is not None:
        is_required = any(field.is_required() for field in operation.body.model_fields.values())
        told["requestBody"] = {
            "required": is_required,
            "content": {"application/json": {"schema": _ref(operation.body)}},
        }
    return told


def _responses(operation: _Operation) -> Json:
    found: Json = {}
    for status, (meaning, model) in operation.answers.items():
        schema = {"type": "object"} if model is None else _ref(model)
        content = {"application/json": {"schema": schema}}
        found[str(status)] = {"description": meaning, "content": content}
    for trouble in sorted(operation.troubles, key=lambda each: each.value):
        found[str(trouble.value)] = {
            "description": trouble.name.replace("_", " ").capitalize() + ".",
            "headers": _headers(trouble),
            "content": {MEDIA_TYPE: {"schema": _ref(ProblemDetails)}},
        }
    return found


def _headers(trouble: Trouble) -> Json:
    names = {
        Trouble.UNAUTHORIZED: ("WWW-Authenticate", "string"),
        Trouble.TOO_MANY: ("Retry-After", "integer"),
        Trouble.UNAVAILABLE: ("Retry-After", "integer"),
    }
    if trouble not in names:
        return {}
    name, kind = names[trouble]
    return {name: {"required": True, "schema": {"type": kind}}}


def _query(model: type[BaseModel]) -> Sequence[Json]:
    """Its fields as parameters; one that may be left out is never null."""
    parameters = []
    for name, schema in model.model_json_schema(schema_generator=_Plain)["properties"].items():
        told = dict(schema)
        description = told.pop("description", None)
        if "anyOf" in told:
            told = next(each for each in told["anyOf"] if each != {"type": "null"})
        parameter = {"name": name, "in": "query", "schema": told}
        parameters.append(parameter | ({"description": description} if description else {}))
    return parameters


def _definitions() -> Json:
    given: Sequence[type[BaseModel]] = (TokenAsk, BookingAsk, NewConversation)
    shown: Sequence[type[BaseModel]] = (
        Tokens,
        Conversation,
        ConversationPage,
        Booking,
        ProblemDetails,
    )
    _, schema = models_json_schema(
        [
            *((model, "validation") for model in given),
            *((model, "serialization") for model in shown),
        ],
        ref_template=_REF,
        schema_generator=_Plain,
    )
    return dict(schema["$defs"])


def _ref(model: type[BaseModel]) -> Json:
    return {"$ref": _REF.format(model=model.__name__)}
