"""`linguaflex migrate`: brings the database to the current schema."""

import argparse
import asyncio

from config.settings import load_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing to choose: the database is the one of the settings."""
    parser.set_defaults()


def run(_: argparse.Namespace) -> int:
    """Migrate, and say from where to where."""
    return asyncio.run(_migrate(load_settings().database_url))


async def _migrate(url: str) -> int:
    from bot.storage import schema

    before = await schema.current(url)
    await schema.migrate(url)
    print(f"schema {before or 'none'} -> {await schema.current(url)}")
    return 0
