"""An account at Zoom: its hosts, their meetings, who registered and who is in."""

import secrets
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

Json = dict[str, Any]
Emit = Callable[[str, Json], None]

CHANGES_PER_DAY = 100
_FIRST_NUMBER = 93_000_000_000
_START_URL_LASTS = timedelta(hours=2)


class Refused(Exception):
    """An answer that is no success: HTTP status, Zoom's own code, and words."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass(slots=True)
class Registrant:
    """Somebody's own link; `token` is what it is told by."""

    id: str
    email: str
    name: str
    token: str = field(default_factory=lambda: secrets.token_urlsafe(16))


@dataclass(slots=True)
class Stay:
    """One device in one instance; `left_at` is None while it is in."""

    instance: str
    seat: str
    name: str
    registrant: Registrant | None
    joined_at: datetime
    left_at: datetime | None = None


@dataclass(slots=True)
class Instance:
    """One opening of a meeting."""

    uuid: str
    started_at: datetime
    ended_at: datetime | None = None


@dataclass(slots=True)
class Meeting:
    """A scheduled meeting, as its owner last described it."""

    number: int
    uuid: str
    host: str
    host_id: str
    body: Json
    created_at: datetime
    registrants: list[Registrant] = field(default_factory=list)
    instances: list[Instance] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)
    start_tokens: dict[str, datetime] = field(default_factory=dict)

    @property
    def running(self) -> Instance | None:
        last = self.instances[-1] if self.instances else None
        return last if last is not None and last.ended_at is None else None

    @property
    def inside(self) -> list[Stay]:
        return [stay for stay in self.stays if stay.left_at is None]


@dataclass(frozen=True, slots=True)
class Seat:
    """A device that is in; leave with it."""

    meeting: int
    seat: str


class Account:
    """All of it; what happens in rooms is told to `emit` as Zoom's events."""

    def __init__(self, hosts: Mapping[str, str], now: Callable[[], datetime], emit: Emit) -> None:
        self.hosts = hosts
        self.meetings: dict[int, Meeting] = {}
        self.changes: Counter[tuple[str, date]] = Counter()
        self.changes_per_day = CHANGES_PER_DAY
        self._now = now
        self._emit = emit
        self._numbers = count(_FIRST_NUMBER + secrets.randbelow(10**9))

    def host(self, name: str) -> str:
        """The address of a host named by address or id. Raises Refused."""
        for email, host_id in self.hosts.items():
            if name in {email, host_id}:
                return email
        raise Refused(404, 1001, f"User does not exist: {name}.")

    def meeting(self, number: str) -> Meeting:
        found = self.meetings.get(int(number)) if number.isdigit() else None
        if found is None:
            raise Refused(404, 3001, f"Meeting does not exist: {number}.")
        return found

    def count_change(self, host: str) -> None:
        """Raises Refused with 429 once the day's are used up."""
        day = (host, self._now().date())
        if self.changes[day] >= self.changes_per_day:
            message = "You have reached the maximum per-day rate limit for this API."
            raise Refused(429, 429, message)
        self.changes[day] += 1

    def create(self, host: str, body: Json) -> Meeting:
        self.count_change(host)
        number = next(self._numbers)
        meeting = Meeting(number, new_uuid(), host, self.hosts[host], body, self._now())
        self.meetings[number] = meeting
        return meeting

    def change(self, meeting: Meeting, body: Json) -> None:
        self.count_change(meeting.host)
        settings = {**meeting.body.get("settings", {}), **body.get("settings", {})}
        meeting.body = {**meeting.body, **body, "settings": settings}

    def remove(self, meeting: Meeting) -> None:
        if meeting.running is not None:
            raise Refused(400, 3002, "Sorry, you cannot delete this meeting: it is in progress.")
        del self.meetings[meeting.number]

    def register(self, meeting: Meeting, body: Json) -> Registrant:
        """The same address gets the same registration."""
        if meeting.body.get("settings", {}).get("approval_type") == 2:
            raise Refused(400, 300, "Registration has not been enabled for this meeting.")
        email, name = str(body["email"]), str(body["first_name"])
        for known in meeting.registrants:
            if known.email == email:
                return known
        registrant = Registrant(secrets.token_urlsafe(16), email, name)
        meeting.registrants.append(registrant)
        return registrant

    def start_token(self, meeting: Meeting) -> str:
        token = secrets.token_urlsafe(16)
        meeting.start_tokens[token] = self._now() + _START_URL_LASTS
        return token

    def enter(self, meeting: Meeting, token: str) -> Seat:
        """Come in by a start link or a registrant's. Raises Refused."""
        registrant = next((each for each in meeting.registrants if each.token == token), None)
        if registrant is None and meeting.start_tokens.get(token, self._now()) <= self._now():
            raise Refused(403, 3000, "This link is not, or no longer, valid.")
        if registrant is None:
            self._refuse_second_room(meeting)
        if meeting.running is None:
            meeting.instances.append(Instance(new_uuid(), self._now()))
            self._tell("meeting.started", meeting)
        assert meeting.running is not None  # noqa: S101 - opened above
        stay = Stay(
            instance=meeting.running.uuid,
            seat=str(16_778_240 + 1024 * len(meeting.stays)),
            name=registrant.name if registrant else "Host",
            registrant=registrant,
            joined_at=self._now(),
        )
        meeting.stays.append(stay)
        times = {"join_time": stamp(stay.joined_at)}
        self._tell("meeting.participant_joined", meeting, stay, times)
        return Seat(meeting.number, stay.seat)

    def leave(self, seat: Seat) -> None:
        """Go out; the last one ends the instance. Does nothing for who is out."""
        meeting = self.meetings.get(seat.meeting)
        if meeting is None:
            return
        for stay in meeting.inside:
            if stay.seat == seat.seat:
                self._out(meeting, stay)
        if not meeting.inside:
            self.end(meeting)

    def end(self, meeting: Meeting) -> None:
        """The host ends it for all."""
        for stay in meeting.inside:
            self._out(meeting, stay)
        running = meeting.running
        if running is not None:
            running.ended_at = self._now()
            more = {"end_time": stamp(running.ended_at)}
            self._tell("meeting.ended", meeting, uuid=running.uuid, more=more)

    def _out(self, meeting: Meeting, stay: Stay) -> None:
        stay.left_at = self._now()
        times = {"leave_time": stamp(stay.left_at), "leave_reason": "left the meeting"}
        self._tell("meeting.participant_left", meeting, stay, times)

    def _refuse_second_room(self, meeting: Meeting) -> None:
        for other in self.meetings.values():
            is_host_in = any(stay.registrant is None for stay in other.inside)
            if other is not meeting and other.host == meeting.host and is_host_in:
                raise Refused(409, 3000, "The host has another meeting in progress.")

    def _tell(
        self,
        event: str,
        meeting: Meeting,
        stay: Stay | None = None,
        times: Json | None = None,
        *,
        uuid: str = "",
        more: Json | None = None,
    ) -> None:
        running = meeting.running
        about: Json = {
            "id": str(meeting.number),
            "uuid": uuid or (running.uuid if running else meeting.uuid),
            "host_id": meeting.host_id,
            "topic": meeting.body.get("topic", ""),
            "type": meeting.body.get("type", 2),
            "start_time": stamp(running.started_at if running else self._now()),
            "timezone": "UTC",
            "duration": meeting.body.get("duration", 60),
            **(more or {}),
        }
        if stay is not None:
            about["participant"] = {**participant(meeting, stay), **(times or {})}
        self._emit(event, about)


def participant(meeting: Meeting, stay: Stay) -> Json:
    """As events tell of somebody; who is not signed in has no id and no address."""
    is_host = stay.registrant is None
    person: Json = {
        "user_id": stay.seat,
        "user_name": stay.name,
        "id": meeting.host_id if is_host else "",
        "participant_uuid": f"P{stay.seat}",
        "email": meeting.host if is_host else "",
    }
    if stay.registrant is not None:
        person["registrant_id"] = stay.registrant.id
    return person


def stamp(at: datetime) -> str:
    """Whole seconds in UTC, as Zoom writes them."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def new_uuid() -> str:
    """Base64; one in four begins with a slash or holds two, which addresses must survive."""
    text = b64encode(secrets.token_bytes(16)).decode()
    return text if secrets.randbelow(4) else f"/{text[1:8]}//{text[10:]}"
