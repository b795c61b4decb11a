"""A flow is data: steps asked in order, an end that does something with the answers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from bot.core.errors import DomainError
from bot.flows.scene import Later, Scene
from bot.messaging.model import Button, IncomingMedia, MediaKind, Paragraph

Answers = Mapping[str, object]


class InvalidAnswer(DomainError):
    """The answer cannot be used; the step is asked again with the reason."""

    key = "flow.invalid"


class Refused(DomainError):
    """The answer ends the flow, and nothing of it is kept."""


@dataclass(frozen=True, slots=True)
class Option:
    """Something to choose.

    Args:
        value: what the answer becomes; at most 30 bytes, since it travels in a button.
        label: in the reader's language.
    """

    value: str
    label: str


class Layout(StrEnum):
    """How options are laid out."""

    LIST = "list"
    GRID = "grid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One question.

    Args:
        name: also the answer's name and part of the catalog key
            `flow.{flow}.{name}.ask` (`asks` overrides the key; `params` fills it in). So it is
            with `label`, its name in a summary.
        options: what can be chosen; empty where the answer is typed or sent.
        is_many: several options may be chosen; the answer is a list.
        parse: a typed answer to its value; raises InvalidAnswer. None: typing is not an answer
            (options can always be typed by their label).
        is_long: several lines may be typed.
        media: kinds of files that answer the step; the answer is the file's description until
            `keep` stored it.
        check: looks at a value inside the transaction; raises InvalidAnswer, may replace it.
        ask_world: asks outside of the transaction about a checked value, and goes on by
            `Runner.settle`; until then nothing is answered.
        when: whether the step is asked at all.
        before: shown above the question, e.g. a warning or what was found.
        extra_rows: further buttons, whose data belongs to commands or actions.
        after: done inside the transaction once the value is accepted.
        resets: answers that are forgotten, and asked for again, when this one changes.
        show: the value as a summary shows it.
    """

    name: str
    asks: str | None = None
    label: str | None = None
    params: Callable[[Scene, Answers], Mapping[str, object]] | None = None
    options: Callable[[Scene, Answers], Sequence[Option]] | None = None
    layout: Layout = Layout.LIST
    is_many: bool = False
    is_optional: bool = False
    parse: Callable[[Scene, str], object] | None = None
    is_long: bool = False
    media: frozenset[MediaKind] = frozenset()
    takes_contact: bool = False
    check: Callable[[Scene, Answers, object], object] | None = None
    ask_world: Callable[[Scene, Answers, object], Later] | None = None
    when: Callable[[Scene, Answers], bool] | None = None
    before: Callable[[Scene, Answers], Sequence[Paragraph]] | None = None
    extra_rows: Callable[[Scene, Answers], Sequence[Sequence[Button]]] | None = None
    after: Callable[[Scene, Answers], None] | None = None
    show: Callable[[Scene, object], str] | None = None
    resets: tuple[str, ...] = ()
    skip_label: str = "flow.button.skip"
    is_summary: bool = False
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class Flow:
    """A guided conversation.

    Args:
        finish: called with all answers inside the transaction once nothing is left to ask; what
            it returns, if anything, goes on outside of it.
        start_answers: values known before the first question.
        leave: where one thing alone is changed, what /back at its question does; None: it is
            cancelled.
        has_cancel: whether its questions carry a Cancel button; /cancel works in any case.
    """

    name: str
    steps: tuple[Step, ...]
    finish: Callable[[Scene, Answers], Later | None]
    start_answers: Callable[[Scene], Answers] | None = None
    leave: Callable[[Scene, Answers], object] | None = None
    shows_progress: bool = True
    has_cancel: bool = True

    def step(self, name: str) -> Step | None:
        return next((step for step in self.steps if step.name == name), None)


@dataclass(frozen=True, slots=True)
class Given:
    """What a person answered: typed, chosen, or sent."""

    text: str | None = None
    choice: str | None = None
    media: IncomingMedia | None = None
    contact: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict)
