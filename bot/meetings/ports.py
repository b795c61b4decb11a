"""What meetings need: somebody who makes them, a transaction, and what they are for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol, TypeVar

from bot.core.repository import Repository
from bot.core.timespan import Timespan
from bot.jobs.ports import JobQueue
from bot.meetings.attendance import Attendance
from bot.meetings.model import Meeting, MeetingKind, Registrant, Sighting, What


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who is invited; `name` is what others in the meeting see."""

    user_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a meeting is for.

    Args:
        id: of the booking.
        title: as the vendor's lists show it; nothing personal.
        host_name: what others in the meeting see, where the host comes as one of them.
        span: with an extension that was agreed to.
        is_on: it takes place, or will; False once it was cancelled or is over.
    """

    id: str
    title: str
    span: Timespan
    host_user_id: str
    guests: tuple[Guest, ...]
    is_on: bool
    host_name: str = ""
    kind: MeetingKind = MeetingKind.LESSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A meeting as its vendor made it."""

    host: str
    host_id: str
    provider_id: str
    join_url: str


@dataclass(frozen=True, slots=True)
class Invited:
    """A guest's own way in."""

    registrant_id: str
    join_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stayed:
    """A row of the vendor's report: one device, from when to when.

    Args:
        registrant_id: None for who came without a link of their own, e.g. the host.
    """

    instance: str
    seat: str
    is_host: bool
    registrant_id: str | None
    joined_at: datetime
    left_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a delivery of the vendor says: somebody came, somebody left, an instance is over."""

    provider_id: str
    what: What
    instance: str
    seat: str
    is_host: bool
    registrant_id: str | None
    at: datetime


class MeetingProvider(Protocol):
    """Makes meetings. Everything raises ServiceFailure."""

    @property
    def hosts(self) -> Sequence[str]:
        """The vendor's users meetings can be made with; each leads one at a time."""
        ...

    @property
    def changes_per_day(self) -> int:
        """How many meetings may be made or changed with one host between midnights in UTC."""
        ...

    async def find(self, subject_id: str, host: str, span: Timespan, /) -> Made | None:
        """The meeting that was made for `subject_id`, if it was."""
        ...

    async def create(self, subject: Subject, host: str, /) -> Made: ...
    async def change(self, provider_id: str, subject: Subject, /) -> bool:
        """False: there is no such meeting (any more)."""
        ...

    async def remove(self, provider_id: str, /) -> None:
        """Does nothing where it is gone or over. BUSY while people are in it."""
        ...

    async def register(self, provider_id: str, guest: Guest, /) -> Invited:
        """A guest's own link; the same again for the same guest."""
        ...

    async def start_url(self, provider_id: str, /) -> str:
        """Signs in as the host: for the host's eyes alone, good for two hours."""
        ...

    async def is_running(self, provider_id: str, /) -> bool: ...
    async def participants(self, provider_id: str, host_id: str, /) -> Sequence[Stayed]:
        """Who was in, over all instances that are over."""
        ...


class MeetingRepo(Repository[Meeting], Protocol):
    """Meetings, one for a subject."""

    def of_subject(self, subject_id: str, /) -> Meeting | None: ...
    def at_provider(self, provider_id: str, /) -> Meeting | None: ...
    def lock(self, subject_id: str, /) -> Meeting | None:
        """The meeting, nobody else's until this transaction ends."""
        ...

    def of_host(self, user_id: str, /) -> Sequence[Meeting]: ...
    def wipe_links_of_host(self, user_id: str, /) -> None: ...
    def move_of_user(self, from_user_id: str, to_user_id: str, /) -> None: ...


class RegistrantRepo(Protocol):
    """Guests' own links."""

    def put(self, registrant: Registrant, /) -> None:
        """Add it, in place of the guest's former one."""
        ...

    def of_meeting(self, meeting_id: str, /) -> Sequence[Registrant]: ...
    def known_as(self, meeting_id: str, registrant_id: str, /) -> str | None:
        """Whose link it is."""
        ...

    def of_user(self, user_id: str, /) -> Sequence[Registrant]: ...
    def move_of_user(self, from_user_id: str, to_user_id: str, /) -> None: ...
    def remove_of_user(self, user_id: str, /) -> None: ...


class Sightings(Protocol):
    """Facts, append-only; each is kept once."""

    def add(self, *sightings: Sighting, at: datetime) -> int:
        """How many of them were not known."""
        ...

    def of_meeting(
        self, meeting_id: str, /, *, known_by: datetime | None = None
    ) -> Sequence[Sighting]: ...
    def of_user(self, user_id: str, /) -> Sequence[Sighting]: ...
    def move_of_user(self, from_user_id: str, to_user_id: str, /) -> None: ...


class HostBook(Protocol):
    """Which host is taken when, and how often it was used."""

    def claim(self, host: str, meeting_id: str, span: Timespan, /) -> bool:
        """Take the host for the span, in place of what the meeting had; False: it is taken."""
        ...

    def release(self, meeting_id: str, /) -> None: ...
    def use(self, host: str, on: date, limit: int, /) -> bool:
        """Count one use; False when the day's are used up."""
        ...


class Delivered(Protocol):
    """A stored delivery of a vendor."""

    @property
    def body(self) -> bytes: ...


class OutsideEvents(Protocol):
    """Stored deliveries of vendors."""

    def find(self, key: str, /) -> Delivered | None:
        """None once it is done."""
        ...

    def done(self, key: str, at: datetime, /) -> bool: ...


class Claims(Protocol):
    """What only one process does at a time."""

    def take(self, name: str, now: datetime, /) -> bool: ...
    def release(self, name: str, /) -> None: ...


class MeetingWork(Protocol):
    """The repositories of meetings in one transaction."""

    @property
    def meetings(self) -> MeetingRepo: ...
    @property
    def registrants(self) -> RegistrantRepo: ...
    @property
    def sightings(self) -> Sightings: ...
    @property
    def meeting_hosts(self) -> HostBook: ...
    @property
    def outside_events(self) -> OutsideEvents: ...
    @property
    def claims(self) -> Claims: ...
    @property
    def jobs(self) -> JobQueue: ...


W = TypeVar("W", bound=MeetingWork)
W_contra = TypeVar("W_contra", bound=MeetingWork, contravariant=True)


class MeetingSubjects(Protocol[W_contra]):
    """What meetings are for; filled by whoever plans them."""

    def find(self, work: W_contra, subject_id: str, /) -> Subject | None: ...


class MeetingEvents(Protocol[W_contra]):
    """Told what becomes of meetings, in the unit in which it does."""

    def on_ready(self, work: W_contra, meeting: Meeting, /) -> None:
        """There is a link, or another one than before."""
        ...

    def on_link_needed(self, work: W_contra, meeting: Meeting, /) -> None:
        """No meeting can be made: the host is to be asked for a link of their own. Told once."""
        ...

    def on_begun(self, work: W_contra, meeting: Meeting, seen: Attendance, /) -> None:
        """Somebody came in; told for everybody who does."""
        ...

    def on_ended(self, work: W_contra, meeting: Meeting, seen: Attendance, /) -> None:
        """It is over, or nobody came; told once."""
        ...
