"""Meetings by themselves: real storage, the simulated Zoom, lessons that are only written down."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import httpx

from bot.core.entity import new_id
from bot.core.timespan import Timespan
from bot.jobs.model import Job
from bot.jobs.worker import Worker
from bot.meetings.adapters.zoom import ZoomMeetings, ZoomToken
from bot.meetings.adapters.zoom_wire import parse_event
from bot.meetings.attendance import Attendance
from bot.meetings.jobs import MeetingJobs
from bot.meetings.model import Meeting, What
from bot.meetings.ports import Guest, Subject
from bot.meetings.service import MeetingService
from bot.simulators.zoom import Seat, ZoomSimulator
from bot.storage.engine import SqlStorage
from bot.storage.work import Work

START = datetime(2026, 12, 1, 18, 0, tzinfo=UTC)
SECRET = "webhook secret"
HOSTS = ("first@example.com", "second@example.com")
TEACHER, ANA = "0199f0a0-0000-7000-8000-0000000000be", "0199f0a0-0000-7000-8000-0000000000aa"


@dataclass
class HandClock:
    at: datetime = START - timedelta(days=2)

    def now(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        self.at += timedelta(**by)


@dataclass
class Lessons:
    """What booking knows, and what it was told. Implements `MeetingSubjects`, `MeetingEvents`."""

    subjects: dict[str, Subject] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    ended: list[Attendance] = field(default_factory=list)

    def find(self, _: Work, subject_id: str) -> Subject | None:
        return self.subjects.get(subject_id)

    def on_ready(self, _: Work, __: Meeting) -> None:
        self.told.append("ready")

    def on_link_needed(self, _: Work, __: Meeting) -> None:
        self.told.append("link needed")

    def on_begun(self, _: Work, __: Meeting, seen: Attendance) -> None:
        self.told.append("begun")

    def on_ended(self, _: Work, __: Meeting, seen: Attendance) -> None:
        self.told.append("ended")
        self.ended.append(seen)


def a_lesson(**changes: object) -> Subject:
    """Ben teaches Ana for 45 minutes."""
    values: dict[str, object] = {
        "id": new_id(),
        "title": "Spanish lesson",
        "span": Timespan.of(START, timedelta(minutes=45)),
        "host_user_id": TEACHER,
        "host_name": "Ben",
        "guests": (Guest(ANA, "Ana"),),
        "is_on": True,
    }
    return Subject(**{**values, **changes})  # type: ignore[arg-type] # one dict, many types


class World:
    """A product of meetings alone."""

    def __init__(self, storage: SqlStorage, zoom: ZoomSimulator, clock: HandClock) -> None:
        self.storage, self.zoom, self.clock = storage, zoom, clock
        self.lessons = Lessons()
        self.http = httpx.AsyncClient()
        token = ZoomToken(
            self.http,
            url=zoom.oauth_url,
            account_id=zoom.account_id,
            client_id=zoom.client_id,
            client_secret=zoom.client_secret,
            clock=clock,
        )
        self.provider: ZoomMeetings | None = ZoomMeetings(
            self.http, token, clock, url=zoom.api_url, hosts=HOSTS
        )
        self.assemble(has_deliveries=True)

    def assemble(self, *, has_deliveries: bool) -> None:
        self.service: MeetingService[Work] = MeetingService(
            self.clock, self.lessons, self.lessons, has_deliveries=has_deliveries
        )
        self.jobs: MeetingJobs[Work] = MeetingJobs(
            self.storage, self.clock, self.service, self.provider, parse_event
        )
        self.worker: Worker[Work] = Worker(
            self.storage, self.clock, self.jobs.handlers(), is_shared=False
        )

    async def book(self, minutes: int = 0, **changes: object) -> Subject:
        """A lesson of 45 minutes, so long after the first."""
        span = Timespan.of(START + timedelta(minutes=minutes), timedelta(minutes=45))
        subject = a_lesson(**{"span": span, **changes})
        self.lessons.subjects[subject.id] = subject
        await self.put("meeting.create", subject)
        return subject

    async def put(self, kind: str, subject: Subject, version: int = 1) -> None:
        job = Job(
            kind=kind,
            key=f"{subject.id}:{version}",
            due_at=self.clock.now(),
            payload={"booking_id": subject.id},
        )
        await self.storage.write(lambda work: work.jobs.put(job))
        await self.worker.run_due()

    async def change(self, subject: Subject, version: int = 2, **changes: object) -> Subject:
        moved = replace(subject, **changes)  # type: ignore[arg-type] # one dict, many types
        self.lessons.subjects[subject.id] = moved
        kind = "meeting.change" if moved.is_on else "meeting.remove"
        await self.put(kind, moved, version)
        return moved

    async def meeting(self, subject: Subject) -> Meeting:
        found = await self.storage.read(lambda work: work.meetings.of_subject(subject.id))
        assert found is not None
        return found

    async def link(self, subject: Subject, person: str) -> str:
        found = await self.storage.read(lambda work: self.service.link_of(work, subject.id, person))
        assert found is not None
        return found

    async def enter(self, subject: Subject, person: str) -> Seat:
        seat = self.zoom.enter(await self.link(subject, person))
        await self.settle()
        return seat

    async def enter_as_host(self, subject: Subject) -> Seat:
        meeting = await self.meeting(subject)
        assert self.provider is not None
        assert meeting.provider_id is not None
        seat = self.zoom.enter(await self.provider.start_url(meeting.provider_id))
        await self.settle()
        return seat

    async def leave(self, *seats: Seat) -> None:
        for seat in seats:
            self.zoom.leave(seat)
        await self.settle()

    async def settle(self) -> None:
        await self.zoom.settle()
        await self.worker.run_due()

    async def later(self, **by: float) -> None:
        self.clock.move(**by)
        await self.worker.run_due()

    async def tap(self, subject: Subject, person: str, what: What) -> None:
        await self.storage.write(lambda work: self.service.tap(work, subject.id, person, what))
        await self.worker.run_due()

    def minutes(self, person: str) -> list[tuple[int, int]]:
        """What the end told of a person, in minutes after the start."""
        return [
            (self._minute(each.joined_at), self._minute(each.left_at))
            for each in self.lessons.ended[-1].of(person)
        ]

    def _minute(self, at: datetime | None) -> int:
        assert at is not None
        return round((at - START).total_seconds() / 60)
