"""The wire: pooled, bounded in time, and silent about the token."""

import asyncio
import logging
import traceback
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from telegram import Bot, InputFile
from telegram.error import BadRequest, InvalidToken, NetworkError, TelegramError, TimedOut
from telegram.request import RequestData

from bot.handlers.telegram.request import AiohttpRequest, FloodWait, ServerError

TOKEN = "1:very-secret"
SENT = {"message_id": 9, "date": 1, "chat": {"id": 7, "type": "private"}}


class Server:
    """Answers every call with what `answer` returns, and counts connections."""

    def __init__(self) -> None:
        self.connections: set[object] = set()
        self.forms: list[dict[str, object]] = []
        self.answer = lambda: web.json_response({"ok": True, "result": SENT})

    async def reply(self, request: web.Request) -> web.StreamResponse:
        self.connections.add(request.transport)
        form = dict(await request.post())
        for name, value in form.items():
            if isinstance(value, web.FileField):
                form[name] = (value.filename, value.file.read())
                value.file.close()
        self.forms.append(form)
        answer = self.answer()
        return await answer if asyncio.iscoroutine(answer) else answer


@pytest.fixture
async def server():
    handler = Server()
    app = web.Application(client_max_size=1 << 24)
    app.router.add_route("*", "/{path:.*}", handler.reply)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    handler.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield handler
    await runner.cleanup()


@asynccontextmanager
async def bot_at(url, **options):
    async with AiohttpRequest(**options) as wire:
        yield Bot(TOKEN, base_url=f"{url}/bot", base_file_url=f"{url}/file/bot", request=wire)


async def test_calls_one_after_the_other_share_a_connection(server):
    async with bot_at(server.url) as bot:
        for _ in range(5):
            await bot.send_message(7, "hi")

    assert len(server.connections) == 1


async def test_no_more_connections_than_allowed(server):
    async with bot_at(server.url, connections=3) as bot:
        await asyncio.gather(*(bot.send_message(7, str(number)) for number in range(30)))

    assert len(server.connections) <= 3
    assert sorted(int(form["text"]) for form in server.forms) == list(range(30))


async def test_texts_travel_unchanged(server):
    async with bot_at(server.url) as bot:
        await bot.send_message(7, "a+b&c=d %41 👩‍🏫\n", reply_parameters=None)

    assert server.forms[0] == {"chat_id": "7", "text": "a+b&c=d %41 👩‍🏫\n"}


async def test_a_large_file_is_uploaded_with_its_name(server):
    content = bytes(range(256)) * 8_192

    async with bot_at(server.url) as bot:
        await bot.send_document(7, InputFile(content, filename="año.bin"), caption="mira")

    (form,) = server.forms
    assert form["document"] == ("año.bin", content)
    assert (form["chat_id"], form["caption"]) == ("7", "mira")


async def test_closing_waits_for_the_answer_to_what_was_sent(server):
    came, answer = asyncio.Event(), asyncio.Event()
    usual = server.answer()

    async def late():
        came.set()
        await answer.wait()
        return usual

    server.answer = late
    wire = AiohttpRequest()
    await wire.initialize()
    bot = Bot(TOKEN, base_url=f"{server.url}/bot", request=wire)
    sending = asyncio.create_task(bot.send_message(7, "hi"))
    await came.wait()
    closing = asyncio.create_task(wire.shutdown())
    await asyncio.sleep(0)
    answer.set()
    await closing

    assert (await sending).message_id


async def never():
    await asyncio.Event().wait()


async def test_an_answer_that_does_not_come_times_out(server):
    server.answer = never

    async with bot_at(server.url, read_timeout=0.05) as bot:
        with pytest.raises(TimedOut):
            await bot.send_message(7, "hi")
    async with bot_at(server.url) as bot:
        with pytest.raises(TimedOut):
            await bot.send_message(7, "hi", read_timeout=0.05)
        with pytest.raises(TimedOut):
            await bot.send_document(7, b"x", read_timeout=0.05)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, BadRequest),
        (401, InvalidToken),
        (404, InvalidToken),
        (413, BadRequest),
        (429, ServerError),
        (500, ServerError),
        (502, ServerError),
    ],
)
async def test_statuses(server, status, error):
    server.answer = lambda: web.json_response({"ok": False, "description": "no"}, status=status)

    async with bot_at(server.url) as bot:
        with pytest.raises(error):
            await bot.send_message(7, "hi")


async def test_a_waiting_time(server):
    server.answer = lambda: web.json_response(
        {"ok": False, "description": "Too Many", "parameters": {"retry_after": 9}}, status=429
    )

    async with bot_at(server.url) as bot:
        with pytest.raises(FloodWait) as caught:
            await bot.send_message(7, "hi")

    assert caught.value.seconds == 9


async def test_a_page_of_a_proxy_is_an_error_and_stays_out_of_the_log(server, caplog):
    caplog.set_level(logging.INFO)
    server.answer = lambda: web.Response(text="<html>secret page</html>")

    async with bot_at(server.url) as bot:
        with pytest.raises(TelegramError):
            await bot.send_message(7, "hi")

    assert "secret page" not in caplog.text


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://exa mple", "nonsense"])
async def test_no_failure_tells_the_token(url, caplog):
    caplog.set_level(logging.INFO)

    async with bot_at(url) as bot:
        with pytest.raises(NetworkError) as caught:
            await bot.send_message(7, "hi")

    told = "".join(traceback.format_exception(caught.value)) + caplog.text
    assert "very-secret" not in told


async def test_a_broken_answer_does_not_tell_the_token(server):
    async def broken(reader, writer):
        await reader.read(100)
        writer.write(b"HTTP/1.1 banana\r\n\r\n")
        await writer.drain()
        writer.close()

    listener = await asyncio.start_server(broken, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]

    async with bot_at(f"http://127.0.0.1:{port}") as bot:
        with pytest.raises(NetworkError) as caught:
            await bot.send_message(7, "hi")
    listener.close()

    assert "very-secret" not in "".join(traceback.format_exception(caught.value))


async def test_it_must_be_opened_first_and_can_be_opened_again(server):
    wire = AiohttpRequest()

    with pytest.raises(NetworkError):
        await wire.post(server.url, RequestData())
    for _ in range(2):
        async with wire:
            assert await wire.post(server.url, RequestData()) == SENT
