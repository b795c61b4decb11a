"""The local tutor: a scenario engine. What was said and where the talk stands give the reply."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.core.language import Band
from bot.voice.adapters.local.corrections.checker import find_corrections
from bot.voice.adapters.local.tutor_lines import Draft, pick_again
from bot.voice.adapters.local.tutor_questions import Questions
from bot.voice.adapters.local.tutor_reactions import Reactions
from bot.voice.adapters.local.tutor_repair import (
    ask_for_repair,
    correction_call,
    is_repaired,
    pending_of,
    uptake_call,
    word_call,
)
from bot.voice.adapters.local.tutor_state import Pending, TutorState
from bot.voice.adapters.local.tutor_understanding import (
    Heard,
    Understanding,
    content_words,
    understand,
    used_words,
)
from bot.voice.context import Context, Line, Talk
from bot.voice.corrections import Correction
from bot.voice.model import AssistantText, ToolCall
from bot.voice.persona import CorrectionStyle

_GOOD_ANSWER = {Band.BEGINNER: 4, Band.INTERMEDIATE: 7, Band.ADVANCED: 10}  # words
_TIP_FROM_TURN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class TutorReply:
    """One reply, what it noted, and the state after it."""

    state: TutorState
    text: AssistantText
    calls: tuple[ToolCall, ...] = ()


class Tutor:
    """Replies in one context and language. Pure: the same state and words give the same reply.

    Args:
        contexts: all of the language, for the words a learner may ask for.
    """

    def __init__(self, context: Context, talk: Talk, contexts: Sequence[Context] = ()) -> None:
        self._context = context
        self._talk = talk
        self._words = tuple(line for item in (context, *contexts) for line in item.words)
        self._questions = Questions(context, talk)
        self._reactions = Reactions(context, talk, self._questions)

    def reply(self, state: TutorState, heard: Heard) -> TutorReply:
        """Answer a turn; `heard.text` must not be empty."""
        turn = _Turn(self, replace(state, turn=state.turn + 1), heard)
        turn.answer()
        return turn.finished()

    @property
    def context(self) -> Context:
        return self._context

    @property
    def talk(self) -> Talk:
        return self._talk

    @property
    def questions(self) -> Questions:
        return self._questions

    @property
    def reactions(self) -> Reactions:
        return self._reactions

    def translated(self, word: str, native: str) -> Line | None:
        """The target word that means this in the learner's language, or is this word."""
        wanted = word.lower()
        return next(
            (
                line
                for line in self._words
                if wanted in {line.text.lower(), line.translations.get(native, "").lower()}
            ),
            None,
        )


class _Turn:
    """One turn in the making."""

    def __init__(self, tutor: Tutor, state: TutorState, heard: Heard) -> None:
        self._tutor = tutor
        self._talk, self._context = tutor.talk, tutor.context
        self._heard = heard
        self._pending = state.pending
        self._asked_before = state.unsure_word
        self._draft = Draft(replace(state, pending=None, unsure_word="", is_slow=False))
        self._calls: list[ToolCall] = []
        self._understood = self._understand(heard.text)
        self._is_repair = self._is_closing = self._is_prompting = False

    def answer(self) -> None:
        """Find the first thing that has to be answered, and answer it."""
        pending, intents = self._pending, self._understood.intents
        if pending is not None:
            self._calls.append(uptake_call(pending, self._heard.text))
        if self._is_in_other_language():
            self._stay_with_language()
        elif self._heard.is_garbled or not self._understood.is_known:
            self._repair("not_understood")
        elif pending is not None and pending.is_prompted:
            self._judge(pending)
        elif word := self._unsure_word():
            self._ask_about(word)
        elif "goodbye" in intents:
            self._close()
        elif "slower" in intents or "dont_understand" in intents:
            self._say_simpler("slower" if "slower" in intents else "dont_understand")
        elif self._understood.asked_word:
            self._give_word(self._understood.asked_word)
        elif "dont_know" in intents:
            self._help()
        else:
            self._go_on()

    def finished(self) -> TutorReply:
        tip = self._tip()
        draft, native = self._draft, self._draft.state.native
        suggestions = () if self._is_closing else self._tutor.questions.hints(draft.state)
        translation = draft.translation(native)
        if translation and tip and native in tip.translations:
            translation = f"{translation}\n{tip.translations[native]}"
        text = AssistantText(
            text=draft.text,
            spoken=draft.spoken,
            translation=translation,
            suggestions=tuple(line.text for line in suggestions),
            tip=tip.text if tip else None,
            is_closing=self._is_closing,
            is_repair=self._is_repair,
        )
        return TutorReply(state=draft.state, text=text, calls=tuple(self._calls))

    def _understand(self, text: str) -> Understanding:
        native = self._draft.state.native
        return understand(text, self._talk, native=native, unsure=self._heard.unsure)

    def _is_in_other_language(self) -> bool:
        heard = self._heard.language
        if heard not in {None, self._talk.language} and not self._understood.is_known:
            return True
        is_quoting = bool(self._understood.asked_word)
        return self._understood.other_language is not None and not is_quoting

    def _stay_with_language(self) -> None:
        names = self._talk.grammar.language_names
        heard = self._understood.other_language or self._heard.language or ""
        line = pick_again(self._talk.reactions["other_language"], self._draft.state)
        if heard not in names:
            line = self._talk.reactions["other_language"][-1]
        self._draft.say(line, language=names.get(heard, ""))
        self._ask_otherwise()

    def _repair(self, occasion: str) -> None:
        self._is_repair = True
        self._draft.say(pick_again(self._talk.reactions[occasion], self._draft.state))
        self._ask_otherwise()

    def _say_simpler(self, occasion: str) -> None:
        self._draft.say(pick_again(self._talk.reactions[occasion], self._draft.state))
        self._ask_otherwise()
        self._draft.advance(is_slow=True)

    def _help(self) -> None:
        hints = self._tutor.questions.hints(self._draft.state)
        if hints:
            hint = hints[self._draft.state.turn % len(hints)]
            line = pick_again(self._talk.reactions["dont_know"], self._draft.state)
            self._draft.say(line, hint=hint.text)
        else:
            self._draft.say(pick_again(self._talk.reactions["refuse"], self._draft.state))
        self._ask_otherwise()

    def _ask_otherwise(self) -> None:
        self._draft.state = self._draft.state.struggled()
        self._is_closing = self._tutor.questions.ask_otherwise(self._draft)

    def _unsure_word(self) -> str:
        """A content word to ask about; not two turns in a row, or the talk stands still."""
        if self._asked_before:
            return ""
        return next(iter(content_words(self._heard.unsure, self._talk)), "")

    def _ask_about(self, word: str) -> None:
        self._is_repair = True
        self._draft.say(pick_again(self._talk.questions["unsure"], self._draft.state), word=word)
        self._draft.advance(unsure_word=word)

    def _give_word(self, word: str) -> None:
        native = self._draft.state.native
        found = self._tutor.translated(word, native)
        if found is None:
            self._draft.say(pick_again(self._talk.reactions["word_unknown"], self._draft.state))
            meaning = ""
        else:
            meaning = found.translations.get(native, "")
            is_own = word.lower() != found.text.lower()
            self._draft.say(
                pick_again(self._talk.reactions["word_answer"], self._draft.state),
                word=word,
                translation=found.text if is_own else meaning or found.text,
            )
        self._calls.append(
            word_call(found.text if found else word, meaning, self._heard.text, how="asked")
        )
        self._is_closing = self._tutor.questions.ask_otherwise(self._draft)

    def _judge(self, pending: Pending) -> None:
        """The learner was asked to repair: praise, or give the better form; then go on."""
        if is_repaired(pending, self._heard.text):
            line = pick_again(self._talk.reactions["repaired"], self._draft.state)
            self._draft.say(line, better=pending.better.rstrip("?!."))
        else:
            self._draft.recast = _capital(pending.better)
            self._draft.say(pick_again(self._talk.reactions["not_repaired"], self._draft.state))
        self._understood = self._understand(pending.resume)
        self._is_closing = self._tutor.questions.ask_next(self._draft, self._understood)

    def _go_on(self) -> None:
        corrections = self._corrections()
        if corrections and self._draft.state.style is CorrectionStyle.PROMPT:
            self._note(corrections, is_prompted=True)
            ask_for_repair(self._draft, corrections[0], self._talk)
            self._is_prompting = True
            return
        if corrections:
            self._note(corrections, is_prompted=False)
            self._draft.recast = _capital(corrections[0].better)
            self._understood = self._understand(_improved(self._heard.text, corrections))
        self._tutor.reactions.react(self._draft, self._understood)
        self._grow(has_slip=bool(corrections))
        self._note_words()
        self._is_closing = self._tutor.questions.ask_next(self._draft, self._understood)

    def _corrections(self) -> tuple[Correction, ...]:
        """Found in what was surely understood."""
        unsure = set(self._heard.unsure)
        found = find_corrections(
            self._heard.text, self._talk.language, self._draft.state.band, unsure
        )
        return tuple(c for c in found if not unsure & set(c.said.lower().split()))

    def _note(self, corrections: Sequence[Correction], *, is_prompted: bool) -> None:
        for place, correction in enumerate(corrections):
            is_shown = place == 0
            self._calls.append(
                correction_call(correction, is_prompted=is_prompted and is_shown, is_shown=is_shown)
            )
        first = pending_of(
            corrections[0], is_prompted=is_prompted, resume=_improved(self._heard.text, corrections)
        )
        self._draft.advance(pending=first)

    def _grow(self, *, has_slip: bool) -> None:
        state = self._draft.state
        is_long = len(self._understood.tokens) >= _GOOD_ANSWER[state.band]
        if is_long and not has_slip:
            self._draft.state = state.succeeded()

    def _note_words(self) -> None:
        state = self._draft.state
        fresh = [
            line
            for line in used_words(self._heard.text, self._context)
            if line.text not in state.words
        ]
        for line in fresh:
            meaning = line.translations.get(state.native, "")
            self._calls.append(word_call(line.text, meaning, self._heard.text, how="used"))
        self._draft.advance(words=(*state.words, *(line.text for line in fresh)))

    def _close(self) -> None:
        self._is_closing = True
        self._tutor.questions.close(self._draft)

    def _tip(self) -> Line | None:
        state = self._draft.state
        is_busy = self._is_repair or self._is_closing or self._is_prompting or self._draft.recast
        if state.is_tip_given or state.turn < _TIP_FROM_TURN or is_busy:
            return None
        self._draft.advance(is_tip_given=True)
        return self._context.tip


def _improved(text: str, corrections: Sequence[Correction]) -> str:
    text = text.replace("’", "'")
    for correction in corrections:
        text = text.replace(correction.said, correction.better, 1)
    return text


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
