"""A teacher's hours, told in the chat of every platform."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.accounts.teachers import Review
from bot.app import App
from bot.i18n.catalog import texts_in
from bot.scheduling.hours_shown import exception_shown
from bot.scheduling.schedule import AvailabilityRule, Hours, Schedule
from bot.scheduling.waits import SlotWait
from bot.storage.work import Work
from tests.booking_stage import a_gig
from tests.discord_stage import DiscordStage, a_discord_app, a_discord_stage
from tests.discord_visitors import DiscordVisitor
from tests.message_builders import NOW
from tests.teaching_stage import register_as_teacher, tell_about_teaching
from tests.visitors import Anybody, Visitor, register, user_of

BOTH = frozenset({"telegram", "discord"})


@pytest.fixture
async def stage() -> AsyncIterator[DiscordStage]:
    async with a_discord_stage() as running:
        yield running


@pytest.fixture
async def app(stage: DiscordStage, sqlite_url: str) -> AsyncIterator[App]:
    async with a_discord_app(stage, sqlite_url, parts=BOTH) as running:
        yield running


@pytest.fixture(params=["telegram", "discord"])
async def ana(request: pytest.FixtureRequest, stage: DiscordStage, app: App) -> Anybody:
    """A teacher nobody has verified yet."""
    teacher: Anybody = Visitor(stage.telegram.person(user_id=1001, name="Ana", language="en"))
    if request.param == "discord":
        teacher = DiscordVisitor(stage.discord.person(1001, "Ana", locale="en-US"))
    await register_as_teacher(teacher)
    await tell_about_teaching(teacher)
    return teacher


async def schedule_of(app: App, ana: Anybody) -> Schedule:
    user = await user_of(app, ana)
    return await app.storage.read(lambda work: work.schedules.get(user.id))


async def open_hours(ana: Anybody, typed: str = "", then: str = "You have told no hours") -> Any:
    """The command for the first time: the zone is asked, and then it goes on."""
    await ana.say(f"/availability {typed}".strip(), then="Where are you?")
    await ana.say("nowhere at all", then="I do not know that place")
    await ana.say("Tokyo", then="Is it ")
    return await ana.press("(Asia/Tokyo)", then=then)


async def test_hours_typed_with_the_command_wait_for_the_zone(app: App, ana: Anybody) -> None:
    await open_hours(ana, "mon-fri 18:00-21:00, sat 9-12:30", then="Mon–Fri 18:00–21:00")
    schedule = await schedule_of(app, ana)
    assert schedule.zone == "Asia/Tokyo"
    assert len(schedule.rules) == 6
    await ana.say("/availability never wed", then="Thu–Fri 18:00–21:00")
    wrong = await ana.say("/availability only blursday 9-10", then="“blursday 9 - 10” is not a")
    assert "For example: mon-fri 18:00-21:00" in wrong.text
    assert len((await schedule_of(app, ana)).rules) == 5


async def test_hours_are_changed_by_buttons(app: App, ana: Anybody) -> None:
    await open_hours(ana)
    await ana.press("Add hours", then="On which days?")
    await ana.press("Tue", then="On which days?")
    await ana.press("Sun", then="On which days?")
    await ana.press("Done", then="From what time?")
    await ana.say("9:30", then="Until what time?")
    shown = await ana.say("12:30", then="Sun 9:30–12:30")
    assert "Students see your hours once you are verified." in shown.text
    await ana.press("Notice", then="How long before a lesson")
    await ana.press("2 days", then="from 2 days to 30 days ahead")
    await ana.press("Break", then="How much free time")
    await ana.press("15 minutes", then="around each: 15 minutes")
    await ana.press("Remove days", then="no longer for lessons")
    await ana.press("Sun", then="no longer for lessons")
    await ana.press("Done", then="Tue 9:30–12:30")
    schedule = await schedule_of(app, ana)
    assert schedule.rules == (AvailabilityRule(1, Hours(570, 750)),)
    assert (schedule.notice, schedule.buffer) == (timedelta(days=2), timedelta(minutes=15))


async def test_dates_are_taken_out_and_put_back(app: App, ana: Anybody) -> None:
    await open_hours(ana, "every day 9-12", then="Mon–Sun 9:00–12:00")
    await ana.press("Days off", then="When are you away?")
    await ana.say("32 dec", then="“32 dec” is not a date")
    await ana.say("24 dec - 2 jan", then="off 24 Dec")
    away = (await schedule_of(app, ana)).exceptions[0]
    assert (away.last - away.first).days == 9
    await ana.press("Special dates", then="Press a date")
    await ana.press(exception_shown(away, texts_in("en")), then="Mon–Sun 9:00–12:00")
    assert (await schedule_of(app, ana)).exceptions == ()
    await ana.press("Remove all", then="Remove all your weekly hours")
    await ana.press("Yes, remove all", then="You have told no hours yet.")
    assert not (await schedule_of(app, ana)).is_open


async def test_back_leads_out_of_a_question_and_never_to_another_one(
    app: App, ana: Anybody
) -> None:
    await ana.say("/agenda", then="Where are you?")
    await ana.say("Tokyo", then="Is it ")
    await ana.say("/back", then="Where are you?")
    await ana.say("/back", then="I will ask again when they are needed")
    await open_hours(ana, "every day 9-12", then="Mon–Sun 9:00–12:00")
    await ana.press("Break", then="How much free time")
    await ana.say("/back", then="Mon–Sun 9:00–12:00")
    await ana.press("Add hours", then="On which days?")
    await ana.press("Tue", then="On which days?")
    await ana.press("Done", then="From what time?")
    await ana.say("/back", then="On which days?")
    await ana.say("/back", then="Mon–Sun 9:00–12:00")
    await ana.say("/back", then="There is nothing to stop.")


async def test_who_waits_for_an_hour_hears_of_it_as_soon_as_it_is_told(
    stage: DiscordStage, app: App, ana: Anybody
) -> None:
    bob = Visitor(stage.telegram.person(user_id=1002, name="Bob", language="en"))
    await register(bob)
    await open_hours(ana)
    teacher, student = await user_of(app, ana), await user_of(app, bob)

    def wait(work: Work) -> None:
        profile = work.teachers.find_of_user(teacher.id)
        assert profile is not None
        work.teachers.save(replace(profile, is_verified=True, review=Review.APPROVED))
        gig = work.gigs.add(a_gig(teacher.id))
        work.slot_waits.add(
            SlotWait(
                user_id=student.id, teacher_id=teacher.id, gig_id=gig.id, minutes=60, since=NOW
            )
        )

    await app.storage.write(wait)
    await ana.say("/availability every day 9-12", then="Mon–Sun 9:00–12:00")
    await bob.reads("has a free hour for “Spanish”")


async def test_nothing_is_imported_where_people_have_no_page_to_open(ana: Anybody) -> None:
    shown = await open_hours(ana, "import calendly", then="cannot be imported here")
    assert "mon-fri 18:00-21:00" in shown.text


async def test_hours_are_for_teachers(stage: DiscordStage, app: App) -> None:
    bob = Visitor(stage.telegram.person(user_id=1002, name="Bob", language="en"))
    await register(bob)
    await bob.say("/availability mon 9-12", then="That command is for teachers.")
    user = await user_of(app, bob)
    assert await app.storage.read(lambda work: work.schedules.find(user.id)) is None
