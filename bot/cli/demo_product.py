"""The product behind the demo's page: the ordinary bot, pointed at the simulators."""

import asyncio
import secrets
import socket
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from bot.app import App, build
from bot.cli.demo_brain import EngineBrain
from bot.cli.demo_group import announce, take_part
from bot.cli.demo_people import settle, talk, zone_here
from bot.cli.demo_promises import DemoPromises
from bot.cli.demo_time import DemoClock
from bot.core.errors import ServiceFailure
from bot.core.language import Band
from bot.serving import Serving
from bot.simulators.hume.server import HumeSimulator
from bot.simulators.world import DemoWorld
from bot.storage.vault import generate_key
from bot.voice.adapters.local.engine import LocalEngine
from bot.voice.adapters.local.ports import Line
from bot.voice.adapters.local.speech import SpeechProcess
from bot.voice.briefing import SPEED
from bot.voice.context import Context
from bot.voice.contexts.catalogue import find_talk, fixed_lines, languages, list_contexts
from config.settings import Settings, load_settings

_LOOK_SECONDS = 0.1
_PRICES = {"premium": (1499, "14.99"), "pro": (5999, "59.99")}
_PACK = "ai_minutes:60:4.99 EUR"
_OPENING = 2  # the goal and the first question


async def serve(world: DemoWorld, clock: DemoClock, stop: asyncio.Event) -> None:
    """Run the bot on a database of its own, which is gone afterwards, until `stop` is set."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="linguaflex-demo-"))
        speech = SpeechProcess()
        engine = LocalEngine(speech)
        stack.push_async_callback(engine.aclose)
        hume = await stack.enter_async_context(HumeSimulator(EngineBrain(engine)))
        world.report("engine", "ready", detail="Hume EVI (simulated), local voice inside")
        app = await stack.enter_async_context(
            build(_settings(Path(folder), world, hume.url), clock=clock)
        )
        await app.storage.write(settle(app, world))
        clock.follow(DemoPromises(app, world))
        serving = Serving(app, frozenset({"telegram", "discord", "web"}))
        parts = [
            serving.run(stop),
            _begin(app, world, serving),
            take_part(app, world.group),
            _warm(world, engine, speech),
        ]
        tasks = [asyncio.create_task(part) for part in parts]
        stack.push_async_callback(_ended, tasks)
        await tasks[0]


def _settings(folder: Path, world: DemoWorld, hume: str) -> Settings:
    """Settings that point the bot at the simulators; nothing of `.env` is read."""
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    secret = secrets.token_urlsafe(24)
    zoom, stripe = world.zoom, world.stripe
    zoom.deliver_to(f"{address}/webhooks/zoom", secret)
    stripe.send_webhooks_to(f"{address}/webhooks/stripe", secret)
    return load_settings(
        None,
        database_url=f"sqlite+aiosqlite:///{folder / 'demo.db'}",
        encryption_keys=generate_key(),
        admins=f"discord:{world.members['admin'].user_id}",
        telegram={"token": world.telegram.token, "api_url": world.telegram.url},
        discord={
            "token": world.discord.token,
            "api_url": world.discord.api_url,
            "identify_seconds": 0,
            "message_content": True,
        },
        hume={"api_url": hume, "pace": 0, "languages": ",".join(sorted(languages()))},
        mail={"smtp_url": world.mailbox.url, "from": "tutor@linguaflex.example"},
        zoom={
            "account_id": zoom.account_id,
            "client_id": zoom.client_id,
            "client_secret": zoom.client_secret,
            "webhook_secret": secret,
            "hosts": ",".join(zoom.account.hosts),
            "api_url": zoom.api_url,
            "oauth_url": zoom.oauth_url,
        },
        stripe={"api_key": stripe.key, "webhook_secret": secret, "api_url": stripe.url},
        tiers=_plans(world),
        calendly={"api_url": world.calendly.url},
        web={"port": port, "public_url": address},
    )


def _plans(world: DemoWorld) -> dict[str, object]:
    """Plans with a price at the simulated Stripe; sold everywhere, since nobody pays anything."""
    sold: dict[str, object] = {"rails": "telegram=card,discord=card", "packs": _PACK}
    for plan, (minor, price) in _PRICES.items():
        world.stripe.subscriptions.add_price(f"price_{plan}", minor, "EUR", plan.capitalize())
        sold[plan] = {"prices": f"EUR={price}", "stripe_prices": f"EUR=price_{plan}"}
    return sold


def _free_port() -> int:
    """Where the bot will listen; it has to be known before anything is told of it."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


async def _begin(app: App, world: DemoWorld, serving: Serving) -> None:
    """Once the bot hears them, the demo's people begin to meet and to talk."""
    while not await serving.is_ready():  # noqa: ASYNC110 - readiness is asked for, never told
        await asyncio.sleep(_LOOK_SECONDS)
    world.report("bot", "ready")
    await app.storage.write(announce(app, world.group, zone_here()))
    await talk(world)


async def _warm(world: DemoWorld, engine: LocalEngine, speech: SpeechProcess) -> None:
    """Load the speech models and speak the first lines while the visitor looks around."""
    try:
        await asyncio.gather(engine.warm(), speech.warm())
        world.report("speech", "ready")
        await speech.prepare(_first_lines(world.students["newcomer"].account.name))
    except ServiceFailure as failure:
        world.report("speech", "failed", detail=failure.detail)
        print(f"The local voice is not available: {failure.detail}", flush=True)


def _first_lines(name: str) -> list[Line]:
    """What a guest hears first, scene by scene; the student's name is an invented one."""
    speed = SPEED[Band.BEGINNER]
    scenes = zip(*(list_contexts(language) for language in sorted(languages())), strict=False)
    return [
        Line(text, context.language, speed=speed)
        for scene in scenes
        for context in scene
        for text in (_greeting(context.language, name), *_opening(context))
    ]


def _greeting(language: str, name: str) -> str:
    talk = find_talk(language)
    return talk.greeting_named.text.format(name=name) if talk else name


def _opening(context: Context) -> Sequence[str]:
    return fixed_lines(context, Band.BEGINNER)[:_OPENING]


async def _ended(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
