"""Calendly's schedules: GET /users/me and GET /user_availability_schedules (its API v2)."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from zoneinfo import available_timezones

import httpx

from bot.core.errors import Cause, ServiceFailure
from bot.scheduling.calendly import OfferedHours, TokenRefused
from bot.scheduling.schedule import DAY_MINUTES, AvailabilityRule, DateException, Hours

SERVICE = "calendly"
_TIMEOUT = httpx.Timeout(15.0, connect=5.0)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_REFUSALS = frozenset({httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN})
_MOST_SCHEDULES = 20
_TOKEN = re.compile(r"[!-~]{1,2000}")


class CalendlyApi:
    """Implements `HoursElsewhere`.

    Args:
        url: `https://api.calendly.com`, or what speaks like it.
    """

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    async def schedules(self, token: str, /) -> Sequence[OfferedHours]:
        if not _TOKEN.fullmatch(token):  # what else could not even be asked about
            raise TokenRefused
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(headers=headers, timeout=_TIMEOUT) as http:
            me = (await self._get(http, "/users/me", {}))["resource"]
            asked = {"user": str(me["uri"])}
            found = await self._get(http, "/user_availability_schedules", asked)
        try:
            ordered = sorted(found["collection"], key=lambda each: not each["default"])
            return [_offered(each) for each in ordered[:_MOST_SCHEDULES]]
        except (KeyError, TypeError, ValueError) as error:
            raise _odd() from error

    async def _get(
        self, http: httpx.AsyncClient, path: str, params: Mapping[str, str]
    ) -> dict[str, Any]:
        try:
            reply = await http.get(f"{self._url}{path}", params=params)
            if reply.status_code in _REFUSALS:
                raise TokenRefused
            if not reply.is_success:
                is_busy = reply.status_code == httpx.codes.TOO_MANY_REQUESTS
                cause = Cause.BUSY if is_busy or reply.is_server_error else Cause.REJECTED
                raise ServiceFailure(SERVICE, cause, str(reply.status_code))
            answer = reply.json()
        except httpx.HTTPError as error:
            raise ServiceFailure(SERVICE, Cause.UNREACHABLE, type(error).__name__) from error
        except ValueError as error:
            raise _odd() from error
        if not isinstance(answer, dict):
            raise _odd()
        return answer


def _offered(schedule: Mapping[str, Any]) -> OfferedHours:
    rules: list[AvailabilityRule] = []
    exceptions: list[DateException] = []
    for rule in schedule["rules"]:
        hours = tuple(_hours(each) for each in rule["intervals"])
        if rule["type"] == "wday":
            weekday = _WEEKDAYS.index(rule["wday"])
            rules += [AvailabilityRule(weekday, each) for each in hours]
        else:
            day = date(*map(int, rule["date"].split("-")))
            exceptions.append(DateException(day, day, hours))
    zone = str(schedule["timezone"]).replace(" ", "_")
    if zone not in available_timezones():
        raise ValueError("no such zone")
    return OfferedHours(
        name=str(schedule["name"])[:80],
        zone=zone,
        rules=tuple(rules),
        exceptions=tuple(exceptions),
    )


def _hours(interval: Mapping[str, str]) -> Hours:
    return Hours(_minutes(interval["from"]), _minutes(interval["to"]) or DAY_MINUTES)


def _minutes(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)


def _odd() -> ServiceFailure:
    return ServiceFailure(SERVICE, Cause.REJECTED, "an answer we do not understand")
