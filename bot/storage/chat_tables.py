"""Tables of the relay: threads, messages, and their copies."""

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, String, Table

from bot.chat.model import ContentKind, DeliveryState, ReportReason
from bot.storage.types import EnumText, UtcDateTime, metadata

_ID = String(36)
_PLACE = String(200)

chat_threads = Table(
    "chat_threads",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("student_id", _ID, nullable=False),
    Column("teacher_id", _ID, nullable=False, index=True),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("student_place", _PLACE, unique=True),
    Column("teacher_place", _PLACE, unique=True),
    Column("student_muted", Boolean, nullable=False),
    Column("teacher_muted", Boolean, nullable=False),
    Column("student_blocked", Boolean, nullable=False),
    Column("teacher_blocked", Boolean, nullable=False),
    Index("uq_chat_threads_pair", "student_id", "teacher_id", unique=True),
)

chat_messages = Table(
    "chat_messages",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("thread_id", _ID, nullable=False),
    Column("sender_id", _ID, nullable=False),
    Column("kind", EnumText(ContentKind), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("source_place", _PLACE),
    Column("source_id", String(200)),
    Column("text", LargeBinary, nullable=False),
    Column("attachment", LargeBinary),
    Column("transcript", LargeBinary),
    Column("language", String(20)),
    Column("reply_to_id", _ID),
    Column("original_id", _ID, index=True),
    Column("is_translation", Boolean, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("edited_at", UtcDateTime),
    Column("is_held", Boolean, nullable=False),
    Index("ix_chat_messages_thread", "thread_id", "id"),
    Index("ix_chat_messages_sender", "sender_id", "at"),
    Index("ix_chat_messages_source", "source_place", "source_id"),
)

chat_copies = Table(
    "chat_copies",
    metadata,
    Column("key", String(160), primary_key=True),
    Column("message_id", _ID, nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("place", _PLACE, nullable=False),
    Column("ref", String(200)),
    Column("state", EnumText(DeliveryState), nullable=False),
    Index("ix_chat_copies_ref", "place", "ref"),
)

chat_focuses = Table(
    "chat_focuses",
    metadata,
    Column("user_id", _ID, primary_key=True),
    Column("thread_id", _ID, nullable=False),
    Column("is_told", Boolean, nullable=False),
)

chat_halls = Table(
    "chat_halls",
    metadata,
    Column("user_id", _ID, primary_key=True),
    Column("place", _PLACE, nullable=False),
)

chat_reports = Table(
    "chat_reports",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("thread_id", _ID, nullable=False, index=True),
    Column("reporter_id", _ID, nullable=False, index=True),
    Column("reason", EnumText(ReportReason), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
