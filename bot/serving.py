"""Talking to the platforms: polling, webhooks, our HTTP server; each part supervised alone."""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import structlog

from bot.app import TELEGRAM, App
from bot.core.errors import Cause, ServiceFailure
from bot.handlers.telegram.application import TelegramPlatform
from bot.handlers.telegram.menus import About, Menus, publish
from bot.handlers.telegram.webhook import telegram_webhook
from bot.i18n.catalog import texts_in, ui_languages
from bot.storage.work import Work
from bot.web.server import WebServer

_log = structlog.get_logger()

PARTS = frozenset({"telegram", "web", "worker"})
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 1.0, 60.0
_CLAIM_SECONDS = 2.0
_WEBHOOK_PATH = "/webhooks/telegram"


class Serving:
    """Runs the parts of one app that face outward.

    Args:
        parts: which of `PARTS`; "worker" alone sends and keeps promises without taking events.
    """

    def __init__(self, app: App, parts: frozenset[str] = PARTS) -> None:
        self._app = app
        self._parts = parts
        self._started: set[str] = set()
        self.web: WebServer | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set."""
        async with AsyncExitStack() as stack:
            if "web" in self._parts:
                self.web = self._web()
                await self.web.start()
                stack.push_async_callback(self.web.aclose)
                _log.info("web.listening", port=self.web.port)
            if self._app.platform is not None and "telegram" in self._parts:
                task = asyncio.create_task(self._telegram(self._app.platform, stop))
                stack.push_async_callback(_ended, task)
            await stop.wait()

    async def is_ready(self) -> bool:
        """The database answers, and every platform that is switched on is connected."""
        await self._app.storage.read(lambda work: work.notes.get("ready"))
        is_on = self._app.platform is not None and "telegram" in self._parts
        return not is_on or TELEGRAM in self._started

    def _web(self) -> WebServer:
        settings, webhooks = self._app.settings, {}
        secret = settings.telegram.webhook_secret
        if self._app.platform is not None and settings.telegram.webhook_url and secret:
            take = self._app.platform.take
            webhooks[_WEBHOOK_PATH] = telegram_webhook(take, secret=secret.get_secret_value())
        return WebServer(
            settings.web.host,
            settings.web.port,
            is_ready=self.is_ready,
            metrics=self._app.metrics.render,
            webhooks=webhooks,
        )

    async def _telegram(self, platform: TelegramPlatform, stop: asyncio.Event) -> None:
        """Connect, again and again while anything is away; a refused token switches it off."""
        wait = _FIRST_WAIT_SECONDS
        try:
            while not stop.is_set():
                try:
                    await platform.start()
                    await self._connected(platform, stop)
                except Exception as error:  # a bug, too, must not leave everybody unheard
                    if _is_refused(error):
                        _log.error("telegram.off", cause=str(error), remedy="linguaflex doctor")
                        return
                    wait = _FIRST_WAIT_SECONDS if TELEGRAM in self._started else wait
                    self._started.discard(TELEGRAM)
                    _log_failure(error, wait)
                    await _rest(stop, wait)
                    wait = min(wait * 2, _LONGEST_WAIT_SECONDS)
        finally:
            await platform.stop()

    async def _connected(self, platform: TelegramPlatform, stop: asyncio.Event) -> None:
        self._started.add(TELEGRAM)
        _log.info("telegram.connected", bot=platform.application.bot.username)
        await self._publish(platform)
        if self._app.settings.telegram.webhook_url:
            await platform.set_webhook()
            await stop.wait()
            return
        while not stop.is_set():
            if await self._has_claim():
                await self._poll_while_ours(platform, stop)
            else:
                await _rest(stop, _CLAIM_SECONDS)  # another instance polls; stand by

    async def _has_claim(self) -> bool:
        def unit(work: Work) -> bool:
            return work.claims.take(f"poller:{TELEGRAM}", datetime.now(UTC))

        return await self._app.storage.write(unit)

    async def _poll_while_ours(self, platform: TelegramPlatform, stop: asyncio.Event) -> None:
        """Poll until told to stop, or until the claim is somebody else's."""
        done = asyncio.Event()
        polling = asyncio.create_task(platform.poll(done))
        stopping = asyncio.create_task(stop.wait())
        try:
            while not polling.done() and not stopping.done():
                await asyncio.wait(
                    {polling, stopping},
                    timeout=_CLAIM_SECONDS if self._app.storage.is_shared else None,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if self._app.storage.is_shared and not await self._has_claim():
                    break
        finally:
            done.set()
            stopping.cancel()
            await polling

    async def _publish(self, platform: TelegramPlatform) -> None:
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
        try:
            await publish(platform.application.bot, menus, seen=_Seen(self._app))
        except ServiceFailure as failure:
            _log.warning("telegram.menus_wait", cause=str(failure))


class _Seen:
    """Hashes of what was published, in the database's notes."""

    def __init__(self, app: App) -> None:
        self._storage = app.storage

    async def get(self, key: str, /) -> str | None:
        return await self._storage.read(lambda work: work.notes.get(key))

    async def set(self, key: str, value: str, /) -> None:
        await self._storage.write(lambda work: work.notes.put(key, value))


def _is_refused(error: Exception) -> bool:
    """Telegram refuses the token; the database's trouble, of whatever cause, passes."""
    if not isinstance(error, ServiceFailure) or error.service != TELEGRAM:
        return False
    return error.cause is Cause.MISCONFIGURED


def _log_failure(error: Exception, wait: float) -> None:
    if isinstance(error, ServiceFailure):
        _log.warning("telegram.waits", cause=str(error), seconds=wait)
    else:
        _log.error("telegram.failed", seconds=wait, exc_info=error)


async def _rest(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


async def _ended(task: asyncio.Task[None]) -> None:
    """Give a part a moment to end by itself."""
    _, pending = await asyncio.wait({task}, timeout=5.0)
    for late in pending:
        late.cancel()
    await asyncio.gather(task, return_exceptions=True)
