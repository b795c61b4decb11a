"""Rooms of live conversations put together: the tutor's own rules find what is corrected there."""

from collections.abc import Sequence
from datetime import timedelta

from bot.core.language import Band, Level
from bot.live.room_model import Slip
from bot.live.room_rules import RoomPolicy
from bot.voice.adapters.local.corrections.checker import find_corrections
from config.settings import LiveSettings


def find_slips(text: str, language: str, level: str, /) -> Sequence[Slip]:
    """Implements `SlipFinder`; a room for any level is corrected as an intermediate one."""
    known = level in {each.value for each in Level}
    band = Level(level).band if known else Band.INTERMEDIATE
    return [
        Slip(said=each.said, better=each.better, why=each.explanation)
        for each in find_corrections(text, language, band)
    ]


def room_policy(settings: LiveSettings) -> RoomPolicy:
    """The operator's values; what has no setting keeps the product's."""
    return RoomPolicy(
        turn_takes=timedelta(seconds=settings.turn_seconds),
        host_away_after=timedelta(minutes=settings.host_away_minutes),
    )
