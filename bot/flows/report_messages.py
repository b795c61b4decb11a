"""A report as a learner reads it: each score with what it rests on, and one thing to work on."""

from collections.abc import Mapping
from datetime import timedelta

from bot.accounts.model import User
from bot.i18n.catalog import Texts, texts_in
from bot.i18n.formats import decimal, duration, language_name
from bot.messaging.model import Address, Button, MessageKind, Outgoing, Paragraph, Style
from bot.voice.evidence import Number, Score, Skill
from bot.voice.report import VoiceReport
from bot.voice.session import VoiceSession

_SHARES = frozenset({"pause_share", "rarer_share", "mean_sureness", "word_error_rate"})


def report_body(texts: Texts, report: VoiceReport, session: VoiceSession) -> list[Paragraph]:
    """The paragraphs of one session's report."""
    reader = texts.language
    spoken = timedelta(seconds=round(report.speech_seconds))
    head = texts(
        "report.head" if spoken else "report.head_typed",
        language=language_name(session.language, reader),
        level=session.level.value,
        spoken=duration(spoken, reader),
        count=report.turns,
    )
    body = [Paragraph(texts("report.title"), Style.STRONG), Paragraph(head)]
    lines = [_score_line(texts, skill, score) for skill, score in report.scores.items()]
    body += [Paragraph("\n".join(lines))] if lines else []
    body.append(Paragraph(_corrections(texts, report)))
    if report.words_to_repeat:
        words = ", ".join(report.words_to_repeat)
        body.append(Paragraph(texts("report.repeat", words=words)))
    body.append(Paragraph(texts("report.focus", focus=_focus(texts, report)), Style.STRONG))
    body.append(Paragraph(_methods(texts, report), Style.FOLDED))
    return body


def _score_line(texts: Texts, skill: Skill, score: Score) -> str:
    name = texts(f"score.name.{skill}")
    if score.is_sufficient and score.value is not None:
        return texts("score.value", name=name, value=decimal(score.value, texts.language))
    missing = "; ".join(texts(m.key, **_numbers(texts, m.params)) for m in score.missing)
    return texts("score.insufficient", name=name, missing=missing)


def _corrections(texts: Texts, report: VoiceReport) -> str:
    made = report.corrections
    if not made.total:
        return texts("report.no_corrections")
    return texts(
        "report.corrections",
        count=made.total,
        repaired=made.repaired,
        recasts=made.recasts,
        prompts=made.prompts,
    )


def _focus(texts: Texts, report: VoiceReport) -> str:
    focus = report.focus
    params = dict(focus.params)
    if "kind" in params:
        params["kind"] = texts(f"correction.kind.{params['kind']}")
    numbers = {name: value for name, value in params.items() if not isinstance(value, str)}
    words = {name: value for name, value in params.items() if isinstance(value, str)}
    return texts(focus.key, **_numbers(texts, numbers), **words)


def _methods(texts: Texts, report: VoiceReport) -> str:
    """How each score was computed and what it rests on, for whoever unfolds it."""
    lines = [texts("report.how")]
    for skill, score in report.scores.items():
        name = texts(f"score.name.{skill}")
        lines.append(f"{name}: {texts(f'score.method.{score.method}')}")
        rests_on = [
            texts(f"score.evidence.{key}", value=_number(texts, key, value))
            for key, value in score.evidence.items()
        ]
        if rests_on:
            lines.append(" · ".join(rests_on))
        if score.validation is not None:
            checked = score.validation
            lines.append(
                texts(
                    "score.validation",
                    correlation=decimal(checked.correlation, texts.language, 2),
                    corpus=checked.corpus,
                    speakers=checked.speakers,
                )
            )
    return "\n".join(lines)


def _numbers(texts: Texts, params: Mapping[str, Number]) -> dict[str, object]:
    return {name: _number(texts, name, value) for name, value in params.items()}


def _number(texts: Texts, name: str, value: Number) -> str:
    if name in _SHARES:
        return f"{decimal(100 * value, texts.language, 0)} %"
    return decimal(value, texts.language, 0 if float(value).is_integer() else 1)


def report_message(user: User, session: VoiceSession, report: VoiceReport, to: Address) -> Outgoing:
    """The report as a message to where the person is."""
    texts = texts_in(user.ui_language)
    return Outgoing(
        key=f"report:{session.id}",
        user_id=user.id,
        to=to,
        kind=MessageKind.REPORT,
        body=tuple(report_body(texts, report, session)),
        buttons=((Button(texts("report.button.again"), "c:talk"),),),
    )
