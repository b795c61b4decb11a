"""Hours that are kept at Calendly, to be taken over as a teacher's own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from bot.core.errors import DomainError
from bot.scheduling.schedule import (
    MOST_EXCEPTIONS,
    MOST_RULES,
    AvailabilityRule,
    DateException,
    Schedule,
    TooManyHours,
    merged_rules,
)


class TokenRefused(DomainError):
    """Calendly does not know the token."""

    key = "hours.import.refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedHours:
    """One of a person's schedules there.

    Args:
        zone: IANA name.
    """

    name: str
    zone: str
    rules: tuple[AvailabilityRule, ...]
    exceptions: tuple[DateException, ...]

    def applied_to(self, schedule: Schedule, today: date) -> Schedule:
        """In place of the hours that were there. Raises TooManyHours."""
        rules = tuple(merged_rules(self.rules))
        exceptions = tuple(each for each in self.exceptions if each.last >= today)
        if len(rules) > MOST_RULES or len(exceptions) > MOST_EXCEPTIONS:
            raise TooManyHours
        return replace(schedule, zone=self.zone, rules=rules, exceptions=exceptions)


class HoursElsewhere(Protocol):
    """Asks for a person's schedules."""

    async def schedules(self, token: str, /) -> Sequence[OfferedHours]:
        """The default one first.

        Args:
            token: the person's own; kept nowhere.

        Raises:
            TokenRefused: it is no good.
            ServiceFailure: no answer, or one we do not understand.
        """
        ...
