"""Talking to the platforms: polling, gateway, webhooks, our HTTP server; each supervised alone."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Protocol

import structlog

from bot.app import TELEGRAM, App
from bot.core.errors import Cause, ServiceFailure
from bot.handlers.telegram.application import TelegramPlatform
from bot.handlers.telegram.menus import About, Menus, publish
from bot.handlers.telegram.webhook import telegram_webhook
from bot.i18n.catalog import texts_in, ui_languages
from bot.storage.work import Work
from bot.web.hooks import hook_handler
from bot.web.server import WebServer
from bot.wiring.api import api_part
from bot.wiring.discord import DISCORD, DiscordLink, StoredHashes, slash_commands
from bot.wiring.hours import hours_pages

_log = structlog.get_logger()

PARTS = frozenset({"telegram", "discord", "web", "worker"})
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 1.0, 60.0
_CLAIM_SECONDS = 2.0
_WEBHOOK_PATH = "/webhooks/telegram"


class Part(Protocol):
    """A platform, as it is supervised. The app closes what `start` opened: senders use it too."""

    @property
    def name(self) -> str:
        """As settings, claims and failures name it."""
        ...

    async def start(self) -> None:
        """Sign in; does nothing where that was done."""
        ...

    async def serve(self, stop: asyncio.Event, is_up: Callable[[], None], /) -> None:
        """Take events until `stop` is set; calls `is_up` as soon as it does."""
        ...


class Serving:
    """Runs the parts of one app that face outward.

    Args:
        parts: which of `PARTS`; "worker" alone sends and keeps promises without taking events.
    """

    def __init__(self, app: App, parts: frozenset[str] = PARTS) -> None:
        self._app = app
        self._parts = parts
        self._started: set[str] = set()
        self._platforms = [part for part in _platforms(app) if part.name in parts]
        self.web: WebServer | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set."""
        async with AsyncExitStack() as stack:
            if "web" in self._parts:
                self.web = self._web()
                await self.web.start()
                stack.push_async_callback(self.web.aclose)
                _log.info("web.listening", port=self.web.port)
            tasks = [asyncio.create_task(self._supervise(part, stop)) for part in self._platforms]
            stack.push_async_callback(_ended, tasks)
            await stop.wait()

    async def is_ready(self) -> bool:
        """The database answers, and every platform that is switched on is connected."""
        await self._app.storage.read(lambda work: work.notes.get("ready"))
        return self._started >= {part.name for part in self._platforms}

    def _web(self) -> WebServer:
        settings, webhooks = self._app.settings, {}
        secret = settings.telegram.webhook_secret
        if self._app.platform is not None and settings.telegram.webhook_url and secret:
            take = self._app.platform.take
            webhooks[_WEBHOOK_PATH] = telegram_webhook(take, secret=secret.get_secret_value())
        for hook in self._app.hooks:
            webhooks[hook.path] = hook_handler(hook, self._app.storage, self._app.clock)
        return WebServer(
            settings.web.host,
            settings.web.port,
            is_ready=self.is_ready,
            metrics=self._app.metrics.render,
            webhooks=webhooks,
            pages=hours_pages(settings, self._app.storage, self._app.clock),
            api=api_part(settings, self._app.storage, self._app.clock, self._app.product),
        )

    async def _supervise(self, part: Part, stop: asyncio.Event) -> None:
        """Connect, again and again while anything is away; a refused token switches it off."""
        wait = _FIRST_WAIT_SECONDS
        try:
            while not stop.is_set():
                try:
                    await part.start()
                    await part.serve(stop, lambda: self._is_up(part))
                except Exception as error:  # a bug, too, must not leave everybody unheard
                    if _is_refused(part, error):
                        _log.error(f"{part.name}.off", cause=str(error), remedy="linguaflex doctor")
                        return
                    wait = _FIRST_WAIT_SECONDS if part.name in self._started else wait
                    self._is_down(part)
                    _log_failure(part, error, wait)
                    await _rest(stop, wait)
                    wait = min(wait * 2, _LONGEST_WAIT_SECONDS)
        finally:
            self._is_down(part)

    def _is_up(self, part: Part) -> None:
        self._started.add(part.name)
        self._app.metrics.observe_connection(part.name, is_up=True)

    def _is_down(self, part: Part) -> None:
        self._started.discard(part.name)
        self._app.metrics.observe_connection(part.name, is_up=False)


def _platforms(app: App) -> Sequence[Part]:
    """Those that are switched on."""
    parts: list[Part] = []
    if app.platform is not None:
        parts.append(_Telegram(app, app.platform))
    if app.discord_platform is not None:
        parts.append(_Discord(app, app.discord_platform))
    return parts


class _Telegram:
    """Updates by polling or webhook."""

    name = TELEGRAM

    def __init__(self, app: App, platform: TelegramPlatform) -> None:
        self._app = app
        self._platform = platform

    async def start(self) -> None:
        await self._platform.start()

    async def serve(self, stop: asyncio.Event, is_up: Callable[[], None]) -> None:
        is_up()
        _log.info("telegram.connected", bot=self._platform.application.bot.username)
        await self._publish()
        if self._app.settings.telegram.webhook_url:
            await self._platform.set_webhook()
            await stop.wait()
            return
        await _while_ours(self._app, f"poller:{TELEGRAM}", stop, self._platform.poll)

    async def _publish(self) -> None:
        """Command menus and descriptions per interface language, where they changed."""
        languages = ui_languages()
        table = self._app.product.commands
        menus = Menus(
            commands={tag: table.menu(tag) for tag in languages},
            about={
                tag: About(
                    description=texts_in(tag)("bot.description"),
                    short_description=texts_in(tag)("bot.short_description"),
                )
                for tag in languages
            },
        )
        seen = StoredHashes(self._app.storage)
        try:
            await publish(self._platform.application.bot, menus, seen=seen)
        except ServiceFailure as failure:
            _log.warning("telegram.menus_wait", cause=str(failure))


class _Discord:
    """Events by the gateway."""

    name = DISCORD

    def __init__(self, app: App, platform: DiscordLink) -> None:
        self._app = app
        self._platform = platform

    async def start(self) -> None:
        await self._platform.start()

    async def serve(self, stop: asyncio.Event, is_up: Callable[[], None]) -> None:
        await self._publish()

        async def listen(done: asyncio.Event) -> None:
            await self._platform.listen(done, is_up)

        await _while_ours(self._app, f"gateway:{DISCORD}", stop, listen, on_stand_by=is_up)

    async def _publish(self) -> None:
        """Slash commands, where they changed."""
        try:
            await self._platform.publish(
                slash_commands(self._app.product.commands),
                guild=self._app.settings.discord.guild_id,
                seen=StoredHashes(self._app.storage),
            )
        except ServiceFailure as failure:
            _log.warning("discord.commands_wait", cause=str(failure))


async def _while_ours(
    app: App,
    claim: str,
    stop: asyncio.Event,
    listen: Callable[[asyncio.Event], Awaitable[None]],
    *,
    on_stand_by: Callable[[], None] = lambda: None,
) -> None:
    """Listen whenever the claim is ours, until told to stop; another instance may have it."""
    while not stop.is_set():
        if await _has_claim(app, claim):
            await _listen_while_ours(app, claim, stop, listen)
        else:
            on_stand_by()
            await _rest(stop, _CLAIM_SECONDS)


async def _has_claim(app: App, claim: str) -> bool:
    def unit(work: Work) -> bool:
        return work.claims.take(claim, datetime.now(UTC))

    return await app.storage.write(unit)


async def _listen_while_ours(
    app: App,
    claim: str,
    stop: asyncio.Event,
    listen: Callable[[asyncio.Event], Awaitable[None]],
) -> None:
    """Listen until told to stop, or until the claim is somebody else's."""
    done = asyncio.Event()
    listening = asyncio.ensure_future(listen(done))
    stopping = asyncio.create_task(stop.wait())
    try:
        while not listening.done() and not stopping.done():
            await asyncio.wait(
                {listening, stopping},
                timeout=_CLAIM_SECONDS if app.storage.is_shared else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if app.storage.is_shared and not await _has_claim(app, claim):
                break
    finally:
        done.set()
        stopping.cancel()
        await listening


def _is_refused(part: Part, error: Exception) -> bool:
    """The platform refuses the token; the database's trouble, of whatever cause, passes."""
    if not isinstance(error, ServiceFailure) or error.service != part.name:
        return False
    return error.cause is Cause.MISCONFIGURED


def _log_failure(part: Part, error: Exception, wait: float) -> None:
    if isinstance(error, ServiceFailure):
        _log.warning(f"{part.name}.waits", cause=str(error), seconds=wait)
    else:
        _log.error(f"{part.name}.failed", seconds=wait, exc_info=error)


async def _rest(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


async def _ended(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Give the parts a moment to end by themselves."""
    if not tasks:
        return
    _, pending = await asyncio.wait(tasks, timeout=5.0)
    for late in pending:
        late.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
