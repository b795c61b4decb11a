"""Who leads a room, and who was there long enough."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.live.room_model import Member, Presence
from bot.live.room_rules import RoomPolicy, is_attended, leader_among, speakers

NOW = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
AWAY = timedelta(minutes=5)


def member(user_id: str, place: int = 0, *, quiet_minutes: float = 0) -> Member:
    return Member(
        conversation_id="c",
        user_id=user_id,
        place=place,
        joined_at=NOW - timedelta(hours=1),
        seen_at=NOW - timedelta(minutes=quiet_minutes),
        in_since=NOW - timedelta(minutes=30),
    )


def leads(*members: Member, hosts: tuple[str, ...] = ("host", "co")) -> str | None:
    return leader_among(hosts, members, NOW, AWAY)


def test_the_host_leads_while_they_do_something() -> None:
    assert leads(member("ana"), member("co", 1), member("host", 2, quiet_minutes=4)) == "host"


def test_the_co_host_takes_over_when_the_host_is_away_or_has_left() -> None:
    co = member("co", 1)
    assert leads(member("host", quiet_minutes=5), co) == "co"
    assert leads(member("host").gone(NOW, NOW), co) == "co"


def test_a_quiet_host_keeps_a_room_that_nobody_else_was_to_lead() -> None:
    assert leads(member("ana"), member("host", 1, quiet_minutes=30)) == "host"


def test_without_hosts_whoever_came_first_and_is_awake_leads() -> None:
    assert leads(member("ana", 0, quiet_minutes=9), member("ben", 1)) == "ben"
    assert leads(member("ana", 0, quiet_minutes=9), member("ben", 1, quiet_minutes=9)) == "ana"
    assert leads(member("ana").gone(NOW, NOW)) is None


def test_stays_add_up_and_a_second_going_adds_nothing() -> None:
    began_at = NOW - timedelta(minutes=20)
    first = member("ana").gone(NOW, began_at)
    assert first.present_seconds == 1_200
    assert first.gone(NOW + timedelta(hours=1), began_at).present_seconds == 1_200
    back = first.entered(NOW + timedelta(minutes=5), dealt=3)
    assert (back.is_in, back.dealt) == (True, 3)
    out = back.gone(NOW + timedelta(minutes=15), began_at, Presence.REMOVED)
    assert (out.present_seconds, out.left_at) == (1_800, NOW + timedelta(minutes=15))


def test_waiting_at_the_door_is_no_presence() -> None:
    assert member("ana").gone(NOW, None).present_seconds == 0
    late = member("ana").gone(NOW, NOW - timedelta(minutes=1))
    assert late.present_seconds == 60


def test_only_those_who_are_in_are_dealt_to_and_who_listens_gets_no_turn() -> None:
    room = [
        member("ana"),
        member("teacher", 1),
        member("gone", 2).gone(NOW, NOW),
        replace(member("loud", 3), is_muted=True),
    ]

    able = [each.user_id for each in speakers(room, {"teacher"}) if each.is_dealt_to]

    assert able == ["ana"]


def test_four_fifths_of_the_time_is_taking_part_in_full() -> None:
    hour = timedelta(hours=1)
    assert is_attended(48 * 60, hour, RoomPolicy())
    assert not is_attended(48 * 60 - 1, hour, RoomPolicy())
