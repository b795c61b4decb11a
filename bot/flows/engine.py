"""Pure movement through a flow: which step comes first, next, before."""

from collections.abc import Callable, Mapping, Sequence

from bot.flows.model import Flow, Step

SKIPPED: None = None

Applies = Callable[[Step], bool]


def open_steps(flow: Flow, applies: Applies) -> Sequence[Step]:
    """The steps that are asked, given the answers so far, in order."""
    return [step for step in flow.steps if applies(step)]


def next_step(flow: Flow, after: str | None, applies: Applies) -> Step | None:
    """The step to ask after `after` (None: the first); None when all were asked."""
    names = [step.name for step in flow.steps]
    start = 0 if after is None else names.index(after) + 1
    return next((step for step in flow.steps[start:] if applies(step)), None)


def previous_step(flow: Flow, before: str, applies: Applies) -> Step | None:
    """The step asked before `before`; None when it was the first."""
    names = [step.name for step in flow.steps]
    earlier = flow.steps[: names.index(before)]
    return next((step for step in reversed(earlier) if applies(step)), None)


def progress(flow: Flow, at: str, applies: Applies) -> tuple[int, int]:
    """Which question this is, of how many, hidden ones not counted."""
    asked = [step for step in open_steps(flow, applies) if not step.is_hidden]
    names = [step.name for step in asked]
    position = names.index(at) + 1 if at in names else len(names)
    return position, len(names)


def with_answer(answers: Mapping[str, object], step: str, value: object) -> dict[str, object]:
    """The answers with one more; a skipped step is answered with None."""
    return {**answers, step: value}
