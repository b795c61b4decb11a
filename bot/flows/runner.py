"""Runs flows: loads where a person is, takes an answer, shows the next step, finishes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from bot.core.entity import short_id
from bot.core.errors import DomainError
from bot.flows.engine import next_step, previous_step, unanswered, with_answer
from bot.flows.model import Answers, Flow, Given, InvalidAnswer, Option, Refused, Step
from bot.flows.prompts import Press, Prompt, applies_in, as_list, is_alone
from bot.flows.scene import Later, Scene
from bot.flows.state import FlowState
from bot.messaging.forms import Form
from bot.messaging.model import Button

REMOVE_KEYBOARD = {"remove_keyboard": "1"}


class Runner:
    """Moves people through the flows it knows."""

    def __init__(self) -> None:
        self._flows: dict[str, Flow] = {}

    def add(self, *flows: Flow) -> None:
        """Make flows known; areas bring their own."""
        self._flows.update((flow.name, flow) for flow in flows)

    @property
    def flows(self) -> Sequence[Flow]:
        return list(self._flows.values())

    def start(self, scene: Scene, name: str, answers: Answers | None = None) -> Later | None:
        """Begin a flow; one that was under way is left."""
        flow = self._flows[name]
        known = dict(answers or {})
        if flow.start_answers is not None:
            known = {**flow.start_answers(scene), **known}
        scene.work.flow_states.drop(scene.user.id)
        state = FlowState(
            user_id=scene.user.id,
            flow=name,
            step="",
            answers=known,
            asked_in=scene.place,
            updated_at=scene.now,
        )
        return self._go(scene, flow, state, self._first(scene, flow, known))

    def start_at(self, scene: Scene, name: str, step: str, answers: Answers) -> Later | None:
        """Begin a flow at one step, to change one thing; its end follows the answer."""
        flow = self._flows[name]
        state = FlowState(
            user_id=scene.user.id,
            flow=name,
            step="",
            answers={**dict.fromkeys(each.name for each in flow.steps), **answers},
            returns_to="",
            asked_in=scene.place,
            updated_at=scene.now,
        )
        scene.work.flow_states.drop(scene.user.id)
        return self._go(scene, flow, state, _named(flow, step))

    def find(self, scene: Scene) -> FlowState | None:
        state = scene.work.flow_states.find_of_user(scene.user.id)
        return state if state is not None and state.flow in self._flows else None

    def wants(self, state: FlowState, given: Given) -> bool:
        """Whether this could be an answer to the step being asked."""
        step = self._flows[state.flow].step(state.step)
        if step is None:
            return False
        if given.media is not None:
            return given.media.kind in step.media
        if given.contact is not None:
            return step.takes_contact
        return step.parse is not None or step.options is not None

    def answer(self, scene: Scene, state: FlowState, given: Given) -> Later | None:
        """Take an answer; a wrong one is told and the step asked again."""
        step = _named(self._flows[state.flow], state.step)

        def find() -> object:
            value = self._value(scene, state.answers, step, given)
            return value if step.check is None else step.check(scene, state.answers, value)

        return self._take(scene, state, step, find)

    def settle(self, scene: Scene, step_name: str, find: Callable[[], object]) -> Later | None:
        """Take an answer that was asked about outside of the transaction (`Step.ask_world`).

        Args:
            find: the value; raises as a step's `check` does.
        """
        state = self.find(scene)
        if state is None or state.step != step_name:  # left meanwhile
            return None
        step = replace(_named(self._flows[state.flow], step_name), ask_world=None)
        return self._take(scene, state, step, find)

    def _take(
        self, scene: Scene, state: FlowState, step: Step, find: Callable[[], object]
    ) -> Later | None:
        flow = self._flows[state.flow]
        try:
            value = find()
            if step.is_many:
                self._toggle(scene, flow, state, step, str(value))
                return None
        except Refused as refusal:
            scene.work.flow_states.drop(scene.user.id)
            scene.show(scene.text(refusal.key, **refusal.params), buttons=menu_rows(scene))
            return None
        except DomainError as wrong:
            scene.say(scene.text(wrong.key, **wrong.params))
            self._show(scene, flow, state, step, is_edit=False)
            return None
        if step.ask_world is not None:
            return step.ask_world(scene, state.answers, value)
        return self._accept(scene, flow, state, step, value)

    def press(self, scene: Scene, data: str) -> Later | None:
        """Take a press of a flow's button; an old or foreign one is answered politely."""
        state, action = self._meant(scene, data)
        flow = self._flows[state.flow]
        step = _named(flow, state.step)
        scene.answer_button()
        return self._act(scene, flow, state, step, action)

    def form(self, scene: Scene, data: str) -> Form | None:
        """What a press opens; None where it opens nothing (any more)."""
        try:
            state, action = self._meant(scene, data)
        except StaleButton:
            return None
        if action != Press.FORM:
            return None
        flow = self._flows[state.flow]
        return Prompt(scene, flow, state, _named(flow, state.step)).form()

    def fill(self, scene: Scene, data: str, form: Mapping[str, str]) -> Later | None:
        """Take a form's answers in order; the first wrong one is told, and its step asked again.

        Args:
            data: of the press that had opened it.
            form: what was typed, by the names of steps.
        """
        state, action = self._meant(scene, data)
        if action != Press.FORM or state.step not in form:
            raise StaleButton
        scene.answer_button()
        asked, later = state, None
        while later is None and state.step in form:
            later = self._fill_one(scene, state, form[state.step])
            moved = self.find(scene)
            if moved is None or moved.id != state.id or moved.step == state.step:
                break
            state = moved
        self._put_away(scene, self._flows[asked.flow], asked)
        return later

    def repeat(self, scene: Scene, state: FlowState) -> None:
        """Ask the current step again, e.g. after something else came in between."""
        flow = self._flows[state.flow]
        self._show(scene, flow, state, _named(flow, state.step), is_edit=False)

    def cancel(self, scene: Scene, state: FlowState) -> None:
        step = self._flows[state.flow].step(state.step)
        scene.work.flow_states.drop(scene.user.id)
        if step is not None and step.takes_contact:
            scene.say(scene.text("flow.cancelled"), extra=REMOVE_KEYBOARD)
        else:
            scene.show(scene.text("flow.cancelled"), buttons=menu_rows(scene))

    def back(self, scene: Scene, state: FlowState) -> None:
        flow = self._flows[state.flow]
        applies = applies_in(scene, state.answers)
        if state.returns_to and unanswered(flow, state.answers, applies) is None:
            self._go(scene, flow, replace(state, returns_to=None), flow.step(state.returns_to))
            return
        step = _named(flow, state.step)
        if is_alone(state, step):
            self._leave(scene, flow, state)
            return
        before = previous_step(flow, step.name, applies)
        if before is not None:
            self._go(scene, flow, state, before)
        else:
            self._show(scene, flow, state, step)

    def _leave(self, scene: Scene, flow: Flow, state: FlowState) -> None:
        """Back from the one question there is: to where it was asked from."""
        if flow.leave is None:
            self.cancel(scene, state)
            return
        scene.work.flow_states.drop(scene.user.id)
        flow.leave(scene, state.answers)

    def go_to(self, scene: Scene, state: FlowState, step: str) -> None:
        """Ask another step of the flow that is under way."""
        flow = self._flows[state.flow]
        self._go(scene, flow, state, _named(flow, step))

    def skip(self, scene: Scene, state: FlowState) -> Later | None:
        flow = self._flows[state.flow]
        step = _named(flow, state.step)
        if not step.is_optional:
            scene.say(scene.text("flow.cannot_skip"))
            return None
        return self._accept(scene, flow, state, step, None)

    def _meant(self, scene: Scene, data: str) -> tuple[FlowState, str]:
        """Where the person is, if that is where the button was shown, and what it does."""
        state = self.find(scene)
        _, _, rest = data.partition(":")
        short, _, rest = rest.partition(":")
        step_name, _, action = rest.partition(":")
        if state is None or short_id(state.id) != short or state.step != step_name:
            raise StaleButton
        return state, action

    def _fill_one(self, scene: Scene, state: FlowState, typed: str) -> Later | None:
        step = _named(self._flows[state.flow], state.step)
        if step.is_optional and not typed.strip():
            return self.skip(scene, state)
        return self.answer(scene, state, Given(text=typed))

    def _act(
        self, scene: Scene, flow: Flow, state: FlowState, step: Step, action: str
    ) -> Later | None:
        kind, rest = action[:1], action[1:]
        match kind:
            case Press.CHOOSE:
                return self.answer(scene, state, Given(choice=rest))
            case Press.FORM:  # it could not be opened
                self._show(scene, flow, state, step)
            case Press.PAGE:
                self._show(scene, flow, state, step, page=int(rest) if rest.isdecimal() else 0)
            case Press.EDIT if step.is_summary:
                editing = replace(state, returns_to=step.name)
                return self._go(scene, flow, editing, _named(flow, rest))
            case Press.BACK:
                self.back(scene, state)
            case Press.CANCEL:
                self.cancel(scene, state)
            case Press.SKIP:
                return self.skip(scene, state)
            case Press.DONE if step.is_many:
                chosen = list(as_list(state.answers.get(step.name)))
                return self._accept(scene, flow, state, step, chosen)
            case Press.CONFIRM if step.is_summary:
                return self._accept(scene, flow, state, step, True)
            case _:
                raise StaleButton
        return None

    def _toggle(self, scene: Scene, flow: Flow, state: FlowState, step: Step, value: str) -> None:
        chosen = list(as_list(state.answers.get(step.name)))
        chosen.remove(value) if value in chosen else chosen.append(value)
        answers = with_answer(state.answers, step, chosen)
        saved = scene.work.flow_states.save(replace(state, answers=answers))
        self._show(scene, flow, saved, step)

    def _value(self, scene: Scene, answers: Answers, step: Step, given: Given) -> object:
        options = step.options(scene, answers) if step.options else ()
        if given.choice is not None:
            return _chosen(options, given.choice)
        if given.media is not None:
            return {"file_id": given.media.file_id, "mime": given.media.mime or ""}
        typed = (given.contact or given.text or "").strip()
        for option in options:
            if typed.casefold() in {option.label.casefold(), option.value.casefold()}:
                return option.value
        if step.parse is None:
            raise InvalidAnswer("flow.choose")
        return step.parse(scene, typed)

    def _accept(
        self, scene: Scene, flow: Flow, state: FlowState, step: Step, value: object
    ) -> Later | None:
        answers = with_answer(state.answers, step, value)
        if step.after is not None and value is not None:
            step.after(scene, answers)
        moved = replace(state, answers=answers)
        applies = applies_in(scene, answers)
        if state.returns_to is None:
            return self._go(scene, flow, moved, next_step(flow, step.name, applies))
        missing = unanswered(flow, answers, applies)
        if missing is not None:
            return self._go(scene, flow, moved, missing)
        return self._go(scene, flow, replace(moved, returns_to=None), flow.step(state.returns_to))

    def _go(self, scene: Scene, flow: Flow, state: FlowState, step: Step | None) -> Later | None:
        states = scene.work.flow_states
        if step is None:
            states.drop(scene.user.id)
            later = flow.finish(scene, state.answers)
            self._put_away(scene, flow, state)
            return later
        moved = replace(state, step=step.name, updated_at=scene.now, asked_in=scene.place)
        saved = states.save(moved) if states.find(moved.id) else states.add(moved)
        if step.name not in scene.incoming.form:  # or else the answer is there already
            self._show(scene, flow, saved, step)
        return None

    def _put_away(self, scene: Scene, flow: Flow, state: FlowState) -> None:
        """The last question keeps its answer, not its buttons, unless something took its place."""
        asked = flow.step(state.step)
        if asked is not None and scene.incoming.data is not None and not scene.has_shown:
            scene.show(*Prompt(scene, flow, state, asked).answered())

    def _first(self, scene: Scene, flow: Flow, answers: Answers) -> Step | None:
        return next_step(flow, None, applies_in(scene, answers))

    def _show(
        self,
        scene: Scene,
        flow: Flow,
        state: FlowState,
        step: Step,
        *,
        page: int = 0,
        is_edit: bool = True,
    ) -> None:
        prompt = Prompt(scene, flow, state, step)
        body, rows = prompt.body(), prompt.rows(page)
        if is_edit:
            scene.show(*body, buttons=rows)
        else:
            scene.say(*body, buttons=rows)


class StaleButton(InvalidAnswer):
    """A button of a message whose time is over."""

    key = "button.stale"


def menu_rows(scene: Scene) -> list[list[Button]]:
    """The way on from anywhere."""
    return [[scene.button("menu.talk", "c:talk"), scene.button("menu.help", "c:help")]]


def _named(flow: Flow, name: str) -> Step:
    step = flow.step(name)
    if step is None:
        raise StaleButton
    return step


def _chosen(options: Sequence[Option], value: str) -> str:
    if value not in {option.value for option in options}:
        raise StaleButton
    return value
