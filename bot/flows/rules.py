"""The settings that rules of the conversation need."""

from dataclasses import dataclass, field
from datetime import timedelta

from bot.chat.policy import Limits
from bot.live.policy import LivePolicy
from bot.live.room_rules import RoomPolicy
from bot.scheduling.policy import LessonPolicy
from bot.tiers.terms import Tiers

__all__ = ["LessonPolicy", "LivePolicy", "Rules"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Values from the settings; all have the defaults of the product.

    Args:
        guest_turns: voice or text turns a guest may try before registering.
        minimum_age: years; below it nobody may register.
        idle_after: a practice without a word for so long is closed with its report.
        max_note_seconds: longest voice note that is taken.
        admins: "platform:id" of the people named as admins in the settings.
        has_mail: a mail server is configured.
        has_codes: an address can be confirmed, by a mail of ours or by a service.
        recording_kept_for: how long a kept recording stays.
        public_url: where people open pages of ours, without a slash at its end; None: nowhere.
        relay: how much people may write to each other.
        tiers: what plans give and cost.
        lessons: what cancelling and not coming cost, how long hours are kept.
        live: limits of live conversations, and what leaving one costs.
        rooms: how their rooms are led.
    """

    guest_turns: int = 3
    minimum_age: int = 16
    idle_after: timedelta = timedelta(hours=1)
    max_note_seconds: float = 300.0
    admins: frozenset[str] = frozenset()
    has_mail: bool = True
    has_codes: bool = True
    recording_kept_for: timedelta = timedelta(days=30)
    public_url: str | None = None
    relay: Limits = field(default_factory=Limits)
    lessons: LessonPolicy = field(default_factory=LessonPolicy)
    tiers: Tiers = field(default_factory=Tiers)
    live: LivePolicy = field(default_factory=LivePolicy)
    rooms: RoomPolicy = field(default_factory=RoomPolicy)
