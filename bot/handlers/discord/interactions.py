"""What is needed to answer an interaction, as one text that travels with every answer."""

from dataclasses import dataclass
from enum import StrEnum


class Asked(StrEnum):
    """How something was asked of us."""

    COMMAND = "c"
    COMPONENT = "b"
    FORM = "f"


@dataclass(frozen=True, slots=True)
class Interaction:
    """A press, a command or a form that waits for its answer.

    Args:
        asked: what it was.
        is_whispered: answers are shown to `user_id` alone.
        token: opens the way to the answer, for fifteen minutes.
    """

    asked: Asked
    is_whispered: bool
    user_id: str
    interaction_id: str
    token: str

    @property
    def text(self) -> str:
        """For `Incoming.callback_id`."""
        whispered = "w" if self.is_whispered else "-"
        parts = (self.asked.value, whispered, self.user_id, self.interaction_id, self.token)
        return ":".join(parts)


def read_interaction(text: str | None) -> Interaction | None:
    """The interaction of a `callback_id`; None where there is none."""
    if text is None:
        return None
    asked, whispered, user_id, interaction_id, token = text.split(":", 4)
    return Interaction(Asked(asked), whispered == "w", user_id, interaction_id, token)
