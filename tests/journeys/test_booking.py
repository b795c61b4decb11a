"""Booking a lesson, moving it, being reminded of it and calling it off, on both platforms."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.app import App
from bot.scheduling.model import Booking, BookingAction, BookingStatus
from bot.scheduling.schedule import AvailabilityRule, Hours, Schedule
from bot.storage.work import Work
from tests.discord_stage import DiscordStage, a_discord_app, a_discord_stage
from tests.discord_visitors import DiscordVisitor
from tests.message_builders import HandClock
from tests.teaching_stage import become_verified, make_gig, publish
from tests.visitors import Anybody, Visitor, register, user_of

BOTH = frozenset({"telegram", "discord"})
ADMINS = "telegram:9001,discord:9001"
HOURS = tuple(AvailabilityRule(day, Hours(9 * 60, 11 * 60)) for day in range(7))


@pytest.fixture
async def stage() -> AsyncIterator[DiscordStage]:
    async with a_discord_stage() as running:
        yield running


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def app(stage: DiscordStage, sqlite_url: str, clock: HandClock) -> AsyncIterator[App]:
    async with a_discord_app(stage, sqlite_url, admins=ADMINS, parts=BOTH, clock=clock) as running:
        yield running


def somebody(stage: DiscordStage, platform: str, number: int, name: str) -> Anybody:
    if platform == "discord":
        return DiscordVisitor(stage.discord.person(number, name, locale="en-US"))
    return Visitor(stage.telegram.person(user_id=number, name=name, language="en"))


async def opened(app: App, teacher: Anybody, student: Anybody) -> None:
    """The teacher is open every day from 9 to 11 in Madrid; the student lives in New York."""
    ana, bob = await user_of(app, teacher), await user_of(app, student)

    def unit(work: Work) -> None:
        work.users.save(replace(work.users.get(ana.id), time_zone="Europe/Madrid"))
        work.users.save(replace(work.users.get(bob.id), time_zone="America/New_York"))
        work.schedules.add(Schedule(teacher_id=ana.id, zone="Europe/Madrid", rules=HOURS))

    await app.storage.write(unit)


async def lessons_of(app: App, visitor: Anybody) -> list[Booking]:
    user = await user_of(app, visitor)
    return list(await app.storage.read(lambda work: work.bookings.of_person(user.id)))


async def later(app: App, clock: HandClock, **by: float) -> None:
    """Move the clock; what is due then is done."""
    clock.move(**by)
    await app.worker.run_due()


@pytest.fixture(params=["telegram", "discord"])
async def pair(
    request: pytest.FixtureRequest, stage: DiscordStage, app: App
) -> tuple[Anybody, Anybody]:
    """A teacher with hours on one platform, a student on the other, who sees an offer."""
    teachers = str(request.param)
    students = "discord" if teachers == "telegram" else "telegram"
    ana = somebody(stage, teachers, 1001, "Ana")
    admin = somebody(stage, teachers, 9001, "Olga")
    bob = somebody(stage, students, 1002, "Bob")
    await become_verified(ana, admin)
    await make_gig(ana)
    await publish(ana)
    await register(bob)
    await opened(app, ana, bob)
    await bob.say("/teachers", then="Spanish for travellers")
    await bob.press("1. Spanish for travellers", then="Conversation with a native")
    return ana, bob


async def book(bob: Anybody) -> None:
    """Tuesday, 24 November 2026, 9:00 in Madrid: 3:00 in New York."""
    await bob.press("Free hours", then="On which day?")
    await bob.press("Tue, Nov 24 (5)", then="At what time?")
    await bob.press("3:00", then="Is this right?")
    assert any("free until 12 hours before" in text for text in bob.texts)
    assert any("€20.00" in text for text in bob.texts)
    await bob.press("Book", then="Your lesson with Ana is booked.")


async def test_the_catalogue_tells_who_is_free_first(pair: tuple[Anybody, Anybody]) -> None:
    _, bob = pair
    await bob.say("/teachers", then="Spanish for travellers")
    await bob.press("Free soonest first", then="per hour · free ")
    await bob.press("Newest first", then="Spanish for travellers")


async def test_a_student_books_and_both_are_told_in_their_own_clock(
    app: App, pair: tuple[Anybody, Anybody]
) -> None:
    ana, bob = pair
    await book(bob)
    told = await ana.reads("has booked a lesson with you.")
    assert told is not None
    clocks = {"telegram": {"ana": "9:00", "bob": "3:00"}}
    unix = "<t:1795507200:F>"
    for who, name in ((ana, "ana"), (bob, "bob")):
        expected = clocks["telegram"][name] if who.platform == "telegram" else unix
        assert any("booked" in text and expected in text for text in who.texts)
    (lesson,) = await lessons_of(app, bob)
    assert lesson.status is BookingStatus.CONFIRMED
    assert (lesson.wall_time, lesson.zone) == ("2026-11-24T09:00", "Europe/Madrid")
    await ana.say("/agenda", then="Your next lessons")
    await bob.say("/agenda", then="Your next lessons")


async def test_reminders_come_once_each_and_answers_reach_the_other_side(
    app: App, pair: tuple[Anybody, Anybody], clock: HandClock
) -> None:
    ana, bob = pair
    await book(bob)
    (lesson,) = await lessons_of(app, bob)
    await later(app, clock, seconds=(lesson.starts_at - clock.now()).total_seconds() - 86_400)
    await bob.reads("Tomorrow: your lesson with Ana")
    await ana.reads("Tomorrow: your lesson with Ana García")
    await bob.press("10 minutes late", then="I have passed on that you come ten minutes later.")
    await ana.reads("comes ten minutes later")
    await ana.press("Coming", then="Good, I have passed it on.")
    await bob.reads("Ana is coming")
    await later(app, clock, hours=23)
    await bob.reads("In an hour: your lesson")
    await later(app, clock, minutes=50)
    await bob.reads("In ten minutes: your lesson")
    await later(app, clock, minutes=5)
    reminders = [text for text in bob.texts if text.startswith("⏰")]
    assert len(reminders) == 2  # the first one has taken the answer's place


async def test_a_move_is_proposed_and_accepted(
    app: App, pair: tuple[Anybody, Anybody], clock: HandClock
) -> None:
    ana, bob = pair
    await book(bob)
    await ana.reads("has booked a lesson with you.")
    await ana.press("Move", then="On which day?")
    await ana.press("Wed, Nov 25 (5)", then="At what time?")
    await ana.press("10:00", then="Proposed:")
    await bob.reads("would like to move the lesson")
    await bob.press("Accept", then="has moved")
    await ana.reads("has moved")
    (lesson,) = await lessons_of(app, bob)
    assert lesson.wall_time == "2026-11-25T10:00"
    await later(app, clock, hours=43)  # an hour before the first plan: nothing is said
    assert not any(text.startswith("⏰ In") for text in bob.texts)


async def test_calling_off_is_free_early_and_costs_what_was_said_later(
    app: App, pair: tuple[Anybody, Anybody], clock: HandClock
) -> None:
    ana, bob = pair
    await book(bob)
    await bob.press("Call off", then="It costs nothing")
    await bob.press("No, keep it", then="At most €20.00")
    (lesson,) = await lessons_of(app, bob)
    clock.move(seconds=(lesson.starts_at - clock.now()).total_seconds() - 3_600)
    await bob.press("Call off", then="it costs €10.00")
    await bob.press("Yes, call it off", then="You have called off the lesson with Ana")
    await ana.reads("has called off the lesson.")
    (lesson,) = await lessons_of(app, bob)
    assert lesson.status is BookingStatus.CANCELLED
    events = await app.storage.read(lambda work: work.booking_history.of_booking(lesson.id))
    assert [event.action for event in events] == [
        BookingAction.HELD,
        BookingAction.CONFIRMED,
        BookingAction.CANCELLED,
    ]
    await bob.say("/history", then="called off")
    assert clock.now() + timedelta(hours=1) == lesson.starts_at


async def test_a_price_that_changed_after_the_slot_was_held_is_asked_about_again(
    app: App, pair: tuple[Anybody, Anybody], clock: HandClock
) -> None:
    ana, bob = pair
    await bob.press("Free hours", then="On which day?")
    await bob.press("Tue, Nov 24 (5)", then="At what time?")
    await bob.press("3:00", then="Is this right?")
    await later(app, clock, minutes=6)
    teacher = await user_of(app, ana)

    def dearer(work: Work) -> None:
        (gig,) = work.gigs.of_user(teacher.id)
        work.gigs.save(replace(gig, price_minor=3000))

    await app.storage.write(dearer)
    await bob.press("Book", then="€30.00")
    assert BookingStatus.CONFIRMED not in {each.status for each in await lessons_of(app, bob)}
    await bob.press("Book", then="Your lesson with Ana is booked.")
    (lesson,) = [each for each in await lessons_of(app, bob) if each.is_upcoming]
    assert lesson.rate_minor == 3000
