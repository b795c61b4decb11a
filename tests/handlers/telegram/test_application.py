"""The road third-party test kits take: `application.process_update`."""

import logging

import pytest
from telegram import Update
from telegram.request import BaseRequest
from telegram.warnings import PTBUserWarning

from bot.handlers.telegram.application import TelegramPlatform
from bot.messaging.model import Address, MessageKind, Outgoing, Paragraph
from tests.handlers.telegram.updates import message


class KitRequest(BaseRequest):
    """A wire of a test kit: keeps what the bot sends."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, object]]] = []

    @property
    def read_timeout(self) -> float:
        return 1.0

    async def initialize(self) -> None:
        pass

    async def shutdown(self) -> None:
        pass

    async def do_request(self, url, method, request_data=None, **_):
        name = url.rsplit("/", 1)[1]
        self.sent.append((name, request_data.parameters if request_data else {}))
        if name == "getFile":
            return 200, b'{"ok":true,"result":{"file_id":"F","file_unique_id":"u","file_path":"v"}}'
        if method == "GET":
            return 200, b"Ogg"
        return 200, (
            b'{"ok":true,"result":{"message_id":9,"date":1,"chat":{"id":7,"type":"private"}}}'
        )


async def test_the_answers_are_sent_when_process_update_returns(platform, telegram, inbox):
    ana = telegram.person(7)
    await ana.send_text("/start")
    answer = Outgoing(
        key="k",
        to=Address("telegram", "7"),
        kind=MessageKind.NOTICE,
        body=(Paragraph("Welcome"),),
    )
    inbox.on_settle = lambda: platform.messenger.send(answer, None)
    bot = platform.application.bot

    await platform.application.process_update(
        Update.de_json({"update_id": 1, "message": message(text="/start")}, bot)
    )

    assert [m.text for m in ana.chat.messages if m.from_bot] == ["Welcome"]
    assert inbox.batches[0][0].body["message"]["text"] == "/start"
    assert platform.parse(inbox.batches[0][0].body) == inbox.batches[0][0].incoming


async def test_an_update_that_means_nothing_is_not_stored(platform, inbox):
    bot = platform.application.bot

    await platform.application.process_update(Update.de_json({"update_id": 1}, bot))

    assert inbox.batches == []


@pytest.fixture
def kit(platform):
    """Puts its own wire in place of ours, as test kits do; ours comes back for the clean-up."""
    bot, kit = platform.application.bot, KitRequest()
    ours = bot._request
    bot._request = (kit, kit)
    yield kit
    bot._request = ours


async def test_a_kit_that_replaces_the_wire_sees_what_is_sent(platform, kit):
    hello = Outgoing(
        key="k",
        to=Address("telegram", "7"),
        kind=MessageKind.NOTICE,
        body=(Paragraph("Welcome"),),
    )

    assert await platform.messenger.send(hello, None) == "9"

    ((method, params),) = kit.sent
    assert (method, params["chat_id"], params["text"]) == ("sendMessage", 7, "Welcome")


async def test_a_kit_that_replaces_the_wire_hands_out_files(platform, kit, inbox):
    update = {
        "update_id": 1,
        "message": message(voice={"file_id": "F", "file_unique_id": "u", "duration": 2}),
    }
    incoming = platform.parse(update)

    assert await platform.messenger.fetch(incoming.media, max_bytes=10) == b"Ogg"


async def test_one_bot_and_no_scheduler_of_its_own(platform):
    assert platform.application.updater is None
    with pytest.warns(PTBUserWarning, match="JobQueue"):
        assert platform.application.job_queue is None
    assert platform.application.bot.username == "linguaflex_bot"


async def test_even_a_log_that_tells_everything_does_not_tell_the_token(telegram, inbox, caplog):
    caplog.set_level(logging.DEBUG)
    await telegram.person(7).send_text("/start")
    built = TelegramPlatform(token=telegram.token, api_url=telegram.url, receiver=inbox)
    await built.start()
    hello = Outgoing(
        key="k",
        to=Address("telegram", "7"),
        kind=MessageKind.NOTICE,
        body=(Paragraph("a private word"),),
    )

    await built.messenger.send(hello, None)
    await built.stop()

    assert telegram.token not in caplog.text
    assert "private word" not in caplog.text
