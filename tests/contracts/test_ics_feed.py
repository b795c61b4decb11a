"""Calendars of strangers: what is read of them, and what is never opened."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from aiohttp import web

from bot.core.timespan import Timespan
from bot.scheduling.adapters.ics_events import busy_times
from bot.scheduling.adapters.ics_feed import IcsFeed, is_public
from bot.scheduling.feeds import FeedFailed, FeedTrouble

_WITHIN = Timespan(datetime(2026, 3, 23, tzinfo=UTC), datetime(2026, 4, 6, tzinfo=UTC))
_ZONE = "Europe/Madrid"  # an hour ahead of UTC, two from 29 March


def a_calendar(*events: str) -> bytes:
    """Each event is its lines, by semicolons that stand for line ends."""
    body = "".join(
        f"BEGIN:VEVENT\r\nUID:{n}@test\r\nDTSTAMP:20260101T000000Z\r\n"
        + event.replace(" | ", "\r\n")
        + "\r\nEND:VEVENT\r\n"
        for n, event in enumerate(events)
    )
    return (
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n{body}END:VCALENDAR\r\n".encode()
    )


def _read(*events: str) -> list[str]:
    found = busy_times(a_calendar(*events), _ZONE, _WITHIN)
    return [f"{s.start:%d %H:%M}-{s.end:%d %H:%M}" for s in found]


@pytest.mark.parametrize(
    ("event", "busy"),
    [
        ("DTSTART:20260324T100000Z | DTEND:20260324T113000Z", ["24 10:00-24 11:30"]),
        ("DTSTART:20260324T100000 | DURATION:PT1H", ["24 09:00-24 10:00"]),
        (
            "DTSTART;TZID=America/Bogota:20260324T100000 | DURATION:PT1H",
            ["24 15:00-24 16:00"],
        ),
        ("DTSTART;VALUE=DATE:20260329 | DTEND;VALUE=DATE:20260330", ["28 23:00-29 22:00"]),
        (
            "DTSTART;TZID=Europe/Madrid:20250101T090000 | DTEND;TZID=Europe/Madrid:20250101T100000"
            " | RRULE:FREQ=WEEKLY;BYDAY=SA,MO | EXDATE;TZID=Europe/Madrid:20260323T090000",
            ["28 08:00-28 09:00", "30 07:00-30 08:00", "04 07:00-04 08:00"],
        ),
        ("DTSTART:20260324T100000Z | DTEND:20260324T110000Z | TRANSP:TRANSPARENT", []),
        ("DTSTART:20260324T100000Z | DTEND:20260324T110000Z | STATUS:CANCELLED", []),
        ("DTSTART:20260101T000000Z | DURATION:PT1M | RRULE:FREQ=SECONDLY", []),
        ("DTSTART:20260101T000000Z | DURATION:PT1M | RRULE:FREQ=DAILY;BYMINUTE=0,1,2,3", []),
        ("DTSTART:20270101T000000Z | DTEND:20270101T010000Z", []),
    ],
)
def test_what_an_event_takes(event: str, busy: list[str]) -> None:
    assert _read(event) == busy


def test_events_that_overlap_are_one_busy_time() -> None:
    first = "DTSTART:20260324T100000Z | DTEND:20260324T113000Z"
    second = "DTSTART:20260324T110000Z | DTEND:20260324T120000Z"
    assert _read(first, second) == ["24 10:00-24 12:00"]


@pytest.mark.parametrize(
    "content", [b"", b"<html>hello</html>", b"\xff\xfe\x00", b"BEGIN:VEVENT\r\nEND:VEVENT\r\n"]
)
def test_what_is_no_calendar_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(FeedFailed) as raised:
        busy_times(content, _ZONE, _WITHIN)
    assert raised.value.trouble is FeedTrouble.NO_CALENDAR


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0"),
        *("100.64.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1"),
        *("::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1"),
        *("64:ff9b::a00:1", "2002:7f00:1::", "2001:0:7f00:1::", "2001:db8::1"),
    ],
)
def test_an_address_inside_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@asynccontextmanager
async def a_site() -> AsyncIterator[tuple[str, list[str]]]:
    """A server on loopback: its port, and what it was asked for (host and path)."""
    asked: list[str] = []
    event = "DTSTART:20260324T100000Z | DTEND:20260324T110000Z"

    async def serve(request: web.Request) -> web.Response:
        asked.append(f"{request.host.partition(':')[0]}{request.path}")
        match request.path:
            case "/good.ics":
                return web.Response(body=a_calendar(event))
            case "/large.ics":
                return web.Response(body=b"x" * (1024 * 1024 + 1))
            case "/packed.ics":
                return web.Response(body=b"x", headers={"Content-Encoding": "gzip"})
            case "/loop.ics":
                raise web.HTTPFound("/loop.ics")
            case "/moved.ics":
                raise web.HTTPFound("/good.ics")
            case "/inside.ics":
                raise web.HTTPFound(f"http://inside.test:{request.url.port}/good.ics")
            case "/file.ics":
                raise web.HTTPFound("file:///etc/passwd")
            case "/broken.ics":
                raise web.HTTPInternalServerError
        raise web.HTTPNotFound

    app = web.Application()
    app.router.add_get("/{path:.*}", serve)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield str(runner.addresses[0][1]), asked
    finally:
        await runner.cleanup()


class Names:
    """A resolver that counts, and whose answers change: the last one stays."""

    def __init__(self, **answers: Sequence[str]) -> None:
        self.answers = {name: list(found) for name, found in answers.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str, _: int) -> Sequence[str]:
        self.asked.append(host)
        found = self.answers[host.partition(".")[0]]
        return [found.pop(0) if len(found) > 1 else found[0]]


async def test_a_calendar_is_read_from_the_address_that_was_checked() -> None:
    """A name that changes its mind after the check leads nowhere else."""
    names = Names(calendar=["127.0.0.1", "10.0.0.1"])
    async with a_site() as (port, asked):
        feed = IcsFeed(resolve=names, allows_loopback=True)
        busy = await feed.busy(f"http://calendar.test:{port}/good.ics", _ZONE, _WITHIN)
    assert [span.start.hour for span in busy] == [10]
    assert names.asked == ["calendar.test"]
    assert asked == ["calendar.test/good.ics"]


@pytest.mark.parametrize(
    ("path", "trouble"),
    [
        ("/moved.ics", None),
        ("/inside.ics", FeedTrouble.NOT_PUBLIC),
        ("/file.ics", FeedTrouble.NOT_PUBLIC),
        ("/loop.ics", FeedTrouble.REFUSED),
        ("/gone.ics", FeedTrouble.REFUSED),
        ("/broken.ics", FeedTrouble.UNREACHABLE),
        ("/large.ics", FeedTrouble.TOO_LARGE),
        ("/packed.ics", FeedTrouble.NO_CALENDAR),
    ],
)
async def test_what_a_site_may_answer(path: str, trouble: FeedTrouble | None) -> None:
    names = Names(calendar=["127.0.0.1"], inside=["10.0.0.1"])
    async with a_site() as (port, asked):
        feed = IcsFeed(resolve=names, allows_loopback=True)
        found: FeedTrouble | None = None
        try:
            await feed.busy(f"http://calendar.test:{port}{path}", _ZONE, _WITHIN)
        except FeedFailed as failed:
            found = failed.trouble
        assert found is trouble
        assert len(asked) <= 4
        assert not any(each.startswith("inside") for each in asked)


@pytest.mark.parametrize(
    "url",
    [
        *("http://calendar.test/good.ics", "https://calendar.test/good.ics", "file:///etc/passwd"),
        *("https://127.0.0.1/good.ics", "https://[::1]/", "https://2130706433/", "https:///x"),
        *("https://localhost/", "ftp://calendar.test/"),
    ],
)
async def test_nothing_inside_is_ever_opened(url: str) -> None:
    feed = IcsFeed() if "calendar" not in url else IcsFeed(resolve=Names(calendar=["127.0.0.1"]))
    with pytest.raises(FeedFailed) as raised:
        await feed.busy(url, _ZONE, _WITHIN)
    assert raised.value.trouble is FeedTrouble.NOT_PUBLIC


def test_repetitions_of_ages_take_no_ages() -> None:
    began = datetime.now(UTC)
    event = "DTSTART:19010101T000000Z | DURATION:PT1H | RRULE:FREQ=DAILY"
    assert len(_read(event)) == 14
    assert datetime.now(UTC) - began < timedelta(seconds=10)
