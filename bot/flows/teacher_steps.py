"""What a teacher is asked, whether they tell it first or change one thing of it."""

import re
from collections.abc import Mapping, Sequence
from typing import TypeVar

from bot.accounts.teachers import MOST_TAUGHT, MOST_YEARS, Taught, TeacherProfile, is_calendly
from bot.core.language import Level
from bot.flows.answers import clean_line, clean_text, parse_language
from bot.flows.model import Answers, InvalidAnswer, Layout, Option, Step
from bot.flows.price_steps import as_answer, as_money, currency_step, price_step
from bot.flows.prompts import as_list
from bot.flows.scene import Scene
from bot.flows.steps import text
from bot.i18n.formats import language_name, own_language_name
from bot.i18n.names import COMMON_LANGUAGES

T = TypeVar("T")

ABOUT_LIMIT = 1000
_QUALIFICATION_LIMIT = 300
_SPANS = ("A1-C2", "A1-A2", "A1-B1", "A1-B2", "A2-B2", "B1-B2", "B1-C2", "B2-C2", "C1-C2")
_SPAN = re.compile(r"(?P<lowest>[ABC][12])\s*[-–—]\s*(?P<highest>[ABC][12])")
_MOST_DIGITS = 2
_LEVEL_STEPS = tuple(f"levels_{number}" for number in range(1, MOST_TAUGHT + 1))


def teacher_steps() -> tuple[Step, ...]:
    """From the qualification to the Calendly page."""
    return (
        text("qualification", lambda typed: clean_line(typed, _QUALIFICATION_LIMIT)),
        text("experience", _parse_years),
        _taught(),
        *(_levels(name, number) for number, name in enumerate(_LEVEL_STEPS)),
        text(
            "teach_about",
            lambda typed: clean_text(typed, ABOUT_LIMIT),
            is_optional=True,
            is_long=True,
        ),
        currency_step("currency", resets=("rate",)),
        price_step("rate", "currency"),
        text("calendly", _parse_calendly, is_optional=True),
    )


def told(answers: Answers) -> Mapping[str, object]:
    """The answers as fields of a `TeacherProfile`."""
    rate, about, calendly = as_money(answers["rate"]), answers["teach_about"], answers["calendly"]
    chosen = as_list(answers["taught"])
    return {
        "qualification": str(answers["qualification"]),
        "experience_years": int(str(answers["experience"])),
        "languages": tuple(_as_taught(answers[name]) for name, _ in _pairs(chosen)),
        "about": None if about is None else str(about),
        "rate_minor": rate.minor,
        "rate_currency": rate.currency,
        "calendly_link": None if calendly is None else str(calendly),
    }


def answers_of(profile: TeacherProfile) -> Answers:
    """A profile as the answers that would make it."""
    spans = {
        name: f"{each.language}:{each.lowest}-{each.highest}"
        for name, each in _pairs(profile.languages)
    }
    return {
        "qualification": profile.qualification,
        "experience": profile.experience_years,
        "taught": [each.language for each in profile.languages],
        **spans,
        "teach_about": profile.about,
        "currency": profile.rate_currency,
        "rate": as_answer(profile.rate),
        "calendly": profile.calendly_link,
    }


def taught_shown(taught: Taught, reader: str) -> str:
    """A language with its levels: "English A1–C2"."""
    span = f"{taught.lowest}–{taught.highest}"
    return f"{language_name(taught.language, reader)} {span}"


def _pairs(chosen: Sequence[T]) -> list[tuple[str, T]]:
    return list(zip(_LEVEL_STEPS, chosen, strict=False))


def _taught() -> Step:
    """Several, so that a chosen one stays on the first page, and no more than there is room for."""

    def options(_: Scene, answers: Answers) -> Sequence[Option]:
        chosen = as_list(answers.get("taught"))
        others = [tag for tag in COMMON_LANGUAGES if tag not in chosen]
        shown = chosen if len(chosen) >= MOST_TAUGHT else [*chosen, *others]
        return [Option(tag, own_language_name(tag)) for tag in shown]

    def parse(scene: Scene, typed: str) -> object:
        tag = parse_language(typed)
        state = scene.work.flow_states.find_of_user(scene.user.id)
        chosen = as_list(state.answers.get("taught")) if state is not None else ()
        if len(chosen) >= MOST_TAUGHT and tag not in chosen:
            raise InvalidAnswer("teach.enough_languages", most=MOST_TAUGHT)
        return tag

    def show(scene: Scene, value: object) -> str:
        return ", ".join(language_name(tag, scene.texts.language) for tag in as_list(value))

    return Step(
        name="taught",
        asks="ask.taught",
        label="field.taught",
        params=lambda _, __: {"most": MOST_TAUGHT},
        options=options,
        layout=Layout.GRID,
        is_many=True,
        parse=parse,
        show=show,
        resets=_LEVEL_STEPS,
    )


def _levels(name: str, number: int) -> Step:
    """The levels taught of one of the languages; the answer is "<language>:<lowest>-<highest>"."""

    def language(answers: Answers) -> str:
        return as_list(answers["taught"])[number]

    def check(_: Scene, answers: Answers, span: object) -> object:
        return f"{language(answers)}:{span}"

    return Step(
        name=name,
        asks="ask.levels",
        label="field.levels",
        params=lambda scene, answers: {
            "language": language_name(language(answers), scene.texts.language)
        },
        options=lambda _, __: [Option(span, span.replace("-", "–")) for span in _SPANS],
        layout=Layout.GRID,
        when=lambda _, answers: len(as_list(answers.get("taught"))) > number,
        parse=lambda _, typed: _parse_span(typed),
        check=check,
        show=lambda scene, value: taught_shown(_as_taught(value), scene.texts.language),
    )


def _as_taught(answer: object) -> Taught:
    language, _, span = str(answer).partition(":")
    lowest, _, highest = span.partition("-")
    return Taught(language, Level(lowest), Level(highest))


def _parse_span(typed: str) -> str:
    match = _SPAN.fullmatch(typed.strip().upper())
    if match is None or match["lowest"] > match["highest"]:
        raise InvalidAnswer("teach.no_levels")
    return f"{match['lowest']}-{match['highest']}"


def _parse_years(typed: str) -> int:
    text = typed.strip()
    is_short = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
    if not is_short or int(text) > MOST_YEARS:
        raise InvalidAnswer("teach.no_years", most=MOST_YEARS)
    return int(text)


def _parse_calendly(typed: str) -> str:
    link = typed.strip()
    if not is_calendly(link):
        raise InvalidAnswer("teach.no_calendly")
    return link
