"""What the tutor says first: an answer, the learner's words taken up, or a word for the deed."""

from bot.voice.adapters.local.tutor_lines import Draft, pick, pick_again
from bot.voice.adapters.local.tutor_questions import Questions
from bot.voice.adapters.local.tutor_understanding import Understanding, has_cue
from bot.voice.context import Context, Line, Talk

_SHORT_ANSWER = 2  # words
_MOODS = ("apology", "feeling_bad", "feeling_good")
_DEEDS = (
    "dislikes",
    "request",
    "likes",
    "reason",
    "opinion",
    "future",
    "thanks",
    "hello",
    "refuse",
    "accept",
    "wait",
    "number",
)


class Reactions:
    """Chooses the first words of a reply in one context."""

    def __init__(self, context: Context, talk: Talk, questions: Questions) -> None:
        self._context = context
        self._talk = talk
        self._questions = questions

    def react(self, draft: Draft, understood: Understanding) -> None:
        """Add a reaction to what was said."""
        line, slots = self._chosen(draft, understood)
        draft.say(line, **slots)

    def _chosen(self, draft: Draft, understood: Understanding) -> tuple[Line, dict[str, str]]:
        if understood.is_question and (answer := self._known_answer(draft, understood)):
            return answer, {}
        if understood.phrase and not understood.is_question and not draft.recast:
            is_at_hand = self._questions.is_at_hand(draft.state, understood)
            lines = self._context.take_up if is_at_hand else self._talk.reactions["take_up"]
            if line := pick(lines, draft.state):
                return line, {"phrase": self._whole(understood)}
        for occasion in _occasions(understood, has_recast=bool(draft.recast)):
            if line := pick(self._talk.reactions[occasion], draft.state):
                return line, {}
        return pick_again(self._talk.reactions["neutral"], draft.state), {}

    def _whole(self, understood: Understanding) -> str:
        """The learner's phrase with the rest of a target word: "a coffee" may go on "with milk"."""
        phrase, said = understood.phrase, " ".join(understood.tokens)
        for line in self._context.words:
            noun, *rest = line.text.lower().split()
            if rest and phrase.lower().endswith(f" {noun}") and line.text.lower() in said:
                return " ".join([phrase, *rest])
        return phrase

    def _known_answer(self, draft: Draft, understood: Understanding) -> Line | None:
        for answer in self._context.answers:
            is_asked = has_cue(understood.tokens, answer.cues, self._talk.language)
            if is_asked and (line := pick(answer.lines, draft.state)):
                return line
        return None


def _occasions(understood: Understanding, *, has_recast: bool) -> list[str]:
    """What could be reacted to, the most telling first."""
    moods = [name for name in _MOODS if name in understood.intents]
    if {"feeling_bad", "feeling_good"} <= set(moods):
        moods = []  # tired but happy: neither pity nor cheers
    if has_recast:
        return [*moods, "recast"]
    if "question_back" in understood.intents:
        return [*moods, "question_back"]
    if understood.is_question:
        return ["question"]
    deeds = [name for name in _DEEDS if name in understood.intents]
    past = ["past"] if understood.is_past else []
    is_short = len(understood.tokens) <= _SHORT_ANSWER and not deeds
    return [*moods, *(["short"] if is_short else []), *past, *deeds, "neutral"]
