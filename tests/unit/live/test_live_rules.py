"""Rules of live conversations without any storage: moves, refunds, series, words, standing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.money import Money
from bot.core.timespan import Timespan
from bot.live.finding import Query, Row, Standing, asker_state, words_of
from bot.live.model import (
    ConversationMovedOn,
    ConversationStatus,
    PaymentState,
    Seat,
    SeatMovedOn,
    SeatStatus,
)
from bot.live.policy import free_until, is_free_to_leave, refund_for_leaving
from bot.live.promises import planned_jobs
from bot.live.series import weekly_starts
from bot.wiring.live import live_policy
from config.settings import LiveSettings
from tests.message_builders import NOW
from tests.seats_floor import TOMORROW, a_conversation

HOUR = timedelta(hours=1)
PAID = Seat(
    conversation_id="c",
    user_id="ana",
    status=SeatStatus.CONFIRMED,
    payment=PaymentState.PAID,
    amount_minor=999,
    currency="EUR",
    booked_at=NOW,
)


def test_a_conversation_begins_once_and_ends_once() -> None:
    ways = {
        (old, new)
        for old, new in product(ConversationStatus, ConversationStatus)
        if _can(lambda o=old, n=new: a_conversation(status=o).moved_to(n))
    }
    assert ways == {
        (ConversationStatus.SCHEDULED, ConversationStatus.LIVE),
        (ConversationStatus.SCHEDULED, ConversationStatus.CANCELLED),
        (ConversationStatus.LIVE, ConversationStatus.COMPLETED),
    }


def test_who_waits_is_asked_before_they_have_a_seat_and_the_past_stays_as_it_was() -> None:
    def ways(old: SeatStatus) -> set[SeatStatus]:
        seat = replace(PAID, status=old)
        return {new for new in SeatStatus if _can(lambda n=new: seat.moved_to(n))}

    assert ways(SeatStatus.WAITLISTED) == {SeatStatus.OFFERED, SeatStatus.CANCELLED}
    assert ways(SeatStatus.OFFERED) == {
        SeatStatus.HELD,
        SeatStatus.CONFIRMED,
        SeatStatus.CANCELLED,
    }
    assert ways(SeatStatus.ATTENDED) == ways(SeatStatus.NO_SHOW) == set()


def _can(move: object) -> bool:
    try:
        move()  # type: ignore[operator]
    except (ConversationMovedOn, SeatMovedOn):
        return False
    return True


def test_a_conversation_knows_its_length_price_and_free_seats() -> None:
    it = a_conversation(seats=3, taken=1, price_minor=500)
    assert (it.length, it.span) == (HOUR, Timespan(TOMORROW, TOMORROW + HOUR))
    assert (it.price, it.is_free, it.free_seats) == (Money(500, "EUR"), False, 2)
    assert it.is_bookable(TOMORROW - HOUR)
    assert not it.is_bookable(TOMORROW)
    assert not it.moved_to(ConversationStatus.LIVE).is_bookable(NOW)


@pytest.mark.parametrize(("hours_before", "minor"), [(24, 999), (12, 999), (11, 499), (0, 499)])
def test_leaving_early_is_free_and_late_costs_half(hours_before: int, minor: int) -> None:
    it = a_conversation()
    at = TOMORROW - hours_before * HOUR
    assert free_until(it) == TOMORROW - 12 * HOUR
    assert refund_for_leaving(it, PAID, at) == Money(minor, "EUR")


def test_who_paid_nothing_gets_nothing_back() -> None:
    for payment in set(PaymentState) - {PaymentState.PAID}:
        seat = replace(PAID, payment=payment)
        assert refund_for_leaving(a_conversation(), seat, NOW) == Money(0, "EUR")


def test_who_took_a_seat_before_it_was_moved_leaves_for_nothing_and_who_came_later_not() -> None:
    moved = a_conversation(moved_at=NOW + HOUR)
    at = TOMORROW - HOUR
    assert is_free_to_leave(moved, PAID, at)
    assert not is_free_to_leave(moved, replace(PAID, booked_at=NOW + 2 * HOUR), at)


def test_weeks_pass_on_the_wall_clock_whatever_the_zone_does() -> None:
    starts = weekly_starts("2026-03-22T18:00", "Europe/Madrid", 3)
    assert starts == [
        datetime(2026, 3, 22, 17, tzinfo=UTC),
        datetime(2026, 3, 29, 16, tzinfo=UTC),  # clocks went forward that night
        datetime(2026, 4, 5, 16, tzinfo=UTC),
    ]


def test_a_time_that_a_clock_skips_comes_shortly_after() -> None:
    starts = weekly_starts("2026-03-22T02:30", "Europe/Madrid", 2)
    assert starts[1] == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_promises_name_the_times_they_are_about() -> None:
    policy = live_policy(LiveSettings())
    before = a_conversation(id="c")
    after = a_conversation(id="c", ends_at=TOMORROW + 2 * HOUR)
    keys = [{job.id for job in planned_jobs(each, policy)} for each in (before, after)]
    assert len(keys[0]) == 2
    assert keys[0].isdisjoint(keys[1])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Café con Ñandúes", {"cafe", "con", "nandue"}),
        ("STRASSE Straße", {"strasse"}),
        ("a I films", {"film"}),
        ("bus", {"bus"}),
        ("日本語で話そう tea", {"日", "本", "語", "て", "話", "そ", "う", "tea"}),
        ("50% off!", {"50", "off"}),
        ("", set()),
    ],
)
def test_words_lose_what_people_do_not_type(text: str, words: set[str]) -> None:
    assert words_of(text) == words


@given(st.text(max_size=3000))
def test_any_text_gives_few_short_words_that_find_it(text: str) -> None:
    words = words_of(text)
    assert len(words) <= 60
    assert all(0 < len(word) <= 40 and not word.startswith("/") for word in words)
    assert set(Query(now=NOW, text=text).words) <= words


def test_somebody_who_left_stands_as_everybody_else() -> None:
    left = replace(PAID, status=SeatStatus.CANCELLED)
    full = a_conversation(seats=1, taken=1)
    assert asker_state(Row(full, left), "ana").standing is Standing.FULL
    assert asker_state(Row(a_conversation(), left), "ana").standing is Standing.NONE
    assert asker_state(Row(a_conversation(), PAID), "ana").standing is Standing.BOOKED
    assert asker_state(Row(a_conversation()), "host").standing is Standing.HOST


def test_settings_become_limits() -> None:
    policy = live_policy(LiveSettings(seats=30, most_seats=20, offer_minutes=5, horizon_days=7))
    assert (policy.seats, policy.most_seats) == (20, 20)
    assert (policy.offer, policy.horizon) == (timedelta(minutes=5), timedelta(days=7))
