"""A teacher in words: for their own card, for an administrator, for students."""

from collections.abc import Mapping, Sequence

from bot.accounts.model import User
from bot.accounts.teachers import Certificate, CertificateState, TeacherProfile
from bot.flows.teacher_steps import taught_shown
from bot.i18n.catalog import Texts
from bot.i18n.money import money
from bot.messaging.model import Attachment, MediaKind, Paragraph, Style

BADGE = "✅"
_MARKS = {CertificateState.APPROVED: "✓", CertificateState.REFUSED: "✗"}


def named(user: User, profile: TeacherProfile | None) -> str:
    """The name others see, with the badge of a verified teacher."""
    is_verified = profile is not None and profile.is_verified
    return f"{user.name} {BADGE}" if is_verified else user.name


def facts(texts: Texts, profile: TeacherProfile) -> Mapping[str, str]:
    """What a profile says, by field; empty where nothing was said."""
    reader = texts.language
    return {
        "qualification": profile.qualification,
        "experience": texts("teach.years", count=profile.experience_years),
        "taught": ", ".join(taught_shown(each, reader) for each in profile.languages),
        "teach_about": profile.about or "",
        "rate": texts("teach.per_hour", price=money(profile.rate, reader)),
        "calendly": profile.calendly_link or "",
    }


def fact_lines(texts: Texts, profile: TeacherProfile) -> Paragraph:
    """The profile, a line a field."""
    told = facts(texts, profile)
    lines = [f"{texts(f'field.{name}')}: {value}" for name, value in told.items() if value]
    return Paragraph("\n".join(lines), Style.QUOTE)


def certificate_label(certificate: Certificate) -> str:
    """Its title and what became of it."""
    mark = _MARKS.get(certificate.state, "…")
    return f"📄 {certificate.title} {mark}"


def certificate_file(certificate: Certificate) -> Attachment:
    """The file as it goes out; it stays with us."""
    return Attachment(
        kind=MediaKind.DOCUMENT,
        blob_id=certificate.blob_id,
        mime=certificate.mime,
        filename=certificate.filename,
        is_kept=True,
    )


def picture_of(user: User) -> Attachment | None:
    """A person's picture as it goes out."""
    if user.profile.picture_id is None:
        return None
    return Attachment(
        kind=MediaKind.PHOTO,
        blob_id=user.profile.picture_id,
        mime="image/jpeg",
        filename="picture.jpg",
        is_kept=True,
    )


def approved(certificates: Sequence[Certificate]) -> Sequence[Certificate]:
    """Those an administrator accepted."""
    return [each for each in certificates if each.state is CertificateState.APPROVED]
