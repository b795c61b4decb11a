"""Several questions at once, where a platform can show them."""

from dataclasses import dataclass
from typing import Protocol

from bot.messaging.model import Incoming


@dataclass(frozen=True, slots=True)
class FormField:
    """One question of a form.

    Args:
        name: under which the answer comes back.
        label: the question, in the reader's language.
        value: what is known already.
        is_long: several lines may be written.
    """

    name: str
    label: str
    value: str = ""
    is_required: bool = True
    is_long: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """A form; `data` comes back with what was filled in."""

    title: str
    data: str
    fields: tuple[FormField, ...]


class Forms(Protocol):
    """Which form a press opens. Reads, and changes nothing."""

    async def form_for(self, press: Incoming, /) -> Form | None:
        """None where there is nothing to fill in (any more): the press means what others mean."""
        ...
