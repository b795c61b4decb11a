"""One-time codes for mail addresses: six digits, hashed, short-lived, few tries.

Every request and every guess is counted here, whoever brings the codes. Nothing depends on whether
an address belongs to somebody: the same is looked up, hashed and written in either case.
"""

import secrets
from dataclasses import replace
from datetime import timedelta

from bot.accounts.addresses import lookup_form
from bot.accounts.couriers import hashed_part
from bot.accounts.model import CodePurpose, Identity, OneTimeCode
from bot.accounts.ports import AccountsWork, CodeCourier
from bot.core.clock import Clock
from bot.core.errors import DomainError

LIFETIME = timedelta(minutes=10)
MOST_TRIES = 5
RESEND_AFTER = timedelta(seconds=60)
MOST_AN_HOUR = 5
# For codes that open somebody's account:
MOST_A_DAY_BY_IDENTITY = 3
MOST_A_DAY_FOR_ADDRESS = 10
OPENING = (CodePurpose.LINK, CodePurpose.RECOVER)
_MAILED = (CodePurpose.EMAIL, *OPENING)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_DIGITS = 6


def fingerprint_of(work: AccountsWork, address: str) -> str:
    """The keyed hash by which an address is found again."""
    return work.fingerprint(lookup_form(address))


def asker(work: AccountsWork, identity: Identity) -> str:
    """The keyed hash under which an identity's requests and guesses are counted."""
    return work.fingerprint(f"identity:{identity.platform}:{identity.external_id}")


class TooManyCodes(DomainError):
    """Codes were asked for too often."""

    key = "code.too_many"


class Codes:
    """Makes one-time codes, and counts guesses at them.

    Args:
        courier: brings them, and says whether what was typed is one.
    """

    def __init__(self, clock: Clock, courier: CodeCourier) -> None:
        self._clock = clock
        self.courier = courier

    def issue(
        self, work: AccountsWork, user_id: str, address: str, purpose: CodePurpose, asked_by: str
    ) -> str:
        """A fresh code for `address`, asked for by a person; their earlier ones stop working.

        Args:
            asked_by: of `asker`.

        Raises:
            TooManyCodes: within a minute of this person's last for this address, or more than
                five in an hour, counted for the person and for the address. To open an account:
                more than three a day by one identity, or ten a day for one address.
        """
        now = self._clock.now()
        subject = fingerprint_of(work, address)
        self._hold_back(work, user_id, subject, purpose)
        if purpose in OPENING:
            self._hold_back_openers(work, subject, asked_by)
        for old in work.codes.since((purpose,), now - LIFETIME, user_id=user_id):
            if old.used_at is None:
                work.codes.save(replace(old, used_at=now))
        digits = f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}d}"
        work.codes.add(
            OneTimeCode(
                user_id=user_id,
                purpose=purpose,
                subject=subject,
                code_hash=work.fingerprint(hashed_part(user_id, subject, digits)),
                created_at=now,
                expires_at=now + LIFETIME,
                asked_by=asked_by if purpose in OPENING else None,
            )
        )
        return digits

    def begin_try(
        self, work: AccountsWork, user_id: str, address: str, purpose: CodePurpose
    ) -> OneTimeCode | None:
        """The code a guess may be held against; the guess counts before anybody looks at it.

        None: there is no such code, or it is too old, or five guesses were made at it. Must be
        committed whatever comes of the guess.
        """
        now = self._clock.now()
        subject = fingerprint_of(work, address)
        codes = work.codes.since((purpose,), now - LIFETIME, user_id=user_id)
        open_codes = [c for c in codes if c.used_at is None and c.subject == subject]
        if not open_codes:
            return None
        code = open_codes[-1]
        if code.tries >= MOST_TRIES or code.expires_at <= now:
            return None
        return work.codes.save(replace(code, tries=code.tries + 1))

    def use_up(self, work: AccountsWork, code: OneTimeCode) -> bool:
        """The guess was right: once. False when it was used meanwhile."""
        fresh = work.codes.find(code.id)
        if fresh is None or fresh.used_at is not None:
            return False
        work.codes.save(replace(fresh, used_at=self._clock.now()))
        return True

    def _hold_back(
        self, work: AccountsWork, user_id: str, subject: str, purpose: CodePurpose
    ) -> None:
        now = self._clock.now()
        key = "code.too_many_for_now" if purpose in OPENING else "code.too_many_an_hour"
        for who in ({"user_id": user_id}, {"subject": subject}):
            if len(work.codes.since(_MAILED, now - _HOUR, **who)) >= MOST_AN_HOUR:
                raise TooManyCodes(key)
        if work.codes.since(_MAILED, now - RESEND_AFTER, user_id=user_id, subject=subject):
            raise TooManyCodes

    def _hold_back_openers(self, work: AccountsWork, subject: str, asked_by: str) -> None:
        yesterday = self._clock.now() - _DAY
        by_them = work.codes.since(OPENING, yesterday, asked_by=asked_by)
        for_it = work.codes.since(OPENING, yesterday, subject=subject)
        if len(by_them) >= MOST_A_DAY_BY_IDENTITY or len(for_it) >= MOST_A_DAY_FOR_ADDRESS:
            raise TooManyCodes("code.too_many_a_day")
