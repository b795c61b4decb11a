"""A gig as students see it."""

from collections.abc import Sequence

from bot.accounts.gigs import Gig
from bot.core.entity import short_id
from bot.flows.gig_steps import lengths_shown
from bot.flows.ports import FlowWork
from bot.flows.scene import Scene
from bot.flows.steps import worded
from bot.flows.teacher_words import approved, named, picture_of
from bot.i18n.formats import language_name
from bot.i18n.money import money
from bot.messaging.model import Attachment, MediaKind, MessageKind, Paragraph, Style

CATALOGUE_PREFIX, BOOK_PREFIX = "w", "b"


def show_gig(scene: Scene, gig: Gig) -> None:
    """The card with the teacher's picture, and what a student can do from it."""
    teacher = scene.work.users.get(gig.user_id)
    short = short_id(gig.id)
    first = [
        scene.button(
            "gig.button.write", f"{CATALOGUE_PREFIX}:write:{short}", name=teacher.first_name
        )
    ]
    if gig.intro_id is not None:
        heard = scene.button("gig.button.hear", f"{CATALOGUE_PREFIX}:hear:{short}")
        first.insert(0, heard)
    book = [scene.button("booking.button.slots", f"{BOOK_PREFIX}:gig:{short}")]
    last = [scene.button("gig.button.not_now", f"{CATALOGUE_PREFIX}:notnow:")]
    scene.say(
        *_body(scene, gig),
        buttons=[first, book, last],
        kind=MessageKind.PROMPT,
        attachment=picture_of(teacher),
    )


def offers(work: FlowWork, teacher_id: str) -> Sequence[Gig]:
    """The gigs of one teacher that students may see."""
    own = work.gigs.of_user(teacher_id)
    return [gig for gig in own if work.gigs.find_listed(gig.id) is not None]


def say_intro(scene: Scene, gig: Gig) -> None:
    """The spoken introduction as a voice bubble. The gig has one."""
    scene.say(
        kind=MessageKind.NOTICE,
        attachment=Attachment(
            kind=MediaKind.VOICE,
            blob_id=str(gig.intro_id),
            mime="audio/ogg",
            filename="introduction.ogg",
            seconds=gig.intro_seconds,
            waveform=gig.intro_waveform,
            is_kept=True,
        ),
    )


def gig_line(scene: Scene, gig: Gig) -> str:
    """A gig in a list: title, teacher, language, price."""
    reader = scene.texts.language
    profile = scene.work.teachers.find_of_user(gig.user_id)
    parts = [
        gig.title,
        named(scene.work.users.get(gig.user_id), profile),
        language_name(gig.language, reader)
        if gig.language
        else worded(scene, "gig_category", gig.category),
        price_shown(scene, gig),
    ]
    return " · ".join(parts)


def price_shown(scene: Scene, gig: Gig) -> str:
    """The price for an hour, as the reader writes money."""
    return scene.texts("teach.per_hour", price=money(gig.price, scene.texts.language))


def _body(scene: Scene, gig: Gig) -> Sequence[Paragraph]:
    work, reader = scene.work, scene.texts.language
    profile = work.teachers.find_of_user(gig.user_id)
    shown = [
        each.title
        for each in approved(work.certificates.of_user(gig.user_id))
        if each.id in gig.certificate_ids
    ]
    facts = {
        "gig_category": worded(scene, "gig_category", gig.category),
        "gig_service": gig.service,
        "gig_language": language_name(gig.language, reader) if gig.language else "",
        "gig_price": price_shown(scene, gig),
        "gig_fee": money(gig.fee, reader) if gig.fee is not None else "",
        "gig_minutes": lengths_shown(scene.texts, gig.lesson_minutes),
        "gig_experience": gig.experience or "",
        "gig_certs": ", ".join(shown),
    }
    lines = [f"{scene.texts(f'field.{name}')}: {value}" for name, value in facts.items() if value]
    body = [
        Paragraph(gig.title, Style.STRONG),
        Paragraph(named(work.users.get(gig.user_id), profile)),
        Paragraph("\n".join(lines), Style.QUOTE),
    ]
    return [*body, Paragraph(gig.about)] if gig.about else body
