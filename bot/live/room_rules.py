"""Who leads a room, who is dealt to, and when somebody was there long enough."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.live.exercise import Speaker
from bot.live.room_model import Member


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomPolicy:
    """How a room is led.

    Args:
        opens_before: the door opens so long before the start.
        begins_after: without a word of the host the exercise begins so long after the start.
        turn_takes: somebody whose turn it is is waited for so long.
        host_away_after: a host who did nothing for so long is away.
        extension: what "15 more minutes" adds.
        warns_before: everybody is told so long before the end.
        attended_share: of the planned time, from which on somebody attended in full.
        small: up to so many people everybody is told who comes and goes.
    """

    opens_before: timedelta = timedelta(minutes=5)
    begins_after: timedelta = timedelta(minutes=3)
    turn_takes: timedelta = timedelta(seconds=90)
    host_away_after: timedelta = timedelta(minutes=5)
    extension: timedelta = timedelta(minutes=15)
    warns_before: timedelta = timedelta(minutes=5)
    attended_share: float = 0.8
    small: int = 12


def speakers(members: Sequence[Member], listening: Collection[str] = ()) -> Sequence[Speaker]:
    """Those in the room, as the dealer sees them.

    Args:
        listening: who is there to lead and gets no turns, e.g. a teacher.
    """
    return [
        Speaker(
            user_id=each.user_id,
            place=each.place,
            seconds=each.speaking_seconds,
            dealt=each.dealt,
            missed=each.missed,
            is_muted=each.is_muted or each.user_id in listening,
        )
        for each in members
        if each.is_in
    ]


def leader_among(
    hosts: Sequence[str], members: Sequence[Member], now: datetime, away_after: timedelta
) -> str | None:
    """Who has the host's tools; None: nobody is in.

    The first of `hosts` (host, co-host, teacher) who is in and not away; if each of them is away,
    the first who is at least in; if none of them is in, whoever of the others came first and is
    not away.
    """
    inside = {each.user_id: each for each in members if each.is_in}
    leading = [each for each in hosts if each in inside]
    awake = [each for each in inside if now - inside[each].seen_at < away_after]
    for candidates in ([each for each in leading if each in awake], leading, awake, list(inside)):
        if candidates:
            return candidates[0]
    return None


def is_attended(present_seconds: float, planned: timedelta, policy: RoomPolicy) -> bool:
    """Whether somebody was there for enough of it to say that they took part in full."""
    return present_seconds >= policy.attended_share * planned.total_seconds()
