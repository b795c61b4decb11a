"""What may be written, and what never goes through."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.model import Copy, DeliveryState, Thread, delivery_of, parse_place, place_key
from bot.chat.parts import parts_of
from bot.chat.policy import (
    Limits,
    NotSent,
    check_pace,
    check_size,
    check_text,
    harmless,
    has_card_number,
)
from bot.core.text import units
from bot.messaging.model import Address


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111111",
        "my card: 4111 1111 1111 1111, 12/29",
        "3782-822463-10005",
        "5555.5555.5555.4444",
        "٤١١١١١١١١١١١١١١١",
    ],
)
def test_card_numbers_are_seen_however_they_are_grouped(text: str) -> None:
    assert has_card_number(text)


@pytest.mark.parametrize(
    "text",
    ["4111111111111112", "+34 600 123 456", "1763806800000", "0000 0000 0000 0000", "lesson 12"],
)
def test_other_numbers_are_no_cards(text: str) -> None:
    assert not has_card_number(text)


@pytest.mark.parametrize(
    ("text", "key"),
    [("x" * 101, "relay.refused.too_long"), ("4111111111111111", "relay.refused.card")],
)
def test_a_text_against_the_rules_is_refused_with_its_reason(text: str, key: str) -> None:
    with pytest.raises(NotSent) as refusal:
        check_text(text, Limits(characters=100))

    assert refusal.value.key == key


@pytest.mark.parametrize(
    ("counts", "key"), [((5, 5), "relay.refused.too_fast"), ((0, 9), "relay.refused.too_many")]
)
def test_nobody_writes_more_than_anybody_reads(counts: tuple[int, int], key: str) -> None:
    with pytest.raises(NotSent) as refusal:
        check_pace(*counts, Limits(per_minute=5, per_day=9))

    assert refusal.value.key == key


def test_a_file_is_measured_by_the_platform_it_goes_to() -> None:
    check_size(11_000_000, "telegram")
    with pytest.raises(NotSent):
        check_size(11_000_000, "discord")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("@everyone come", "@\u2060everyone come"),
        ("ask @ana", "ask @\u2060ana"),
        ("<@123> <@&5> <#7>", "<@\u2060123> <\u2060@&5> <\u2060#7>"),
        ("press /forget now", "press /\u2060forget now"),
        ("mail ana@example.org", "mail ana@example.org"),
        ("https://example.org/a/b", "https://example.org/a/b"),
        ("and/or", "and/or"),
        ("\u202eevil\u202c", "evil"),
        ("a\x00b\ud800", "ab\ufffd"),
        ("\u200b\u2060", ""),
    ],
)
def test_nothing_becomes_a_mention_or_a_command(text: str, shown: str) -> None:
    assert harmless(text) == shown


@given(st.text(max_size=6_000), st.sampled_from(["telegram", "discord"]), st.booleans())
def test_parts_fit_and_lose_nothing(text: str, platform: str, is_caption: bool) -> None:
    parts = parts_of(harmless(text), platform, is_caption=is_caption)

    assert len(parts) >= 1
    assert all(units(part) <= 4_000 for part in parts)
    assert "".join("".join(parts).split()) == "".join(harmless(text).split())


def test_what_escaping_makes_longer_is_cut_sooner() -> None:
    parts = parts_of("*" * 2_000, "discord")

    assert all(2 * len(part) <= 2_000 for part in parts)
    assert sum(map(len, parts)) == 2_000


@pytest.mark.parametrize(
    "address", [Address("discord", "5"), Address("telegram", "-100", "7"), Address("telegram", "1")]
)
def test_a_place_is_found_again_by_its_key(address: Address) -> None:
    assert parse_place(place_key(address)) == address


@pytest.mark.parametrize(
    ("states", "whole"),
    [
        ("dd", DeliveryState.DELIVERED),
        ("ds", DeliveryState.SENT),
        ("df", DeliveryState.FAILED),
        ("", DeliveryState.SENT),
    ],
)
def test_a_message_is_as_far_as_all_of_its_parts(states: str, whole: DeliveryState) -> None:
    known = {state.value[0]: state for state in DeliveryState}
    copies = [
        Copy(key=str(n), message_id="m", position=n, place="test:1", state=known[letter])
        for n, letter in enumerate(states)
    ]

    assert delivery_of(copies) is whole


def test_each_side_of_a_thread_has_its_own_choices() -> None:
    thread = Thread(student_id="s", teacher_id="t", opened_at=datetime(2026, 1, 1, tzinfo=UTC))
    changed = thread.muted("t", is_muted=True).blocked("s", is_blocked=True)

    assert (changed.has_muted("t"), changed.has_muted("s")) == (True, False)
    assert (changed.has_blocked("s"), changed.has_blocked("t")) == (True, False)
    assert (thread.partner_of("s"), thread.has("x")) == ("t", False)
