"""What else may become of a lesson: called off late, missed, met elsewhere, booked too late."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.accounts.model import User, UserStatus
from bot.billing.model import InvoiceState
from bot.scheduling.model import BookingStatus
from bot.simulators.faults import Fault
from bot.simulators.stripe import GOOD
from bot.storage.work import Work
from tests.booking_stage import SERVICE
from tests.discord_stage import DiscordStage, a_discord_stage
from tests.lesson_stage import FIRST, School, a_school, link_under
from tests.message_builders import NOW
from tests.visitors import Anybody


@pytest.fixture
async def stage() -> AsyncIterator[DiscordStage]:
    async with a_discord_stage() as running:
        yield running


@pytest.fixture
async def school(stage: DiscordStage, sqlite_url: str) -> AsyncIterator[School]:
    async with a_school(stage, sqlite_url, teaches_on="discord") as running:
        yield running


async def _sits_there(school: School, who: Anybody, minutes: int) -> None:
    """One of the two is in the room from the start, alone, and the lesson is over."""
    await school.until(FIRST)
    seat = school.zoom.enter(await school.link_of(who))
    await school.settle()
    await school.until(FIRST + timedelta(minutes=minutes))
    school.zoom.leave(seat)
    await school.settle()
    await school.until(FIRST + timedelta(hours=3))


async def test_a_late_cancellation_costs_the_share_that_was_shown(school: School) -> None:
    emma, ana = school.teacher, school.student
    await school.give_card()
    await school.book()
    await school.until(FIRST - timedelta(hours=3))
    await ana.press("Call off", then="it costs €10.00")
    await ana.press("Yes, call it off", then="❌ You have called off the lesson with Emma Stone.")
    assert "At most" not in ana.texts[-1]
    await emma.reads("❌ Ana Ruiz has called off the lesson.")
    await ana.reads("50 % of the booked price: €10.00")
    await emma.reads("is paid: €8.50 for you.")
    assert (await school.invoice()).state is InvoiceState.PAID
    assert school.zoom.meetings == []


async def test_a_teacher_who_calls_off_costs_the_student_nothing(school: School) -> None:
    await school.give_card()
    await school.book()
    await school.until(FIRST - timedelta(hours=1))
    await school.teacher.press("Call off", then="It costs nothing")
    await school.teacher.press("Yes, call it off", then="You have called off")
    await school.student.reads("❌ Emma Stone has called off the lesson.")
    await school.settle()
    assert school.stripe.all("payment_intent") == []
    await school.student.press("Book a lesson", then="What would you like to book?")


async def test_a_student_who_does_not_come_pays_what_was_shown(school: School) -> None:
    emma, ana = school.teacher, school.student
    await school.give_card()
    await school.book()
    await _sits_there(school, emma, 60)
    await school.becomes(BookingStatus.NO_SHOW_STUDENT)
    await ana.reads("Emma Stone is waiting for you in the meeting.")
    await ana.reads("You did not come to the lesson with Emma Stone")
    assert "It costs €20.00" in ana.texts[-2]
    await emma.reads("Ana Ruiz did not come to your lesson")
    await ana.reads("100 % of the booked price: €20.00")
    assert await school.balances() == {
        "receivable": 0,
        "cash": 2000,
        "payable": -1700,
        "commission": -300,
    }


async def test_nothing_is_charged_where_the_teacher_does_not_come(school: School) -> None:
    emma, ana = school.teacher, school.student
    await school.give_card()
    await school.book()
    await _sits_there(school, ana, 30)
    await school.becomes(BookingStatus.NO_SHOW_TEACHER)
    await emma.reads("You did not come to the lesson with Ana Ruiz")
    await ana.reads("Emma Stone did not come to your lesson")
    assert ana.texts[-1].endswith("Nothing is charged.")
    await ana.press("Book a lesson", then="What would you like to book?")
    assert await school.balances() == {}
    assert school.stripe.all("payment_intent") == []


async def test_a_lesson_that_has_begun_cannot_be_called_off(school: School) -> None:
    await school.give_card()
    await school.book()
    await school.until(FIRST + timedelta(minutes=1))
    await school.student.press("Cannot", then="has begun, so it cannot be called off")
    await school.until(FIRST + timedelta(hours=4))
    await school.student.reads("Nothing shows that your lesson with Emma Stone")
    await school.becomes(BookingStatus.CANCELLED)
    assert await school.balances() == {}


async def _other_student(school: School) -> User:
    def unit(work: Work) -> User:
        other = User(id="other", created_at=NOW, name="Other", status=UserStatus.ACTIVE)
        return work.users.add(other)

    return await school.app.storage.write(unit)


async def _hold_until_a_card(school: School) -> None:
    await school.choose()
    await school.student.press("Book", then="This lesson needs a card.")
    await school.student.press("Save a card", then="💳 Save a card")


async def _save_card_on_another_page(school: School) -> None:
    """The first one was closed when the hold ended."""
    assert await school.type_card(link_under(school.student), GOOD) == 410
    await school.student.say("/card", then="Save a card")
    await school.save_card(GOOD)


async def test_a_card_saved_too_late_takes_the_hour_again(school: School) -> None:
    await _hold_until_a_card(school)
    await school.later(minutes=30, seconds=30)
    await school.becomes(BookingStatus.CANCELLED)
    await _save_card_on_another_page(school)
    await school.student.reads("✅ Your lesson with Emma Stone is booked.")
    await school.teacher.reads("✅ Ana Ruiz has booked a lesson with you.")
    await school.becomes(BookingStatus.CONFIRMED)


async def test_a_card_saved_after_the_hour_was_lost_offers_the_nearest(school: School) -> None:
    await _hold_until_a_card(school)
    await school.later(minutes=30, seconds=30)
    other, lost = await _other_student(school), await school.lesson()

    def unit(work: Work) -> None:
        now = school.clock.now()
        taken = SERVICE.hold(work, other, lost.gig_id, lost.starts_at, 60, now)
        SERVICE.confirm(work, taken, other.id, now)

    await school.app.storage.write(unit)
    await _save_card_on_another_page(school)
    await school.student.reads("The hour you wanted with Emma Stone was taken meanwhile.")
    await school.student.press("Tue, Nov 24, 13:00", then="Is this right?")
    await school.student.press("Book", then="is booked.")
    assert (await school.lesson()).starts_at == FIRST + timedelta(hours=1)


async def test_without_zoom_both_meet_at_the_teachers_link_and_tap(
    stage: DiscordStage, sqlite_url: str
) -> None:
    async with a_school(stage, sqlite_url, has_zoom=False, teaches_on="discord") as school:
        await school.give_card()
        await school.book()
        await _meet_elsewhere(school)
        await school.student.reads("(by your own taps)")
        assert (await school.invoice()).total.minor == 1500


async def test_the_teachers_word_alone_charges_nobody(stage: DiscordStage, sqlite_url: str) -> None:
    async with a_school(stage, sqlite_url, has_zoom=False, teaches_on="discord") as school:
        await school.give_card()
        await school.book()
        emma = school.teacher
        await emma.press("Send a link", then="What link shall you meet at?")
        await emma.say("https://meet.example/emma", then="Ana Ruiz has your link")
        await school.until(FIRST)
        await emma.press("We started", then="Noted: you started.")
        await school.until(FIRST + timedelta(minutes=45))
        await emma.press("We finished", then="Noted: you finished.")
        await school.until(FIRST + timedelta(hours=3))
        await school.becomes(BookingStatus.CANCELLED)
        for who in (emma, school.student):
            await who.reads("Nothing shows that your lesson")
        assert school.charged == []


async def test_a_zoom_that_stays_down_gives_way_to_the_teachers_link(school: School) -> None:
    school.zoom.faults.add(Fault("status", times=None))
    await school.give_card()
    await school.book()
    await school.until(FIRST - timedelta(hours=2))
    await _meet_elsewhere(school)
    assert (await school.invoice()).total.minor == 1500


async def _meet_elsewhere(school: School) -> None:
    """45 minutes behind a link of the teacher's own."""
    emma, ana = school.teacher, school.student
    await emma.reads("Send me a link of your own")
    await emma.press("Send a link", then="What link shall you meet at?")
    await emma.say("https://meet.example/emma", then="Ana Ruiz has your link")
    await ana.reads("Emma Stone meets you at this link")
    assert link_under(ana, "Open the meeting") == "https://meet.example/emma"
    await school.until(FIRST)
    for who in (ana, emma):
        await who.press("We started", then="Noted: you started.")
    await school.until(FIRST + timedelta(minutes=45))
    for who in (ana, emma):
        await who.press("We finished", then="Noted: you finished.")
    await school.until(FIRST + timedelta(minutes=65))
    await school.becomes(BookingStatus.COMPLETED)


async def test_without_a_public_address_zoom_and_stripe_are_asked(
    stage: DiscordStage, sqlite_url: str
) -> None:
    async with a_school(stage, sqlite_url, has_web=False, teaches_on="discord") as school:
        await _hold_until_a_card(school)
        await school.save_card(GOOD)
        await school.later(minutes=5)
        await school.student.reads("✅ Your lesson with Emma Stone is booked.")
        school.clock.at = FIRST - timedelta(minutes=1)
        await school.settle()
        await school.meet(40)
        await school.until(school.clock.at + timedelta(minutes=30))
        await school.becomes(BookingStatus.COMPLETED)
        invoice = await school.invoice()
        assert (invoice.state, invoice.total.minor) == (InvoiceState.PAID, 1333)
