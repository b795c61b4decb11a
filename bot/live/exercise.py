"""Whose turn it is: a round for everybody, the quiet ones first, nobody waited for too long."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_MISSED_UNTIL_AWAY = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """Somebody in the room, as the dealer sees them.

    Args:
        place: when they came, counted from 0; nobody has the place of another.
        seconds: spoken so far, off-turn notes included.
        dealt: rounds in which they had their turn, taken or not.
        missed: turns in a row that went by without a word or a tap of theirs.
        is_muted: the host wants nothing from them for a while.
    """

    user_id: str
    place: int
    seconds: float = 0.0
    dealt: int = 0
    missed: int = 0
    is_muted: bool = False

    @property
    def is_away(self) -> bool:
        """They let turns go by: nobody waits for them until they do something."""
        return self.missed >= _MISSED_UNTIL_AWAY

    @property
    def is_dealt_to(self) -> bool:
        return not self.is_muted and not self.is_away


def next_speaker(speakers: Iterable[Speaker], just_spoke: str | None = None) -> Speaker | None:
    """Who is next: of those who wait for this round, whoever has spoken least.

    Args:
        just_spoke: whose turn it was; again only where nobody else is left.

    Returns:
        None: nobody can be asked.
    """
    able = [each for each in speakers if each.is_dealt_to]
    others = [each for each in able if each.user_id != just_spoke] or able
    return min(others, key=_need, default=None)


def is_round_over(speakers: Iterable[Speaker]) -> bool:
    """Everybody who can be asked has had as many turns as everybody else: time for a prompt."""
    rounds = {each.dealt for each in speakers if each.is_dealt_to}
    return len(rounds) == 1 and rounds != {0}


def first_round(speakers: Iterable[Speaker]) -> int:
    """The `dealt` of somebody who comes late or back: they wait for this round like the others.

    Without it a late comer would be asked again and again until they had caught up.
    """
    return min((each.dealt for each in speakers if each.is_dealt_to), default=0)


def share_of_quietest_third(seconds: Sequence[float]) -> float:
    """Part of all speaking time (0 to 1) that the quietest third of the people had.

    A third of the people is rounded up; equal shares give that third its own part.
    """
    total = sum(seconds)
    if not seconds or total <= 0:
        return 0.0
    third = -(-len(seconds) // 3)
    return sum(sorted(seconds)[:third]) / total


def gini(seconds: Sequence[float]) -> float:
    """How unevenly time is spread: 0 where all spoke as long, towards 1 where one spoke alone."""
    total, count = sum(seconds), len(seconds)
    if count == 0 or total <= 0:
        return 0.0
    ranked = sum(rank * each for rank, each in enumerate(sorted(seconds), start=1))
    return 2 * ranked / (count * total) - (count + 1) / count


def _need(speaker: Speaker) -> tuple[int, float, int]:
    return speaker.dealt, speaker.seconds, speaker.place
