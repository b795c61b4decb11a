"""The rules by which two people become one."""

from dataclasses import fields, replace
from datetime import timedelta

import pytest

from bot.accounts.merging import FIELDS, consents_that_end, merged, survivor
from bot.accounts.model import Consent, Profile, Purpose, Role, User, UserStatus
from tests.message_builders import NOW

LATER = NOW + timedelta(days=1)
PROVED = {"email": "a@example.org", "email_hash": "h", "email_verified_at": NOW}


def a_user(**changes: object) -> User:
    return User(**{"created_at": NOW, **changes})  # type: ignore[arg-type] # one dict, many types


def a_consent(*, is_revoked: bool = False) -> Consent:
    revoked_at = LATER if is_revoked else None
    return Consent(
        user_id="", purpose=Purpose.EMOTION, wording="w", given_at=NOW, revoked_at=revoked_at
    )


YES, NO = [a_consent()], [a_consent(is_revoked=True)]


def test_every_field_of_a_person_has_its_rule() -> None:
    assert set(FIELDS) == {field.name for field in fields(User)}


@pytest.mark.parametrize(
    ("stays", "goes"),
    [
        ({"status": UserStatus.ACTIVE, "created_at": LATER}, {}),
        ({"status": UserStatus.ACTIVE, "created_at": LATER, **PROVED}, {"status": "paused"}),
        ({"name": "first"}, {"created_at": LATER}),
    ],
)
def test_who_registered_stays_then_who_proved_an_address_then_who_was_first(
    stays: dict[str, object], goes: dict[str, object]
) -> None:
    one, other = a_user(**stays), a_user(**goes)
    assert survivor(one, other) == survivor(other, one) == (one, other)


def test_one_person_has_what_either_had() -> None:
    kept = a_user(
        created_at=LATER,
        roles=frozenset({Role.STUDENT}),
        name="Ana",
        guest_turns=1,
        profile=Profile(bio="I sing", goals=("work",)),
        status=UserStatus.PAUSED,
    )
    gone = a_user(
        roles=frozenset({Role.TEACHER}),
        name="Nana",
        guest_turns=2,
        time_zone="Europe/Madrid",
        profile=Profile(bio="?", city="Vigo", goals=("travel",)),
        status=UserStatus.ACTIVE,
        **PROVED,
    )
    one = merged(kept, gone)
    assert (one.id, one.name, one.guest_turns, one.created_at) == (kept.id, "Ana", 3, NOW)
    assert one.roles == {Role.STUDENT, Role.TEACHER}
    assert (one.time_zone, one.status) == ("Europe/Madrid", UserStatus.ACTIVE)
    assert one.profile == Profile(bio="I sing", city="Vigo", goals=("work", "travel"))
    assert (one.email, one.email_hash, one.email_verified_at) == ("a@example.org", "h", NOW)


def test_a_proved_address_is_not_lost_to_one_that_was_only_named() -> None:
    named = a_user(email="b@example.org")
    assert merged(named, a_user(**PROVED)).email == "a@example.org"
    other = replace(a_user(**PROVED), email="c@example.org", email_hash="i")
    assert merged(a_user(**PROVED), other).email == "a@example.org"


@pytest.mark.parametrize("is_kept_young", [True, False])
def test_a_minor_stays_one(is_kept_young: bool) -> None:
    assert merged(a_user(is_minor=is_kept_young), a_user(is_minor=not is_kept_young)).is_minor


@pytest.mark.parametrize(
    ("kept", "gone", "is_minor", "ends"),
    [
        (YES, [], False, False),
        (YES, YES, False, False),
        (YES, NO, False, True),
        (NO, YES, False, True),
        (YES, [], True, True),
        (NO, [], True, False),
        ([*NO, *YES], [], False, False),
    ],
)
def test_the_stricter_of_two_consents_counts(
    kept: list[Consent], gone: list[Consent], is_minor: bool, ends: bool
) -> None:
    found = consents_that_end(kept, gone, is_minor=is_minor)
    assert found == ({Purpose.EMOTION} if ends else set())
