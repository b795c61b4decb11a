"""The product inside another program: what a third-party test kit does with it."""

from datetime import UTC, datetime

from telegram import Update

from bot.app import build
from bot.simulators.telegram import TelegramSimulator
from bot.storage.vault import generate_key
from config.settings import load_settings


def an_update(number: int, text: str) -> dict[str, object]:
    person = {"id": 77, "is_bot": False, "first_name": "Kit", "language_code": "es"}
    message = {
        "message_id": number,
        "date": int(datetime.now(UTC).timestamp()),
        "chat": {"id": 77, "type": "private", "first_name": "Kit"},
        "from": person,
        "text": text,
        "entities": [{"type": "bot_command", "offset": 0, "length": len(text)}],
    }
    return {"update_id": number, "message": message}


async def test_process_update_returns_when_the_answer_was_sent(sqlite_url: str) -> None:
    async with TelegramSimulator(token="1:kit") as telegram:
        await telegram.person(user_id=77, name="Kit").send_text("/start")  # may be written to
        settings = load_settings(
            None,
            database_url=sqlite_url,
            encryption_keys=generate_key(),
            telegram={"token": "1:kit", "api_url": telegram.url},
        )
        async with build(settings) as app, app.telegram:
            update = Update.de_json(an_update(901, "/help"), app.telegram.bot)
            await app.telegram.process_update(update)
            sent = [r for r in telegram.requests if r.method == "sendMessage"]
            assert [request.status for request in sent] == [200]
            assert "/talk" in str(sent[0].params["text"])


async def test_the_same_update_twice_is_answered_once(sqlite_url: str) -> None:
    async with TelegramSimulator(token="1:kit") as telegram:
        await telegram.person(user_id=77, name="Kit").send_text("/start")
        settings = load_settings(
            None,
            database_url=sqlite_url,
            encryption_keys=generate_key(),
            telegram={"token": "1:kit", "api_url": telegram.url},
        )
        async with build(settings) as app, app.telegram:
            for _ in range(2):
                update = Update.de_json(an_update(902, "/help"), app.telegram.bot)
                await app.telegram.process_update(update)
        assert sum(r.method == "sendMessage" for r in telegram.requests) == 1
