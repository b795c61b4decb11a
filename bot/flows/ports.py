"""What flows, commands and practice need of a transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.accounts.ports import AccountsWork
from bot.core.repository import Repository
from bot.flows.state import FlowState
from bot.jobs.model import Job
from bot.messaging.model import Outgoing
from bot.voice.session import StoredReport, Turn, VoiceSession


class FlowStateRepo(Repository[FlowState], Protocol):
    """Where people are in guided conversations."""

    def find_of_user(self, user_id: str, /) -> FlowState | None: ...
    def drop(self, user_id: str, /) -> None: ...


class VoiceSessionRepo(Repository[VoiceSession], Protocol):
    """Practices."""

    def find_active(self, user_id: str, /) -> VoiceSession | None: ...
    def find_latest(self, user_id: str, /) -> VoiceSession | None: ...
    def of_user(self, user_id: str, /) -> Sequence[VoiceSession]: ...
    def remove_of_user(self, user_id: str, /) -> None: ...


class TurnRepo(Repository[Turn], Protocol):
    """Exchanges."""

    def find_by_cause(self, cause: str, /) -> Turn | None: ...
    def of_session(self, session_id: str, /) -> Sequence[Turn]: ...
    def of_user(self, user_id: str, /) -> Sequence[Turn]: ...
    def remove_of_user(self, user_id: str, /) -> None: ...


class ReportRepo(Repository[StoredReport], Protocol):
    """Reports."""

    def latest(self, user_id: str, limit: int, /) -> Sequence[StoredReport]: ...
    def remove_of_user(self, user_id: str, /) -> None: ...


class OutboxWriter(Protocol):
    """Messages to send."""

    def put(self, *messages: Outgoing, at: datetime) -> None: ...
    def remove_of_user(self, user_id: str, /) -> None: ...


class InboxMarks(Protocol):
    """Marks on stored events."""

    def done(self, key: str, at: datetime, /) -> bool: ...
    def has_overtaking(self, lane: str, /) -> bool: ...


class JobQueue(Protocol):
    """Promises."""

    def put(self, *wanted: Job) -> None: ...


class BlobStore(Protocol):
    """A person's files."""

    def add(
        self,
        user_id: str,
        mime: str,
        data: bytes,
        at: datetime,
        /,
        *,
        expires_at: datetime | None,
    ) -> str: ...
    def get(self, blob_id: str, /) -> bytes: ...
    def remove(self, *blob_ids: str) -> None: ...
    def remove_of_user(self, user_id: str, /) -> None: ...


class NoteStore(Protocol):
    """Single values by name."""

    def get(self, name: str, /) -> str | None: ...
    def put(self, name: str, value: str, /) -> None: ...
    def remove(self, name: str, /) -> None: ...


class PersonVault(Protocol):
    """A person's key."""

    def destroy(self, user_id: str, /) -> None: ...


class FlowWork(AccountsWork, Protocol):
    """Everything an answer to an event may touch, in one transaction."""

    @property
    def inbox(self) -> InboxMarks: ...
    @property
    def outbox(self) -> OutboxWriter: ...
    @property
    def jobs(self) -> JobQueue: ...
    @property
    def flow_states(self) -> FlowStateRepo: ...
    @property
    def voice_sessions(self) -> VoiceSessionRepo: ...
    @property
    def turns(self) -> TurnRepo: ...
    @property
    def reports(self) -> ReportRepo: ...
    @property
    def blobs(self) -> BlobStore: ...
    @property
    def notes(self) -> NoteStore: ...
    @property
    def vault(self) -> PersonVault: ...
