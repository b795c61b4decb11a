"""A host and a guest who read Spanish: every word of live conversations in their language."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.app import App
from bot.storage.work import Work
from tests.discord_stage import DiscordStage, a_discord_app, a_discord_stage
from tests.live_stage import BOTH, OTHER, a_stranger, later, live
from tests.message_builders import HandClock
from tests.rights.cast import settle_in
from tests.visitors import Anybody

_MACHINE = re.compile(r"\{|\bNone\b|\b(group|choice|ask|field|flow|hours)\.[a-z_]")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def stage(clock: HandClock) -> AsyncIterator[DiscordStage]:
    async with a_discord_stage(clock=clock.now) as running:
        yield running


@pytest.fixture
async def app(stage: DiscordStage, sqlite_url: str, clock: HandClock) -> AsyncIterator[App]:
    async with a_discord_app(stage, sqlite_url, parts=BOTH, clock=clock) as running:
        yield running


async def a_reader(stage: DiscordStage, app: App, platform: str, number: int, name: str) -> Anybody:
    def unit(work: Work) -> None:
        user = settle_in(work, (platform, str(number)), name)
        work.users.save(replace(user, ui_language="es"))

    await app.storage.write(unit)
    person = a_stranger(stage, platform, number, name)
    await person.say("/live", then="Conversaciones en vivo")
    return person


@pytest.mark.parametrize("hosts", sorted(BOTH))
async def test_everything_is_said_in_the_readers_language(
    stage: DiscordStage, app: App, clock: HandClock, hosts: str
) -> None:
    ana = await a_reader(stage, app, hosts, 1001, "Ana")
    bob = await a_reader(stage, app, OTHER[hosts], 1002, "Bob")
    await live(ana, "new", then="¿Cómo se va a llamar la conversación?")
    await ana.say("Café y verbos", then="¿Qué tipo de conversación es?")
    await ana.press("👥 Conversación en grupo", then="¿En qué idioma?")
    await ana.press("🇪🇸 español", then="¿Para qué nivel es?")
    await ana.press("🔵 B1", then="¿Cuándo empieza?")
    await ana.say("mañana a las 18:00", then="¿Cuánto dura?")
    await ana.say("1 hora", then="¿Cuántas personas")
    await ana.press("4", then="¿Dónde os veis?")
    await ana.press("🎙 Notas de voz por turnos, aquí en el chat", then="¿Quién puede apuntarse?")
    await ana.press("Cualquiera puede encontrarla", then="Cuenta en unas frases")
    await ana.press("Saltar", then="¿qué materiales")
    await ana.press("Ninguno, ya encontraremos tema", then="Así lo verá la gente.")
    await ana.press("Confirmar", then="¡Creada!")
    await live(bob, "español b1 café", then="«café» · 1 conversación")
    await bob.press("1. 🇪🇸 Café y verbos", then="Hay una plaza para ti.")
    await bob.press("Quiero una plaza", then="✅ Tienes plaza en «Café y verbos»")
    await later(app, clock, hours=5)
    await bob.reads("⏰ Mañana: «Café y verbos»")
    await bob.press("10 minutos tarde", then="He avisado a quien dirige")
    await ana.reads("Bob llega diez minutos tarde")
    await live(ana, "mine", then="👑 tuya")
    await ana.press("1. 🇪🇸 Café y verbos", then="👑 Tú diriges esta conversación.")
    await ana.press("Gestionar", then="¿Qué quieres hacer?")
    await ana.press("Cancelar", then="Se avisa a todos")
    await ana.press("Sí, cancelarla", then="queda cancelada. Se ha avisado")
    await bob.reads("no se celebra")
    await live(bob, "about", then="Habla con gente de verdad")
    said = [text for person in (ana, bob) for text in person.texts]
    assert [text for text in said if _MACHINE.search(text)] == []
