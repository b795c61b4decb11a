"""Who was in a meeting: joins and leaves in any order, doubled, late or missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.timespan import Timespan
from bot.meetings.attendance import TOLERANCE, Attendance, attendance, due_after, ended_at
from bot.meetings.model import Sighting, Source, What

START = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
BOOKED = Timespan.of(START, timedelta(minutes=45))
PEOPLE = ("ana", "ben")


def at(seconds: int) -> datetime:
    return START + timedelta(seconds=seconds)


def saw(
    what: What,
    second: int,
    person: str | None = "ana",
    *,
    until: int | None = None,
    source: Source = Source.ZOOM_WEBHOOK,
    instance: str = "a",
    seat: str = "1",
) -> Sighting:
    return Sighting(
        meeting_id="m",
        source=source,
        what=what,
        user_id=person,
        instance=instance,
        seat=seat,
        at=at(second),
        until=None if until is None else at(until),
    )


def joined(second: int, person: str | None = "ana", **more: str) -> Sighting:
    return saw(What.JOINED, second, person, **more)  # type: ignore[arg-type] # one dict, many types


def left(second: int, person: str | None = "ana", **more: str) -> Sighting:
    return saw(What.LEFT, second, person, **more)  # type: ignore[arg-type] # one dict, many types


def closed(second: int, instance: str = "a") -> Sighting:
    return saw(What.CLOSED, second, None, instance=instance, seat="")


def reported(second: int, until: int, person: str = "ana") -> Sighting:
    return saw(What.STAYED, second, person, until=until, source=Source.ZOOM_REPORT)


def seconds(seen: Attendance, person: str = "ana") -> list[tuple[int, int | None]]:
    def since(moment: datetime) -> int:
        return round((moment - START).total_seconds())

    return [
        (since(each.joined_at), None if each.left_at is None else since(each.left_at))
        for each in seen.of(person)
    ]


def test_a_leave_that_arrives_before_its_join_closes_it() -> None:
    assert seconds(attendance([left(60), joined(0)])) == [(0, 60)]


def test_the_same_fact_ten_times_is_one() -> None:
    assert seconds(attendance([joined(0), left(60)] * 10)) == [(0, 60)]


def test_who_joins_again_has_two_intervals() -> None:
    seen = attendance([joined(0), left(60), joined(90, seat="2"), left(120, seat="2")])

    assert seconds(seen) == [(0, 60), (90, 120)]


def test_two_devices_at_once_are_one_person() -> None:
    seen = attendance([joined(0), joined(30, seat="2"), left(60), left(90, seat="2")])

    assert seconds(seen) == [(0, 90)]


def test_who_is_in_has_an_open_interval_that_takes_in_what_touches_it() -> None:
    seen = attendance([joined(0), left(60), joined(60, seat="2")])

    assert seconds(seen) == [(0, None)]
    assert seen.is_open
    assert seen.last_left_at is None


def test_a_missing_leave_is_closed_by_the_meetings_end_and_marked() -> None:
    seen = attendance([joined(0), closed(1800)])

    assert seconds(seen) == [(0, 1800)]
    assert seen.of("ana")[0].is_guessed
    assert not seen.incomplete


def test_of_two_ends_of_one_instance_the_later_counts() -> None:
    assert seconds(attendance([closed(600), joined(0), closed(1800)])) == [(0, 1800)]


def test_a_new_instance_shows_that_the_old_one_is_over() -> None:
    seen = attendance([joined(0), joined(700, instance="b"), left(900, instance="b")])

    assert seconds(seen) == [(0, 900)]
    assert attendance([joined(0), joined(700, "ben", instance="b")]).of("ana")[0].left_at == at(700)


def test_a_missing_leave_is_closed_by_the_report() -> None:
    seen = attendance([joined(0), reported(1, 1500)])

    assert seconds(seen) == [(1, 1500)]
    assert seen.of("ana")[0].source is Source.ZOOM_REPORT


def test_a_leave_without_a_join_counts_nothing_and_is_told() -> None:
    seen = attendance([left(60)])

    assert seconds(seen) == []
    assert seen.incomplete == {"ana"}


def test_what_nobody_closed_ends_when_we_stop_waiting_and_is_told() -> None:
    seen = attendance([joined(0)], closed_by=BOOKED.end)

    assert seconds(seen) == [(0, 2700)]
    assert seen.incomplete == {"ana"}


def test_the_report_alone_is_believed() -> None:
    seen = attendance([reported(0, 600), reported(300, 900)])

    assert seconds(seen) == [(0, 900)]


def test_webhooks_are_believed_before_the_report_and_a_difference_is_told() -> None:
    seen = attendance([joined(0), left(600), reported(0, 700)])

    assert seconds(seen) == [(0, 600)]
    assert seen.of("ana")[0].source is Source.ZOOM_WEBHOOK
    assert seen.differences == {"ana": timedelta(seconds=100)}


def test_a_difference_within_a_minute_is_none() -> None:
    assert attendance([joined(0), left(600), reported(0, 660)]).differences == {}


def test_taps_count_where_nothing_else_is_known() -> None:
    taps = [joined(0, source=Source.TAP), left(600, source=Source.TAP)]

    assert attendance(taps).of("ana")[0].source is Source.TAP
    heard = attendance([*taps, joined(10), left(20)])
    assert seconds(heard) == [(10, 20)]


def test_voice_states_tell_of_a_platforms_own_room() -> None:
    told = [joined(0, source=Source.VOICE_STATE), left(600, source=Source.VOICE_STATE)]
    tap = joined(30, source=Source.TAP)
    stranger = [
        joined(60, None, source=Source.VOICE_STATE),
        left(120, None, source=Source.VOICE_STATE),
    ]
    seen = attendance([*told, tap, *stranger])

    assert seen.of("ana")[0].source is Source.VOICE_STATE
    assert seconds(seen) == [(0, 600)]
    assert seen.strangers == timedelta(seconds=60)
    assert seen.who_provably_came(BOOKED) == {"ana"}


def test_the_word_of_one_person_alone_proves_nothing() -> None:
    alone = attendance([joined(0, source=Source.TAP), left(600, source=Source.TAP)])
    assert alone.who_came(BOOKED) == {"ana"}
    assert alone.who_provably_came(BOOKED) == frozenset()

    heard = attendance([joined(0), left(600)])
    assert heard.who_provably_came(BOOKED) == {"ana"}


def test_a_stranger_counts_for_nobody_and_is_told() -> None:
    seen = attendance([joined(0, None), left(600, None)])

    assert seen.intervals == ()
    assert seen.strangers == timedelta(minutes=10)


def test_nobody_came() -> None:
    assert attendance([]) == Attendance()
    assert ended_at(Attendance(), BOOKED, BOOKED.end) is None


@pytest.mark.parametrize(
    ("left_second", "due_second"),
    [(600, 1500), (2100, 2700), (2690, 2990), (3000, 3300)],
    ids=["far from the end", "until the end", "at the end", "after it"],
)
def test_people_get_a_while_to_come_back(left_second: int, due_second: int) -> None:
    seen = attendance([joined(0), left(left_second), closed(left_second)])

    assert due_after(at(left_second), BOOKED) == at(due_second)
    assert ended_at(seen, BOOKED, at(due_second - 1)) is None
    assert ended_at(seen, BOOKED, at(due_second)) == at(left_second)


def test_while_somebody_is_in_it_has_not_ended() -> None:
    seen = attendance([joined(0), left(60), joined(0, "ben")])

    assert ended_at(seen, BOOKED, at(9999)) is None


# What truly happened, told with all the faults of the world, against seconds counted one by one.


@dataclass(frozen=True)
class Stay:
    """One device in one instance; half-open seconds."""

    person: str
    instance: int
    seat: int
    start: int
    end: int


@dataclass(frozen=True)
class Story:
    """What truly happened: instances one after the other, and who sat in them."""

    ends: tuple[int, ...]
    stays: tuple[Stay, ...]

    def present(self, person: str) -> set[int]:
        return {
            second
            for stay in self.stays
            if stay.person == person
            for second in range(stay.start, stay.end)
        }


@st.composite
def stories(draw: st.DrawFn) -> Story:
    ends: list[int] = []
    stays: list[Stay] = []
    begin = 0
    for instance in range(draw(st.integers(1, 3))):
        length = draw(st.integers(2, 900))
        for person in PEOPLE:
            for seat in range(draw(st.integers(0, 2))):
                moment, end_of_all = begin, begin + length
                for _ in range(draw(st.integers(0, 3))):
                    if moment == end_of_all:
                        break
                    start = draw(st.integers(moment, end_of_all - 1))
                    moment = draw(st.integers(start + 1, end_of_all))
                    stays.append(Stay(person, instance, seat, start, moment))
                if moment == begin:  # in and out within a second
                    stays.append(Stay(person, instance, seat, begin, begin))
        ends.append(begin + length)
        begin += length + draw(st.integers(1, 300))
    return Story(tuple(ends), tuple(stays))


def told(story: Story) -> list[Sighting]:
    facts = [closed(end, str(instance)) for instance, end in enumerate(story.ends)]
    for stay in story.stays:
        place = {"instance": str(stay.instance), "seat": f"{stay.person}{stay.seat}"}
        facts += [joined(stay.start, stay.person, **place), left(stay.end, stay.person, **place)]
    return facts


def report_of(story: Story) -> list[Sighting]:
    return [
        saw(
            What.STAYED,
            stay.start,
            stay.person,
            until=stay.end,
            source=Source.ZOOM_REPORT,
            instance=str(stay.instance),
            seat=f"{stay.person}{stay.seat}",
        )
        for stay in story.stays
    ]


def counted(seen: Attendance, person: str) -> set[int]:
    found = set()
    for start, end in seconds(seen, person):
        assert end is not None
        found |= set(range(start, end))
    return found


def shuffled(facts: Sequence[Sighting], random: Random) -> list[Sighting]:
    mixed = [*facts, *(fact for fact in facts if random.random() < 0.5)]
    random.shuffle(mixed)
    return mixed


def check_exact(story: Story, random: Random) -> None:
    facts = told(story)
    for stay in story.stays:  # the leaves that the end of an instance makes up for
        lost = left(
            stay.end, stay.person, instance=str(stay.instance), seat=f"{stay.person}{stay.seat}"
        )
        if (
            stay.end == story.ends[stay.instance]
            and stay.start < stay.end
            and random.random() < 0.5
        ):
            facts = [fact for fact in facts if fact.key != lost.key]
    seen = attendance(shuffled([*facts, *report_of(story)], random))
    for person in PEOPLE:
        assert counted(seen, person) == story.present(person)
    assert seen.differences == {}
    assert not seen.is_open


def check_losses(story: Story, random: Random) -> None:
    """With a report, whatever webhooks are lost: right, or within a minute, or told."""
    facts = [fact for fact in told(story) if random.random() < 0.7]
    seen = attendance(shuffled([*facts, *report_of(story)], random), closed_by=at(10_000))
    for person in PEOPLE:
        apart = len(counted(seen, person) ^ story.present(person))
        is_close = apart <= TOLERANCE.total_seconds()
        assert is_close or person in seen.differences


def check_order_means_nothing(story: Story, random: Random) -> None:
    facts = [fact for fact in told(story) if random.random() < 0.7]
    assert attendance(shuffled(facts, random)) == attendance(facts)


_CHECKS = (check_exact, check_losses, check_order_means_nothing)
_QUIET = {"deadline": None, "suppress_health_check": list(HealthCheck)}


@pytest.mark.parametrize("check", _CHECKS)
@settings(max_examples=170, **_QUIET)
@given(story=stories(), random=st.randoms(use_true_random=False))
def test_five_hundred_random_meetings_come_out_right(check, story, random) -> None:
    check(story, random)


@pytest.mark.soak
@pytest.mark.parametrize("check", _CHECKS)
@settings(max_examples=10_000, **_QUIET)
@given(story=stories(), random=st.randoms(use_true_random=False))
def test_ten_thousand_random_meetings_come_out_right(check, story, random) -> None:
    check(story, random)
