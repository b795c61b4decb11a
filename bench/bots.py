"""The bots that are compared, each in a process of its own: `python -m bench.bots bare URL`.

`ours` takes from the environment: BENCH_HUME, the address of a service that speaks EVI (without
it the local engine answers), and BENCH_CACHE, the folder of models and lines of the local one.
"""

import asyncio
import os
import sys
import tempfile
from pathlib import Path

from bench.fake_api import TOKEN


def bare(url: str) -> None:
    """The echo everybody starts with: default python-telegram-bot, nothing stored."""
    from telegram import Update
    from telegram.ext import ApplicationBuilder, ContextTypes, MessageHandler, filters

    async def echo(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        message = update.effective_message
        if message is not None and message.text:
            await message.reply_text(message.text)

    builder = ApplicationBuilder().token(TOKEN).base_url(f"{url}/bot")
    application = builder.base_file_url(f"{url}/file/bot").build()
    application.add_handler(MessageHandler(filters.TEXT, echo))
    application.run_polling()


def ours(url: str) -> None:
    """The whole product on a fresh SQLite file; pacing off, as nothing paces the echo."""
    from bot.cli.run import serve
    from bot.storage.vault import generate_key
    from config.logging import configure
    from config.settings import load_settings

    configure("text", "WARNING")
    hume = os.environ.get("BENCH_HUME")
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(
            None,
            database_url=f"sqlite+aiosqlite:///{Path(folder) / 'bench.db'}",
            encryption_keys=generate_key(),
            telegram={"token": TOKEN, "api_url": url, "messages_per_second": 0},
            hume={"api_url": hume, "pace": 0} if hume else {},
            voice={
                "engine": "hume" if hume else "local",
                "fallback": "none",
                "cache": os.environ.get("BENCH_CACHE"),
                "guest_turns": 1_000_000,
            },
        )
        asyncio.run(serve(settings, frozenset({"telegram"})))


if __name__ == "__main__":
    {"bare": bare, "ours": ours}[sys.argv[1]](sys.argv[2])
