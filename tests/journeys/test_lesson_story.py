"""A lesson from the hours of its teacher to the last cent, told on both platforms."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.billing.model import InvoiceState
from bot.scheduling.model import BookingStatus
from bot.simulators.stripe import GOOD
from tests.discord_stage import DiscordStage, a_discord_stage
from tests.lesson_stage import FIRST, School, a_school, chat_of, files_of, link_under
from tests.visitors import Anybody

_ENGLISH = re.compile(r"\b(the|you|your|lesson|with|minutes|hour|card|paid)\b", re.IGNORECASE)


@pytest.fixture
async def stage() -> AsyncIterator[DiscordStage]:
    async with a_discord_stage() as running:
        yield running


@pytest.mark.parametrize(
    ("teaches_on", "database_url"),
    [("telegram", "sqlite"), ("discord", "sqlite"), ("telegram", "postgres")],
    indirect=["database_url"],
)
async def test_a_lesson_from_its_hours_to_its_refund(
    stage: DiscordStage, database_url: str, teaches_on: str
) -> None:
    """The student reads Spanish in Mexico, the teacher English in London."""
    async with a_school(
        stage, database_url, teaches_on=teaches_on, language="es", opens=False
    ) as school:
        read_before = len(chat_of(school.student))
        await _open_hours(school)
        await _book(school)
        await _be_reminded(school)
        await _meet(school)
        await _read_the_bill(school)
        await _disagree(school)
        for is_bot, words, buttons in chat_of(school.student)[read_before:]:
            for text in (words, *(label for label, _ in buttons)):
                assert not (is_bot and _ENGLISH.search(text)), text


async def _open_hours(school: School) -> None:
    emma = school.teacher
    await emma.say("/availability mon-fri 18:00-21:00", then="Where are you?")
    await emma.say("London", then="Is it ")
    shown = await emma.press("(Europe/London)", then="Mon–Fri 18:00–21:00")
    assert shown is not None
    assert "Tue, Nov 24: 18:00–21:00" in _last(emma)


async def _book(school: School) -> None:
    """Six in the evening in London is noon in Mexico."""
    emma, ana = school.teacher, school.student
    await ana.say("/book", then="¿Qué te gustaría reservar?")
    await ana.press("Spanish", then="¿Cuánto debe durar")
    await ana.press("60 minutos", then="¿Qué día?")
    await ana.press("mar, 24 nov (9)", then="America/Mexico_City")
    await ana.press("12:00", then="gratis hasta 12 horas antes")
    await ana.press("Reservar", then="Te guardo esta hora durante 30 minutos")
    await ana.press("Guardar una tarjeta", then="El número solo lo conoce")
    await school.save_card(GOOD)
    await ana.reads("Tu tarjeta está guardada: Visa ··4242")
    await ana.reads("✅ Tu clase con Emma Stone está reservada.")
    await emma.reads("✅ Ana Ruiz has booked a lesson with you.")
    assert _clock(school, ana, "12:00") in _last(ana)
    assert "Como mucho 20,00 €: se pagan" in _last(ana)
    assert _clock(school, emma, "18:00") in _last(emma)
    assert "At most €20.00, for the minutes you really meet" in _last(emma)
    await school.becomes(BookingStatus.CONFIRMED)


async def _be_reminded(school: School) -> None:
    emma, ana = school.teacher, school.student
    await school.until(FIRST - timedelta(days=1))
    await emma.reads("⏰ Tomorrow: your lesson with Ana Ruiz")
    await ana.reads("⏰ Mañana: tu clase con Emma Stone")
    await ana.press("10 minutos tarde", then="llegas diez minutos más tarde")
    await emma.reads("Ana Ruiz comes ten minutes later")
    await emma.press("Coming", then="Good, I have passed it on.")
    await ana.reads("Emma Stone va a estar")
    await school.until(FIRST - timedelta(minutes=10))
    for who, hour, soon in (
        (ana, "⏰ Dentro de una hora", "⏰ Dentro de diez minutos"),
        (emma, "⏰ In an hour", "⏰ In ten minutes"),
    ):
        assert [sum(start in text for text in who.texts) for start in (hour, soon)] == [1, 1]


async def _meet(school: School) -> None:
    """From two minutes before, for an hour and five minutes and twenty seconds of it."""
    emma, ana = school.teacher, school.student
    await school.until(FIRST - timedelta(minutes=2))
    await ana.press("Entrar", then="Tu propio enlace")
    await emma.press("Open the room", then="signs you in as the host")
    assert link_under(ana, "Abrir la reunión") != link_under(emma, "Enter as host")
    guest = school.zoom.enter(link_under(ana, "Abrir la reunión"))
    host = school.zoom.enter(link_under(emma, "Enter as host"))
    await school.becomes(BookingStatus.IN_PROGRESS)
    await school.until(FIRST + timedelta(minutes=50))
    await emma.reads("So far you met for 50 minutes: €16.67.")
    await ana.reads("Un cuarto de hora más costaría 5,00\u00a0€.")
    await ana.press("15 minutos más", then="en cuanto la otra persona acepte")
    await emma.reads("would like a quarter of an hour more")
    await emma.press("15 minutes more", then="goes on until")
    await ana.reads("sigue hasta")
    await school.until(FIRST + timedelta(minutes=65, seconds=20))
    school.zoom.leave(guest)
    await school.later(seconds=30)
    school.zoom.leave(host)
    await school.settle()
    await school.until(FIRST + timedelta(minutes=90))
    await school.becomes(BookingStatus.COMPLETED)


async def _read_the_bill(school: School) -> None:
    """66 started minutes at 20 euros an hour; 15 percent of it is the platform's."""
    emma, ana = school.teacher, school.student
    receipt = await ana.reads("🧾 Recibo 1")
    assert receipt is not None
    text = _last(ana)
    for part in (
        "Los dos presentes, dentro del tiempo reservado: 65 min 20 s",
        "Los dos presentes antes o después, gratis: 2 min",
        "Ampliación acordada por los dos: 15 minutos",
        "66 min a 20,00 € la hora: 22,00 €",
        "Pagado",
    ):
        assert part in text
    await emma.reads("Your lesson with Ana Ruiz is paid: €18.70 for you.")
    assert (await school.invoice()).state is InvoiceState.PAID
    assert school.charged == [2200]
    await ana.press("En PDF", then="Aquí lo tienes.")
    name, data = files_of(school.stage, ana)[-1]
    assert (name, data[:5]) == ("receipt-1.pdf", b"%PDF-")
    await emma.say("/earnings", then="disagree: €18.70")
    balances = await school.balances()
    assert balances == {"receivable": 0, "cash": 2200, "payable": -1870, "commission": -330}


async def _disagree(school: School) -> None:
    emma, ana = school.teacher, school.student
    await ana.press("Algo no está bien", then="Propón cuántos minutos")
    assert "Ana Ruiz: llega diez minutos más tarde" in _last(ana)
    await emma.reads("Propose how many minutes are right.")
    assert "Ana Ruiz: comes ten minutes later" in _last(emma)
    await ana.press("Proponer minutos", then="¿Cuántos minutos deben facturarse?")
    await ana.say("60", then="Tu propuesta está en camino: 60 minutos.")
    await emma.reads("Ana Ruiz proposes 60 minutes.")
    await emma.press("Accept", then="Agreed, as Ana Ruiz proposed: 60 minutes, €20.00.")
    await ana.reads("Acordado, como propuso Ana Ruiz: 60 minutos, 20,00\u00a0€.")
    await ana.reads("↩️ 2,00\u00a0€ del recibo 1 van de vuelta a tu tarjeta.")
    await emma.say("/earnings", then="disagree: €17.00")
    balances = await school.balances()
    assert balances == {"receivable": 0, "cash": 2000, "payable": -1700, "commission": -300}
    assert [each["amount"] for each in school.stripe.all("refund")] == [200]
    await school.becomes(BookingStatus.COMPLETED)


def _last(who: Anybody) -> str:
    """What they read last, with plain spaces."""
    return re.sub("[\u00a0\u202f]", " ", who.texts[-1])


def _clock(school: School, who: Anybody, telegram: str) -> str:
    """What the lesson's start reads as: Discord renders it by itself."""
    is_discord = who.platform == "discord"
    return f"<t:{int(FIRST.timestamp())}:F>" if is_discord else telegram
