"""Meetings from booking to bill: real storage, the simulated Zoom, one clock moved by hand."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from bot.core.entity import new_id
from bot.core.errors import Cause, NotFound, ServiceFailure
from bot.core.timespan import Timespan
from bot.jobs.model import Job
from bot.meetings.adapters.zoom_wire import zoom_hook
from bot.meetings.attendance import Attendance
from bot.meetings.model import MeetingState, Provider, Source, What
from bot.simulators.faults import Fault
from bot.simulators.zoom import ZoomSimulator
from bot.storage.engine import SqlStorage
from bot.storage.work import Work
from bot.web.hooks import hook_handler
from tests.meetings_world import ANA, HOSTS, SECRET, START, TEACHER, HandClock, World


@pytest.fixture
async def world(storage: SqlStorage) -> AsyncIterator[World]:
    clock = HandClock()
    async with AsyncExitStack() as stack:
        zoom = await stack.enter_async_context(ZoomSimulator(*HOSTS, clock=clock.now))
        hook = zoom_hook(SECRET)
        app = web.Application()
        app.router.add_post(hook.path, hook_handler(hook, storage, clock))
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        zoom.deliver_to(f"http://127.0.0.1:{runner.addresses[0][1]}{hook.path}", SECRET)
        made = World(storage, zoom, clock)
        stack.push_async_callback(made.http.aclose)
        yield made


async def test_a_lesson_gets_one_meeting_and_everybody_a_link_of_their_own(world: World) -> None:
    lesson = await world.book()
    await world.put("meeting.create", lesson, version=2)

    assert len(world.zoom.meetings) == 1
    assert (await world.meeting(lesson)).state is MeetingState.READY
    links = {await world.link(lesson, person) for person in (TEACHER, ANA)}
    assert len(links) == 2
    assert world.lessons.told == ["ready"]
    assert await world.zoom.webhooks.validate()


async def test_after_an_answer_that_was_lost_the_meeting_is_found_and_not_made_again(
    world: World,
) -> None:
    world.zoom.faults.add(Fault("drop_after", "meetings.create"))
    lesson = await world.book()
    assert (await world.meeting(lesson)).state is MeetingState.PLANNED
    await world.later(seconds=10)

    assert len(world.zoom.meetings) == 1
    assert (await world.meeting(lesson)).state is MeetingState.READY


async def test_two_jobs_at_once_make_one_meeting(world: World) -> None:
    lesson = await world.book(is_on=False)
    lesson = replace(lesson, is_on=True)
    world.lessons.subjects[lesson.id] = lesson
    jobs = [
        Job(kind=kind, key=f"{lesson.id}:{n}", due_at=START, payload={"booking_id": lesson.id})
        for n, kind in enumerate(["meeting.create", "meeting.change", "meeting.create"], 2)
    ]
    units = await asyncio.gather(world.jobs.create(jobs[0]), world.jobs.change(jobs[1]))
    for unit in units:
        if unit is not None:
            await world.storage.write(unit)

    assert len(world.zoom.meetings) == 1
    assert world.lessons.told == ["ready"]
    await world.worker.run_due()
    assert len(world.zoom.meetings) == 1


async def test_lessons_at_the_same_time_have_different_hosts(world: World) -> None:
    first, second = await world.book(), await world.book(30)
    third = await world.book(15)
    later = await world.book(60)

    hosts = [(await world.meeting(each)).host for each in (first, second, later)]
    assert hosts == [HOSTS[0], HOSTS[1], HOSTS[0]]
    assert (await world.meeting(third)).state is MeetingState.LINK_ASKED


async def test_a_host_that_was_used_up_today_is_not_asked(world: World) -> None:
    assert world.provider is not None
    world.provider.changes_per_day = 2  # type: ignore[misc] # a constant of the class
    lessons = [await world.book(60 * n) for n in range(5)]

    hosts = [(await world.meeting(lesson)).host for lesson in lessons]
    assert hosts == [HOSTS[0], HOSTS[0], HOSTS[1], HOSTS[1], None]
    assert world.lessons.told == ["ready"] * 4 + ["link needed"]
    world.clock.at = datetime(2026, 11, 30, 0, 0, tzinfo=UTC)
    tomorrow = await world.book(60 * 9)
    assert (await world.meeting(tomorrow)).state is MeetingState.READY


async def test_while_zoom_is_away_it_is_tried_again_and_at_last_the_teacher_is_asked(
    world: World,
) -> None:
    world.zoom.faults.add(Fault("status", "meetings.*", times=None, status=503))
    lesson = await world.book()
    assert world.lessons.told == []
    for _ in range(12):
        await world.later(hours=4)

    assert world.lessons.told == ["link needed"]
    assert (await world.meeting(lesson)).provider is Provider.OWN
    assert world.clock.now() >= START - timedelta(hours=1)


@pytest.mark.parametrize("status", [400, 401, 403])
async def test_where_zoom_refuses_for_good_the_teacher_is_asked_at_once(
    world: World, status: int
) -> None:
    world.zoom.faults.add(Fault("status", "meetings.create", times=None, status=status))
    await world.book()

    assert world.lessons.told == ["link needed"]


async def test_a_moved_lesson_keeps_its_links(world: World) -> None:
    lesson = await world.book()
    before = await world.link(lesson, ANA)
    moved = await world.change(
        lesson, span=Timespan.of(START + timedelta(hours=3), timedelta(hours=1))
    )

    assert await world.link(moved, ANA) == before
    assert world.zoom.meetings[0].body["start_time"] == "2026-12-01T21:00:00Z"
    assert (await world.meeting(moved)).span == moved.span


async def test_a_lesson_moved_to_where_its_host_is_taken_gets_another_host(world: World) -> None:
    await world.book(180)
    lesson = await world.book()
    before = await world.link(lesson, ANA)
    moved = await world.change(
        lesson, span=Timespan.of(START + timedelta(hours=3), timedelta(hours=1))
    )
    await world.worker.run_due()

    assert (await world.meeting(moved)).host == HOSTS[1]
    assert await world.link(moved, ANA) != before
    assert len(world.zoom.meetings) == 2


async def test_a_meeting_that_somebody_deleted_at_zoom_is_made_anew(world: World) -> None:
    lesson = await world.book()
    world.zoom.account.meetings.clear()
    moved = await world.change(lesson, span=Timespan.of(START, timedelta(hours=1)))
    await world.worker.run_due()

    assert len(world.zoom.meetings) == 1
    assert (await world.meeting(moved)).state is MeetingState.READY


async def test_a_cancelled_lesson_loses_its_meeting_and_frees_its_host(world: World) -> None:
    lesson = await world.book()
    await world.change(lesson, is_on=False)

    assert world.zoom.meetings == []
    assert (await world.meeting(lesson)).state is MeetingState.REMOVED
    assert (await world.meeting(await world.book())).host == HOSTS[0]


async def test_a_lesson_cancelled_while_its_meeting_is_made_leaves_none(world: World) -> None:
    world.zoom.faults.add(Fault("drop_after", "meetings.create"))
    lesson = await world.book()
    await world.change(lesson, is_on=False)
    await world.later(minutes=5)

    assert world.zoom.meetings == []


async def test_a_lesson_is_followed_from_the_first_to_the_last_minute(world: World) -> None:
    lesson = await world.book()
    world.clock.at = START
    ben = await world.enter_as_host(lesson)
    world.clock.move(minutes=2)
    ana = await world.enter(lesson, ANA)
    world.clock.move(minutes=43)
    await world.leave(ana, ben)
    assert "ended" not in world.lessons.told
    await world.later(minutes=5)

    assert world.lessons.told == ["ready", "begun", "begun", "ended"]
    assert (world.minutes(TEACHER), world.minutes(ANA)) == ([(0, 45)], [(2, 45)])
    assert {each.source for each in world.lessons.ended[0].intervals} == {Source.ZOOM_WEBHOOK}
    await world.later(hours=3)
    assert world.lessons.told.count("ended") == 1
    assert not (await world.meeting(lesson)).differs


async def test_doubled_mixed_up_and_forged_deliveries_change_nothing(world: World) -> None:
    lesson = await world.book()
    for kind in ("duplicate", "reorder", "forge"):
        world.zoom.faults.add(Fault(kind, "webhook:*", times=None, probability=0.5))  # type: ignore[arg-type] # one of the kinds
    world.clock.at = START
    seats = [await world.enter(lesson, TEACHER), await world.enter(lesson, ANA)]
    world.clock.move(minutes=30)
    await world.leave(*seats)
    await world.later(minutes=20)

    assert (world.minutes(TEACHER), world.minutes(ANA)) == ([(0, 30)], [(0, 30)])


async def test_who_leaves_and_returns_is_waited_for(world: World) -> None:
    lesson = await world.book()
    world.clock.at = START
    await world.leave(await world.enter(lesson, TEACHER), await world.enter(lesson, ANA))
    await world.later(minutes=10)
    seats = [await world.enter_as_host(lesson), await world.enter(lesson, ANA)]
    await world.later(minutes=20)
    assert "ended" not in world.lessons.told
    await world.leave(*seats)
    await world.later(minutes=30)

    assert world.minutes(TEACHER) == [(10, 30)]
    assert world.lessons.told.count("ended") == 1


async def test_a_leave_that_zoom_never_told_is_taken_from_its_report(world: World) -> None:
    lesson = await world.book()
    world.clock.at = START
    seats = [await world.enter(lesson, TEACHER), await world.enter(lesson, ANA)]
    world.clock.move(minutes=40)
    world.zoom.faults.add(Fault("drop_before", "webhook:meeting.*", times=None))
    await world.leave(*seats)
    await world.later(minutes=15)
    await world.later(minutes=5)

    assert (world.minutes(TEACHER), world.minutes(ANA)) == ([(0, 40)], [(0, 40)])
    assert {each.source for each in world.lessons.ended[0].intervals} == {Source.ZOOM_REPORT}


async def test_a_difference_between_webhooks_and_report_is_marked(world: World) -> None:
    lesson = await world.book()
    world.clock.at = START
    ben, ana = await world.enter(lesson, TEACHER), await world.enter(lesson, ANA)
    world.clock.move(minutes=10)
    await world.leave(ana)
    world.zoom.faults.add(Fault("drop_before", "webhook:meeting.participant_*", times=2))
    second = await world.enter(lesson, ANA)
    world.clock.move(minutes=10)
    await world.leave(second)
    await world.leave(ben)
    await world.later(minutes=20)
    assert world.minutes(ANA) == [(0, 10)]
    await world.later(minutes=90)

    assert (await world.meeting(lesson)).differs
    seen = await world.storage.read(lambda work: world.service.seen(work, lesson.id))
    assert seen == world.lessons.ended[0]


async def test_without_webhooks_zoom_is_asked_until_it_is_over(world: World) -> None:
    world.zoom.webhooks.url = None
    world.assemble(has_deliveries=False)
    lesson = await world.book()
    world.clock.at = START
    await world.worker.run_due()
    seats = [await world.enter(lesson, TEACHER), await world.enter(lesson, ANA)]
    for _ in range(8):
        await world.later(minutes=5)
    assert "ended" not in world.lessons.told
    await world.leave(*seats)
    for _ in range(4):
        await world.later(minutes=5)

    assert (world.minutes(TEACHER), world.minutes(ANA)) == ([(0, 40)], [(0, 40)])
    assert world.zoom.requests.count("past.instances") <= 14


async def test_when_nobody_came_that_is_told_once(world: World) -> None:
    await world.book()
    world.clock.at = START
    await world.worker.run_due()
    await world.later(minutes=49)
    assert "ended" not in world.lessons.told
    await world.later(minutes=2)

    assert world.lessons.told == ["ready", "ended"]
    assert world.lessons.ended == [Attendance()]


async def test_a_zoom_that_does_not_answer_holds_no_end_up_for_ever(world: World) -> None:
    lesson = await world.book()
    world.clock.at = START
    await world.enter(lesson, TEACHER)
    await world.enter(lesson, ANA)
    world.zoom.faults.add(
        Fault("status", "past.*", times=None), Fault("status", "meetings.get", times=None)
    )
    for _ in range(30):
        await world.later(minutes=5)

    assert world.minutes(ANA) == [(0, 45)]
    assert world.lessons.ended[0].incomplete == {TEACHER, ANA}


async def test_without_zoom_the_teachers_link_and_both_sides_taps_do(world: World) -> None:
    world.provider = None
    world.assemble(has_deliveries=False)
    lesson = await world.book()
    assert world.lessons.told == ["link needed"]
    with pytest.raises(NotFound):
        await world.tap(lesson, ANA, What.JOINED)
    await world.storage.write(
        lambda work: world.service.set_link(work, lesson.id, "https://meet.example/ben")
    )
    assert await world.link(lesson, ANA) == "https://meet.example/ben"

    world.clock.at = START
    await world.tap(lesson, TEACHER, What.JOINED)
    world.clock.move(minutes=1)
    for _ in range(2):
        await world.tap(lesson, ANA, What.JOINED)
        world.clock.move(minutes=1)
    world.clock.at = START + timedelta(minutes=44)
    await world.tap(lesson, TEACHER, What.LEFT)
    await world.tap(lesson, ANA, What.LEFT)
    await world.later(minutes=6)

    assert (world.minutes(TEACHER), world.minutes(ANA)) == ([(0, 44)], [(1, 44)])
    assert {each.source for each in world.lessons.ended[0].intervals} == {Source.TAP}


async def test_where_nobody_tapped_finished_the_booked_end_counts(world: World) -> None:
    world.provider = None
    world.assemble(has_deliveries=False)
    lesson = await world.book()
    await world.storage.write(
        lambda work: world.service.set_link(work, lesson.id, "https://meet.example/ben")
    )
    world.clock.at = START
    await world.tap(lesson, TEACHER, What.JOINED)
    await world.tap(lesson, ANA, What.JOINED)
    for _ in range(16):
        await world.later(minutes=5)

    assert world.minutes(ANA) == [(0, 45)]
    assert world.lessons.ended[0].of(ANA)[0].is_guessed


async def test_another_process_at_the_same_meeting_is_waited_for(world: World) -> None:
    lesson = await world.book()
    job = Job(kind="", key="", due_at=START, payload={"booking_id": lesson.id})
    name = f"meeting:{lesson.id}"
    now = datetime.now(UTC)

    def theirs(work: Work) -> None:
        other = type(work.claims)(work.meetings._connection, new_id())
        other.beat(now + timedelta(minutes=1))
        other.take(name, now)

    await world.storage.write(theirs)
    with pytest.raises(ServiceFailure) as caught:
        await world.jobs.create(job)
    assert caught.value.cause is Cause.BUSY


async def test_a_look_into_the_room_the_day_before_ends_nothing(world: World) -> None:
    lesson = await world.book()
    await world.later(days=1)
    early = await world.enter_as_host(lesson)
    await world.later(minutes=2)
    await world.leave(early)
    await world.later(hours=1)
    assert (await world.meeting(lesson)).state is MeetingState.READY

    world.clock.at = START
    teacher, student = await world.enter_as_host(lesson), await world.enter(lesson, ANA)
    await world.later(minutes=45)
    await world.leave(teacher, student)
    await world.later(minutes=10)

    assert world.minutes(ANA) == [(0, 45)]
