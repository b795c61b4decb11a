"""Practice contexts as values: what a scenario and a language's small talk consist of."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.core.language import Band


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing the tutor can say, or a learner could.

    Args:
        key: where it stands ("cafe/drink/beginner/ask/0"); unique within a language.
        text: in the learned language; may have slots such as {phrase}.
        translations: base language to the same line.
        band: the only band it is for, None for all.
    """

    key: str
    text: str
    translations: Mapping[str, str]
    band: Band | None = None


Lines = tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTalk:
    """What is asked in a step for one band: the first line opens the step, `hints` are answers."""

    ask: Lines
    hints: Lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to get done in a context; `cues` are words that show the learner is at it."""

    id: str
    cues: tuple[str, ...]
    talk: Mapping[Band, StepTalk]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the tutor knows: a question of the learner's with one of `cues` gets one of `lines`."""

    cues: tuple[str, ...]
    lines: Lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """A situation to practise, in one language.

    Args:
        name: by language of the interface; so is `description`.
        role: who the tutor plays, in English, for generative engines.
        goal: completes "today: …".
        words: target words with translations.
        take_up: lines that say the learner's own {phrase} back, as fits the role.
        tip: one cultural tip.
    """

    id: str
    language: str
    icon: str
    category: str
    name: Mapping[str, str]
    description: Mapping[str, str]
    role: str
    goal: Line
    words: Lines
    opening: Mapping[Band, Line]
    closing: Mapping[Band, Line]
    steps: tuple[Step, ...]
    answers: tuple[Answer, ...]
    take_up: Lines
    tip: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """Something a learner may bring up in any context, with questions by tense."""

    id: str
    cues: tuple[str, ...]
    past: Lines
    present: Lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Grammar:
    """What the tutor needs to know of the learned language.

    Args:
        open_words: question words; every question of ours has one.
        adjectives: words that may stand between a determiner and its noun.
        not_nouns: words never said back as a noun.
        function_words: too common to tell anything.
        past: regular expression of a past event.
        unreal: regular expression of what is only imagined or wished for.
        question: regular expression of a question without a question mark.
        asks_for_word: regular expressions with a group `word`.
        determiners: what the learner says before a noun to what the tutor says ("my" to "your").
        language_names: base language to its name.
    """

    open_words: tuple[str, ...]
    adjectives: frozenset[str]
    not_nouns: frozenset[str]
    function_words: frozenset[str]
    past: str
    unreal: str
    question: str
    asks_for_word: tuple[str, ...]
    determiners: Mapping[str, str]
    language_names: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """What the tutor says in every context of a language.

    Args:
        intents: name to the words and phrases that show it, most telling intent first.
        reactions: what is said first, by intent or occasion; never a question.
        questions: about the learner's own words ("unsure", "prompt").
        extra: what is asked when a context is through.
    """

    language: str
    grammar: Grammar
    greeting: Line
    greeting_named: Line
    goal_line: Mapping[Band, Line]
    intents: Mapping[str, tuple[str, ...]]
    reactions: Mapping[str, Lines]
    questions: Mapping[str, Lines]
    extra: Mapping[Band, Lines]
    topics: tuple[Topic, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextCard:
    """A context as people choose it, whatever the language."""

    id: str
    icon: str
    category: str
    name: Mapping[str, str]
    description: Mapping[str, str]
    languages: frozenset[str] = field(default_factory=frozenset)
