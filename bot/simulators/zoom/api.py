"""Zoom's REST requests about meetings, registrants and who was there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from bot.simulators.zoom.state import Account, Instance, Json, Meeting, Refused, Stay, stamp

_FIRST_PAGE = 30


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: names in its path, its query, its body."""

    names: Mapping[str, str]
    query: Mapping[str, str]
    body: Json


@dataclass(frozen=True, slots=True)
class Route:
    """One request of the API; `path` as its description writes it."""

    method: str
    path: str
    operation: str
    status: int
    run: Callable[[Asked], Json | None]


class Api:
    """What each request does to the account.

    Args:
        page_size: of lists, where it is smaller than what is asked for.
    """

    def __init__(self, account: Account, *, page_size: int, url: Callable[[], str]) -> None:
        self._account = account
        self._page_size = page_size
        self._url = url

    def routes(self) -> Sequence[Route]:
        users, meetings = "/users/{userId}/meetings", "/meetings/{meetingId}"
        past, report = "/past_meetings/{meetingId}", "/report/meetings/{meetingId}"
        registrants = f"{meetings}/registrants"
        return (
            Route("POST", users, "meetings.create", 201, self._create),
            Route("GET", users, "meetings.list", 200, self._list),
            Route("GET", meetings, "meetings.get", 200, self._get),
            Route("PATCH", meetings, "meetings.update", 204, self._update),
            Route("DELETE", meetings, "meetings.delete", 204, self._delete),
            Route("POST", registrants, "registrants.create", 201, self._register),
            Route("GET", registrants, "registrants.list", 200, self._registrants),
            Route("GET", f"{past}/instances", "past.instances", 200, self._instances),
            Route("GET", f"{past}/participants", "past.participants", 200, self._past),
            Route("GET", f"{report}/participants", "report.participants", 200, self._report),
        )

    def join_url(self, meeting: Meeting, token: str = "") -> str:
        return f"{self._url()}/j/{meeting.number}" + (f"?tk={token}" if token else "")

    def start_url(self, meeting: Meeting) -> str:
        return f"{self._url()}/s/{meeting.number}?zak={self._account.start_token(meeting)}"

    def _create(self, asked: Asked) -> Json:
        host = self._account.host(asked.names["userId"])
        _check_meeting(asked.body)
        return self._full(self._account.create(host, asked.body))

    def _list(self, asked: Asked) -> Json:
        host = self._account.host(asked.names["userId"])
        first, last = asked.query.get("from", ""), asked.query.get("to", "9999")
        rows = [
            self._short(meeting)
            for meeting in self._account.meetings.values()
            if meeting.host == host and first <= meeting.body["start_time"][:10] <= last
        ]
        return self._page("meetings", rows, asked)

    def _get(self, asked: Asked) -> Json:
        return self._full(self._account.meeting(asked.names["meetingId"]))

    def _update(self, asked: Asked) -> None:
        self._account.change(self._account.meeting(asked.names["meetingId"]), asked.body)

    def _delete(self, asked: Asked) -> None:
        self._account.remove(self._account.meeting(asked.names["meetingId"]))

    def _register(self, asked: Asked) -> Json:
        meeting = self._account.meeting(asked.names["meetingId"])
        if "@" not in str(asked.body.get("email", "")) or not asked.body.get("first_name"):
            raise Refused(400, 300, "Validation Failed.")
        registrant = self._account.register(meeting, asked.body)
        return {
            "id": meeting.number,
            "registrant_id": registrant.id,
            "topic": meeting.body.get("topic", ""),
            "start_time": meeting.body["start_time"],
            "join_url": self.join_url(meeting, registrant.token),
        }

    def _registrants(self, asked: Asked) -> Json:
        meeting = self._account.meeting(asked.names["meetingId"])
        rows = [
            {
                "id": each.id,
                "email": each.email,
                "first_name": each.name,
                "status": "approved",
                "join_url": self.join_url(meeting, each.token),
            }
            for each in meeting.registrants
        ]
        return self._page("registrants", rows, asked)

    def _instances(self, asked: Asked) -> Json:
        meeting = self._account.meeting(asked.names["meetingId"])
        return {
            "meetings": [
                {"uuid": each.uuid, "start_time": stamp(each.started_at)}
                for each in meeting.instances
                if each.ended_at is not None
            ]
        }

    def _past(self, asked: Asked) -> Json:
        """Says nothing of an instance with one participant, as the documents warn."""
        meeting, instance = self._instance(asked.names["meetingId"])
        rows = [_row(meeting, stay, "name") for stay in _stays(meeting, instance)]
        is_told = len({row["name"] for row in rows}) > 1
        return self._page("participants", rows if is_told else [], asked)

    def _report(self, asked: Asked) -> Json:
        meeting, instance = self._instance(asked.names["meetingId"])
        rows = [_row(meeting, stay, "name") for stay in _stays(meeting, instance)]
        if asked.query.get("include_fields") != "registrant_id":
            rows = [{k: v for k, v in row.items() if k != "registrant_id"} for row in rows]
        return self._page("participants", rows, asked)

    def _instance(self, uuid: str) -> tuple[Meeting, Instance]:
        """By its uuid; one that a slash could break must have been encoded twice."""
        is_tricky = "%" in uuid
        plain = unquote(uuid)
        if not is_tricky and (plain.startswith("/") or "//" in plain):
            raise Refused(404, 3001, "Meeting does not exist.")
        for meeting in self._account.meetings.values():
            for instance in meeting.instances:
                if instance.uuid == plain and instance.ended_at is not None:
                    return meeting, instance
        raise Refused(404, 3001, "Meeting does not exist.")

    def _page(self, name: str, rows: Sequence[Json], asked: Asked) -> Json:
        size = min(int(asked.query.get("page_size", _FIRST_PAGE)), self._page_size)
        first = int(asked.query.get("next_page_token") or 0)
        following = first + size
        return {
            name: list(rows[first:following]),
            "page_size": size,
            "total_records": len(rows),
            "next_page_token": str(following) if following < len(rows) else "",
        }

    def _short(self, meeting: Meeting) -> Json:
        return {
            "id": meeting.number,
            "uuid": meeting.uuid,
            "host_id": meeting.host_id,
            "topic": meeting.body.get("topic", ""),
            "agenda": meeting.body.get("agenda", "")[:250],
            "type": meeting.body.get("type", 2),
            "start_time": meeting.body["start_time"],
            "timezone": meeting.body.get("timezone", "UTC"),
            "duration": meeting.body.get("duration", 60),
            "created_at": stamp(meeting.created_at),
            "join_url": self.join_url(meeting),
        }

    def _full(self, meeting: Meeting) -> Json:
        return {
            **self._short(meeting),
            "agenda": meeting.body.get("agenda", ""),
            "host_email": meeting.host,
            "status": "started" if meeting.running else "waiting",
            "start_url": self.start_url(meeting),
        }


def _check_meeting(body: Json) -> None:
    if body.get("type") != 2 or not body.get("start_time"):
        raise Refused(400, 300, "Validation Failed.")
    if len(str(body.get("topic", ""))) > 200 or len(str(body.get("agenda", ""))) > 2000:
        raise Refused(400, 300, "Validation Failed.")


def _stays(meeting: Meeting, instance: Instance) -> Sequence[Stay]:
    return [stay for stay in meeting.stays if stay.instance == instance.uuid]


def _row(meeting: Meeting, stay: Stay, name: str) -> dict[str, Any]:
    is_host = stay.registrant is None
    left_at = stay.left_at or stay.joined_at
    return {
        "id": meeting.host_id if is_host else "",
        "user_id": stay.seat,
        name: stay.name,
        "user_email": meeting.host if is_host else "",
        "registrant_id": stay.registrant.id if stay.registrant else "",
        "join_time": stamp(stay.joined_at),
        "leave_time": stamp(left_at),
        "duration": round((left_at - stay.joined_at).total_seconds()),
        "status": "in_meeting",
    }
