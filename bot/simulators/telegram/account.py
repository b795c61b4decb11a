"""Who a user of the simulated Telegram is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Account:
    """A person, or the bot itself. `language` is their client's, as an IETF tag."""

    user_id: int
    name: str
    username: str | None = None
    language: str | None = None
    is_bot: bool = False
