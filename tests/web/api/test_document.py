"""The OpenAPI document is true: schemathesis asks the server everything it can think of."""

import asyncio
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
import schemathesis
from jsonschema import Draft202012Validator
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder

from bot.core.text import clean
from bot.live.policy import LivePolicy
from bot.storage.engine import SqlStorage
from bot.web.api.application import api_application
from bot.web.api.document import document
from tests.message_builders import NOW
from tests.web.api.stage import ANA, CONVERSATIONS, TEACHER, Desk, a_desk, at

MANY = LivePolicy(most_planned=1_000_000, horizon=timedelta(days=36_500))
_LENGTH = timedelta(minutes=15)
_PRICE = '"errors": [{"pointer": "#/price"'  # how much is too much depends on the currency
_PARAMETER = re.compile(r"\{\w+\}")


async def test_the_document_is_served_to_anybody_and_is_openapi_31(desk: Desk) -> None:
    answer = await desk.ask("GET", "/api/openapi.json", None)
    assert (answer.status, answer.body["openapi"]) == (200, "3.1.0")
    for schema in answer.body["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


async def test_every_path_stands_in_the_document_and_nothing_else(desk: Desk) -> None:
    served = {
        (f"/api{route.resource.canonical}", route.method.lower())
        for route in api_application(desk.parts).router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    told = {(path, verb) for path, verbs in document()["paths"].items() for verb in verbs}
    assert served == told


async def test_every_endpoint_of_a_person_refuses_strangers(desk: Desk) -> None:
    for path, verbs in document()["paths"].items():
        for verb, operation in verbs.items():
            if operation["security"]:
                answer = await desk.ask(verb.upper(), _PARAMETER.sub("x", path), None)
                assert (answer.status, answer.code) == (401, "unauthorized"), path


async def test_the_server_keeps_what_the_document_says(sqlite_storage: SqlStorage) -> None:
    assert await broken_promises(sqlite_storage, ANA, max_examples=3, is_stateful=False) == {}


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("asker", [ANA, TEACHER])
async def test_the_server_keeps_what_the_document_says_for_long(
    sqlite_storage: SqlStorage, asker: str
) -> None:
    assert await broken_promises(sqlite_storage, asker, max_examples=200, is_stateful=True) == {}


async def broken_promises(
    storage: SqlStorage, asker: str, *, max_examples: int, is_stateful: bool
) -> Mapping[tuple[str, str], str]:
    """What schemathesis found with all its checks, by check and operation."""
    async with a_desk(storage, policy=MANY) as desk:
        await desk.created(TEACHER if asker == ANA else ANA)
        token = (await desk.pair(asker)).access
        config = SchemathesisConfig.from_dict(
            {
                "base-url": desk.url,
                "headers": {"Authorization": f"Bearer {token}"},
                "continue-on-failure": True,
                "generation": {
                    "max-examples": max_examples,
                    "deterministic": True,
                    "database": "none",
                },
                "phases": {"stateful": {"enabled": is_stateful}},
            }
        )
        found = await asyncio.to_thread(_faults, f"{desk.url}/api/openapi.json", config)
        if asker == ANA:
            announced = await desk.ask("GET", CONVERSATIONS, params={"limit": "1"})
            assert announced.body["total"] > 1  # what is valid was really taken
        return found


def _faults(url: str, config: SchemathesisConfig) -> Mapping[tuple[str, str], str]:
    schema = schemathesis.openapi.from_url(url, config=config)
    starts = count(1)

    @schema.hook
    def map_body(_: object, body: Any) -> Any:
        return _meant(body, NOW + timedelta(days=2) + next(starts) * _LENGTH)

    faults: dict[tuple[str, str], str] = {}
    tried = 0
    for event in from_schema(schema).execute():
        assert not isinstance(event, events.FatalError | events.NonFatalError), event
        if isinstance(event, events.ScenarioFinished):
            tried += len(event.recorder.interactions)
            faults |= _failed(event.recorder)
    assert tried > 100
    return faults


def _failed(recorder: ScenarioRecorder) -> Mapping[tuple[str, str], str]:
    """With what was sent, and what came back."""
    found = {}
    for case, checks in recorder.checks.items():
        seen = recorder.interactions.get(case)
        for failed in (check for check in checks if check.failure_info is not None):
            failure = failed.failure_info.failure  # type: ignore[union-attr] # it is not None
            answer = seen.response.text if seen and seen.response else "nothing"
            sent = f"{seen.request.uri} {seen.request.body!r}" if seen else "nothing"
            if _PRICE not in answer:
                found[failed.name, failure.operation] = f"{sent}: {failure}: {answer}"
    return found


def _meant(body: Any, start: datetime) -> Any:
    """What JSON Schema cannot say of a body: a time to come, an end after it, a title to be seen.

    Only what is right in form is changed, so that what is meant to be wrong stays wrong.
    """
    if not isinstance(body, dict):
        return body
    meant = dict(body)
    if _is_moment(body.get("startTime")) and _is_moment(body.get("endTime")):
        meant |= {"startTime": at(start), "endTime": at(start + _LENGTH)}
    title = body.get("title")
    is_title = isinstance(title, str) and 3 <= len(title) <= 100
    if is_title and len(" ".join(clean(title).split())) < 3:
        meant["title"] = "A title"
    price = body.get("price")
    if isinstance(price, int | float) and price > 1:
        meant |= {"price": 500, "currency": "EUR"}
    return meant


def _is_moment(value: object) -> bool:
    try:
        return datetime.fromisoformat(str(value).upper()).tzinfo is not None
    except ValueError:
        return False
