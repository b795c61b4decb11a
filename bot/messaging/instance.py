"""This process among its equals."""

from dataclasses import dataclass, field

from bot.core.entity import new_id


@dataclass(slots=True)
class Instance:
    """One running process.

    Args:
        senders: platforms whose sending this process does ("one paced sender per bot token").
    """

    id: str = field(default_factory=new_id)
    senders: set[str] = field(default_factory=set)
