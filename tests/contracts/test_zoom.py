"""Zoom's adapter against the simulated Zoom, which is checked against Zoom's own descriptions."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from bot.core.entity import new_id
from bot.core.errors import Cause, ServiceFailure
from bot.core.timespan import Timespan
from bot.meetings.adapters.zoom import ZoomMeetings, ZoomToken
from bot.meetings.ports import Guest, Subject
from bot.simulators.faults import Fault
from bot.simulators.zoom import Refused, Specification, ZoomSimulator, find_spec

HOST, OTHER_HOST = "host@example.com", "other@example.com"
ANA = Guest("0199f0a0-0000-7000-8000-00000000000a", "Ana")
BEN = Guest("0199f0a0-0000-7000-8000-00000000000b", "Ben")
START = datetime(2026, 12, 1, 18, 0, tzinfo=UTC)


class HandClock:
    """A clock that is moved by hand."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        self.at += timedelta(**by)


def a_subject(**changes: object) -> Subject:
    values: dict[str, object] = {
        "id": new_id(),
        "title": "Spanish lesson",
        "span": Timespan.of(START, timedelta(minutes=45)),
        "host_user_id": "teacher",
        "guests": (ANA,),
        "is_on": True,
    }
    return Subject(**{**values, **changes})  # type: ignore[arg-type] # one dict, many types


def spec() -> Specification | None:
    folder = find_spec()
    return Specification(folder) if folder else None


@asynccontextmanager
async def a_zoom(clock: HandClock, **more: object) -> AsyncIterator[ZoomSimulator]:
    async with ZoomSimulator(
        HOST,
        OTHER_HOST,
        clock=clock.now,
        spec=spec(),
        **more,  # type: ignore[arg-type] # one dict, many types
    ) as running:
        yield running
        assert running.violations == []


@asynccontextmanager
async def an_adapter(
    zoom: ZoomSimulator, clock: HandClock, **changes: object
) -> AsyncIterator[ZoomMeetings]:
    async with httpx.AsyncClient() as http:
        login: dict[str, object] = {
            "url": zoom.oauth_url,
            "account_id": zoom.account_id,
            "client_id": zoom.client_id,
            "client_secret": zoom.client_secret,
            "clock": clock,
            **changes,
        }
        token = ZoomToken(http, **login)  # type: ignore[arg-type] # one dict, many types
        yield ZoomMeetings(http, token, clock, url=zoom.api_url, hosts=(HOST, OTHER_HOST))


@pytest.fixture
def clock() -> HandClock:
    return HandClock(START - timedelta(days=2))


@pytest.fixture
async def zoom(clock: HandClock) -> AsyncIterator[ZoomSimulator]:
    async with a_zoom(clock) as running:
        yield running


@pytest.fixture
async def meetings(zoom: ZoomSimulator, clock: HandClock) -> AsyncIterator[ZoomMeetings]:
    async with an_adapter(zoom, clock) as adapter:
        yield adapter


async def test_a_meeting_is_found_by_whose_it_is(
    zoom: ZoomSimulator, meetings: ZoomMeetings
) -> None:
    subject = a_subject()
    assert await meetings.find(subject.id, HOST, subject.span) is None
    made = await meetings.create(subject, HOST)

    assert await meetings.find(subject.id, HOST, subject.span) == made
    assert await meetings.find(new_id(), HOST, subject.span) is None
    assert await meetings.find(subject.id, OTHER_HOST, subject.span) is None
    [meeting] = zoom.meetings
    assert (meeting.body["start_time"], meeting.body["duration"]) == ("2026-12-01T18:00:00Z", 45)


async def test_a_meeting_is_found_on_any_page(clock: HandClock) -> None:
    async with a_zoom(clock, page_size=2) as zoom, an_adapter(zoom, clock) as meetings:
        subjects = [a_subject() for _ in range(5)]
        made = [await meetings.create(subject, HOST) for subject in subjects]

        found = [await meetings.find(each.id, HOST, each.span) for each in subjects]
        assert found == made


async def test_a_guest_gets_a_link_of_their_own_and_the_same_again(meetings: ZoomMeetings) -> None:
    made = await meetings.create(a_subject(), HOST)

    first, second = (
        await meetings.register(made.provider_id, ANA),
        await meetings.register(made.provider_id, BEN),
    )
    assert first.join_url != second.join_url
    assert await meetings.register(made.provider_id, ANA) == first


async def test_a_change_is_seen_at_zoom(zoom: ZoomSimulator, meetings: ZoomMeetings) -> None:
    subject = a_subject()
    made = await meetings.create(subject, HOST)
    moved = a_subject(id=subject.id, span=Timespan.of(START, timedelta(minutes=60)))

    assert await meetings.change(made.provider_id, moved)
    assert zoom.meetings[0].body["duration"] == 60
    assert not await meetings.change("123", moved)


async def test_what_is_gone_is_removed_without_complaint(
    zoom: ZoomSimulator, meetings: ZoomMeetings
) -> None:
    made = await meetings.create(a_subject(), HOST)

    await meetings.remove(made.provider_id)
    await meetings.remove(made.provider_id)
    assert zoom.meetings == []


async def test_while_people_are_in_it_a_meeting_is_not_removed(
    zoom: ZoomSimulator, meetings: ZoomMeetings
) -> None:
    made = await meetings.create(a_subject(), HOST)
    seat = zoom.enter((await meetings.register(made.provider_id, ANA)).join_url)

    assert await meetings.is_running(made.provider_id)
    with pytest.raises(ServiceFailure) as caught:
        await meetings.remove(made.provider_id)
    assert caught.value.cause is Cause.BUSY
    zoom.leave(seat)
    assert not await meetings.is_running(made.provider_id)


@pytest.mark.parametrize("page_size", [1, 300])
async def test_who_was_there_is_told_over_all_instances(clock: HandClock, page_size: int) -> None:
    async with a_zoom(clock, page_size=page_size) as zoom, an_adapter(zoom, clock) as meetings:
        made = await meetings.create(a_subject(guests=(ANA, BEN)), HOST)
        ana = await meetings.register(made.provider_id, ANA)
        for minutes in range(1, 9):  # uuids with slashes are among them
            host = zoom.enter(await meetings.start_url(made.provider_id))
            guest = zoom.enter(ana.join_url)
            clock.move(minutes=minutes)
            zoom.leave(guest)
            zoom.leave(host)

        rows = await meetings.participants(made.provider_id, made.host_id)

    by_host = [row for row in rows if row.is_host]
    by_ana = [row for row in rows if row.registrant_id == ana.registrant_id]
    lengths = [timedelta(minutes=minutes) for minutes in range(1, 9)]
    assert [row.left_at - row.joined_at for row in by_host] == lengths
    assert [row.left_at - row.joined_at for row in by_ana] == lengths
    assert len(rows) == 16
    assert len({row.instance for row in rows}) == 8


async def test_who_was_there_alone_is_told_by_the_accounts_report(
    zoom: ZoomSimulator, clock: HandClock, meetings: ZoomMeetings
) -> None:
    made = await meetings.create(a_subject(), HOST)
    ana = await meetings.register(made.provider_id, ANA)
    seat = zoom.enter(ana.join_url)
    clock.move(minutes=7)
    assert await meetings.participants(made.provider_id, made.host_id) == []
    zoom.leave(seat)

    [row] = await meetings.participants(made.provider_id, made.host_id)
    assert row.registrant_id == ana.registrant_id
    assert row.left_at - row.joined_at == timedelta(minutes=7)


async def test_of_a_meeting_nobody_opened_nobody_is_told(meetings: ZoomMeetings) -> None:
    made = await meetings.create(a_subject(), HOST)

    assert await meetings.participants(made.provider_id, made.host_id) == []
    assert await meetings.participants("123", made.host_id) == []


async def test_a_start_link_ends_after_two_hours(
    zoom: ZoomSimulator, clock: HandClock, meetings: ZoomMeetings
) -> None:
    made = await meetings.create(a_subject(), HOST)
    url = await meetings.start_url(made.provider_id)
    clock.move(hours=2)

    with pytest.raises(Refused):
        zoom.enter(url)


@pytest.mark.parametrize("status", [429, 300])
async def test_the_days_limit_says_when_to_come_again(clock: HandClock, status: int) -> None:
    async with a_zoom(clock, limit_status=status) as zoom, an_adapter(zoom, clock) as meetings:
        zoom.account.changes_per_day = 1
        clock.at = datetime(2026, 11, 29, 22, 0, tzinfo=UTC)
        await meetings.create(a_subject(), HOST)
        with pytest.raises(ServiceFailure) as caught:
            await meetings.create(a_subject(), HOST)

        assert (caught.value.cause, caught.value.retry_after) == (Cause.BUSY, 7200)
        clock.move(hours=2)
        await meetings.create(a_subject(), HOST)


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        (Fault("rate_limit", "meetings.create", retry_after=5), Cause.BUSY),
        (Fault("status", "meetings.create", status=503), Cause.BUSY),
        (Fault("status", "meetings.create", status=403), Cause.MISCONFIGURED),
        (Fault("status", "meetings.create", status=400), Cause.REJECTED),
        (Fault("drop_before", "meetings.create"), Cause.UNREACHABLE),
        (Fault("drop_after", "meetings.create"), Cause.UNREACHABLE),
        (Fault("status", "oauth", status=500), Cause.BUSY),
        (Fault("drop_before", "oauth"), Cause.UNREACHABLE),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else str(value),
)
async def test_trouble_is_told_in_our_words(
    zoom: ZoomSimulator, meetings: ZoomMeetings, fault: Fault, cause: Cause
) -> None:
    zoom.faults.add(fault)
    with pytest.raises(ServiceFailure) as caught:
        await meetings.create(a_subject(), HOST)

    assert caught.value.cause is cause
    assert zoom.client_secret not in str(caught.value)


async def test_wrong_credentials_and_hosts_are_the_operators_business(
    zoom: ZoomSimulator, clock: HandClock, meetings: ZoomMeetings
) -> None:
    async with an_adapter(zoom, clock, client_secret="wrong") as locked_out:
        with pytest.raises(ServiceFailure) as caught:
            await locked_out.create(a_subject(), HOST)
    assert caught.value.cause is Cause.MISCONFIGURED
    with pytest.raises(ServiceFailure) as caught:
        await meetings.create(a_subject(), "nobody@example.com")
    assert caught.value.cause is Cause.MISCONFIGURED


async def test_ten_requests_share_one_token_and_a_token_is_renewed_before_its_end(
    zoom: ZoomSimulator, clock: HandClock
) -> None:
    seconds = [0.0]
    async with an_adapter(zoom, clock, seconds=lambda: seconds[0]) as meetings:
        await asyncio.gather(*(meetings.is_running("123") for _ in range(10)))
        assert zoom.requests.count("oauth") == 1
        seconds[0] = 3600 - 121
        await meetings.is_running("123")
        assert zoom.requests.count("oauth") == 1
        seconds[0] = 3600 - 119
        await meetings.is_running("123")
        assert zoom.requests.count("oauth") == 2


async def test_a_token_that_was_taken_back_is_replaced(
    zoom: ZoomSimulator, meetings: ZoomMeetings
) -> None:
    await meetings.is_running("123")
    zoom.tokens.clear()

    assert not await meetings.is_running("123")
    assert zoom.requests.count("oauth") == 2
