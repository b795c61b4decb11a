"""Fairness of turns: how much the quietest third speaks in simulated rooms, with and without.

The people are made up: how readily each of them takes the floor is spread so widely that a few do
most of the talking, and some speak three times as long as others when they do. With turns the
product's own dealer decides.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import mean

from bench.table import Row
from bot.live.exercise import Speaker, gini, next_speaker, share_of_quietest_third

_ROOMS = 500
_PEOPLE = (4, 6, 8, 12)
_SECONDS = 3_600.0
_SPREAD = 1.0  # standard deviation of the logarithm of how readily somebody takes the floor
_NOTE = (8.0, 45.0)  # seconds of a voice note
_PAUSE_SECONDS = 3.0
_TURN_SECONDS = 90.0
_PASSED = 0.1  # part of the turns that are passed or let go by
_IN_BETWEEN = 0.25  # part of the turns after which somebody says something unasked


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in a simulated room.

    Args:
        readiness: how often they take the floor, compared with others.
        note_seconds: how long they speak when they do.
    """

    readiness: float
    note_seconds: float


Room = Callable[[Sequence[Person], random.Random], Sequence[float]]


def rows() -> list[Row]:
    """Seconds spoken in rooms of several sizes, an hour each; the same people both times."""
    free, dealt = _measure(without_turns), _measure(with_turns)
    even = mean(-(-count // 3) / count for count in _PEOPLE)
    share, before = (
        mean(map(share_of_quietest_third, dealt)),
        mean(map(share_of_quietest_third, free)),
    )
    return [
        Row(
            "speaking time of the quietest third, with turns / without",
            f"{100 * share:.0f} % / {100 * before:.0f} % (all alike: {100 * even:.0f} %)",
            "at least twice the share without",
            is_met=share >= 2 * before,
        ),
        Row(
            "unevenness of speaking time (Gini), with turns / without",
            f"{mean(map(gini, dealt)):.2f} / {mean(map(gini, free)):.2f}",
            "less with turns",
            is_met=mean(map(gini, dealt)) < mean(map(gini, free)),
        ),
    ]


def _measure(room: Room) -> Sequence[Sequence[float]]:
    """Seconds spoken by each person of each room."""
    spoken = []
    for number in range(_ROOMS):
        chance = random.Random(number)  # the same rooms in every run
        people = a_room(_PEOPLE[number % len(_PEOPLE)], chance)
        spoken.append(room(people, chance))
    return spoken


def a_room(count: int, chance: random.Random) -> Sequence[Person]:
    """Some people, of whom a few talk a lot."""
    return [Person(chance.lognormvariate(0, _SPREAD), chance.uniform(*_NOTE)) for _ in range(count)]


def without_turns(people: Sequence[Person], chance: random.Random) -> Sequence[float]:
    """Whoever is quickest takes the floor."""
    spoken, clock = [0.0] * len(people), 0.0
    while clock < _SECONDS:
        place = _quickest(people, chance)
        spoken[place] += people[place].note_seconds
        clock += people[place].note_seconds + _PAUSE_SECONDS
    return spoken


def with_turns(people: Sequence[Person], chance: random.Random) -> Sequence[float]:
    """The dealer asks one after the other; some pass, and some speak in between."""
    speakers = [Speaker(user_id=str(place), place=place) for place in range(len(people))]
    clock, last = 0.0, None
    while clock < _SECONDS:
        asked = next_speaker(speakers, last)
        if asked is None:
            break
        last = asked.user_id
        is_passed = chance.random() < _PASSED
        clock += _TURN_SECONDS / 2 if is_passed else people[asked.place].note_seconds
        seconds = 0.0 if is_passed else people[asked.place].note_seconds
        speakers[asked.place] = replace(
            asked, dealt=asked.dealt + 1, seconds=asked.seconds + seconds
        )
        if chance.random() < _IN_BETWEEN:
            place = _quickest(people, chance)
            more, speaker = people[place].note_seconds / 2, speakers[place]
            speakers[place] = replace(speaker, seconds=speaker.seconds + more)
            clock += more
        clock += _PAUSE_SECONDS
    return [each.seconds for each in speakers]


def _quickest(people: Sequence[Person], chance: random.Random) -> int:
    """Whoever takes the floor when it is anybody's."""
    weights = [each.readiness for each in people]
    return chance.choices(range(len(people)), weights)[0]
