"""One-time codes: six digits by mail, hashed, short-lived, few tries."""

import hashlib
import hmac
import secrets
from dataclasses import replace
from datetime import timedelta

from bot.accounts.addresses import lookup_form
from bot.accounts.model import CodePurpose, OneTimeCode
from bot.accounts.ports import AccountsWork
from bot.core.clock import Clock
from bot.core.errors import DomainError

LIFETIME = timedelta(minutes=10)
MOST_TRIES = 5
RESEND_AFTER = timedelta(seconds=60)
MOST_AN_HOUR = 5
CLAIM_LIFETIME = timedelta(hours=24)
_DIGITS = 6


def fingerprint_of(work: AccountsWork, address: str) -> str:
    """The keyed hash by which an address is found again."""
    return work.fingerprint(lookup_form(address))


class TooManyCodes(DomainError):
    """Codes were asked for too often."""

    key = "code.too_many"


class Codes:
    """Makes and checks one-time codes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def issue(self, work: AccountsWork, user_id: str, address: str) -> str:
        """A fresh code for confirming `address`; earlier ones stop working.

        Raises:
            TooManyCodes: within a minute of this person's last for this address, or more than
                five in an hour, counted for the person and for the address.
        """
        now = self._clock.now()
        subject = fingerprint_of(work, address)
        self._hold_back(work, user_id, subject)
        for old in work.codes.since(CodePurpose.EMAIL, now - LIFETIME, user_id=user_id):
            if old.used_at is None:
                work.codes.save(replace(old, used_at=now))
        digits = f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}d}"
        work.codes.add(
            OneTimeCode(
                user_id=user_id,
                purpose=CodePurpose.EMAIL,
                subject=subject,
                code_hash=work.fingerprint(f"{user_id}:{subject}:{digits}"),
                created_at=now,
                expires_at=now + LIFETIME,
            )
        )
        return digits

    def is_right(self, work: AccountsWork, user_id: str, address: str, typed: str) -> bool:
        """Check a typed code; each wrong guess counts, and the right one is used up.

        After five wrong guesses in a code's life the answer is always no. It tells nothing about
        which of expiry, tries or digits was the reason. Must be committed whatever it answers, so
        that a wrong guess is counted.
        """
        now = self._clock.now()
        subject = fingerprint_of(work, address)
        codes = work.codes.since(CodePurpose.EMAIL, now - LIFETIME, user_id=user_id)
        open_codes = [c for c in codes if c.used_at is None and c.subject == subject]
        if not open_codes or open_codes[-1].tries >= MOST_TRIES:
            return False
        code = open_codes[-1]
        guess = work.fingerprint(f"{user_id}:{subject}:{typed.strip()}")
        if code.expires_at > now and hmac.compare_digest(guess, code.code_hash):
            work.codes.save(replace(code, used_at=now))
            return True
        work.codes.save(replace(code, tries=code.tries + 1))
        return False

    def issue_claim(self, work: AccountsWork) -> str:
        """A one-time token that makes whoever opens the bot with it an admin; lives a day."""
        now = self._clock.now()
        token = secrets.token_urlsafe(24)
        work.codes.add(
            OneTimeCode(
                user_id=None,
                purpose=CodePurpose.ADMIN_CLAIM,
                subject=_digest(token),
                code_hash=_digest(token),
                created_at=now,
                expires_at=now + CLAIM_LIFETIME,
            )
        )
        return token

    def redeem_claim(self, work: AccountsWork, token: str) -> bool:
        """Use up an admin claim; False when it is unknown, used or too old."""
        now = self._clock.now()
        for code in work.codes.since(
            CodePurpose.ADMIN_CLAIM, now - CLAIM_LIFETIME, subject=_digest(token)
        ):
            if code.used_at is None and code.expires_at > now:
                work.codes.save(replace(code, used_at=now))
                return True
        return False

    def _hold_back(self, work: AccountsWork, user_id: str, subject: str) -> None:
        now = self._clock.now()
        hour_ago = now - timedelta(hours=1)
        for who in ({"user_id": user_id}, {"subject": subject}):
            if len(work.codes.since(CodePurpose.EMAIL, hour_ago, **who)) >= MOST_AN_HOUR:
                raise TooManyCodes("code.too_many_an_hour")
        last_minute = now - RESEND_AFTER
        if work.codes.since(CodePurpose.EMAIL, last_minute, user_id=user_id, subject=subject):
            raise TooManyCodes


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
