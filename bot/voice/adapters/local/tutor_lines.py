"""A reply in the making: lines chosen that were not said before, put together with translations."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from bot.core.language import Band
from bot.voice.adapters.local.tutor_state import TutorState
from bot.voice.context import Line, Lines


def pick(lines: Lines, state: TutorState) -> Line | None:
    """A line for the state's band that was not said yet; which one differs by conversation."""
    fresh = [line for line in lines if line.key not in state.used and _fits(line, state.band)]
    if not fresh:
        return None
    return fresh[(state.seed + state.turn) % len(fresh)]


def pick_again(lines: Lines, state: TutorState) -> Line:
    """Like `pick`, but when all were said, the one said longest ago."""
    return pick(lines, state) or min(
        (line for line in lines if _fits(line, state.band)),
        key=lambda line: max(_positions(line.key, state.used)),
    )


def first(lines: Iterable[Line], state: TutorState) -> Line | None:
    """The first that was not said yet."""
    return next((line for line in lines if line.key not in state.used), None)


def _fits(line: Line, band: Band) -> bool:
    return line.band is None or line.band is band


def _positions(key: str, used: tuple[str, ...]) -> list[int]:
    return [at for at, other in enumerate(used) if other == key] or [-1]


@dataclass(slots=True)
class Draft:
    """A reply being put together from lines; remembers which were used.

    Args:
        recast: the corrected sentence, shown in parentheses and spoken without them.
    """

    state: TutorState
    recast: str = ""
    texts: list[str] = field(default_factory=list)
    translations: list[Mapping[str, str]] = field(default_factory=list)

    def say(self, line: Line, **slots: str) -> None:
        """Add a line; `{Phrase}` is `{phrase}` with a capital."""
        if "phrase" in slots:
            slots["Phrase"] = slots["phrase"][:1].upper() + slots["phrase"][1:]
        self.texts.append(_filled(line.text, slots))
        self.translations.append(
            {tag: _filled(text, slots) for tag, text in line.translations.items()}
        )
        self.state = self.state.with_used(line.key)

    @property
    def text(self) -> str:
        shown = [f"({self.recast})"] if self.recast else []
        return " ".join([*shown, *self.texts])

    @property
    def spoken(self) -> str | None:
        """What is said aloud where it differs from the text: the recast alone, as a sentence."""
        if not self.recast:
            return None
        end = "" if self.recast.endswith(("?", "!", ".")) else "."
        return " ".join([self.recast + end, *self.texts])

    def translation(self, native: str) -> str | None:
        """The lines in the learner's own language, None where they are not written in it."""
        if not self.translations or any(native not in line for line in self.translations):
            return None
        return " ".join(line[native] for line in self.translations)

    def advance(self, **changes: object) -> None:
        self.state = replace(self.state, **changes)  # type: ignore[arg-type]  # checked by the dataclass


def _filled(text: str, slots: Mapping[str, str]) -> str:
    for name, value in slots.items():
        text = text.replace("{" + name + "}", value)
    return text
