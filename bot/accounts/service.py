"""What happens to a person's own record: registering, their address, coming of age."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from bot.accounts.ages import is_minor
from bot.accounts.codes import fingerprint_of
from bot.accounts.model import Role, User, UserStatus
from bot.accounts.ports import AccountsWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What a guest told and confirmed.

    Args:
        proved_email: the address whose code was given back; None where none was.
    """

    role: Role
    name: str
    email: str | None
    proved_email: str | None
    native_language: str
    is_minor: bool


def register(work: AccountsWork, user: User, told: Registration, now: datetime) -> User:
    """Make a guest a registered person; everything of the guest's stays theirs. Not saved here.

    Minors learn here, whatever they came for: they do not teach.
    """
    registered = replace(
        user,
        status=UserStatus.ACTIVE,
        roles=user.roles | {Role.STUDENT if told.is_minor else told.role},
        name=told.name,
        native_language=told.native_language,
        age_confirmed_at=now,
        is_minor=told.is_minor,
    )
    return with_email(work, registered, told.email, told.proved_email, now)


def with_email(
    work: AccountsWork, user: User, address: str | None, proved: str | None, now: datetime
) -> User:
    """The person with this address; not saved here.

    An address belongs to whoever proved it: one that was not proved has no keyed hash, so nobody
    can take an address away from its owner by naming it, nor learn that it is taken. A proved
    address stays until another one is proved in its place, or it is taken back.
    """
    is_kept = user.email_verified_at is not None or address == user.email
    if address is not None and proved is None and is_kept:
        return user
    if address is None:
        return replace(user, email=None, email_hash=None, email_verified_at=None)
    fingerprint = fingerprint_of(work, address)
    owner = work.users.find_by_email_hash(fingerprint)
    if proved != address or (owner is not None and owner.id != user.id):
        return replace(user, email=address, email_hash=None, email_verified_at=None)
    return replace(user, email=address, email_hash=fingerprint, email_verified_at=now)


def with_birth(user: User, birth: date | None, now: datetime) -> User:
    """The person with this date of birth, and what follows from it; not saved here.

    Taking the date back changes nothing about being a minor. A minor is no teacher.
    """
    dated = replace(user, profile=replace(user.profile, date_of_birth=birth))
    if birth is None:
        return dated
    if not is_minor(birth, now.date()):
        return replace(dated, is_minor=False)
    return replace(dated, is_minor=True, roles=user.roles - {Role.TEACHER} | {Role.STUDENT})
