"""What keys, tokens and limits of the API need of a transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.accounts.api_model import ApiKey, ApiToken
from bot.accounts.ports import AccountsWork
from bot.core.repository import Repository


class ApiKeyRepo(Repository[ApiKey], Protocol):
    """Keys, oldest first."""

    def of_user(self, user_id: str, /) -> Sequence[ApiKey]: ...
    def touch(self, key_id: str, at: datetime, expires_at: datetime, /) -> bool:
        """It was used and lives on until then; False: it is gone."""
        ...

    def move_of_user(self, from_user_id: str, to_user_id: str, /) -> None: ...
    def remove_of_user(self, user_id: str, /) -> None: ...


class ApiTokenRepo(Protocol):
    """Tokens by their hash."""

    def find(self, token_hash: str, /) -> ApiToken | None: ...
    def add(self, token: ApiToken, /) -> None: ...
    def use_up(self, token_hash: str, at: datetime, /) -> bool:
        """Once; False: somebody was faster."""
        ...

    def remove_of_key(self, key_id: str, /) -> None: ...


class RateBook(Protocol):
    """When buckets will be empty, by whose they are."""

    def hold(self, subject: str, now: datetime, /) -> datetime:
        """Nobody else changes it before this unit is over."""
        ...

    def put(self, subject: str, empty_at: datetime, /) -> None: ...


class RequestBook(Protocol):
    """Requests that are done once, by the key their sender gave them."""

    def begin(self, user_id: str, key_hash: str, body_hash: str, at: datetime, /) -> bool:
        """Write it down; False: it was there."""
        ...

    def find(self, user_id: str, key_hash: str, /) -> tuple[str, str | None] | None:
        """Hash of its body, and the id of what came of it."""
        ...

    def done(self, user_id: str, key_hash: str, result: str, /) -> None: ...
    def move_of_user(self, from_user_id: str, to_user_id: str, /) -> None: ...
    def remove_of_user(self, user_id: str, /) -> None: ...


class ApiBook(Protocol):
    """All of it."""

    @property
    def keys(self) -> ApiKeyRepo: ...
    @property
    def tokens(self) -> ApiTokenRepo: ...
    @property
    def rates(self) -> RateBook: ...
    @property
    def requests(self) -> RequestBook: ...


class ApiWork(AccountsWork, Protocol):
    """People, and their programs."""

    @property
    def api(self) -> ApiBook: ...
