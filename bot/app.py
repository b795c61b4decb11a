"""The one place that knows every concrete class: puts the product together from the settings."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, cast

import structlog
from sqlalchemy.engine import make_url
from telegram.ext import Application

from bot.accounts.entrance import Entrance
from bot.accounts.tokens import Tokens
from bot.core.clock import Clock, SystemClock
from bot.core.hook import Hook
from bot.flows.conversation import Product, assemble
from bot.flows.dispatch import Dispatch
from bot.flows.practice_jobs import CLOSE_JOB, idle_closer
from bot.flows.rules import LessonPolicy, Rules
from bot.flows.scene import Scenes
from bot.flows.voice_turn import Parts
from bot.handlers.telegram.application import TelegramPlatform
from bot.i18n.catalog import texts_in
from bot.jobs.worker import Worker
from bot.messaging.inbox import Inbox, Translator
from bot.messaging.instance import Instance
from bot.messaging.model import MessageKind, Outgoing
from bot.messaging.outbox import Sender
from bot.messaging.ports import OutboxWork, PacedMessenger, Received
from bot.postbox import Postbox
from bot.storage import schema
from bot.storage.engine import SqlStorage, open_storage
from bot.storage.vault import Keyring, parse_keys
from bot.storage.work import Work
from bot.upkeep import kept_up
from bot.voice.adapters import sound
from bot.voice.adapters.codec import PyAvCodec
from bot.voice.avatars import voice_of
from bot.voice.engines import EngineChain
from bot.voice.service import VoiceService
from bot.web.metrics import Metrics
from bot.wiring.billing import BillingParts, Connected, Handlers, billing_parts
from bot.wiring.discord import DISCORD, DiscordLink, discord_link
from bot.wiring.hours import hours_jobs
from bot.wiring.live import live_policy
from bot.wiring.live_rooms import find_slips, room_policy
from bot.wiring.meetings import MeetingParts, meeting_parts
from bot.wiring.tiers import order_parts, tiers_of
from bot.wiring.voice import engines_of
from config.settings import Settings, WrongSettings

_log = structlog.get_logger()

TELEGRAM = "telegram"


@dataclass(slots=True)
class App:
    """A running product. `telegram` is the python-telegram-bot Application, `discord` the Client.

    It is whole once `build` is entered: events handed in are answered, promises are kept. Polling
    and webhooks are started by `bot.cli.run`.
    """

    settings: Settings
    clock: Clock
    storage: SqlStorage
    instance: Instance
    chain: EngineChain
    codec: PyAvCodec
    product: Product
    inbox: Inbox
    worker: Worker[Work]
    metrics: Metrics
    meetings: MeetingParts
    senders: Mapping[str, Sender] = field(default_factory=dict)
    platform: TelegramPlatform | None = None
    discord_platform: DiscordLink | None = None
    hooks: Sequence[Hook] = ()

    @property
    def telegram(self) -> Application[Any, Any, Any, Any, Any, Any]:
        """Raises WrongSettings where no token is set."""
        if self.platform is None:
            raise WrongSettings("LINGUAFLEX_TELEGRAM__TOKEN is not set")
        return self.platform.application

    @property
    def discord(self) -> Any:
        """discord.py's `Client`. Raises WrongSettings where no token is set."""
        if self.discord_platform is None:
            raise WrongSettings("LINGUAFLEX_DISCORD__TOKEN is not set")
        return self.discord_platform.client

    async def receive(self, events: Sequence[Received], /) -> None:
        await self.inbox.receive(events)

    async def settle(self, keys: Sequence[str], /) -> None:
        """Wait until events were answered and what came of them was sent."""
        await self.inbox.settle(keys)
        for sender in self.senders.values():
            await sender.all_sent()


@asynccontextmanager
async def build(settings: Settings, *, clock: Clock | None = None) -> AsyncIterator[App]:
    """The product on its database, ready to be handed events.

    Raises:
        WrongSettings: naming the setting and the remedy.
        ServiceFailure: the database cannot be used; its detail says why.
    """
    clock = clock or SystemClock()
    async with AsyncExitStack() as stack:
        keyring = _keyring(settings)
        await _bring_up_to_date(settings)
        instance = Instance()
        storage = open_storage(settings.database_url, keyring, instance)
        await storage.open()
        stack.push_async_callback(storage.aclose)
        await storage.write(Entrance(settings.admins, _ui_language).follow_settings)
        postbox = Postbox(settings, storage, clock)
        stack.push_async_callback(postbox.aclose)
        meetings = meeting_parts(settings, storage, clock)
        stack.push_async_callback(meetings.aclose)
        billing = billing_parts(settings, meetings.facts, _gateway(settings))
        stack.push_async_callback(billing.aclose)
        app = _assemble(settings, clock, storage, instance, postbox, meetings, billing)
        stack.push_async_callback(app.chain.aclose)
        stack.push_async_callback(app.codec.aclose)
        if app.platform is not None:
            stack.push_async_callback(app.platform.stop)
        if app.discord_platform is not None:
            stack.push_async_callback(app.discord_platform.stop)
        await storage.write(app.product.lessons.begin)
        await storage.write(app.product.paying.begin)
        await storage.write(app.product.plans.begin)
        await stack.enter_async_context(
            kept_up(storage, clock, instance, app.inbox, app.senders, app.worker)
        )
        yield app


def _gateway(settings: Settings) -> Connected | None:
    """Who collects money; its library is loaded only where there is a key."""
    if settings.stripe.api_key is None:
        return None
    from bot.wiring.stripe import connected

    return connected(settings, settings.stripe.api_key)


def _keyring(settings: Settings) -> Keyring:
    if settings.encryption_keys is None:
        raise WrongSettings("LINGUAFLEX_ENCRYPTION_KEYS is not set: `linguaflex init` makes one")
    try:
        return Keyring(parse_keys(settings.encryption_keys.get_secret_value()))
    except ValueError as error:
        raise WrongSettings(f"LINGUAFLEX_ENCRYPTION_KEYS: {error}") from error


async def _bring_up_to_date(settings: Settings) -> None:
    """Migrate an SQLite file; refuse an outdated PostgreSQL, naming the command."""
    if make_url(settings.database_url).get_backend_name() == "sqlite":
        await schema.migrate(settings.database_url)
        return
    now, newest = await schema.current(settings.database_url), schema.head()
    if now is not None and now > newest:
        raise WrongSettings(
            f"the database is at version {now}, made by a newer program; this one knows {newest}:"
            " update this program"
        )
    if now != newest:
        raise WrongSettings(
            f"the database is at version {now or 'none'}, this program needs {newest}:"
            " run `linguaflex migrate`"
        )


def rules_of(settings: Settings) -> Rules:
    """What the conversation needs of the settings."""
    voice = settings.voice
    return Rules(
        guest_turns=voice.guest_turns,
        minimum_age=settings.minimum_age,
        idle_after=timedelta(minutes=voice.idle_minutes),
        max_note_seconds=voice.max_seconds,
        admins=settings.admins,
        has_mail=settings.mail.smtp_url is not None,
        has_codes=settings.mail.smtp_url is not None or settings.supabase.is_set,
        recording_kept_for=timedelta(days=voice.recording_days),
        lessons=LessonPolicy(**settings.lessons.model_dump()),
        live=live_policy(settings.live),
        rooms=room_policy(settings.live),
        tiers=tiers_of(settings),
        public_url=settings.web.public_url and settings.web.public_url.rstrip("/"),
    )


def _assemble(
    settings: Settings,
    clock: Clock,
    storage: SqlStorage,
    instance: Instance,
    postbox: Postbox,
    meetings: MeetingParts,
    pay: BillingParts,
) -> App:
    messengers: dict[str, PacedMessenger] = {}
    rules = rules_of(settings)
    scenes = Scenes(clock, rules, Entrance(rules.admins, _ui_language))
    codec = PyAvCodec()
    parts = Parts(
        storage=storage,
        scenes=scenes,
        service=VoiceService(rules.idle_after),
        chain=EngineChain(engines_of(settings), voices=voice_of),
        codec=codec,
        sound=sound,
        messengers=messengers,
        start_link=lambda payload: _start_link(app, payload),
    )
    product = _product(settings, parts, postbox, meetings, pay)
    handlers = {**meetings.handlers, **pay.handlers(storage, product.paying.desk, clock)}
    metrics = Metrics(storage)
    dispatch = Dispatch(
        storage, scenes, product.conversation, parts.turnstile, observe=metrics.observe_event
    )
    translators: dict[str, Translator] = {}
    app = App(
        settings=settings,
        clock=clock,
        storage=storage,
        instance=instance,
        chain=parts.chain,
        codec=codec,
        product=product,
        inbox=_inbox(storage, clock, dispatch, translators),
        worker=_worker(storage, clock, parts, product, handlers),
        metrics=metrics,
        meetings=meetings,
        hooks=(*meetings.hooks, *pay.hooks),
    )
    app.discord_platform = discord_link(
        settings.discord, receiver=app, storage=storage, scenes=scenes, product=product
    )
    _connect(app, postbox, messengers, translators)
    return app


def _product(
    settings: Settings, parts: Parts, postbox: Postbox, meetings: MeetingParts, pay: BillingParts
) -> Product:
    return assemble(
        parts,
        postbox.codes,
        Tokens(parts.scenes.clock),
        money=pay.money,
        meetings=meetings.desk,
        find_slips=find_slips,
        orders=order_parts(settings, pay.gateway),
    )


def _inbox(
    storage: SqlStorage, clock: Clock, dispatch: Dispatch, translators: Mapping[str, Translator]
) -> Inbox:
    return Inbox(
        storage,
        clock,
        dispatch.handle,
        translators=translators,
        overtakes=dispatch.overtakes,
        is_shared=storage.is_shared,
    )


def _worker(
    storage: SqlStorage, clock: Clock, parts: Parts, product: Product, more: Handlers
) -> Worker[Work]:
    return Worker(
        storage,
        clock,
        {
            CLOSE_JOB: idle_closer(parts.service, clock),
            **product.relay.jobs(),
            **product.teaching.jobs(clock),
            **product.lessons.jobs(),
            **hours_jobs(storage, clock),
            **product.paying.jobs(),
            **product.plans.jobs(),
            **product.halls.worker,
            **more,
            **product.meeting_jobs,
            **product.rooms.jobs(),
        },
        is_shared=storage.is_shared,
    )


def _connect(
    app: App,
    postbox: Postbox,
    messengers: dict[str, PacedMessenger],
    translators: dict[str, Translator],
) -> None:
    """Give the product its ways in and out: the platforms that are configured, and mail."""
    app.platform = _telegram(app.settings, app, app.clock)
    if app.platform is not None:
        messengers[TELEGRAM] = app.platform.messenger
        app.product.relay.rooms[TELEGRAM] = app.platform.rooms
        translators[TELEGRAM] = app.platform.parse
    if app.discord_platform is not None:
        messengers[DISCORD] = app.discord_platform.messenger
        app.product.relay.rooms[DISCORD] = app.discord_platform.rooms
        app.product.halls.halls[DISCORD] = app.discord_platform.halls
        translators[DISCORD] = app.discord_platform.parse
    messengers |= postbox.messengers
    app.senders = {
        name: Sender(
            app.storage,
            app.clock,
            messenger,
            on_trouble=partial(_trouble, app, postbox),
            on_settled=partial(_settled, app),
        )
        for name, messenger in messengers.items()
    }


def _start_link(app: App, payload: str) -> str | None:
    """Telegram's deep link; None until the bot's name there is known."""
    if app.platform is None or not app.platform.application.running:
        return None
    return f"https://t.me/{app.platform.application.bot.username}?start={payload}"


def _ui_language(locale: str | None) -> str:
    return texts_in(locale or "").language


def _telegram(settings: Settings, app: App, clock: Clock) -> TelegramPlatform | None:
    telegram = settings.telegram
    if telegram.token is None:
        return None
    secret = telegram.webhook_secret
    return TelegramPlatform(
        token=telegram.token.get_secret_value(),
        receiver=app,
        api_url=telegram.api_url,
        webhook_url=telegram.webhook_url,
        webhook_secret=secret.get_secret_value() if secret else None,
        clock=clock,
        poll_seconds=telegram.poll_seconds,
        messages_per_second=telegram.messages_per_second,
    )


def _settled(
    app: App, work: OutboxWork, message: Outgoing, message_id: str | None, error: str | None
) -> None:
    """Boards, the relay and rooms hear of their rows; every unit of this storage has a `Work`."""
    whole, product = cast(Work, work), app.product
    if not product.halls.posts.settled(whole, message, message_id, error):
        product.relay.settled(whole, message, message_id, error)
        product.rooms.settled(whole, message)


async def _trouble(app: App, postbox: Postbox, message: Outgoing) -> None:
    """Something could not be sent at once: whoever waits for it is told."""
    if message.kind is MessageKind.MAIL:
        await postbox.trouble(message)
    else:
        await app.product.relay.waits(message)
