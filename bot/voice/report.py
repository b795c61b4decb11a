"""The report of a session: scores, what became of corrections, one thing to work on."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from pydantic import TypeAdapter

from bot.voice.clarity import words_to_repeat
from bot.voice.evidence import Number, Score, Skill, TurnEvidence
from bot.voice.scoring import score
from bot.voice.session import Correction

# A kind of mistake is a pattern from its second time on.
_PATTERN = 2
# Nine in ten of the 62 learners the scores were fitted on paused for less of their time.
_HALTING_PAUSE_SHARE = 0.13


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionSummary:
    """What became of corrections.

    Args:
        repaired: of `total`, said right by the learner afterwards.
        recasts: the tutor said the better form.
        prompts: the learner was first asked to find it.
    """

    total: int = 0
    repaired: int = 0
    recasts: int = 0
    prompts: int = 0


@dataclass(frozen=True, slots=True)
class Focus:
    """The one thing to work on: a catalog key with its parameters."""

    key: str
    params: Mapping[str, str | Number] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceReport:
    """What a learner gets at the end of a session.

    Args:
        turns: things the learner said or typed.
        speech_seconds: spoken, without silence at the ends and pauses of a second or more.
        words_to_repeat: at most five the recogniser was not sure of.
    """

    turns: int
    speech_seconds: float
    scores: Mapping[Skill, Score]
    corrections: CorrectionSummary
    words_to_repeat: tuple[str, ...]
    focus: Focus


def report_to_json(report: VoiceReport) -> dict[str, object]:
    """Plain data, as `StoredReport.body` keeps it."""
    data: dict[str, object] = _adapter().dump_python(report, mode="json")
    return data


def report_from_json(body: Mapping[str, object]) -> VoiceReport:
    """The reverse of `report_to_json`.

    Raises:
        pydantic.ValidationError: `body` is not a report.
    """
    return _adapter().validate_python(body)


@cache
def _adapter() -> TypeAdapter[VoiceReport]:
    return TypeAdapter(VoiceReport)


def write_report(
    turns: Sequence[TurnEvidence], language: str, target_words: Iterable[str] = ()
) -> VoiceReport:
    """Sum up a session; `language` is the BCP 47 tag of what was practised."""
    scores = score(turns, language, target_words)
    made = [correction for turn in turns for correction in turn.corrections or ()]
    repeat = words_to_repeat(turns)
    return VoiceReport(
        turns=len(turns),
        speech_seconds=round(sum(t.timing.active_seconds for t in turns if t.timing), 2),
        scores=scores,
        corrections=_summary(made),
        words_to_repeat=repeat,
        focus=_focus(scores, made, repeat),
    )


def _summary(made: Sequence[Correction]) -> CorrectionSummary:
    prompts = sum(correction.is_prompted for correction in made)
    return CorrectionSummary(
        total=len(made),
        repaired=sum(correction.is_repaired is True for correction in made),
        recasts=len(made) - prompts,
        prompts=prompts,
    )


def _focus(
    scores: Mapping[Skill, Score], made: Sequence[Correction], repeat: Sequence[str]
) -> Focus:
    """A mistake that keeps coming back, else the lowest score that may be shown, else more talk."""
    open_kinds = Counter(correction.kind for correction in made if not correction.is_repaired)
    for kind, count in open_kinds.most_common(1):
        if count >= _PATTERN:
            return Focus("report.focus.mistake", {"kind": kind, "count": count})
    shown = {
        skill: each.value
        for skill, each in scores.items()
        if each.is_sufficient and each.value is not None
    }
    if not shown:
        return Focus("report.focus.speak_more")
    return _focus_on(min(shown, key=lambda skill: shown[skill]), scores, repeat)


def _focus_on(skill: Skill, scores: Mapping[Skill, Score], repeat: Sequence[str]) -> Focus:
    evidence = scores[skill].evidence
    if skill is Skill.FLUENCY:
        if evidence["pause_share"] > _HALTING_PAUSE_SHARE:
            return Focus("report.focus.pauses", {"pauses": evidence["pauses"]})
        return Focus("report.focus.pace")
    if skill is Skill.PRONUNCIATION and repeat:
        return Focus("report.focus.words", {"words": ", ".join(repeat)})
    return Focus(f"report.focus.{skill}")
