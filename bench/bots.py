"""The bots that are compared, each in a process of its own: `python -m bench.bots bare URL`.

`ours` takes from the environment: BENCH_HUME, the address of a service that speaks EVI (without
it the local engine answers), and BENCH_CACHE, the folder of models and lines of the local one.
`relay` takes the addresses of a Bot API, of Discord's REST API and of its gateway, and the
messages a second that Telegram is given (0: unpaced; not given: as the product does it).
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import tokens


def bare(url: str) -> None:
    """The echo everybody starts with: default python-telegram-bot, nothing stored."""
    from telegram import Update
    from telegram.ext import ApplicationBuilder, ContextTypes, MessageHandler, filters

    async def echo(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        message = update.effective_message
        if message is not None and message.text:
            await message.reply_text(message.text)

    builder = ApplicationBuilder().token(tokens.TELEGRAM).base_url(f"{url}/bot")
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
            telegram={"token": tokens.TELEGRAM, "api_url": url, "messages_per_second": 0},
            hume={"api_url": hume, "pace": 0} if hume else {},
            voice={
                "engine": "hume" if hume else "local",
                "fallback": "none",
                "cache": os.environ.get("BENCH_CACHE"),
                "guest_turns": 1_000_000,
            },
            tiers={"free": {"ai_minutes_day": "unlimited"}},
        )
        asyncio.run(serve(settings, frozenset({"telegram"})))


def bare_discord(url: str, gateway_url: str) -> None:
    """The same echo for Discord: default discord.py, nothing stored."""
    import discord
    import yarl
    from discord.gateway import DiscordWebSocket

    discord.http.Route.BASE = url
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)
    client = discord.Client(intents=discord.Intents.default())

    @client.event
    async def on_message(message: discord.Message) -> None:
        if message.author != client.user:
            await message.channel.send(message.content)

    client.run(tokens.DISCORD)


def relay(url: str, discord_url: str, gateway_url: str, pace: str | None = None) -> None:
    """The whole product on both platforms; its people already know each other (bench.pairs)."""
    from bench.pairs import acquaint
    from bot.cli.run import serve
    from bot.storage.vault import generate_key
    from config.logging import configure
    from config.settings import load_settings

    configure("text", "WARNING")
    with tempfile.TemporaryDirectory() as folder:
        kept = {
            "database_url": f"sqlite+aiosqlite:///{Path(folder) / 'bench.db'}",
            "encryption_keys": generate_key(),
            "voice": {"engine": "local", "fallback": "none", "guest_turns": 1_000_000},
        }
        asyncio.run(acquaint(load_settings(None, **kept)))
        paced = {} if pace is None else {"messages_per_second": float(pace)}
        settings = load_settings(
            None,
            telegram={"token": tokens.TELEGRAM, "api_url": url, **paced},
            discord={
                "token": tokens.DISCORD,
                "api_url": discord_url,
                "gateway_url": gateway_url,
                "messages_per_second": 0,
                "identify_seconds": 0,
            },
            **kept,
        )
        asyncio.run(serve(settings, frozenset({"telegram", "discord"})))


def crowd(url: str) -> None:
    """The whole product on Telegram, paced as it does it; many people are in one room."""
    from bench.crowd import gather
    from bot.cli.run import serve
    from bot.storage.vault import generate_key
    from config.logging import configure
    from config.settings import load_settings

    configure("text", "WARNING")
    with tempfile.TemporaryDirectory() as folder:
        kept = {
            "database_url": f"sqlite+aiosqlite:///{Path(folder) / 'bench.db'}",
            "encryption_keys": generate_key(),
            "voice": {"engine": "local", "fallback": "none", "guest_turns": 1_000_000},
        }
        asyncio.run(gather(load_settings(None, **kept)))
        telegram = {"token": tokens.TELEGRAM, "api_url": url}
        settings = load_settings(None, telegram=telegram, **kept)
        asyncio.run(serve(settings, frozenset({"telegram", "worker"})))


_BOTS: dict[str, Callable[..., None]] = {
    "bare": bare,
    "bare_discord": bare_discord,
    "ours": ours,
    "relay": relay,
    "crowd": crowd,
}

if __name__ == "__main__":
    _BOTS[sys.argv[1]](*sys.argv[2:])
