"""Keys for programs: made in chat, exchanged for tokens that live minutes, revoked at once.

Only keyed hashes are stored, and a token is looked up by its hash: how long that takes tells
nothing about the token. A refresh token works once. Whoever shows one again has a copy, and which
of two is the thief nobody knows, so the whole key ends (RFC 9700, section 4.14.2).
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.accounts.api_model import ApiKey, ApiToken, TokenKind, TokenPair
from bot.accounts.api_ports import ApiWork
from bot.core.clock import Clock
from bot.core.errors import DomainError

ACCESS_LIFETIME = timedelta(minutes=15)
REFRESH_LIFETIME = timedelta(days=90)
MOST_KEYS = 10
_PREFIXES = {TokenKind.ACCESS: "lfa_", TokenKind.REFRESH: "lfr_"}
_LIFETIMES = {TokenKind.ACCESS: ACCESS_LIFETIME, TokenKind.REFRESH: REFRESH_LIFETIME}
_RANDOM_BYTES = 32
_LONGEST = 100


class TooManyKeys(DomainError):
    """A person has as many keys as one can have."""

    key = "apikey.too_many"


@dataclass(frozen=True, slots=True)
class Reused:
    """Somebody showed a refresh token that was exchanged before; `key` has ended."""

    key: ApiKey


class ApiTokens:
    """Makes and checks tokens."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def issue(self, work: ApiWork, user_id: str, label: str) -> str:
        """A new key's first refresh token, which is shown once.

        Raises:
            TooManyKeys: ten are there.
        """
        if len(self.list_keys(work, user_id)) >= MOST_KEYS:
            raise TooManyKeys(most=MOST_KEYS)
        now = self._clock.now()
        key = ApiKey(
            user_id=user_id, label=label, created_at=now, expires_at=now + REFRESH_LIFETIME
        )
        work.api.keys.add(key)
        return self._add(work, key.id, TokenKind.REFRESH)

    def list_keys(self, work: ApiWork, user_id: str) -> list[ApiKey]:
        """A person's keys that can be used, oldest first."""
        now = self._clock.now()
        return [key for key in work.api.keys.of_user(user_id) if key.expires_at > now]

    def revoke(self, work: ApiWork, key_id: str) -> None:
        """End a key and every token of it."""
        work.api.keys.remove(key_id)
        work.api.tokens.remove_of_key(key_id)

    def key_of(self, work: ApiWork, token: str, kind: TokenKind) -> ApiKey | None:
        """The key a token belongs to; None: it is forged, revoked or too old.

        A refresh token that was exchanged still has its key, so that `exchange` notices.
        """
        found = self._find(work, token, kind)
        return None if found is None else work.api.keys.find(found.key_id)

    def exchange(self, work: ApiWork, refresh: str) -> TokenPair | Reused | None:
        """A fresh pair; the refresh token is used up. None: it is forged, revoked or too old.

        What comes of it is to be committed: a reused token ends its key.
        """
        now = self._clock.now()
        found = self._find(work, refresh, TokenKind.REFRESH)
        key = None if found is None else work.api.keys.find(found.key_id)
        if found is None or key is None:
            return None
        if not work.api.tokens.use_up(found.hash, now):
            self.revoke(work, key.id)
            return Reused(key)
        if not work.api.keys.touch(key.id, now, now + REFRESH_LIFETIME):
            return None
        access, fresh = (
            self._add(work, key.id, kind) for kind in (TokenKind.ACCESS, TokenKind.REFRESH)
        )
        return TokenPair(access, fresh)

    def _find(self, work: ApiWork, token: str, kind: TokenKind) -> ApiToken | None:
        if len(token) > _LONGEST or not token.isascii():
            return None
        found = work.api.tokens.find(_hash(work, token))
        is_good = found is not None and found.kind is kind and self._lives(found.expires_at)
        return found if is_good else None

    def _lives(self, expires_at: datetime) -> bool:
        return expires_at > self._clock.now()

    def _add(self, work: ApiWork, key_id: str, kind: TokenKind) -> str:
        token = _PREFIXES[kind] + secrets.token_urlsafe(_RANDOM_BYTES)
        expires_at = self._clock.now() + _LIFETIMES[kind]
        work.api.tokens.add(
            ApiToken(hash=_hash(work, token), key_id=key_id, kind=kind, expires_at=expires_at)
        )
        return token


def _hash(work: ApiWork, token: str) -> str:
    return work.fingerprint(f"api:{token}")
