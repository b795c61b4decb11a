"""What every request is held against, whatever it asks for."""

import asyncio
import json
from dataclasses import replace

import pytest

from bot.core.errors import Cause, ServiceFailure
from bot.i18n.catalog import texts_in
from bot.web.api.reading import BODY_BYTES
from tests.web.api.stage import ANA, CONVERSATIONS, PLENTY, TOKENS, Desk, a_draft

EN, ES = texts_in("en"), texts_in("es")
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("body", [b"", b"{", b"nonsense", b'{"title": "\\ud800"}', b"\xff\xfe{}"])
async def test_what_is_no_json_is_malformed(desk: Desk, body: bytes) -> None:
    answer = await desk.ask("POST", CONVERSATIONS, data=body, headers=JSON)
    assert (answer.status, answer.code) == (400, "malformed")


@pytest.mark.parametrize("body", [b"[]", b"1", b"null", b'"x"'])
async def test_json_that_is_no_object_is_pointed_at_as_a_whole(desk: Desk, body: bytes) -> None:
    answer = await desk.ask("POST", CONVERSATIONS, data=body, headers=JSON)
    assert (answer.status, answer.wrong) == (422, ["#"])


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1"]
)
async def test_only_json_is_taken(desk: Desk, kind: str) -> None:
    body = json.dumps(a_draft()).encode()
    answer = await desk.ask("POST", CONVERSATIONS, data=body, headers={"Content-Type": kind})
    assert (answer.status, answer.code) == (415, "media_type")


async def test_a_body_that_is_too_large_is_refused_announced_or_not(desk: Desk) -> None:
    async def chunks():  # type: ignore[no-untyped-def]
        for _ in range(BODY_BYTES // 1024 + 1):
            yield b" " * 1024

    for body in (b" " * (BODY_BYTES + 1), chunks()):
        answer = await desk.ask("POST", CONVERSATIONS, data=body, headers=JSON)
        assert (answer.status, answer.code) == (413, "too_large")


async def test_a_body_that_takes_too_long_is_not_waited_for(desk: Desk) -> None:
    await desk.restart(replace(PLENTY, body_seconds=0.05))
    assert await raw_status(desk, "Content-Length: 10\r\n\r\n{") == 408


@pytest.mark.parametrize(
    "rest",
    [
        "Transfer-Encoding: chunked\r\n\r\nnonsense\r\n",
        "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
    ],
)
async def test_a_body_that_is_broken_on_the_way_is_malformed(desk: Desk, rest: str) -> None:
    assert await raw_status(desk, rest) == 400


async def raw_status(desk: Desk, rest: str) -> int:
    """Of a request whose last header lines and body are given."""
    pair = await desk.pair(ANA)
    reader, writer = await asyncio.open_connection("127.0.0.1", desk.server.port)
    writer.write(
        f"POST {CONVERSATIONS} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {pair.access}\r\n{rest}".encode()
    )
    status = int((await reader.readline()).split()[1])
    writer.close()
    await writer.wait_closed()
    return status


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/nothing", "/api/live-conversations/1"])
async def test_a_path_that_does_not_exist_is_not_found(desk: Desk, path: str) -> None:
    answer = await desk.ask("GET", path)
    assert (answer.status, answer.code) == (404, "not_found")


async def test_a_method_that_is_not_taken_says_which_is(desk: Desk) -> None:
    answer = await desk.ask("PUT", CONVERSATIONS)
    assert (answer.status, answer.code) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, HEAD, POST"


async def test_browsers_of_other_sites_are_told_nothing(desk: Desk) -> None:
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"}
    answer = await desk.ask("OPTIONS", CONVERSATIONS, headers=headers)
    assert answer.status == 405
    listed = await desk.ask("GET", CONVERSATIONS, headers=headers)
    assert not [name for name in listed.headers if name.lower().startswith("access-control")]


async def test_strangers_are_answered_in_the_language_they_ask_for(desk: Desk) -> None:
    answer = await desk.ask("GET", CONVERSATIONS, None, headers={"Accept-Language": "es-MX"})
    assert answer.body["title"] == ES("apikey.problem.unauthorized")
    assert answer.headers["Content-Language"] == "es"
    assert "Accept-Language" in answer.headers["Vary"]


class Away:
    """A database that does not answer, or a bug."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def write(self, _: object, /) -> None:
        raise self.error

    read = write


async def test_while_the_database_is_away_one_is_asked_to_come_again(desk: Desk) -> None:
    await desk.restart(storage=Away(ServiceFailure("database", Cause.UNREACHABLE)))
    answer = await desk.ask("POST", TOKENS, None, json={"refreshToken": "x"})
    assert (answer.status, answer.code, answer.headers["Retry-After"]) == (503, "unavailable", "5")


async def test_a_bug_of_ours_shows_nothing_of_itself(desk: Desk) -> None:
    await desk.restart(storage=Away(KeyError("a secret")))
    answer = await desk.ask("GET", CONVERSATIONS, None)
    assert (answer.status, answer.code) == (500, "internal")
    assert "secret" not in str(answer.body)
