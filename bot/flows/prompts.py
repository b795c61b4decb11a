"""How a step looks: its question, its options, its way on."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.core.entity import short_id
from bot.flows.engine import Applies, is_typed, previous_step, progress, typed_steps
from bot.flows.model import Answers, Flow, Layout, Option, Step
from bot.flows.scene import Scene
from bot.flows.state import FlowState
from bot.messaging.forms import Form, FormField
from bot.messaging.model import Button, Paragraph, Style

PREFIX = "f"
_PER_PAGE = 12
_FIELDS_IN_A_FORM = 5  # what Discord shows at once
_GRID_WIDTH = 3
_LONGEST_IN_THREE = 14


class Press(StrEnum):
    """What a flow's button does; the rest of its data is the value."""

    BACK = "b"
    SKIP = "s"
    CANCEL = "x"
    DONE = "d"
    PAGE = "p"
    CHOOSE = "="
    CONFIRM = "y"
    EDIT = "e"
    FORM = "m"


@dataclass(frozen=True, slots=True)
class Prompt:
    """One step of one person's flow, as it is shown."""

    scene: Scene
    flow: Flow
    state: FlowState
    step: Step

    def body(self) -> list[Paragraph]:
        scene, flow, step = self.scene, self.flow, self.step
        answers = self.state.answers
        body = list(step.before(scene, answers)) if step.before else []
        if step.is_summary:
            body += self._summary()
        is_in_order = self.state.returns_to is None and not step.is_hidden and not step.is_summary
        if flow.shows_progress and is_in_order:
            at, of = progress(flow, step.name, applies_in(scene, answers))
            body.append(scene.text("flow.progress", Style.CODE, at=at, of=of))
        style = Style.PLAIN if step.is_summary else Style.STRONG
        return [*body, Paragraph(self._question(step), style)]

    def form(self) -> Form | None:
        """This question and those after it that are answered by typing; None where it is not."""
        scene, state = self.scene, self.state
        applies = applies_in(scene, state.answers)
        most = _FIELDS_IN_A_FORM if state.returns_to is None else 1
        steps = typed_steps(self.flow, self.step.name, applies, most)
        fields = tuple(self._field(step) for step in steps)
        return Form(scene.texts("form.title"), self._data(Press.FORM), fields) if fields else None

    def _field(self, step: Step) -> FormField:
        known = self.state.answers.get(step.name)
        return FormField(
            name=step.name,
            label=self._question(step),
            value=known if isinstance(known, str) else "",
            is_required=not step.is_optional,
            is_long=step.is_long,
        )

    def _question(self, step: Step) -> str:
        params = step.params(self.scene, self.state.answers) if step.params else {}
        return self.scene.texts(step.asks or f"flow.{self.flow.name}.{step.name}.ask", **params)

    def answered(self) -> list[Paragraph]:
        """The question with the answer that was given."""
        step, value = self.step, self.state.answers.get(self.step.name)
        options = step.options(self.scene, self.state.answers) if step.options else ()
        chosen = [Paragraph(_label(each, True)) for each in options if each.value == value]
        return [*self.body(), *chosen]

    def rows(self, page: int = 0) -> list[list[Button]]:
        scene, step = self.scene, self.step
        answers = self.state.answers
        rows = self._option_rows(page)
        if step.extra_rows is not None:
            rows += [list(row) for row in step.extra_rows(scene, answers)]
        if step.is_many:
            rows.append([self._button("flow.button.done", Press.DONE)])
        if step.is_summary:
            rows.append([self._button("flow.button.confirm", Press.CONFIRM)])
            rows += self._edit_rows()
        if is_typed(step):
            label = scene.texts("form.button.open")
            rows.append([Button(label, self._data(Press.FORM), opens_form=True)])
        last = []
        if self._has_back():
            last.append(self._button("flow.button.back", Press.BACK))
        if step.is_optional:
            last.append(self._button(step.skip_label, Press.SKIP))
        if self.flow.has_cancel:
            last.append(self._button("flow.button.cancel", Press.CANCEL))
        return [*rows, last]

    def _has_back(self) -> bool:
        step, state = self.step, self.state
        if step.is_summary or is_alone(state, step):
            return False
        applies = applies_in(self.scene, state.answers)
        return previous_step(self.flow, step.name, applies) is not None

    def _data(self, press: Press, value: str = "") -> str:
        return f"{PREFIX}:{short_id(self.state.id)}:{self.step.name}:{press.value}{value}"

    def _button(self, key: str, press: Press, value: str = "", /, **params: object) -> Button:
        return self.scene.button(key, self._data(press, value), **params)

    def _summary(self) -> list[Paragraph]:
        applies = applies_in(self.scene, self.state.answers)
        lines = []
        for step in self.flow.steps:
            value = self.state.answers.get(step.name)
            if step.is_summary or step.is_hidden or value is None or value == []:
                continue
            if not applies(step):
                continue
            label = self._label(step)
            lines.append(f"{label}: {step.show(self.scene, value) if step.show else value}")
        return [Paragraph("\n".join(lines), Style.QUOTE)] if lines else []

    def _label(self, step: Step) -> str:
        return self.scene.texts(step.label or f"flow.{self.flow.name}.{step.name}.label")

    def _option_rows(self, page: int) -> list[list[Button]]:
        step, answers = self.step, self.state.answers
        if step.options is None:
            return []
        options = step.options(self.scene, answers)
        pages = max(1, -(-len(options) // _PER_PAGE))
        page = min(page, pages - 1)
        picked = set(as_list(answers.get(step.name))) if step.is_many else set()
        buttons = [
            Button(_label(option, option.value in picked), self._data(Press.CHOOSE, option.value))
            for option in options[page * _PER_PAGE : (page + 1) * _PER_PAGE]
        ]
        width = _width(step.layout, buttons)
        rows = [buttons[i : i + width] for i in range(0, len(buttons), width)]
        return [*rows, self._page_row(page, pages)] if pages > 1 else rows

    def _page_row(self, page: int, pages: int) -> list[Button]:
        row = []
        if page > 0:
            row.append(self._button("flow.button.earlier", Press.PAGE, str(page - 1)))
        if page < pages - 1:
            row.append(self._button("flow.button.more", Press.PAGE, str(page + 1)))
        return row

    def _edit_rows(self) -> list[list[Button]]:
        applies = applies_in(self.scene, self.state.answers)
        buttons = [
            self._button(
                "flow.button.edit",
                Press.EDIT,
                step.name,
                what=self._label(step),
            )
            for step in self.flow.steps
            if not step.is_summary and not step.is_hidden and applies(step)
        ]
        return [buttons[i : i + 2] for i in range(0, len(buttons), 2)]


def is_alone(state: FlowState, step: Step) -> bool:
    """Where one thing alone is changed, only its own follow-up questions have a way back."""
    return state.returns_to == "" and not step.is_hidden


def applies_in(scene: Scene, answers: Answers) -> Applies:
    """Whether a step is asked, given the answers so far."""
    return lambda step: step.when is None or step.when(scene, answers)


def as_list(value: object) -> Sequence[str]:
    """The chosen values of a step that takes several."""
    return [str(item) for item in value] if isinstance(value, list | tuple) else []


def _label(option: Option, is_picked: bool) -> str:
    return f"✓ {option.label}" if is_picked else option.label


def _width(layout: Layout, buttons: Sequence[Button]) -> int:
    if layout is Layout.LIST:
        return 1
    return 2 if any(len(button.label) > _LONGEST_IN_THREE for button in buttons) else _GRID_WIDTH
