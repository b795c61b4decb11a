"""Turns: everybody in every round, the quiet ones first, nobody is waited for."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bot.live.exercise import (
    Speaker,
    first_round,
    gini,
    is_round_over,
    next_speaker,
    share_of_quietest_third,
)

seconds = st.floats(min_value=0, max_value=3_600)


def speakers(*spoken: float) -> list[Speaker]:
    return [
        Speaker(user_id=str(place), place=place, seconds=each) for place, each in enumerate(spoken)
    ]


def deal(people: list[Speaker], turns: int, note_seconds: float = 20.0) -> list[str]:
    """Who was asked, where everybody takes every turn."""
    asked: list[str] = []
    for _ in range(turns):
        chosen = next_speaker(people, asked[-1] if asked else None)
        assert chosen is not None
        asked.append(chosen.user_id)
        people[chosen.place] = replace(
            chosen, dealt=chosen.dealt + 1, seconds=chosen.seconds + note_seconds
        )
    return asked


def test_whoever_has_spoken_least_is_asked_first() -> None:
    assert deal(speakers(130, 35, 80), 3) == ["1", "2", "0"]


@given(st.lists(seconds, min_size=1, max_size=12), st.integers(1, 5))
def test_in_every_round_everybody_has_one_turn(spoken: list[float], rounds: int) -> None:
    asked = deal(speakers(*spoken), rounds * len(spoken))

    for number in range(rounds):
        part = asked[number * len(spoken) : (number + 1) * len(spoken)]
        assert sorted(part) == sorted(str(place) for place in range(len(spoken)))


@given(st.lists(seconds, min_size=2, max_size=12), st.integers(2, 40))
def test_nobody_is_asked_twice_in_a_row_while_others_are_there(
    spoken: list[float], turns: int
) -> None:
    asked = deal(speakers(*spoken), turns)

    assert all(one != next_one for one, next_one in pairwise(asked))


@given(st.lists(st.tuples(seconds, st.booleans(), st.integers(0, 4)), max_size=12))
def test_who_is_muted_or_away_is_never_asked(people: list[tuple[float, bool, int]]) -> None:
    room = [
        Speaker(user_id=str(place), place=place, seconds=spoken, is_muted=is_muted, missed=missed)
        for place, (spoken, is_muted, missed) in enumerate(people)
    ]

    chosen = next_speaker(room)

    assert chosen is None or (not chosen.is_muted and chosen.missed < 2)
    assert (chosen is None) == all(each.is_muted or each.missed >= 2 for each in room)


def test_one_who_is_alone_is_asked_again() -> None:
    (alone,) = speakers(10)

    assert next_speaker([alone], alone.user_id) == alone


def test_a_late_comer_waits_for_the_round_that_goes_on_like_everybody_else() -> None:
    people = speakers(0, 0, 0)
    deal(people, 7)
    late = Speaker(user_id="3", place=3, dealt=first_round(people))

    asked = Counter(deal([*people, late], 8))

    assert asked["3"] <= 3


def test_a_round_is_over_when_everybody_who_can_be_asked_was() -> None:
    people = speakers(0, 0)
    assert not is_round_over(people)
    deal(people, 1)
    assert not is_round_over(people)
    deal(people, 1)
    assert is_round_over(people)
    assert is_round_over([*people, Speaker(user_id="9", place=9, missed=2)])


@given(st.lists(seconds, min_size=1, max_size=30))
def test_the_quietest_third_never_has_more_than_its_part(spoken: list[float]) -> None:
    third = -(-len(spoken) // 3)

    assert 0 <= share_of_quietest_third(spoken) <= third / len(spoken) + 1e-9


@given(st.lists(seconds, min_size=1, max_size=30))
def test_unevenness_lies_between_all_alike_and_one_alone(spoken: list[float]) -> None:
    assert -1e-9 <= gini(spoken) <= 1


def test_unevenness_of_known_rooms() -> None:
    assert gini([60, 60, 60]) == 0
    assert gini([0, 0, 0, 120]) == 0.75
    assert share_of_quietest_third([10, 20, 30, 40, 50, 60]) == 30 / 210
