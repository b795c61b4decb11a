"""What the learner did with their words: intents, topics, tense, a phrase to take up."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from bot.voice.adapters.local.lexicon import (
    frequency,
    has_word_list,
    is_word,
    lemma,
    likeness,
)
from bot.voice.context import Context, Grammar, Line, Talk, Topic
from bot.voice.contexts.catalogue import find_talk, languages
from bot.voice.model import Word

SURE = 0.5  # word probability; below it the recogniser is guessing
_MEAN_SURE = 0.45  # of a whole note; below it nothing is taken for understood
_ALIKE = 88  # likeness of two words that are the same with a slip of the pen
_FUZZY_FROM = 6  # letters; shorter words are too easily alike
_COMMON_NOUN = 2.5  # Zipf frequency of a noun worth saying back
# How much commoner, on the Zipf scale, words have to be in another language to be taken for it:
_STRANGER = 1.0  # in the mean of a sentence
_STRANGER_WORD = 1.5  # for one or two words
_FUNCTION_WORD = 3.0  # what a function word counts for where there are no frequencies
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A turn of the learner's; `words` come from a note and may have better forms in them."""

    text: str
    words: tuple[Word, ...] = ()
    language: str | None = None

    @property
    def unsure(self) -> tuple[str, ...]:
        """Words the recogniser was unsure of, lower case, the least sure first."""
        doubtful = sorted((w for w in self.words if w.probability < SURE), key=_probability)
        return tuple(token for word in doubtful for token in tokens(word.text))

    @property
    def is_garbled(self) -> bool:
        """Most of a note was guessed."""
        if not self.words:
            return False
        return sum(map(_probability, self.words)) / len(self.words) < _MEAN_SURE


def _probability(word: Word) -> float:
    return word.probability


@dataclass(frozen=True, slots=True, kw_only=True)
class Understanding:
    """What was made of a turn.

    Args:
        intents: in the order of the language's file, the most telling first.
        phrase: the learner's own noun with its determiner, as the tutor says it back; or empty.
        asked_word: what the learner wants to know the word for; or empty.
        other_language: base language it was said in instead; "" when not known which, None when
            it is the right one.
        is_known: some of the words exist in the language.
    """

    tokens: tuple[str, ...]
    intents: tuple[str, ...]
    topic: Topic | None
    phrase: str
    is_past: bool
    is_unreal: bool
    is_question: bool
    asked_word: str
    other_language: str | None
    is_known: bool


def understand(
    text: str, talk: Talk, *, native: str = "", unsure: Iterable[str] = ()
) -> Understanding:
    """Everything the tutor can tell about a turn from its words."""
    words = tokens(text)
    lowered = text.lower().replace("’", "'").strip()
    grammar, language = talk.grammar, talk.language
    return Understanding(
        tokens=words,
        intents=tuple(
            name for name, cues in talk.intents.items() if has_cue(words, cues, language)
        ),
        topic=next((t for t in talk.topics if has_cue(words, t.cues, language)), None),
        phrase=_phrase(text, grammar, language, frozenset(unsure)),
        is_past=re.search(grammar.past, lowered) is not None,
        is_unreal=re.search(grammar.unreal, lowered) is not None,
        is_question=_is_question(lowered, grammar),
        asked_word=_asked_word(lowered, grammar.asks_for_word),
        other_language=_other_language(text, talk, native),
        is_known=any(is_word(word, language) for word in words),
    )


def _is_question(text: str, grammar: Grammar) -> bool:
    """By its mark; without one, as recognisers and hasty typists leave it, by its first words."""
    if text.endswith((".", "!")):
        return False
    return text.endswith("?") or re.search(grammar.question, text) is not None


def tokens(text: str) -> tuple[str, ...]:
    """The words of a text, lower case."""
    return tuple(word.replace("’", "'").lower() for word in _WORD.findall(text))


def has_cue(words: Sequence[str], cues: Iterable[str], language: str) -> bool:
    """Whether one of the cues occurs: word by word, by base form, or nearly spelled so."""
    return any(_occurs(words, cue.split(), language) for cue in cues)


def used_words(text: str, context: Context) -> tuple[Line, ...]:
    """The context's target words that occur in a text."""
    words = tokens(text)
    return tuple(
        line
        for line in context.words
        if _occurs(words, line.text.lower().split(), context.language)
    )


def content_words(words: Iterable[str], talk: Talk) -> tuple[str, ...]:
    """Words that carry meaning, in order."""
    return tuple(
        word for word in words if word not in talk.grammar.function_words and len(word) > 2
    )


def _occurs(words: Sequence[str], cue: Sequence[str], language: str) -> bool:
    size = len(cue)
    return any(
        all(_same(word, part, language) for word, part in zip(words[at:], cue, strict=False))
        for at in range(len(words) - size + 1)
    )


def _same(word: str, cue: str, language: str) -> bool:
    if word == cue or cue == "*":
        return True
    if len(cue) >= _FUZZY_FROM and likeness(word, cue) >= _ALIKE:
        return True
    return len(cue) > 3 and lemma(word, language) == cue


def _phrase(text: str, grammar: Grammar, language: str, unsure: frozenset[str]) -> str:
    """The last noun with a determiner in front: "my sister" is said back as "your sister"."""
    found = _WORD.findall(text)
    lowered = [word.lower() for word in found]
    best = ""
    for at, determiner in enumerate(lowered[:-1]):
        if determiner not in grammar.determiners:
            if _is_name(found[at + 1], grammar) and lowered[at + 1] not in unsure:
                best = found[at + 1]
            continue
        end = at + 1
        while end < len(lowered) - 1 and lowered[end] in grammar.adjectives:
            end += 1
        noun = lowered[end]
        if not (_is_noun(noun, grammar, language) and not unsure & set(lowered[at : end + 1])):
            continue
        said_back = grammar.determiners[determiner]
        best = " ".join([said_back, *found[at + 1 : end + 1]])
    return best


def _is_name(word: str, grammar: Grammar) -> bool:
    """A capital inside a sentence, as in a town's name."""
    lowered = word.lower().replace("’", "'")
    return (
        word[0].isupper()
        and word[1:].islower()
        and len(word) > 2
        and "'" not in lowered
        and lowered not in grammar.function_words | grammar.not_nouns
    )


def _is_noun(word: str, grammar: Grammar, language: str) -> bool:
    """As far as a word list can tell."""
    excluded = grammar.not_nouns | grammar.function_words | grammar.adjectives
    return (
        word not in excluded
        and len(word) > 2
        and word.isalpha()
        and word not in grammar.determiners
        and (not has_word_list(language) or frequency(word, language) >= _COMMON_NOUN)
    )


def _asked_word(text: str, patterns: Iterable[str]) -> str:
    for pattern in patterns:
        if found := re.search(pattern, text):
            return found["word"].strip(" \"'“”«».,!")
    return ""


def _other_language(text: str, talk: Talk, native: str) -> str | None:
    """The language that fits these words far better than the one being learned, if one does.

    Names tell nothing: words with a capital count only where they begin the text.
    """
    found = _WORD.findall(text)
    words = [word.lower() for word in found[:1] + [w for w in found[1:] if w.islower()]]
    needed = _STRANGER if len(words) > 2 else _STRANGER_WORD
    for language in dict.fromkeys((native, *_comparable())):
        if language not in {"", talk.language} and _advantage(words, language, talk) > needed:
            return language
    return None


def _advantage(words: Sequence[str], language: str, talk: Talk) -> float:
    """How much better words fit another language: by mean Zipf frequency, or something its size."""
    if not words:
        return 0.0
    if has_word_list(language) and has_word_list(talk.language):
        gains = (frequency(word, language) - frequency(word, talk.language) for word in words)
        return sum(gains) / len(words)
    other = find_talk(language)
    theirs = other.grammar.function_words if other else frozenset()
    surplus = sum((word in theirs) - (word in talk.grammar.function_words) for word in words)
    return _FUNCTION_WORD * surplus / len(words)


@cache
def _comparable() -> tuple[str, ...]:
    """Languages a learner may slip into besides their own: the others that are taught here."""
    return tuple(sorted(languages()))


def warm(language: str) -> None:
    """Load the word lists that the first turn would otherwise wait for; blocks for seconds."""
    for tag in {language, *_comparable()}:
        frequency("a", tag)
    lemma("warm", language)
