"""What storage on both engines has in common."""

from collections.abc import Sequence
from typing import Protocol

import structlog
from sqlalchemy import Connection

from bot.core.errors import Cause, ServiceFailure
from bot.messaging.instance import Instance
from bot.storage.failures import SERVICE
from bot.storage.vault import Keyring, Unreadable
from bot.storage.work import Signal, Work

_log = structlog.get_logger()
_KEY_CHECK = "keyring.check"
_KEY_CHECK_TEXT = b"linguaflex"


class CommitListener(Protocol):
    """Told in the event loop, after a commit, what the units asked to be told about."""

    def __call__(self, signals: Sequence[Signal], /) -> None: ...


class BaseStorage:
    """The keyring, this instance's name, and who listens to commits."""

    def __init__(self, keyring: Keyring, instance: Instance) -> None:
        self.keyring = keyring
        self.instance = instance
        self._listeners: list[CommitListener] = []

    def on_commit(self, listener: CommitListener) -> None:
        self._listeners.append(listener)

    def _work(self, connection: Connection) -> Work:
        return Work(connection, self.keyring, self.instance)

    def _announce(self, signals: Sequence[Signal]) -> None:
        if not signals:
            return
        for listener in self._listeners:
            try:
                listener(signals)
            except Exception:  # a broken listener must not fail the unit, which is committed
                _log.exception("storage.listener_failed")


def keys_fit(work: Work) -> bool | None:
    """Whether the keys open this database; None while nothing was sealed in it."""
    sealed = work.notes.get(_KEY_CHECK)
    if sealed is None:
        return None
    try:
        work.vault.keyring.open(bytes.fromhex(sealed))
    except Unreadable:
        return False
    return True


def check_keys(work: Work) -> None:
    """Refuse keys that do not open this database, before anything is sealed with them.

    Raises:
        ServiceFailure: MISCONFIGURED.
    """
    fit = keys_fit(work)
    if fit is None:
        work.notes.put(_KEY_CHECK, work.vault.keyring.seal(_KEY_CHECK_TEXT).hex())
    elif not fit:
        detail = "none of ENCRYPTION_KEYS opens this database"
        raise ServiceFailure(SERVICE, Cause.MISCONFIGURED, detail)
