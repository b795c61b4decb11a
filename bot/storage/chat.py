"""Repositories of the relay: threads, messages, and their copies."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Table, bindparam, case, delete, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.chat.model import (
    ChatMessage,
    Copy,
    DeliveryState,
    Focus,
    Hall,
    Passage,
    Report,
    Thread,
)
from bot.storage.chat_tables import (
    chat_copies,
    chat_focuses,
    chat_halls,
    chat_messages,
    chat_reports,
    chat_threads,
)
from bot.storage.prepared import Prepared
from bot.storage.table_repo import TableRepo
from bot.storage.vault import Vault

_PAIR = Prepared(
    select(chat_threads)
    .where(chat_threads.c.student_id == bindparam("student_id"))
    .where(chat_threads.c.teacher_id == bindparam("teacher_id"))
)
_AT = Prepared(
    select(chat_threads).where(
        or_(
            chat_threads.c.student_place == bindparam("place"),
            chat_threads.c.teacher_place == bindparam("place"),
        )
    )
)
_COUNTS = Prepared(
    select(
        func.count().label("in_day"),
        func.coalesce(
            func.sum(case((chat_messages.c.at > bindparam("minute"), 1), else_=0)), 0
        ).label("in_minute"),
    )
    .where(chat_messages.c.sender_id == bindparam("sender_id"))
    .where(chat_messages.c.at > bindparam("day"))
    .where(chat_messages.c.is_translation.is_(False))
)
_SOURCE = (
    select(chat_messages)
    .where(chat_messages.c.source_place == bindparam("place"))
    .where(chat_messages.c.source_id == bindparam("source_id"))
    .order_by(chat_messages.c.id)
)
_ADD_COPY = Prepared(insert(chat_copies))
_COPY_AT = Prepared(
    select(chat_copies)
    .where(chat_copies.c.place == bindparam("place"))
    .where(chat_copies.c.ref == bindparam("ref"))
    .limit(1)
)
_COPIES = Prepared(
    select(chat_copies)
    .where(chat_copies.c.message_id == bindparam("message_id"))
    .order_by(chat_copies.c.position)
)
_SETTLE = Prepared(
    update(chat_copies)
    .where(chat_copies.c.key == bindparam("wanted"))
    .values(state=bindparam("new_state"), ref=bindparam("new_ref"))
)
_settled = chat_copies.alias("settled")
_PASSAGE = Prepared(
    select(
        chat_copies,
        chat_messages.c.sender_id,
        chat_messages.c.source_place,
        chat_messages.c.source_id,
        chat_messages.c.is_translation,
    )
    .join(chat_messages, chat_messages.c.id == chat_copies.c.message_id)
    .join(_settled, _settled.c.message_id == chat_copies.c.message_id)
    .where(_settled.c.key == bindparam("wanted"))
    .order_by(chat_copies.c.position)
)
_FOCUS = Prepared(
    select(chat_focuses).where(chat_focuses.c.user_id == bindparam("user_id")), is_kept=True
)


class SqlThreads(TableRepo[Thread]):
    """Pairs of student and teacher; a second row of one pair is refused by the database."""

    table, record, is_kept = chat_threads, Thread, True
    owner = "student_id"

    def find_pair(self, student_id: str, teacher_id: str) -> Thread | None:
        return self._one(_PAIR, student_id=student_id, teacher_id=teacher_id)

    def find_at(self, place: str) -> Thread | None:
        return self._one(_AT, place=place)

    def of_user(self, user_id: str) -> Sequence[Thread]:
        return self._all(
            select(chat_threads)
            .where(or_(chat_threads.c.student_id == user_id, chat_threads.c.teacher_id == user_id))
            .order_by(chat_threads.c.id)
        )


class SqlChatMessages(TableRepo[ChatMessage]):
    """What was written; texts are sealed for whoever wrote them."""

    table, record = chat_messages, ChatMessage
    owner = "sender_id"
    sealed = frozenset({"text", "attachment", "transcript"})

    def of_source(self, place: str, source_id: str) -> Sequence[ChatMessage]:
        """Several where one message of a platform carried several files."""
        return self._all(_SOURCE, place=place, source_id=source_id)

    def written_at(self, place: str, limit: int) -> Sequence[ChatMessage]:
        """What was written in a place last, the newest first."""
        t = chat_messages.c
        return self._all(
            select(chat_messages).where(t.source_place == place).order_by(t.id.desc()).limit(limit)
        )

    def held(self, thread_id: str, sender_id: str) -> Sequence[ChatMessage]:
        t = chat_messages.c
        return self._all(
            select(chat_messages)
            .where(t.thread_id == thread_id, t.sender_id == sender_id, t.is_held)
            .order_by(t.id)
        )

    def latest(
        self, thread_id: str, limit: int, *, until: datetime | None = None
    ) -> Sequence[ChatMessage]:
        """The last ones (up to a moment) without translations, in order."""
        t = chat_messages.c
        wanted = select(chat_messages).where(t.thread_id == thread_id, t.is_translation.is_(False))
        if until is not None:
            wanted = wanted.where(t.at <= until)
        return self._all(wanted.order_by(t.id.desc()).limit(limit))[::-1]

    def translations_of(self, original_id: str) -> Sequence[ChatMessage]:
        t = chat_messages.c
        return self._all(select(chat_messages).where(t.original_id == original_id).order_by(t.id))

    def count_since(self, sender_id: str, minute: datetime, day: datetime) -> tuple[int, int]:
        """How many a person sent since each of the two instants."""
        params = {"sender_id": sender_id, "minute": minute, "day": day}
        (row,) = _COUNTS.all(self._connection, params)
        return int(row["in_minute"]), int(row["in_day"])

    def of_user(self, user_id: str) -> Sequence[ChatMessage]:
        t = chat_messages.c
        return self._all(select(chat_messages).where(t.sender_id == user_id).order_by(t.id))

    def remove_of_user(self, user_id: str) -> None:
        theirs = select(chat_messages.c.id).where(chat_messages.c.sender_id == user_id)
        self._connection.execute(delete(chat_copies).where(chat_copies.c.message_id.in_(theirs)))
        self._connection.execute(delete(chat_messages).where(chat_messages.c.sender_id == user_id))


class SqlCopies:
    """What partners see of messages."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, copy: Copy) -> None:
        _ADD_COPY.run(self._connection, {name: getattr(copy, name) for name in _COPY_FIELDS})

    def find_at(self, place: str, ref: str) -> Copy | None:
        row = _COPY_AT.first(self._connection, {"place": place, "ref": ref})
        return None if row is None else Copy(**row)

    def of_message(self, message_id: str) -> Sequence[Copy]:
        return [Copy(**row) for row in _COPIES.all(self._connection, {"message_id": message_id})]

    def waiting_at(self, place: str) -> Sequence[Copy]:
        """What was not taken by the platform yet, oldest first."""
        rows = self._connection.execute(
            select(chat_copies)
            .where(chat_copies.c.place == place, chat_copies.c.state == DeliveryState.SENT)
            .order_by(chat_copies.c.message_id)
        )
        return [Copy(**row._mapping) for row in rows]

    def settle(self, key: str, state: DeliveryState, ref: str | None) -> Passage | None:
        """Write down what became of a copy; None when it was taken back meanwhile."""
        values = {"wanted": key, "new_state": state, "new_ref": ref}
        if _SETTLE.run(self._connection, values) == 0:
            return None
        rows = _PASSAGE.all(self._connection, {"wanted": key})
        if not rows:
            return None
        copies = [Copy(**{name: row[name] for name in _COPY_FIELDS}) for row in rows]
        return Passage(copies=copies, **{name: rows[0][name] for name in _PASSAGE_FIELDS})

    def remove(self, key: str) -> None:
        self._connection.execute(delete(chat_copies).where(chat_copies.c.key == key))


_PASSAGE_FIELDS = ("message_id", "sender_id", "source_place", "source_id", "is_translation")
_COPY_FIELDS = ("key", "message_id", "position", "place", "ref", "state")


class SqlFocuses:
    """To whom plain messages go."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, user_id: str) -> Focus | None:
        row = _FOCUS.first(self._connection, {"user_id": user_id})
        return None if row is None else Focus(**row)

    def put(self, focus: Focus) -> None:
        values = {"thread_id": focus.thread_id, "is_told": focus.is_told}
        _put(self._connection, chat_focuses, focus.user_id, values)

    def drop(self, user_id: str) -> None:
        self._connection.execute(delete(chat_focuses).where(chat_focuses.c.user_id == user_id))


class SqlHalls:
    """Channels in which teachers have rooms for their students."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, user_id: str) -> Hall | None:
        row = self._connection.execute(
            select(chat_halls).where(chat_halls.c.user_id == user_id)
        ).first()
        return None if row is None else Hall(**row._mapping)

    def put(self, hall: Hall) -> None:
        _put(self._connection, chat_halls, hall.user_id, {"place": hall.place})

    def drop(self, user_id: str) -> None:
        self._connection.execute(delete(chat_halls).where(chat_halls.c.user_id == user_id))


class SqlReports(TableRepo[Report]):
    """What was reported and waits for an administrator."""

    table, record = chat_reports, Report
    owner = "reporter_id"

    def waiting(self) -> Sequence[Report]:
        """All, oldest first: administrators see to it that they are few."""
        return self._all(select(chat_reports).order_by(chat_reports.c.id))

    def of_user(self, user_id: str) -> Sequence[Report]:
        return self._all(
            select(chat_reports)
            .where(chat_reports.c.reporter_id == user_id)
            .order_by(chat_reports.c.id)
        )


class SqlChat:
    """The relay's repositories in one transaction."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault

    @cached_property
    def threads(self) -> SqlThreads:
        return SqlThreads(self._connection, self._vault)

    @cached_property
    def messages(self) -> SqlChatMessages:
        return SqlChatMessages(self._connection, self._vault)

    @cached_property
    def copies(self) -> SqlCopies:
        return SqlCopies(self._connection)

    @cached_property
    def focuses(self) -> SqlFocuses:
        return SqlFocuses(self._connection)

    @cached_property
    def halls(self) -> SqlHalls:
        return SqlHalls(self._connection)

    @cached_property
    def reports(self) -> SqlReports:
        return SqlReports(self._connection, self._vault)

    def remove_of_user(self, user_id: str) -> None:
        """What a person wrote, chose and reported; what others wrote to them stays theirs."""
        self.messages.remove_of_user(user_id)
        self.focuses.drop(user_id)
        self.halls.drop(user_id)
        for thread in self.threads.of_user(user_id):
            self._drop_focuses(thread)
            self._drop_copies(thread)  # what is left was shown to them: it names their chat
            if self.messages.latest(thread.id, 1):
                self.threads.save(thread.placed(user_id, None))
            else:
                self._drop_reports(thread)
                self.threads.remove(thread.id)
        self._connection.execute(delete(chat_reports).where(chat_reports.c.reporter_id == user_id))

    def merge(self, old: str, new: str) -> None:
        """Everything of one person becomes another's; their texts are sealed with the other's key.

        Threads that both had with the same partner become one. One they had with each other goes.
        """
        for message in self.messages.of_user(old):
            self.messages.save(replace(message, sender_id=new))
        for thread in self.threads.of_user(old):
            self._merge_thread(thread, old, new)
        self.focuses.drop(old)
        hall = self.halls.find(old)
        if hall is not None and self.halls.find(new) is None:
            self.halls.put(replace(hall, user_id=new))
        self.halls.drop(old)
        self._connection.execute(
            update(chat_reports).where(chat_reports.c.reporter_id == old).values(reporter_id=new)
        )

    def _merge_thread(self, thread: Thread, old: str, new: str) -> None:
        is_student = thread.student_id == old
        moved = replace(thread, student_id=new) if is_student else replace(thread, teacher_id=new)
        if moved.student_id == moved.teacher_id:
            self._remove_thread(thread)
            return
        known = self.threads.find_pair(moved.student_id, moved.teacher_id)
        if known is None:
            self.threads.save(moved)
            return
        self._connection.execute(
            update(chat_messages)
            .where(chat_messages.c.thread_id == thread.id)
            .values(thread_id=known.id)
        )
        self._connection.execute(
            update(chat_focuses)
            .where(chat_focuses.c.thread_id == thread.id)
            .values(thread_id=known.id)
        )
        self._connection.execute(
            update(chat_reports)
            .where(chat_reports.c.thread_id == thread.id)
            .values(thread_id=known.id)
        )
        self.threads.remove(thread.id)  # its rooms are the other's to have, each belongs to one
        self.threads.save(known.joined(thread))

    def _remove_thread(self, thread: Thread) -> None:
        self._drop_copies(thread)
        self._connection.execute(
            delete(chat_messages).where(chat_messages.c.thread_id == thread.id)
        )
        self._drop_focuses(thread)
        self._drop_reports(thread)
        self.threads.remove(thread.id)

    def _drop_reports(self, thread: Thread) -> None:
        self._connection.execute(delete(chat_reports).where(chat_reports.c.thread_id == thread.id))

    def _drop_copies(self, thread: Thread) -> None:
        theirs = select(chat_messages.c.id).where(chat_messages.c.thread_id == thread.id)
        self._connection.execute(delete(chat_copies).where(chat_copies.c.message_id.in_(theirs)))

    def _drop_focuses(self, thread: Thread) -> None:
        self._connection.execute(delete(chat_focuses).where(chat_focuses.c.thread_id == thread.id))


def _put(connection: Connection, table: Table, user_id: str, values: dict[str, object]) -> None:
    """Insert a person's row, or replace it."""
    wanted: Any = _INSERT[connection.dialect.name](table).values(user_id=user_id, **values)
    connection.execute(wanted.on_conflict_do_update(index_elements=[table.c.user_id], set_=values))


_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
