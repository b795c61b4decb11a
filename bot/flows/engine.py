"""Pure movement through a flow: which step comes first, next, before."""

from collections.abc import Callable, Mapping, Sequence
from itertools import takewhile

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


def typed_steps(flow: Flow, first: str, applies: Applies, most: int) -> Sequence[Step]:
    """The step named `first` and those right after it, as long as all are answered by typing."""
    names = [step.name for step in flow.steps]
    following = flow.steps[names.index(first) :][:most]
    return list(takewhile(lambda step: is_typed(step) and applies(step), following))


def is_typed(step: Step) -> bool:
    """Whether one line of text is an answer."""
    return step.parse is not None and not step.is_many


def progress(flow: Flow, at: str, applies: Applies) -> tuple[int, int]:
    """Which question this is, of how many; hidden ones and the summary are not counted."""
    open_now = open_steps(flow, applies)
    asked = [step for step in open_now if not step.is_hidden and not step.is_summary]
    names = [step.name for step in asked]
    position = names.index(at) + 1 if at in names else len(names)
    return position, len(names)


def unanswered(flow: Flow, answers: Mapping[str, object], applies: Applies) -> Step | None:
    """The first step whose answer was forgotten, or that came to apply; the summary has none."""
    return next(
        (
            step
            for step in open_steps(flow, applies)
            if step.name not in answers and not step.is_summary
        ),
        None,
    )


def with_answer(answers: Mapping[str, object], step: Step, value: object) -> dict[str, object]:
    """The answers with one more; a skipped step is answered with None.

    Where it changes an answer, those that rested on it are forgotten.
    """
    is_same = answers.get(step.name) == value
    kept = answers if is_same else {n: v for n, v in answers.items() if n not in step.resets}
    return {**kept, step.name: value}
