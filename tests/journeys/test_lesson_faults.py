"""Lessons while Zoom, Stripe, the clock and people's thumbs do what they like."""

import asyncio
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.billing.model import InvoiceState
from bot.scheduling.model import BookingStatus
from bot.simulators.faults import Fault
from tests.discord_stage import DiscordStage, a_discord_stage
from tests.lesson_stage import FIRST, School, a_school


@pytest.fixture
async def stage() -> AsyncIterator[DiscordStage]:
    async with a_discord_stage() as running:
        yield running


@pytest.fixture
async def school(stage: DiscordStage, sqlite_url: str) -> AsyncIterator[School]:
    async with a_school(stage, sqlite_url, teaches_on="discord") as running:
        yield running


async def _is_billed_once(school: School, cents: int = 1500) -> None:
    """One meeting, one receipt, one charge, exact books."""
    await school.becomes(BookingStatus.COMPLETED)
    invoice = await school.invoice()
    assert (invoice.state, invoice.total.minor) == (InvoiceState.PAID, cents)
    assert school.charged == [cents]
    assert len(school.zoom.meetings) == 1
    assert sum("🧾 Receipt 1" in text for text in school.student.texts) == 1
    balances = await school.balances()
    assert (balances["receivable"], balances["cash"]) == (0, cents)


async def _one_lesson(school: School, minutes: int = 45) -> None:
    await school.give_card()
    await school.book()
    await school.later(minutes=30)
    await school.meet(minutes)
    await school.later(minutes=30)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault("drop_before", times=3, skip=2), marks=pytest.mark.soak),
        Fault("drop_after", times=3, skip=2),
        pytest.param(Fault("status", times=4, skip=1, status=503), marks=pytest.mark.soak),
        Fault("rate_limit", times=4, skip=1, retry_after=60),
    ],
    ids=["never arrives", "answer is lost", "broken inside", "too many requests"],
)
async def test_zoom_is_asked_again_and_makes_one_meeting(school: School, fault: Fault) -> None:
    school.zoom.faults.add(fault)
    await _one_lesson(school)
    assert school.zoom.faults.fired[fault.kind] == fault.times
    await _is_billed_once(school)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault("drop_before", "payment_intents.*", times=2), marks=pytest.mark.soak),
        Fault("drop_after", "payment_intents.*", times=2),
        pytest.param(Fault("rate_limit", "payment_intents.*", times=2), marks=pytest.mark.soak),
    ],
    ids=["never arrives", "answer is lost", "too many requests"],
)
async def test_stripe_is_asked_again_and_charges_once(school: School, fault: Fault) -> None:
    await school.give_card()
    school.stripe.faults.add(fault)
    await school.book()
    await school.meet(45)
    for _ in range(6):
        await school.later(minutes=10)
    assert school.stripe.faults.fired[fault.kind] == fault.times
    await _is_billed_once(school)


async def test_webhooks_twice_forged_and_out_of_order_bill_the_same(school: School) -> None:
    for simulator in (school.zoom, school.stripe):
        simulator.faults.add(
            Fault("duplicate", "webhook:*", times=None),
            Fault("reorder", "webhook:*", times=6, probability=0.5),
            Fault("forge", "webhook:*", times=4),
        )
    await _one_lesson(school)
    refused = [status for _, status in school.zoom.webhooks.answers if status in {401, 403}]
    assert len(refused) == school.zoom.faults.fired["forge"] > 0
    forged = [each for each in school.stripe.deliveries if each.is_forged]
    assert forged
    assert not any(each.status == 200 for each in forged)
    await _is_billed_once(school)


async def test_what_zoom_never_told_is_read_from_its_report(school: School) -> None:
    school.zoom.faults.add(Fault("drop_before", "webhook:*", times=None))
    await _one_lesson(school)
    await school.later(hours=4)
    await _is_billed_once(school)


async def test_somebody_who_falls_out_and_comes_back_pays_for_what_they_met(
    school: School,
) -> None:
    """20 minutes, 10 minutes alone, 20 minutes, and 15 minutes beyond the booked end."""
    await school.give_card()
    await school.book()
    await school.until(FIRST - timedelta(minutes=5))
    links = [await school.link_of(who) for who in (school.student, school.teacher)]
    guest, host = school.zoom.enter(links[0]), school.zoom.enter(links[1])
    await school.settle()
    await school.until(FIRST + timedelta(minutes=20))
    school.zoom.leave(guest)
    await school.until(FIRST + timedelta(minutes=30))
    guest = school.zoom.enter(links[0])
    await school.settle()
    await school.until(FIRST + timedelta(minutes=75))
    school.zoom.leave(guest)
    school.zoom.leave(host)
    await school.settle()
    await school.later(minutes=20)
    await _is_billed_once(school, 1667)


async def test_a_clock_that_jumps_reminds_nobody_twice(school: School) -> None:
    await school.give_card()
    await school.book()
    for hours in (-1, 1, -1, 1):
        school.clock.at = FIRST - timedelta(days=1) + timedelta(hours=hours)
        await school.settle()
    await school.until(FIRST - timedelta(minutes=30))
    for who in (school.student, school.teacher):
        assert sum("⏰ Tomorrow" in text for text in who.texts) == 1
        assert sum("⏰ In an hour" in text for text in who.texts) == 1


async def test_a_lesson_after_the_clocks_change_is_when_the_teachers_clock_says(
    stage: DiscordStage, sqlite_url: str
) -> None:
    """London's clocks go forward on 28 March 2027; Mexico's do not."""
    at = datetime(2027, 3, 22, 12, 0, tzinfo=UTC)
    async with a_school(stage, sqlite_url, teaches_on="discord", at=at) as school:
        await school.give_card()
        await school.book(day="Sun, Mar 28", at="12:00")
        lesson = await school.lesson()
        assert lesson.wall_time == "2027-03-28T19:00"
        assert lesson.starts_at == datetime(2027, 3, 28, 18, 0, tzinfo=UTC)
        await school.until(lesson.starts_at - timedelta(hours=1))
        assert "⏰ In an hour" in school.student.texts[-1]
        assert "Sun, Mar 28, 12:00" in school.student.texts[-1]


async def test_two_thumbs_on_one_button_book_one_lesson(school: School) -> None:
    await school.give_card()
    await school.choose()
    message, data = school.student.button("Book")
    presses = [school.student.person.press(message.message_id, data=data) for _ in range(3)]  # type: ignore[union-attr] # it is there by then
    await asyncio.gather(*presses)
    await school.student.reads("✅ Your lesson with Emma Stone is booked.")
    await school.settle()
    assert len(await school.lessons()) == 1
    assert sum("has booked a lesson" in text for text in school.teacher.texts) == 1


async def test_calling_off_while_the_other_moves_it_leaves_one_truth(school: School) -> None:
    ana, emma = school.student, school.teacher
    await school.give_card()
    await school.book()
    await emma.press("Move", then="On which day?")
    await emma.press("Thu, Nov 26 (9)", then="At what time?")
    await emma.press("19:00", then="Proposed:")
    await ana.reads("would like to move the lesson")
    await ana.press("Call off", then="It costs nothing")
    await ana.press("Yes, call it off", then="You have called off")
    _, data = ana.button("Accept")
    assert "no longer current" in str(await ana.forge(data))
    await school.becomes(BookingStatus.CANCELLED)


async def test_a_calendar_inside_our_own_walls_is_never_asked(school: School) -> None:
    emma = school.teacher
    with socket.create_server(("127.0.0.1", 0)) as canary:
        canary.setblocking(False)
        port = canary.getsockname()[1]
        for number, host in enumerate((f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}")):
            await emma.say("/availability", then="Your hours for lessons")
            await emma.press("My calendar", then="secret iCal address")
            await emma.say(f"https://{host}/busy{number}.ics", then="not on the public internet")
            await school.later(hours=2)
        with pytest.raises(BlockingIOError):
            canary.accept()
