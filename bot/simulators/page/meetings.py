"""The rooms of the simulated Zoom on the page: who is in, and who comes and goes from there."""

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.simulators.page.refusal import Refused
from bot.simulators.world import DemoWorld, Json
from bot.simulators.zoom import Meeting, Seat
from bot.simulators.zoom import Refused as NoEntry

_HOST = "host"
_SHOWN_AFTER = timedelta(hours=1)
_LINK_LASTS = timedelta(minutes=30)


class Meetings:
    """Shows the meetings to come, and lets the demo's people in and out.

    Args:
        now: the time in the demo; aware.
    """

    def __init__(self, world: DemoWorld, now: Callable[[], datetime]) -> None:
        self._zoom = world.zoom
        self._host = world.host
        self._now = now

    def shown(self) -> Json:
        """Those that are not long over, the next one first."""
        meetings = sorted((m for m in self._zoom.meetings if self._matters(m)), key=starts_at)
        return {"type": "meetings", "meetings": [self._meeting(each) for each in meetings]}

    def run(self, command: Json) -> bool:
        """Join or leave; False when it is something else.

        Raises:
            Refused: Zoom lets them not in.
            KeyError: the meeting or the person is not there.
        """
        match command:
            case {"do": "join", "meeting": str(number), "who": str(who)}:
                meeting = self._zoom.account.meetings[int(number)]
                try:
                    self._zoom.account.enter(meeting, self._token(meeting, who))
                except NoEntry as error:
                    raise Refused("room") from error
            case {"do": "leave", "meeting": str(number), "seat": str(seat)}:
                self._zoom.leave(Seat(int(number), seat))
            case _:
                return False
        return True

    def _matters(self, meeting: Meeting) -> bool:
        return bool(meeting.inside) or ends_at(meeting) + _SHOWN_AFTER > self._now()

    def _meeting(self, meeting: Meeting) -> Json:
        registered = ((each.id, each.name) for each in meeting.registrants)
        guests = [(who, name) for who, name in registered if name != self._host]
        return {
            "id": str(meeting.number),
            "topic": meeting.body.get("topic", ""),
            "at": starts_at(meeting).isoformat(),
            "until": ends_at(meeting).isoformat(),
            "people": [
                self._person(meeting, who, name) for who, name in [*guests, (_HOST, self._host)]
            ],
        }

    def _person(self, meeting: Meeting, who: str, name: str) -> Json:
        registrant = None if who == _HOST else who
        seats = (
            stay.seat
            for stay in meeting.inside
            if (stay.registrant.id if stay.registrant else None) == registrant
        )
        door = f"s/{meeting.number}?zak=" if registrant is None else f"j/{meeting.number}?tk="
        return {
            "who": who,
            "name": name,
            "seat": next(seats, None),
            "link": f"{self._zoom.url}/{door}{self._token(meeting, who)}",
        }

    def _token(self, meeting: Meeting, who: str) -> str:
        """What lets them in: a registrant's own, or one for the host that works for a while."""
        if who != _HOST:
            return {each.id: each.token for each in meeting.registrants}[who]
        enough = self._now() + _LINK_LASTS
        good = (token for token, until in meeting.start_tokens.items() if until > enough)
        return next(good, None) or self._zoom.account.start_token(meeting)


def starts_at(meeting: Meeting) -> datetime:
    """As it was scheduled."""
    return datetime.fromisoformat(meeting.body["start_time"])


def ends_at(meeting: Meeting) -> datetime:
    """As it was scheduled."""
    return starts_at(meeting) + timedelta(minutes=meeting.body["duration"])
