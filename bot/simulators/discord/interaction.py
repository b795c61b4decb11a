"""Interactions: what a person asked of the bot, and how far the answer is."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum

from bot.simulators.discord.errors import refusal
from bot.simulators.discord.model import Json

TOKEN_LIFETIME = timedelta(minutes=15)


class Kind(IntEnum):
    """What was asked."""

    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL = 5


class Callback(IntEnum):
    """Ways to answer (receiving-and-responding.mdx)."""

    MESSAGE = 4
    DEFERRED_MESSAGE = 5
    DEFERRED_UPDATE = 6
    UPDATE = 7
    CHOICES = 8
    MODAL = 9


_ALLOWED = {
    Kind.COMMAND: {Callback.MESSAGE, Callback.DEFERRED_MESSAGE, Callback.MODAL},
    Kind.COMPONENT: set(Callback) - {Callback.CHOICES},
    Kind.AUTOCOMPLETE: {Callback.CHOICES},
    Kind.MODAL: set(Callback) - {Callback.CHOICES, Callback.MODAL},
}
_ON_MESSAGE = {Callback.DEFERRED_UPDATE, Callback.UPDATE}


@dataclass(slots=True, kw_only=True)
class Interaction:
    """One press, command, submitted form or search for choices.

    Args:
        message_id: the message whose component was used, or which opened the form.
        opened_by: the interaction that was answered with the form.
        answer: how the bot answered; None while it did not.
        original_id: the message "@original" stands for.
        has_failed: the bot took too long; the person was told.
        choices: what an autocompletion offers.
    """

    interaction_id: int
    token: str
    kind: Kind
    user_id: int
    channel_id: int
    at: datetime
    data: Json
    message_id: int | None = None
    opened_by: "Interaction | None" = None
    answer: Callback | None = None
    original_id: int | None = None
    has_failed: bool = False
    choices: list[Json] = field(default_factory=list)

    @property
    def is_answered(self) -> bool:
        return self.answer is not None

    def allows(self, callback: Callback) -> bool:
        is_on_message = self.message_id is not None or callback not in _ON_MESSAGE
        return callback in _ALLOWED[self.kind] and is_on_message


class Interactions:
    """All interactions whose tokens are not long dead."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._by_id: dict[int, Interaction] = {}
        self._by_token: dict[str, Interaction] = {}

    def new_token(self) -> str:
        return secrets.token_urlsafe(48)

    def add(self, interaction: Interaction) -> None:
        """Older ones, twice as old as a token gets, are forgotten on the way."""
        self._by_id[interaction.interaction_id] = interaction
        self._by_token[interaction.token] = interaction
        while self._age(oldest := next(iter(self._by_id.values()))) > 2 * TOKEN_LIFETIME:
            del self._by_id[oldest.interaction_id], self._by_token[oldest.token]

    def to_answer(self, interaction_id: int | None, token: str) -> Interaction:
        """Raises ApiError 10062 (never heard of, or too late) or 40060 (answered before)."""
        found = self._by_id.get(interaction_id or 0)
        if found is None or found.token != token or found.has_failed:
            raise refusal(10062)
        if found.is_answered:
            raise refusal(40060)
        return found

    def to_follow_up(self, token: str) -> Interaction:
        """Raises ApiError 10015 (no such token, or not answered yet) or 50027 (expired)."""
        found = self._by_token.get(token)
        if found is None or not found.is_answered:
            raise refusal(10015)
        if self._age(found) > TOKEN_LIFETIME:
            raise refusal(50027)
        return found

    def _age(self, interaction: Interaction) -> timedelta:
        return self._now() - interaction.at
