"""Where a person is in a guided conversation; saved after every answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.core.entity import Entity


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowState(Entity):
    """One person's place in one flow; a person is in at most one.

    Args:
        flow, step: names; the step is the one being asked.
        answers: by step name, as JSON values; sealed.
        returns_to: the step to go to after this one was answered (editing from a summary).
        message_id: the message that shows the step, to be edited in place.
        asked_in: "platform:room" where the flow is running.
    """

    user_id: str
    flow: str
    step: str
    answers: Mapping[str, object] = field(default_factory=dict)
    returns_to: str | None = None
    asked_in: str = ""
    updated_at: datetime
