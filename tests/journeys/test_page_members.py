"""What the demo page's server tells and does of Discord, over the wire."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.simulators.discord import Channel
from tests.page_stage import A_NOTE, TOKEN, Stage, a_stage


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with a_stage() as stage:
        yield stage


@pytest.fixture
async def guest(stage: Stage) -> AsyncIterator[aiohttp.ClientSession]:
    """A browser that knows the token."""
    jar = aiohttp.CookieJar(unsafe=True)  # cookies for an IP address
    async with aiohttp.ClientSession(stage.origin, cookie_jar=jar) as session:
        await session.get("/", params={"token": TOKEN})
        yield session


@pytest.fixture
async def socket(guest: aiohttp.ClientSession) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """An open line; the state has been told already."""
    async with guest.ws_connect("/events") as socket:
        await socket.receive_json()
        yield socket


@pytest.fixture
async def secret(stage: Stage) -> Channel:
    """A thread the teacher is in and the admin, who runs the server, is not."""
    return await stage.teacher.at(stage.lobby).start_thread("Ana", is_private=True)


async def told(socket: aiohttp.ClientWebSocketResponse, kind: str) -> dict[str, Any]:
    """The next event of this type."""
    while (event := await socket.receive_json())["type"] != kind:
        pass
    return dict(event)


async def test_a_new_tab_is_told_what_each_member_sees(
    stage: Stage, guest: aiohttp.ClientSession, secret: Channel
):
    await stage.teacher.at(secret).send("hello")
    async with guest.ws_connect("/events") as socket:
        state = await socket.receive_json()
    teacher, admin = state["discord"]
    assert (teacher["who"], admin["who"]) == ("teacher", "admin")
    assert [channel["name"] for channel in teacher["channels"]] == ["LinguaFlex", "lobby", "Ana"]
    assert [channel["name"] for channel in admin["channels"]] == ["LinguaFlex", "lobby"]
    (message,) = [m for m in teacher["channels"][2]["messages"] if m["text"]]
    assert (message["text"], message["is_mine"]) == ("hello", True)


async def test_nothing_of_a_members_own_messages_is_told_to_another(
    stage: Stage, socket: aiohttp.ClientWebSocketResponse
):
    await stage.teacher.dm().send("between us")
    await stage.teacher.at(stage.lobby).send("for all")
    heard = [await told(socket, "discord.message") for _ in range(3)]
    assert [(one["who"], one["message"]["text"]) for one in heard] == [
        ("teacher", "between us"),
        ("teacher", "for all"),
        ("admin", "for all"),
    ]


async def test_a_member_writes_edits_reacts_and_deletes(
    stage: Stage, socket: aiohttp.ClientWebSocketResponse
):
    place = {"member": "teacher", "channel": str(stage.teacher.dm().channel_id)}
    await socket.send_json({**place, "do": "text", "text": "one"})
    message = (await told(socket, "discord.message"))["message"]["id"]
    await socket.send_json({**place, "do": "edit", "message": message, "text": "two"})
    assert (await told(socket, "discord.message"))["message"]["is_edited"] is True
    await socket.send_json({**place, "do": "react", "message": message, "emoji": "👍"})
    reacted = (await told(socket, "discord.message"))["message"]
    assert reacted["reactions"] == [{"emoji": "👍", "count": 1, "is_mine": True}]
    await socket.send_json({**place, "do": "delete", "message": message})
    assert (await told(socket, "discord.delete"))["id"] == message
    assert stage.teacher.dm().messages == []


@pytest.mark.parametrize(
    "command",
    [
        {"do": "text", "text": "x", "member": "nobody"},
        {"do": "text", "text": "x", "channel": "1"},
        {"do": "text", "text": "x", "channel": "not a number"},
        {"do": "text", "text": " "},
        {"do": "edit", "message": "1", "text": "x"},
        {"do": "press", "message": "1", "custom_id": "x"},
        {"do": "run", "command": "nothing", "options": {}},
        {"do": "complete", "command": "nothing", "option": "x", "typed": ""},
        {"do": "submit", "values": {}},
        {"do": "choose", "message": "1", "custom_id": "x", "values": [{}]},
        {"do": "sample", "id": "../../secret"},
        {"do": "dance"},
    ],
)
async def test_a_command_that_makes_no_sense_is_refused_and_the_line_stays(
    stage: Stage, socket: aiohttp.ClientWebSocketResponse, command: dict[str, object]
):
    place = {"member": "teacher", "channel": str(stage.teacher.dm().channel_id)}
    await socket.send_json({**place, **command})
    assert await socket.receive_json() == {"type": "refused", "reason": "gone"}
    await stage.teacher.dm().send("still here")
    assert (await told(socket, "discord.message"))["message"]["text"] == "still here"


async def test_nobody_acts_in_a_channel_they_do_not_see(
    stage: Stage, guest: aiohttp.ClientSession, socket: aiohttp.ClientWebSocketResponse
):
    own = str(stage.teacher.dm().channel_id)
    await socket.send_json({"do": "text", "text": "x", "member": "admin", "channel": own})
    assert (await told(socket, "refused"))["reason"] == "gone"
    query = {"member": "admin", "channel": own}
    async with guest.post("/discord/voice", params=query, data=b"webm") as answer:
        assert answer.status == 404
    assert stage.teacher.dm().messages == []


async def test_a_recording_becomes_a_voice_message_with_its_waveform(
    stage: Stage, guest: aiohttp.ClientSession
):
    channel = str(stage.teacher.dm().channel_id)
    query = {"member": "teacher", "channel": channel, "waveform": "AAH/"}
    async with guest.post("/discord/voice", params=query, data=b"webm") as answer:
        assert answer.status == 204
    async with guest.post("/discord/voice", params=query, data=b"not sound") as answer:
        assert answer.status == 422
    (note,) = stage.teacher.dm().messages
    (sound,) = note.attachments
    assert (note.is_voice, sound.seconds, sound.waveform) == (True, 3.2, "AAH/")
    async with guest.get(f"/discord/files/{sound.attachment_id}") as answer:
        assert (answer.content_type, await answer.read()) == ("audio/ogg", A_NOTE)


async def test_a_file_that_is_a_web_page_is_only_ever_saved(
    stage: Stage, guest: aiohttp.ClientSession
):
    query = {"member": "teacher", "channel": str(stage.teacher.dm().channel_id), "name": "x.html"}
    async with guest.post("/discord/file", params=query, data=b"<script>") as answer:
        assert answer.status == 204
    (message,) = stage.teacher.dm().messages
    async with guest.get(f"/discord/files/{message.attachments[0].attachment_id}") as answer:
        assert answer.content_type == "application/octet-stream"
        assert answer.headers["Content-Disposition"] == "attachment"


async def test_a_tab_becomes_the_newcomer_and_hears_of_them_alone(
    stage: Stage, socket: aiohttp.ClientWebSocketResponse
):
    await socket.send_json({"do": "student", "who": "newcomer"})
    state = await told(socket, "state")
    assert (state["student"], state["messages"]) == ("newcomer", [])
    await stage.student.send_text("between Ana and the bot")
    await socket.send_json({"do": "text", "text": "hello"})
    assert (await told(socket, "message"))["message"]["text"] == "hello"
    assert stage.world.students["newcomer"].chat.messages[0].text == "hello"


async def test_a_tab_is_told_that_the_bot_types(
    stage: Stage, socket: aiohttp.ClientWebSocketResponse
):
    room = str(stage.teacher.dm().channel_id)
    address = f"{stage.discord.api_url}/channels/{room}/typing"
    headers = {"Authorization": f"Bot {stage.discord.token}"}
    async with stage.http.post(address, headers=headers) as answer:
        assert answer.status == 204
    typing = await told(socket, "discord.typing")
    assert (typing["channel"], typing["name"]) == (room, "LinguaFlex")
