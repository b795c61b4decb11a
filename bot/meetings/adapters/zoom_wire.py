"""Zoom's bodies, addresses, errors and signatures, as plain functions.

Sources: developers.zoom.us/docs/api (meetings, reports), its webhook and rate limit pages.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from bot.core.errors import Cause, ServiceFailure
from bot.core.hook import Document, Hook, Verdict
from bot.meetings.model import What
from bot.meetings.ports import Guest, Heard, Made, Stayed, Subject

SERVICE = "zoom"
EVENT_JOB = "meeting.event"
NO_MEETING = 3001
IN_PROGRESS = 3002
HAS_ENDED = 3007
_DAILY_LIMIT = 300  # an HTTP status, in the older documents
_NO_HOST = 1001
_NO_PLAN = 200
_SCHEDULED = 2
_OPEN_REGISTRATION = 0
_MOST_TITLE, _MOST_NAME = 200, 64
_TOLERANCE = timedelta(minutes=5)
_MARK = re.compile(r"\[linguaflex ([0-9a-f-]{36})\]")
_PARTICIPANT = re.compile(r"meeting\.participant_(joined|left)")


def meeting_body(subject: Subject) -> Mapping[str, object]:
    """Of create and change; the mark in front of the agenda is how the meeting is found again."""
    return {
        "topic": subject.title[:_MOST_TITLE],
        "agenda": f"[linguaflex {subject.id}]",
        "type": _SCHEDULED,
        "start_time": f"{subject.span.start.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "timezone": "UTC",
        "duration": -(-subject.span.length // timedelta(minutes=1)),
        "settings": {
            "approval_type": _OPEN_REGISTRATION,
            "registrants_email_notification": False,
            "registrants_confirmation_email": False,
            "join_before_host": True,
            "jbh_time": 10,
            "waiting_room": False,
            "allow_multiple_devices": True,
            "auto_recording": "none",
        },
    }


def registrant_body(guest: Guest) -> Mapping[str, object]:
    """A registrant needs an address; this one leads nowhere (RFC 2606) and is the same always."""
    return {
        "first_name": guest.name[:_MOST_NAME] or "Guest",
        "email": f"{guest.user_id}@example.com",
        "auto_approve": True,
    }


def parse_made(host: str, body: Mapping[str, Any]) -> Made:
    """Raises ServiceFailure where the answer is none."""
    try:
        return Made(
            host=host,
            host_id=str(body["host_id"]),
            provider_id=str(body["id"]),
            join_url=str(body["join_url"]),
        )
    except KeyError as error:
        raise unreadable(f"a meeting without {error}") from error


def subject_in(body: Mapping[str, Any]) -> str | None:
    """Whose meeting it is, as its agenda says."""
    found = _MARK.search(str(body.get("agenda", "")))
    return found[1] if found else None


def parse_stayed(instance: str, row: Mapping[str, Any], *, host_id: str) -> Stayed | None:
    """A row of either report; None for time in the waiting room, and for none at all."""
    if row.get("status") == "in_waiting_room":
        return None
    try:
        joined_at, left_at = parse_time(row["join_time"]), parse_time(row["leave_time"])
    except (KeyError, ValueError):
        return None
    if joined_at >= left_at:
        return None
    return Stayed(
        instance=instance,
        seat=str(row.get("user_id") or ""),
        is_host=row.get("id") == host_id,
        registrant_id=str(row["registrant_id"]) if row.get("registrant_id") else None,
        joined_at=joined_at,
        left_at=left_at,
    )


def parse_time(text: object) -> datetime:
    """Raises ValueError. What has no zone is UTC."""
    parsed = datetime.fromisoformat(str(text))
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def in_path(uuid: str) -> str:
    """An instance's id in an address: encoded twice where one slash could be read as a step."""
    once = quote(uuid, safe="")
    return quote(once, safe="") if uuid.startswith("/") or "//" in uuid else once


def code_in(reply: httpx.Response) -> int:
    """The error's own code; 0 where there is none."""
    try:
        body = reply.json()
    except ValueError:
        return 0
    code = body.get("code") if isinstance(body, dict) else None
    return code if isinstance(code, int) else 0


def failure_of(reply: httpx.Response, now: datetime) -> ServiceFailure:
    """What an answer that is no success means; status and code count together."""
    status, code = reply.status_code, code_in(reply)
    detail = f"{status} code {code}"
    if status in {HTTPStatus.TOO_MANY_REQUESTS, _DAILY_LIMIT}:
        return ServiceFailure(SERVICE, Cause.BUSY, detail, retry_after=retry_after(reply, now))
    if reply.is_server_error:
        return ServiceFailure(SERVICE, Cause.BUSY, detail)
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return ServiceFailure(SERVICE, Cause.MISCONFIGURED, detail)
    if (status, code) in {(HTTPStatus.NOT_FOUND, _NO_HOST), (HTTPStatus.BAD_REQUEST, _NO_PLAN)}:
        return ServiceFailure(SERVICE, Cause.MISCONFIGURED, detail)
    return ServiceFailure(SERVICE, Cause.REJECTED, detail)


def retry_after(reply: httpx.Response, now: datetime) -> float:
    """Seconds to wait: the header is a date; a day's limit without one ends at midnight UTC."""
    told = reply.headers.get("Retry-After", "")
    if told.isdigit():
        return float(told)
    try:
        return max((parse_time(told) - now).total_seconds(), 1.0)
    except ValueError:
        pass
    kind = reply.headers.get("X-RateLimit-Type", "")
    if reply.status_code != _DAILY_LIMIT and kind != "Daily-limit":
        return 1.0
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return (midnight - now).total_seconds()


def unreadable(detail: str) -> ServiceFailure:
    """Zoom answered with what cannot be understood."""
    return ServiceFailure(SERVICE, Cause.BUSY, detail)


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """`x-zm-signature` of a delivery."""
    message = b"v0:" + timestamp.encode(errors="replace") + b":" + body
    return "v0=" + hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def zoom_hook(secret: str) -> Hook:
    """Zoom's deliveries; its question whether the address is ours is answered at once."""

    def verify(headers: Mapping[str, str], body: bytes, real_now: datetime) -> Verdict:
        stamp = headers.get("x-zm-request-timestamp", "")
        given = headers.get("x-zm-signature", "").encode(errors="replace")
        if not hmac.compare_digest(given, signature(secret, stamp, body).encode()):
            return Verdict.FORGED
        if not stamp.isdecimal():
            return Verdict.STALE
        age = abs(real_now.timestamp() - int(stamp))
        return Verdict.GENUINE if age <= _TOLERANCE.total_seconds() else Verdict.STALE

    def answer(document: Document) -> Document | None:
        if document.get("event") != "endpoint.url_validation":
            return None
        plain = str(_inside(document, "payload").get("plainToken", ""))
        proof = hmac.new(secret.encode(), plain.encode(), hashlib.sha256).hexdigest()
        return {"plainToken": plain, "encryptedToken": proof}

    return Hook(
        source=SERVICE,
        path="/webhooks/zoom",
        verify=verify,
        key_of=event_key,
        job_kind=EVENT_JOB,
        answer=answer,
    )


def event_key(document: Document) -> str | None:
    """An identity made of what the event says, for it has none; None for what is not used."""
    event = str(document.get("event", ""))
    if event != "meeting.ended" and not _PARTICIPANT.fullmatch(event):
        return None
    about = _inside(_inside(document, "payload"), "object")
    person = _inside(about, "participant")
    names = ("user_id", "participant_uuid", "registrant_id", "join_time", "leave_time")
    parts = [event, document.get("event_ts"), about.get("uuid"), *map(person.get, names)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def parse_event(body: bytes) -> Heard | None:
    """What a stored delivery says; None where it cannot be understood."""
    document = json.loads(body)
    about = _inside(_inside(document, "payload"), "object")
    person = _inside(about, "participant")
    event = str(document.get("event", ""))
    try:
        if event == "meeting.ended":
            what, at = What.CLOSED, parse_time(about["end_time"])
        elif event.endswith("joined"):
            what, at = What.JOINED, parse_time(person["join_time"])
        else:
            what, at = What.LEFT, parse_time(person["leave_time"])
        return Heard(
            provider_id=str(about["id"]),
            what=what,
            instance=str(about["uuid"]),
            seat=str(person.get("user_id") or ""),
            is_host=bool(person.get("id")) and person["id"] == about.get("host_id"),
            registrant_id=str(person["registrant_id"]) if person.get("registrant_id") else None,
            at=at,
        )
    except (KeyError, ValueError):
        return None


def _inside(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    inner = document.get(name)
    return inner if isinstance(inner, dict) else {}
