"""Tables of messages in and out, and what is told of their rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, String, Table

from bot.messaging.model import MessageKind
from bot.storage.types import EnumText, UtcDateTime, metadata

inbox = Table(
    "inbox",
    metadata,
    Column("key", String(120), primary_key=True),
    Column("id", String(36), nullable=False),
    Column("platform", String(20), nullable=False),
    Column("lane", String(120), nullable=False),
    Column("overtakes", Boolean, nullable=False),
    Column("body", LargeBinary),
    Column("received_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime),
    Index("ix_inbox_waiting", "done_at", "lane", "id"),
)


class SendState(StrEnum):
    """Life of an outbox row."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


outbox = Table(
    "outbox",
    metadata,
    Column("key", String(160), primary_key=True),
    Column("id", String(36), nullable=False),
    Column("user_id", String(36), index=True),
    Column("platform", String(20), nullable=False),
    Column("room_hash", String(64), nullable=False),  # a mail's room is an address
    Column("kind", EnumText(MessageKind), nullable=False),
    Column("state", EnumText(SendState), nullable=False),
    Column("owner", String(36)),
    Column("body", LargeBinary),
    Column("attempts", Integer, nullable=False),
    Column("message_id", String(200)),
    Column("error", String(200)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
    Index("ix_outbox_open", "state", "platform", "id"),
)


@dataclass(frozen=True, slots=True)
class InboxRow:
    """A stored event that waits for its work."""

    key: str
    platform: str
    lane: str
    overtakes: bool
    body: Mapping[str, object]
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of an outbox row."""

    key: str
    state: SendState
    message_id: str | None = None
    error: str | None = None
