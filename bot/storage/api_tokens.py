"""Tables and repositories of the API: keys, tokens, how often they ask, what was asked once."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from functools import cached_property

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    bindparam,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from bot.accounts.api_model import ApiKey, ApiToken, TokenKind
from bot.storage.prepared import Prepared
from bot.storage.table_repo import TableRepo
from bot.storage.types import EnumText, UtcDateTime, metadata
from bot.storage.vault import Vault

_ID, _HASH = String(36), String(64)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("user_id", _ID, ForeignKey("users.id"), nullable=False, index=True),
    Column("label", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("last_used_at", UtcDateTime),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("hash", _HASH, primary_key=True),
    Column("key_id", _ID, nullable=False, index=True),
    Column("kind", EnumText(TokenKind), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Column("used_at", UtcDateTime),
)

api_rates = Table(
    "api_rates",
    metadata,
    Column("subject", _HASH, primary_key=True),
    Column("empty_at", UtcDateTime, nullable=False, index=True),
)

api_requests = Table(
    "api_requests",
    metadata,
    Column("user_id", _ID, ForeignKey("users.id"), primary_key=True),
    Column("key_hash", _HASH, primary_key=True),
    Column("body_hash", _HASH, nullable=False),
    Column("result", _ID),
    Column("made_at", UtcDateTime, nullable=False, index=True),
)

_TOKEN = Prepared(select(api_tokens).where(api_tokens.c.hash == bindparam("hash")))
_ADD_TOKEN = Prepared(insert(api_tokens))
_ADD_RATE = {
    "sqlite": sqlite.insert(api_rates).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(api_rates).on_conflict_do_nothing(),
}
_ADD_REQUEST = {
    "sqlite": sqlite.insert(api_requests).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(api_requests).on_conflict_do_nothing(),
}
_RATE = Prepared(
    select(api_rates).where(api_rates.c.subject == bindparam("subject")).with_for_update()
)
_PUT_RATE = Prepared(
    update(api_rates)
    .where(api_rates.c.subject == bindparam("of"))
    .values(empty_at=bindparam("empty_at"))
)


class SqlApiKeys(TableRepo[ApiKey]):
    """Keys."""

    table, record = api_keys, ApiKey
    sealed = frozenset({"label"})

    def of_user(self, user_id: str, /) -> Sequence[ApiKey]:
        t = api_keys.c
        return self._all(select(api_keys).where(t.user_id == user_id).order_by(t.id))

    def touch(self, key_id: str, at: datetime, expires_at: datetime, /) -> bool:
        changed = self._connection.execute(
            update(api_keys)
            .where(api_keys.c.id == key_id)
            .values(last_used_at=at, expires_at=expires_at)
        )
        return changed.rowcount == 1

    def remove_of_user(self, user_id: str, /) -> None:
        """With their tokens."""
        theirs = select(api_keys.c.id).where(api_keys.c.user_id == user_id)
        self._connection.execute(delete(api_tokens).where(api_tokens.c.key_id.in_(theirs)))
        self._connection.execute(delete(api_keys).where(api_keys.c.user_id == user_id))


class SqlApiTokens:
    """Tokens by their hash."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, token_hash: str, /) -> ApiToken | None:
        row = _TOKEN.first(self._connection, {"hash": token_hash})
        return None if row is None else ApiToken(**row)

    def add(self, token: ApiToken, /) -> None:
        _ADD_TOKEN.run(self._connection, asdict(token))

    def use_up(self, token_hash: str, at: datetime, /) -> bool:
        t = api_tokens.c
        changed = self._connection.execute(
            update(api_tokens).where(t.hash == token_hash, t.used_at.is_(None)).values(used_at=at)
        )
        return changed.rowcount == 1

    def remove_of_key(self, key_id: str, /) -> None:
        self._connection.execute(delete(api_tokens).where(api_tokens.c.key_id == key_id))


class SqlApiRates:
    """When buckets will be empty; one that is empty needs no row."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def hold(self, subject: str, now: datetime, /) -> datetime:
        found = _RATE.first(self._connection, {"subject": subject})
        if found is None:
            fresh = {"subject": subject, "empty_at": now}
            self._connection.execute(_ADD_RATE[self._connection.dialect.name], fresh)
            found = _RATE.first(self._connection, {"subject": subject})
        return now if found is None else found["empty_at"]

    def put(self, subject: str, empty_at: datetime, /) -> None:
        _PUT_RATE.run(self._connection, {"of": subject, "empty_at": empty_at})


class SqlApiRequests:
    """Requests that are done once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def begin(self, user_id: str, key_hash: str, body_hash: str, at: datetime, /) -> bool:
        row = {"user_id": user_id, "key_hash": key_hash, "body_hash": body_hash, "made_at": at}
        added = self._connection.execute(_ADD_REQUEST[self._connection.dialect.name], row)
        return added.rowcount == 1

    def find(self, user_id: str, key_hash: str, /) -> tuple[str, str | None] | None:
        t = api_requests.c
        row = self._connection.execute(
            select(t.body_hash, t.result).where(t.user_id == user_id, t.key_hash == key_hash)
        ).first()
        return None if row is None else (row.body_hash, row.result)

    def done(self, user_id: str, key_hash: str, result: str, /) -> None:
        t = api_requests.c
        self._connection.execute(
            update(api_requests)
            .where(t.user_id == user_id, t.key_hash == key_hash)
            .values(result=result)
        )

    def move_of_user(self, from_user_id: str, to_user_id: str, /) -> None:
        """Where both used the same key, that of whoever stays counts."""
        t = api_requests.c
        theirs = t.user_id == from_user_id
        taken = select(t.key_hash).where(t.user_id == to_user_id)
        self._connection.execute(delete(api_requests).where(theirs, t.key_hash.in_(taken)))
        self._connection.execute(update(api_requests).where(theirs).values(user_id=to_user_id))

    def remove_of_user(self, user_id: str, /) -> None:
        self._connection.execute(delete(api_requests).where(api_requests.c.user_id == user_id))


class SqlApi:
    """All of it on one connection."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault

    @cached_property
    def keys(self) -> SqlApiKeys:
        return SqlApiKeys(self._connection, self._vault)

    @cached_property
    def tokens(self) -> SqlApiTokens:
        return SqlApiTokens(self._connection)

    @cached_property
    def rates(self) -> SqlApiRates:
        return SqlApiRates(self._connection)

    @cached_property
    def requests(self) -> SqlApiRequests:
        return SqlApiRequests(self._connection)

    def remove_expired(self, now: datetime, requests_before: datetime) -> None:
        """Tokens and keys whose time is over, empty buckets, requests made before that."""
        for wanted in (
            delete(api_tokens).where(api_tokens.c.expires_at < now),
            delete(api_keys).where(api_keys.c.expires_at < now),
            delete(api_rates).where(api_rates.c.empty_at < now),
            delete(api_requests).where(api_requests.c.made_at < requests_before),
        ):
            self._connection.execute(wanted)
