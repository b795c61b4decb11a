"""Who brings one-time codes to mail addresses: we do, unless a service does it for us."""

import hmac
from collections.abc import Callable

from bot.accounts.model import OneTimeCode
from bot.messaging.model import Address

MAIL = "mail"


class MailedCodes:
    """Our own mails with our own codes. Implements `CodeCourier`.

    Args:
        fingerprint: the keyed hash that codes are stored under.
    """

    def __init__(self, fingerprint: Callable[[str], str]) -> None:
        self._fingerprint = fingerprint

    def letter_box(self, address: str, /) -> Address:
        return Address(MAIL, address)

    async def is_right(self, code: OneTimeCode, _: str, typed: str, /) -> bool:
        guess = self._fingerprint(hashed_part(code.user_id, code.subject, typed))
        return hmac.compare_digest(guess, code.code_hash)


def hashed_part(user_id: str | None, subject: str, digits: str) -> str:
    """What the hash of a code is of: it is right for one person and one address alone."""
    return f"{user_id}:{subject}:{digits.strip()}"
