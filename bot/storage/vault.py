"""Encryption at rest: AES-GCM, one key per person, wrapped by the keys from the environment."""

import hashlib
import hmac
import os
import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Column, Connection, LargeBinary, String, Table, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.storage.types import metadata

_KEY_BYTES = 32
_ID_BYTES = 4
_NONCE_BYTES = 12
_PEOPLE_IN_MEMORY = 10_000

person_keys = Table(
    "person_keys",
    metadata,
    Column("user_id", String(36), primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
)
_FIND = select(person_keys.c.wrapped).where(person_keys.c.user_id == bindparam("user_id"))
_ADD = {
    "sqlite": sqlite.insert(person_keys).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(person_keys).on_conflict_do_nothing(),
}
_DESTROY = delete(person_keys).where(person_keys.c.user_id == bindparam("user_id"))


class Unreadable(Exception):
    """A stored value cannot be opened: its key was destroyed, or is not configured."""


def generate_key() -> str:
    """A fresh key as it is written in `ENCRYPTION_KEYS`: 32 random bytes in base64url."""
    return urlsafe_b64encode(os.urandom(_KEY_BYTES)).decode()


def parse_keys(text: str) -> tuple[bytes, ...]:
    """Keys from `ENCRYPTION_KEYS`, newest first. Raises ValueError naming what is wrong."""
    keys = []
    for number, part in enumerate(filter(None, (p.strip() for p in text.split(","))), 1):
        try:
            key = urlsafe_b64decode(part + "=" * (-len(part) % 4))
        except ValueError as error:
            raise ValueError(f"key {number} is not base64url") from error
        if len(key) != _KEY_BYTES:
            raise ValueError(f"key {number} has {len(key)} bytes instead of {_KEY_BYTES}")
        keys.append(key)
    if not keys:
        raise ValueError("no key is set")
    return tuple(keys)


class Keyring:
    """The keys of the environment, and the people's keys opened with them.

    The first key seals, all open, each recognised by its id in front of what it sealed; a new
    key is put in front and old ones stay until everything was sealed anew.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._ciphers = {_key_id(key): AESGCM(_derive(key, b"seal")) for key in keys}
        self._newest = _key_id(keys[0])
        self._fingerprint_keys = [_derive(key, b"fingerprint") for key in keys]
        self._people: OrderedDict[str, AESGCM] = OrderedDict()
        self._forgotten: set[str] = set()
        self._lock = threading.Lock()  # the writer's thread and the event loop both ask

    def seal(self, plain: bytes) -> bytes:
        """Key id, nonce, ciphertext."""
        nonce = os.urandom(_NONCE_BYTES)
        return self._newest + nonce + self._ciphers[self._newest].encrypt(nonce, plain, None)

    def open(self, sealed: bytes) -> bytes:
        cipher = self._ciphers.get(sealed[:_ID_BYTES])
        if cipher is None:
            raise Unreadable("sealed with a key that is not configured")
        return _decrypt(cipher, sealed[_ID_BYTES:])

    def fingerprint(self, text: str) -> str:
        """A keyed hash by which a value can be looked up without being stored readably."""
        return hmac.digest(self._fingerprint_keys[-1], text.encode(), "sha256").hex()

    def person(self, user_id: str) -> AESGCM | None:
        """The person's key as some committed transaction knew it."""
        with self._lock:
            cipher = self._people.get(user_id)
            if cipher is not None:
                self._people.move_to_end(user_id)
            return cipher

    def remember(self, user_id: str, cipher: AESGCM) -> None:
        """Keep a committed key in memory; one that was forgotten stays forgotten."""
        with self._lock:
            if user_id in self._forgotten:
                return
            self._people[user_id] = cipher
            if len(self._people) > _PEOPLE_IN_MEMORY:
                self._people.popitem(last=False)

    def forget(self, user_id: str) -> None:
        """Drop a destroyed key; a reader that still saw it cannot bring it back."""
        with self._lock:
            self._forgotten.add(user_id)
            self._people.pop(user_id, None)


class Vault:
    """Seals and opens one person's texts and audio inside a transaction.

    Keys made, met or destroyed here reach the keyring by `committed` alone: a key of a transaction
    that was rolled back must never seal anything that lasts.
    """

    def __init__(self, connection: Connection, keyring: Keyring) -> None:
        self._connection = connection
        self.keyring = keyring
        self._met: dict[str, AESGCM] = {}
        self._destroyed: set[str] = set()

    def seal(self, user_id: str, plain: bytes) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        cipher = self._cipher(user_id) or self._new_cipher(user_id)
        return nonce + cipher.encrypt(nonce, plain, user_id.encode())

    def open(self, user_id: str, sealed: bytes) -> bytes:
        cipher = self._cipher(user_id)
        if cipher is None:
            raise Unreadable("this person's key was destroyed")
        return _decrypt(cipher, sealed, user_id.encode())

    def destroy(self, user_id: str) -> None:
        """Make everything sealed for this person unreadable for good."""
        self._connection.execute(_DESTROY, {"user_id": user_id})
        self._met.pop(user_id, None)
        self._destroyed.add(user_id)

    def committed(self) -> None:
        """The transaction is durable: other transactions may use what this one knows."""
        for user_id in self._destroyed:
            self.keyring.forget(user_id)
        for user_id, cipher in self._met.items():
            self.keyring.remember(user_id, cipher)

    def _cipher(self, user_id: str) -> AESGCM | None:
        cipher = self._met.get(user_id)
        if cipher is None and user_id not in self._destroyed:
            cipher = self.keyring.person(user_id) or self._stored_cipher(user_id)
        return cipher

    def _stored_cipher(self, user_id: str) -> AESGCM | None:
        wrapped = self._connection.execute(_FIND, {"user_id": user_id}).scalar()
        if wrapped is None:
            return None
        cipher = self._met[user_id] = AESGCM(self.keyring.open(wrapped))
        return cipher

    def _new_cipher(self, user_id: str) -> AESGCM:
        key = os.urandom(_KEY_BYTES)
        row = {"user_id": user_id, "wrapped": self.keyring.seal(key)}
        added = self._connection.execute(_ADD[self._connection.dialect.name], row)
        if added.rowcount != 1:  # another process was first, and its key counts
            key = self.keyring.open(self._connection.execute(_FIND, row).scalar_one())
        cipher = self._met[user_id] = AESGCM(key)
        return cipher


def _decrypt(cipher: AESGCM, sealed: bytes, about: bytes | None = None) -> bytes:
    try:
        return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], about)
    except InvalidTag as error:
        raise Unreadable("the stored value was altered or sealed with another key") from error


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"linguaflex key id" + key).digest()[:_ID_BYTES]


def _derive(key: bytes, purpose: bytes) -> bytes:
    return hmac.new(key, b"linguaflex " + purpose, hashlib.sha256).digest()
