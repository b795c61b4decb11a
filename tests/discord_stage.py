"""The product on a stage with Discord: simulators, and the real program between them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from bot.app import App
from bot.simulators.discord import DiscordSimulator, find_spec
from bot.simulators.hume.server import HumeSimulator
from bot.simulators.scripted_brain import ScriptedBrain
from bot.simulators.telegram import TelegramSimulator
from tests.stage import PATIENCE_SECONDS, TOKEN, Options, Stage, an_app

PARTS = frozenset({"discord"})


@dataclass
class DiscordStage(Stage):
    """A stage that has Discord as well."""

    discord: DiscordSimulator = field(default_factory=DiscordSimulator)

    def options(self, database_url: str, **changes: Mapping[str, object] | object) -> Options:
        ours = {
            "token": self.discord.token,
            "api_url": self.discord.api_url,
            "messages_per_second": 0,
            "identify_seconds": 0,
        }
        given = changes.pop("discord", {})
        assert isinstance(given, Mapping)
        return super().options(database_url, **changes) | {"discord": {**ours, **given}}


@asynccontextmanager
async def a_discord_stage(
    brain: ScriptedBrain | None = None, **discord: Any
) -> AsyncIterator[DiscordStage]:
    """Simulators, started; what the bot asks of Discord is checked against its specification."""
    brain = brain or ScriptedBrain()
    async with (
        TelegramSimulator(TOKEN, flood=False) as chat,
        HumeSimulator(brain) as hume,
        DiscordSimulator(**{"limits": False, "spec": find_spec(), **discord}) as server,
    ):
        yield DiscordStage(chat, hume, brain, discord=server)
        assert list(server.violations) == []


@asynccontextmanager
async def a_discord_app(
    stage: DiscordStage, database_url: str, **changes: Any
) -> AsyncIterator[App]:
    """The whole program in this process, connected to Discord."""
    discord, parts = stage.discord, changes.pop("parts", PARTS)
    async with an_app(stage, database_url, parts=parts, **changes) as app:
        await discord.until(
            lambda: discord.is_connected and bool(discord.commands), PATIENCE_SECONDS
        )
        yield app
