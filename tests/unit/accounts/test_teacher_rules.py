"""Teachers and gigs: what may follow what, and what is refused."""

from datetime import UTC, datetime
from itertools import product

import pytest

from bot.accounts.gigs import Gig, GigCategory, GigStatus, NoLanguage, Wish
from bot.accounts.teachers import (
    IllegalMove,
    Review,
    TeacherProfile,
    document_type,
    is_calendly,
    safe_stem,
)
from bot.core.money import Money

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def a_teacher(**changes: object) -> TeacherProfile:
    values: dict[str, object] = {
        "user_id": "ana",
        "qualification": "MA in Linguistics",
        "experience_years": 7,
        "rate_minor": 2000,
        "rate_currency": "EUR",
    }
    return TeacherProfile(**{**values, **changes})  # type: ignore[arg-type] # one dict, many types


def a_gig(**changes: object) -> Gig:
    values: dict[str, object] = {
        "user_id": "ana",
        "category": GigCategory.LANGUAGE_TUTOR,
        "title": "Spanish for travellers",
        "service": "Conversation",
        "language": "es",
        "price_minor": 2000,
        "currency": "EUR",
        "created_at": NOW,
    }
    return Gig(**{**values, **changes})  # type: ignore[arg-type] # one dict, many types


def test_there_are_exactly_two_categories() -> None:
    assert list(GigCategory) == ["language_tutor", "chirologist"]


def test_a_gig_moves_only_as_allowed() -> None:
    draft, live, paused, deleted = GigStatus
    allowed = {
        (draft, live), (draft, deleted), (live, paused), (live, deleted), (paused, live),
        (paused, deleted),
    }  # fmt: skip
    made = set()
    for old, new in product(GigStatus, GigStatus):
        try:
            made.add((old, a_gig(status=old).moved_to(new, NOW).status))
        except IllegalMove:
            continue
    assert made == allowed


def test_a_language_tutor_names_a_language_before_the_gig_is_seen() -> None:
    with pytest.raises(NoLanguage):
        a_gig(language=None).moved_to(GigStatus.LIVE, NOW)
    palms = a_gig(language=None, category=GigCategory.CHIROLOGIST)
    assert palms.moved_to(GigStatus.LIVE, NOW).live_at == NOW


def test_a_review_moves_only_as_allowed() -> None:
    draft, waiting, asked, approved, refused = Review
    allowed = {
        (draft, waiting), (waiting, approved), (waiting, refused), (waiting, asked),
        (asked, approved), (asked, refused), (asked, waiting), (approved, waiting),
        (approved, refused), (refused, waiting),
    }  # fmt: skip
    made = set()
    for old, new in product(Review, Review):
        try:
            made.add((old, a_teacher(review=old).moved_to(new).review))
        except IllegalMove:
            continue
    assert made == allowed


def test_a_verified_teacher_who_changes_something_is_queued_and_stays_verified() -> None:
    changed = a_teacher(review=Review.APPROVED, is_verified=True).changed(NOW)
    assert (changed.review, changed.is_verified, changed.waiting_since) == (
        Review.WAITING,
        True,
        NOW,
    )


@pytest.mark.parametrize("review", [Review.DRAFT, Review.WAITING, Review.ASKED, Review.REFUSED])
def test_a_change_queues_nobody_who_did_not_ask_for_it(review: Review) -> None:
    teacher = a_teacher(review=review)
    assert teacher.changed(NOW) == teacher


def test_only_a_question_can_be_answered() -> None:
    with pytest.raises(IllegalMove):
        a_teacher(review=Review.REFUSED).answered("Because", NOW)


def test_refusing_takes_the_badge_away() -> None:
    refused = a_teacher(review=Review.WAITING, is_verified=True).refused("Not readable")
    assert (refused.is_verified, refused.reason) == (False, "Not readable")


@pytest.mark.parametrize(
    ("wish", "fits"),
    [
        (Wish(), True),
        (Wish(language="es"), True),
        (Wish(language="fr"), False),
        (Wish(category=GigCategory.CHIROLOGIST), False),
        (Wish(most=Money(2000, "EUR")), True),
        (Wish(most=Money(1999, "EUR")), False),
        (Wish(most=Money(100_000, "USD")), False),
    ],
)
def test_a_wish_fits_what_it_names(wish: Wish, *, fits: bool) -> None:
    assert wish.fits(a_gig()) is fits


@pytest.mark.parametrize(
    ("data", "mime"),
    [
        (b"%PDF-1.7 ...", "application/pdf"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"MZ\x90\x00", None),
        (b"<svg onload=alert(1)>", None),
        (b" %PDF-1.7", None),
        (b"PK\x03\x04", None),
        (b"", None),
    ],
)
def test_a_document_is_told_by_its_first_bytes(data: bytes, mime: str | None) -> None:
    assert document_type(data) == mime


@pytest.mark.parametrize(
    ("title", "stem"),
    [
        ("DELE C2", "DELE C2"),
        ("../../etc/passwd", "etc passwd"),
        ("C:\\Windows\\system32", "C Windows system32"),
        ("con", "certificate con"),
        ("LPT1", "certificate LPT1"),
        ("\u202egpj.exe", "gpj exe"),
        ("...", "certificate"),
        ("a\x00b", "a b"),
        ("Título de español", "Título de español"),
        ("x" * 300, "x" * 60),
    ],
)
def test_a_file_name_can_do_no_harm(title: str, stem: str) -> None:
    assert safe_stem(title) == stem


@pytest.mark.parametrize(
    "link",
    ["https://calendly.com/ana", "https://calendly.com/ana-lima/30min", "https://calendly.com/a/"],
)
def test_a_page_of_calendly_is_taken(link: str) -> None:
    assert is_calendly(link)


@pytest.mark.parametrize(
    "link",
    [
        "http://calendly.com/ana",
        "https://calendly.com/",
        "https://calendly.com.evil.example/ana",
        "https://calendly.com@127.0.0.1/ana",
        "https://calendly.com:8443/ana",
        "https://evil.example/calendly.com/ana",
        "https://calendly.com/ana?redirect=http://127.0.0.1",
        "https://calendly.com/ana#x",
        "https://calendly.com/../ana",
        "https://calendly.com/ana//evil.example",
        "https://CALENDLY.com/ana",
        "https://calendly.com/аna",
        "javascript:alert(1)//calendly.com/",
        "https://[calendly.com/ana",
    ],
)
def test_anything_else_is_no_page_of_calendly(link: str) -> None:
    assert not is_calendly(link)
