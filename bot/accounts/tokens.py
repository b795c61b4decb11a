"""Secrets that work once: shown in one place, given back in another; only hashes are stored."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from bot.accounts.codes import TooManyCodes
from bot.accounts.model import CodePurpose, OneTimeCode
from bot.accounts.ports import AccountsWork
from bot.core.clock import Clock

CLAIM_LIFETIME = timedelta(hours=24)
LINK_LIFETIME = timedelta(minutes=10)
MOST_WRONG_AN_HOUR = 5
_HOUR = timedelta(hours=1)
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that looks like another; 5 bits each
_GROUPS, _GROUP = 3, 4


class Tokens:
    """Makes tokens and takes them back."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def issue_claim(self, work: AccountsWork) -> str:
        """Makes whoever opens the bot with it an admin; lives a day."""
        token = secrets.token_urlsafe(24)
        self._add(work, CodePurpose.ADMIN_CLAIM, token, CLAIM_LIFETIME, None)
        return token

    def redeem_claim(self, work: AccountsWork, token: str) -> bool:
        """Use up an admin claim; False when it is unknown, used or too old."""
        return self._redeem(work, CodePurpose.ADMIN_CLAIM, token) is not None

    def issue_link(self, work: AccountsWork, user_id: str) -> str:
        """Joins whoever gives it back to this person; lives ten minutes. Earlier ones end.

        Twelve letters and digits in three groups (60 bits), to be opened, copied or typed.
        """
        now = self._clock.now()
        for old in work.codes.since(
            (CodePurpose.LINK_TOKEN,), now - LINK_LIFETIME, user_id=user_id
        ):
            if old.used_at is None:
                work.codes.save(replace(old, used_at=now))
        letters = "".join(secrets.choice(_LETTERS) for _ in range(_GROUPS * _GROUP))
        self._add(work, CodePurpose.LINK_TOKEN, letters, LINK_LIFETIME, user_id)
        return "-".join(letters[i : i + _GROUP] for i in range(0, len(letters), _GROUP))

    def redeem_link(self, work: AccountsWork, typed: str, asked_by: str) -> str | None:
        """Whose token it is, which is used up; None when there is none (any more).

        Raises:
            TooManyCodes: this identity gave five wrong ones within an hour; nothing is looked at.
        """
        now = self._clock.now()
        wrong = work.codes.since((CodePurpose.WRONG_TOKEN,), now - _HOUR, asked_by=asked_by)
        if len(wrong) >= MOST_WRONG_AN_HOUR:
            raise TooManyCodes("code.too_many_tokens")
        letters = "".join(c for c in typed.upper() if c.isalnum())
        found = self._redeem(work, CodePurpose.LINK_TOKEN, letters)
        if found is not None and found.user_id is not None:
            return found.user_id
        self._add(work, CodePurpose.WRONG_TOKEN, letters, _HOUR, None, asked_by)
        return None

    def issue_page(self, work: AccountsWork, user_id: str) -> str:
        """Opens one page of ours for this person; lives ten minutes, 192 bits."""
        token = secrets.token_urlsafe(24)
        self._add(work, CodePurpose.PAGE, token, LINK_LIFETIME, user_id)
        return token

    def whose_page(self, work: AccountsWork, token: str) -> str | None:
        """For whom it opens, without using it up; None when it is unknown, used or too old."""
        found = self._find(work, CodePurpose.PAGE, token)
        return None if found is None else found.user_id

    def redeem_page(self, work: AccountsWork, token: str) -> str | None:
        """Whose it was, which is used up."""
        found = self._redeem(work, CodePurpose.PAGE, token)
        return None if found is None else found.user_id

    def _redeem(self, work: AccountsWork, purpose: CodePurpose, token: str) -> OneTimeCode | None:
        found = self._find(work, purpose, token)
        return None if found is None else work.codes.save(replace(found, used_at=self._clock.now()))

    def _find(self, work: AccountsWork, purpose: CodePurpose, token: str) -> OneTimeCode | None:
        now, subject = self._clock.now(), _hash(work.fingerprint, purpose, token)
        codes = work.codes.since((purpose,), now - CLAIM_LIFETIME, subject=subject)
        return next((c for c in codes if c.used_at is None and c.expires_at > now), None)

    def _add(
        self,
        work: AccountsWork,
        purpose: CodePurpose,
        token: str,
        lifetime: timedelta,
        user_id: str | None,
        asked_by: str | None = None,
    ) -> None:
        now, digest = self._clock.now(), _hash(work.fingerprint, purpose, token)
        work.codes.add(
            OneTimeCode(
                user_id=user_id,
                purpose=purpose,
                subject=digest,
                code_hash=digest,
                created_at=now,
                expires_at=now + lifetime,
                asked_by=asked_by,
            )
        )


def _hash(fingerprint: Callable[[str], str], purpose: CodePurpose, token: str) -> str:
    return fingerprint(f"{purpose}:{token}")
