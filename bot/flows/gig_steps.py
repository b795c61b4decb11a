"""What a teacher tells about one gig."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from bot.accounts.gigs import LESSON_MINUTES, Gig, GigCategory
from bot.core.entity import long_id, short_id
from bot.flows.answers import clean_line, clean_text, parse_language
from bot.flows.model import Answers, InvalidAnswer, Layout, Option, Step
from bot.flows.price_steps import as_answer, as_money, currency_step, price_step
from bot.flows.prompts import as_list
from bot.flows.scene import Scene
from bot.flows.steps import choice, text
from bot.flows.teacher_steps import ABOUT_LIMIT
from bot.flows.teacher_words import approved
from bot.i18n.catalog import Texts
from bot.i18n.formats import language_name, minutes, own_language_name

_TITLE_LIMIT = 80
_SERVICE_LIMIT = 300


def gig_steps() -> tuple[Step, ...]:
    """From the category to the certificates shown."""
    return (
        choice("gig_category", tuple(GigCategory), resets=("gig_language",)),
        text("gig_title", lambda typed: clean_line(typed, _TITLE_LIMIT)),
        text("gig_service", lambda typed: clean_line(typed, _SERVICE_LIMIT)),
        _language(),
        currency_step("gig_currency", resets=("gig_price", "gig_fee")),
        price_step("gig_price", "gig_currency"),
        price_step("gig_fee", "gig_currency", is_optional=True),
        _minutes(),
        *(
            text(
                name,
                lambda typed: clean_text(typed, ABOUT_LIMIT),
                is_optional=True,
                is_long=True,
            )
            for name in ("gig_about", "gig_experience")
        ),
        _certificates(),
    )


def told_of_gig(answers: Answers) -> Mapping[str, object]:
    """The answers as fields of a `Gig`."""
    category, price = GigCategory(str(answers["gig_category"])), as_money(answers["gig_price"])
    fee, language = answers["gig_fee"], answers.get("gig_language")
    is_tutor = category is GigCategory.LANGUAGE_TUTOR
    lengths = sorted(int(length) for length in as_list(answers["gig_minutes"]))
    return {
        "category": category,
        "title": str(answers["gig_title"]),
        "service": str(answers["gig_service"]),
        "language": str(language) if is_tutor and language is not None else None,
        "price_minor": price.minor,
        "currency": price.currency,
        "fee_minor": None if fee is None else as_money(fee).minor,
        "lesson_minutes": tuple(lengths) or (60,),
        "about": _words(answers["gig_about"]),
        "experience": _words(answers["gig_experience"]),
        "certificate_ids": tuple(long_id(s) for s in as_list(answers.get("gig_certs"))),
    }


def answers_of_gig(gig: Gig) -> Answers:
    """A gig as the answers that would make it."""
    return {
        "gig_category": gig.category.value,
        "gig_title": gig.title,
        "gig_service": gig.service,
        "gig_language": gig.language,
        "gig_currency": gig.currency,
        "gig_price": as_answer(gig.price),
        "gig_fee": None if gig.fee is None else as_answer(gig.fee),
        "gig_minutes": [str(length) for length in gig.lesson_minutes],
        "gig_about": gig.about,
        "gig_experience": gig.experience,
        "gig_certs": [short_id(each) for each in gig.certificate_ids],
    }


def is_tutor(_: Scene, answers: Answers) -> bool:
    """Whether the gig is a language tutor's."""
    return answers.get("gig_category") == GigCategory.LANGUAGE_TUTOR.value


def lengths_shown(texts: Texts, lengths: Sequence[int]) -> str:
    """Lesson lengths in words."""
    return ", ".join(minutes(timedelta(minutes=each), texts.language) for each in lengths)


def _language() -> Step:
    """One of the languages the teacher said to teach."""

    def taught(scene: Scene) -> Sequence[str]:
        profile = scene.work.teachers.find_of_user(scene.user.id)
        return [each.language for each in profile.languages] if profile is not None else ()

    def options(scene: Scene, _: Answers) -> Sequence[Option]:
        return [Option(tag, own_language_name(tag)) for tag in taught(scene)]

    def check(scene: Scene, _: Answers, tag: object) -> object:
        if tag not in taught(scene):
            raise InvalidAnswer("gig.not_taught")
        return tag

    return Step(
        name="gig_language",
        asks="ask.gig_language",
        label="field.gig_language",
        options=options,
        layout=Layout.GRID,
        parse=lambda _, typed: parse_language(typed),
        check=check,
        when=is_tutor,
        show=lambda scene, value: language_name(str(value), scene.texts.language),
    )


def _minutes() -> Step:
    def options(scene: Scene, _: Answers) -> Sequence[Option]:
        return [Option(str(each), lengths_shown(scene.texts, [each])) for each in LESSON_MINUTES]

    return Step(
        name="gig_minutes",
        asks="ask.gig_minutes",
        label="field.gig_minutes",
        options=options,
        layout=Layout.GRID,
        is_many=True,
        show=lambda scene, value: lengths_shown(scene.texts, [int(e) for e in as_list(value)]),
    )


def _certificates() -> Step:
    """Only those an administrator accepted are for students to see."""

    def options(scene: Scene, _: Answers) -> Sequence[Option]:
        own = approved(scene.work.certificates.of_user(scene.user.id))
        return [Option(short_id(each.id), each.title) for each in own]

    def show(scene: Scene, value: object) -> str:
        chosen = as_list(value)
        return ", ".join(o.label for o in options(scene, {}) if o.value in chosen)

    return Step(
        name="gig_certs",
        asks="ask.gig_certs",
        label="field.gig_certs",
        options=options,
        is_many=True,
        is_optional=True,
        when=lambda scene, answers: bool(options(scene, answers)),
        show=show,
    )


def _words(answer: object) -> str | None:
    return None if answer is None else str(answer)
