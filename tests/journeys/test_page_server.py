"""Who may talk to the demo page, and what it answers."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.page_stage import A_NOTE, TOKEN, Stage, a_stage

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}
TOO_LARGE = 20 * 1024 * 1024 + 1


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with a_stage() as stage:
        yield stage


@pytest.fixture
async def guest(stage: Stage) -> AsyncIterator[aiohttp.ClientSession]:
    """A browser that knows the token."""
    jar = aiohttp.CookieJar(unsafe=True)  # cookies for an IP address
    async with aiohttp.ClientSession(stage.origin, cookie_jar=jar) as session:
        async with session.get("/", params={"token": TOKEN}) as answer:
            assert answer.status == 200
        yield session


@pytest.fixture
async def socket(guest: aiohttp.ClientSession) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """An open line; the state has been told already."""
    async with guest.ws_connect("/events") as socket:
        assert (await socket.receive_json())["type"] == "state"
        yield socket


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8080", "127.0.0.1:1"])
@pytest.mark.parametrize("path", ["/", "/healthz"])
async def test_a_request_to_another_host_name_is_refused(stage: Stage, host: str, path: str):
    address = f"{stage.origin}{path}?token={TOKEN}"
    async with stage.http.get(address, headers={"Host": host}) as answer:
        assert answer.status == 403


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
async def test_a_request_from_another_origin_is_refused(
    stage: Stage, guest: aiohttp.ClientSession, origin: str
):
    async with guest.post("/voice", data=b"x", headers={"Origin": origin}) as answer:
        assert answer.status == 403
    with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
        await guest.ws_connect("/events", headers={"Origin": origin})
    assert stage.student.chat.messages == []


@pytest.mark.parametrize(
    "path", ["/", "/static/app.js", "/samples/speechocean762-005630169", "/files/x", "/events"]
)
@pytest.mark.parametrize("query", ["", "?token=guessed", "?token="])
async def test_without_the_token_nothing_is_served(stage: Stage, path: str, query: str):
    async with stage.http.get(f"{stage.origin}{path}{query}") as answer:
        assert answer.status == 403


async def test_health_needs_no_token(stage: Stage):
    async with stage.http.get(f"{stage.origin}/healthz") as answer:
        assert (answer.status, await answer.text()) == (200, "ok")


async def test_the_address_with_the_token_leaves_a_cookie_no_script_can_read(stage: Stage):
    async with stage.http.get(stage.page.url) as answer:
        cookie = answer.headers["Set-Cookie"]
    assert f"={TOKEN};" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


@pytest.mark.parametrize("path", ["/", "/healthz", "/static/app.js", "/nowhere"])
async def test_every_answer_forbids_foreign_and_inline_content(stage: Stage, path: str):
    async with stage.http.get(f"{stage.origin}{path}") as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("name", ["..%2Fserver.py", "%2e%2e/server.py", "nothing.js", "app.py"])
async def test_only_the_pages_own_files_are_served(guest: aiohttp.ClientSession, name: str):
    async with guest.get(f"/static/{name}") as answer:
        assert answer.status == 404


async def test_a_recording_becomes_a_voice_note(stage: Stage, guest: aiohttp.ClientSession):
    async with guest.post("/voice", data=b"webm") as answer:
        assert answer.status == 204
    (note,) = stage.student.chat.messages
    assert (note.kind, note.seconds) == ("voice", 3.2)
    async with guest.get(f"/files/{note.file_id}") as answer:
        assert (answer.content_type, await answer.read()) == ("audio/ogg", A_NOTE)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/voice", b"not sound", 422),
        ("/voice", bytes(TOO_LARGE), 413),
        ("/photo", b"<svg/>", 422),
        ("/document", bytes(TOO_LARGE), 413),
    ],
)
async def test_what_cannot_be_sent_is_refused_and_leaves_nothing(
    stage: Stage, guest: aiohttp.ClientSession, path: str, body: bytes, status: int
):
    async def stream() -> AsyncIterator[bytes]:
        yield body

    async with guest.post(path, data=stream()) as answer:
        assert answer.status == status
    assert stage.student.chat.messages == []


async def test_a_file_that_is_a_web_page_is_only_ever_saved(
    stage: Stage, guest: aiohttp.ClientSession
):
    page = b"<script>alert(1)</script>"
    async with guest.post("/document?name=../x<y>.html", data=page) as answer:
        assert answer.status == 204
    (message,) = stage.student.chat.messages
    assert message.file is not None
    assert message.file.filename == ".._x_y_.html"
    async with guest.get(f"/files/{message.file_id}") as answer:
        assert answer.content_type == "application/octet-stream"
        assert answer.headers["Content-Disposition"] == "attachment"


async def test_a_new_tab_is_told_everything_and_then_each_change(
    stage: Stage, guest: aiohttp.ClientSession
):
    await stage.say("before")
    stage.mail("First", "hello")
    stage.world.report("speech", "loading", progress=0.5)
    async with guest.ws_connect("/events") as socket:
        state = await socket.receive_json()
        await stage.say("after")
        told = await socket.receive_json()
    assert [message["text"] for message in state["messages"]] == ["before"]
    assert [mail["subject"] for mail in state["mails"]] == ["First"]
    assert state["status"] == {"speech": {"state": "loading", "detail": "", "progress": 0.5}}
    assert state["notices"] == ["Mail is off."]
    assert state["now"] == "2026-05-04T12:00:00+00:00"
    assert (told["type"], told["message"]["text"]) == ("message", "after")


async def test_nothing_of_another_persons_chat_is_told(
    stage: Stage, socket: aiohttp.ClientWebSocketResponse
):
    await stage.telegram.person(1002, "Bo").send_text("a secret")
    await stage.student.send_text("mine")
    assert (await socket.receive_json())["message"]["text"] == "mine"


async def test_the_student_writes_presses_and_blocks(
    stage: Stage, socket: aiohttp.ClientWebSocketResponse
):
    keyboard = {"inline_keyboard": [[{"text": "Yes", "callback_data": "v1:yes"}]]}
    message_id = await stage.say("Ready?", reply_markup=keyboard)
    await socket.send_json({"do": "press", "message_id": message_id, "data": "v1:yes"})
    await socket.send_json({"do": "text", "text": "hello"})
    await socket.send_json({"do": "sample", "id": "speechocean762-005630169"})
    await socket.send_json({"do": "block"})
    while (told := await socket.receive_json())["type"] != "blocked":
        assert told["type"] == "message"
    assert told["blocked"] is True
    updates = await stage.bot("getUpdates", timeout=0)
    kinds = [next(key for key in update if key != "update_id") for update in updates]
    assert kinds == ["callback_query", "message", "message", "my_chat_member"]
    assert updates[0]["callback_query"]["data"] == "v1:yes"
    assert updates[1]["message"]["text"] == "hello"
    assert updates[2]["message"]["voice"]["file_size"] == len(A_NOTE)


@pytest.mark.parametrize(
    "command",
    [
        "not JSON",
        "[]",
        '{"do": "dance"}',
        '{"do": "text", "text": "  "}',
        '{"do": "press", "message_id": 99, "data": "x"}',
        '{"do": "tap", "label": "no such key"}',
        '{"do": "sample", "id": "../../secret"}',
        '{"do": "advance", "minutes": -5}',
        '{"do": "advance", "minutes": 99999999}',
    ],
)
async def test_a_command_that_makes_no_sense_is_refused_and_the_line_stays(
    stage: Stage, socket: aiohttp.ClientWebSocketResponse, command: str
):
    await socket.send_str(command)
    assert await socket.receive_json() == {"type": "refused", "reason": "gone"}
    await stage.say("still here")
    assert (await socket.receive_json())["type"] == "message"
    assert stage.time.advances == []


async def test_moving_the_clock_is_told_to_every_tab(
    stage: Stage, guest: aiohttp.ClientSession, socket: aiohttp.ClientWebSocketResponse
):
    async with guest.ws_connect("/events") as other:
        await other.receive_json()
        await socket.send_json({"do": "advance", "minutes": 60})
        told = [await line.receive_json() for line in (socket, other)]
    assert told == [{"type": "clock", "now": "2026-05-04T13:00:00+00:00"}] * 2


async def test_closing_says_goodbye_and_frees_the_port(
    stage: Stage, socket: aiohttp.ClientWebSocketResponse
):
    closing = asyncio.create_task(stage.page.aclose())
    assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
    await closing
    with pytest.raises(aiohttp.ClientConnectorError):
        await stage.http.get(f"{stage.origin}/healthz")
