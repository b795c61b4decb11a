"""Where a conversation with the local tutor stands, stored as JSON between turns."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from bot.core.language import Band, Level, base_language
from bot.voice.persona import CorrectionStyle

_BANDS = list(Band)
_RISE_AFTER = 3  # good answers in a row
_FALL_AFTER = 2  # times in a row that something was not understood


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A correction the next turn will show the effect of.

    Args:
        is_prompted: the learner was asked to repair it; otherwise the better form was given.
        resume: the learner's original words, to go on from when the repair is done.
    """

    said: str
    better: str
    wrong: str
    right: str
    is_prompted: bool
    resume: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TutorState:
    """One conversation.

    Args:
        language, native: base languages; `native` empty when not known.
        band: of the next question; moves with success, up to one above where it began.
        step: id of the step being talked about, None before the first reply and after the last.
        done: ids of finished steps; `asked` counts the questions of the present one.
        touched: ids of later steps the learner has already spoken of.
        used: keys of lines already said.
        unsure_word: the word that was just asked about.
        words: target words the learner has used.
    """

    language: str
    context: str
    band: Band
    top: Band
    native: str = ""
    name: str = ""
    style: CorrectionStyle = CorrectionStyle.RECAST
    turn: int = 0
    seed: int = 0
    step: str | None = None
    asked: int = 0
    done: tuple[str, ...] = ()
    touched: tuple[str, ...] = ()
    used: tuple[str, ...] = ()
    good: int = 0
    trouble: int = 0
    is_tip_given: bool = False
    is_slow: bool = False
    is_closed: bool = False
    was_detour: bool = False
    unsure_word: str = ""
    pending: Pending | None = None
    words: tuple[str, ...] = field(default=())

    def succeeded(self) -> "TutorState":
        """A good answer; three in a row raise the band."""
        good = self.good + 1
        if good < _RISE_AFTER:
            return replace(self, good=good, trouble=0)
        return replace(
            self, good=0, trouble=0, band=min(_moved(self.band, 1), self.top, key=_BANDS.index)
        )

    def struggled(self) -> "TutorState":
        """Something was not understood, on either side; two in a row lower the band."""
        trouble = self.trouble + 1
        if trouble < _FALL_AFTER:
            return replace(self, good=0, trouble=trouble)
        return replace(self, good=0, trouble=0, band=_moved(self.band, -1))

    def with_used(self, *keys: str) -> "TutorState":
        return replace(self, used=(*self.used, *keys))

    def retuned(self, chosen: "TutorState") -> "TutorState":
        """This conversation with what the learner has chosen meanwhile, as a new one would have it.

        A new level counts from its beginning; otherwise the band is kept that was arrived at.
        """
        band = self.band if self.top is chosen.top else chosen.band
        return replace(
            self,
            native=chosen.native,
            name=chosen.name,
            style=chosen.style,
            band=band,
            top=chosen.top,
        )

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)


def state_from_json(text: str) -> TutorState:
    """The stored state.

    Raises:
        ValueError: it is not one.
    """
    try:
        data: dict[str, Any] = json.loads(text)
        data["band"], data["top"] = Band(data["band"]), Band(data["top"])
        data["style"] = CorrectionStyle(data["style"])
        if data["pending"] is not None:
            data["pending"] = Pending(**data["pending"])
        for name in ("done", "touched", "used", "words"):
            data[name] = tuple(data[name])
        return TutorState(**data)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("not a tutor's state") from error


def state_from_variables(values: Mapping[str, str], language: str) -> TutorState:
    """A conversation that is about to begin; see `SessionSpec.variables`."""
    level = values.get("level", "").upper()
    band = Level(level).band if level in set(Level) else Band.BEGINNER
    return TutorState(
        language=base_language(language),
        context=values.get("context") or "small_talk",
        band=band,
        top=_moved(band, 1),
        native=base_language(values.get("native_language", "")),
        name=values.get("name", ""),
        style=CorrectionStyle.of(values.get("style")),
    )


def easier(band: Band) -> Band:
    """The band below, or the lowest."""
    return _moved(band, -1)


def _moved(band: Band, by: int) -> Band:
    return _BANDS[min(max(_BANDS.index(band) + by, 0), len(_BANDS) - 1)]
