"""What the tutor asks next: the learner's own topic first, then the steps of the context."""

from dataclasses import replace

from bot.core.language import Band
from bot.voice.adapters.local.tutor_lines import Draft, first, pick, pick_again
from bot.voice.adapters.local.tutor_state import TutorState, easier
from bot.voice.adapters.local.tutor_understanding import Understanding, has_cue
from bot.voice.context import Context, Line, Lines, Step, Talk

_QUESTIONS_A_STEP = 2


class Questions:
    """Chooses questions for one context; what was asked is kept in the draft's state."""

    def __init__(self, context: Context, talk: Talk) -> None:
        self._context = context
        self._talk = talk

    def ask_next(self, draft: Draft, understood: Understanding) -> bool:
        """Add the next question, or the closing when there is nothing left to ask.

        Returns:
            Whether the conversation closes.
        """
        if question := self._on_topic(draft.state, understood):
            draft.say(question)
            draft.advance(was_detour=True)
            return False
        if draft.state.was_detour:
            back = pick(self._talk.reactions["back"], draft.state)
            if back and not draft.recast:
                draft.say(back)
            draft.advance(was_detour=False)
        draft.state = self._moved(draft.state, understood)
        return self._ask_of_step(draft)

    def ask_otherwise(self, draft: Draft) -> bool:
        """Add a question about the same thing, put more simply.

        Returns:
            Whether the conversation closes, as there was nothing left to ask.
        """
        state = self._started(draft.state)
        step = self._step(state.step)
        if step is not None:
            bands = (easier(state.band), state.band)
            asked = (first(step.talk[band].ask, state) for band in bands)
            if question := next(filter(None, asked), None):
                draft.state = state
                draft.say(question)
                return False
        draft.state = self._moved(state, None)
        return self._ask_of_step(draft)

    def close(self, draft: Draft) -> None:
        """Say goodbye; what follows is free talk."""
        state, reactions = draft.state, self._talk.reactions
        if state.is_closed:
            draft.say(pick_again(reactions["again"], state))
        elif all(step.id in state.done for step in self._context.steps):
            draft.say(self._context.closing[state.band])
        else:
            draft.say(pick_again(reactions["goodbye"], state))
        draft.advance(is_closed=True, step=None)

    def is_at_hand(self, state: TutorState, understood: Understanding) -> bool:
        """Whether the learner's words belong to the step being talked about."""
        step = self._step(self._started(state).step)
        return step is not None and self._mentions(step, understood)

    def hints(self, state: TutorState) -> Lines:
        """Answers the learner could give now."""
        step = self._step(state.step)
        return () if step is None or state.was_detour else step.talk[state.band].hints

    def _ask_of_step(self, draft: Draft) -> bool:
        step = self._step(draft.state.step)
        question = self._of_step(draft.state)
        if step is None or question is None:
            return self._free_or_closing(draft)
        draft.say(question)
        if question.key in _opening_keys(step):  # it is the same question in every band
            draft.state = draft.state.with_used(*_opening_keys(step))
        draft.advance(asked=draft.state.asked + 1)
        return False

    def _on_topic(self, state: TutorState, understood: Understanding) -> Line | None:
        """A question about what the learner brought up; a story of theirs goes before the step."""
        topic = understood.topic
        if topic is None:
            return None
        if understood.is_past:
            return first(topic.past, state)
        is_of_context = any(self._mentions(step, understood) for step in self._context.steps)
        if is_of_context or understood.is_unreal or state.was_detour:
            return None
        return first(topic.present, state)

    def _started(self, state: TutorState) -> TutorState:
        """At the first turn the opening has already asked the first question of the first step."""
        if state.step is not None or state.done or state.is_closed:
            return state
        step = self._context.steps[0]
        return replace(state, step=step.id, asked=1).with_used(*_opening_keys(step))

    def _moved(self, state: TutorState, understood: Understanding | None) -> TutorState:
        """The state at the step the next question belongs to."""
        state = self._started(state)
        if state.is_closed:
            return state
        mentioned = [
            step.id
            for step in self._context.steps
            if understood is not None and self._mentions(step, understood)
        ]
        ahead = [id_ for id_ in mentioned if id_ not in state.done and id_ != state.step]
        state = replace(state, touched=tuple(dict.fromkeys((*state.touched, *ahead))))
        leaves = bool(ahead) and state.step not in mentioned and state.asked > 0
        if state.step is not None and not leaves and not self._is_finished(state):
            return state
        done = state.done if state.step is None else (*state.done, state.step)
        left = [step for step in self._context.steps if step.id not in done]
        step = next((s for s in left if leaves and s.id == ahead[0]), next(iter(left), None))
        state = replace(state, done=done, step=step.id if step else None, asked=0)
        if step is not None and step.id in state.touched:
            return replace(state, asked=1).with_used(*_opening_keys(step))
        return state

    def _is_finished(self, state: TutorState) -> bool:
        return state.asked >= _QUESTIONS_A_STEP or self._of_step(state) is None

    def _mentions(self, step: Step, understood: Understanding) -> bool:
        return has_cue(understood.tokens, step.cues, self._context.language)

    def _of_step(self, state: TutorState) -> Line | None:
        step = self._step(state.step)
        return first(step.talk[state.band].ask, state) if step else None

    def _step(self, step_id: str | None) -> Step | None:
        return next((step for step in self._context.steps if step.id == step_id), None)

    def _free_or_closing(self, draft: Draft) -> bool:
        question = first(self._talk.extra[draft.state.band], draft.state)
        if not draft.state.is_closed or question is None:
            self.close(draft)
            return True
        draft.say(question)
        return False


def _opening_keys(step: Step) -> tuple[str, ...]:
    """The questions that open a step, in every band."""
    return tuple(step.talk[band].ask[0].key for band in Band)
