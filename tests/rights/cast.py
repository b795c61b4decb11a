"""Somebody of every right, made in the database, and everything that is stored there."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from sqlalchemy import (
    Engine,
    NullPool,
    Row,
    Select,
    Table,
    create_engine,
    func,
    make_url,
    select,
)

from bot.accounts.codes import fingerprint_of
from bot.accounts.model import Identity, LearnerLanguage, Role, User, UserStatus
from bot.accounts.teachers import Review, TeacherProfile
from bot.app import App
from bot.core.clock import SystemClock
from bot.simulators.telegram import ChatMessage, Group
from bot.storage.jobs import jobs
from bot.storage.types import metadata
from bot.storage.work import Work
from tests.crash.databases import WAITING
from tests.relay_stage import a_profile
from tests.stage import PATIENCE_SECONDS, Stage
from tests.visitors import Visitor

# What passes by (events, messages, who runs), and what is about no person.
_PASSING = frozenset(
    {"inbox", "outbox", "instances", "claims", "notes", "heard_rooms", "live_postings"}
)
_LEARNER = frozenset({Role.STUDENT})
_TEACHER = frozenset({Role.TEACHER})

_BOARDS = "live.refresh"  # boards follow in their own time, whoever does what


def _wanted(table: Table) -> Select[Any]:
    found = select(table).order_by(*table.primary_key)
    return found.where(jobs.c.kind != _BOARDS) if table is jobs else found


_EVERYTHING = [
    (table, _wanted(table)) for table in metadata.sorted_tables if table.name not in _PASSING
]
_LOOK_SECONDS = 0.01
_DUE = select(func.count()).select_from(jobs).where(jobs.c.finished_at.is_(None))

Rows = Mapping[str, Sequence[Row[Any]]]


@dataclass(kw_only=True)
class Actor(Visitor):
    """A visitor who remembers every button they were ever shown, and where."""

    seen: dict[str, tuple[int, Group | None]] = field(default_factory=dict)
    groups: list[Group] = field(default_factory=list)

    async def reads(self, part: str) -> ChatMessage:
        message = await super().reads(part)
        self.look()
        return message

    def look(self) -> None:
        """Take in what is on the screen; what is lowest there comes last."""
        for group in (None, *self.groups):
            for message in (group.chat if group else self.person.chat).messages:
                for row in message.buttons:
                    for button in filter(lambda each: each.data, row):
                        self.seen.pop(button.data or "", None)
                        self.seen[button.data or ""] = message.message_id, group

    async def press_again(self, data: str) -> None:
        """Press a button that was shown, even if something else stands there by now."""
        message_id, group = self.seen[data]
        await self.person.press(message_id, data=data, is_forged=True, chat=group)


def an_actor(stage: Stage, number: int, name: str) -> Actor:
    return Actor(person=stage.telegram.person(user_id=number, name=name, language="en"))


def settle_in(
    work: Work,
    who: tuple[str, str],
    name: str,
    *,
    roles: frozenset[Role] = _LEARNER,
    is_minor: bool = False,
    native: str = "es",
    email: str | None = None,
) -> User:
    """Somebody who has registered on a platform, as (platform, id there)."""
    now = SystemClock().now()
    user = User(
        created_at=now,
        status=UserStatus.ACTIVE,
        roles=roles,
        name=name,
        time_zone="Europe/Madrid",
        native_language=native,
        is_minor=is_minor,
        email=email,
        email_hash=None if email is None else fingerprint_of(work, email),
        email_verified_at=None if email is None else now,
    )
    work.users.add(user)
    platform, external_id = who
    work.identities.add(
        Identity(platform=platform, external_id=external_id, user_id=user.id, joined_at=now)
    )
    work.learner_languages.add(LearnerLanguage(user_id=user.id, language="en"))
    return user


def let_teach(work: Work, user: User, review: Review = Review.APPROVED) -> TeacherProfile:
    """Make somebody a teacher whose check stands like this."""
    work.users.save(replace(user, roles=user.roles | _TEACHER))
    profile = a_profile(user.id, is_verified=review is Review.APPROVED)
    since = SystemClock().now() if review is Review.WAITING else None
    question = "Which university?" if review is Review.ASKED else None
    judged = replace(profile, review=review, waiting_since=since, question=question)
    return work.teachers.add(judged)


async def all_rows(app: App) -> Rows:
    """Everything that is stored, as it stands in the tables."""
    with _engine(app.settings.database_url).connect() as connection:
        return {table.name: connection.execute(wanted).all() for table, wanted in _EVERYTHING}


@cache
def _engine(url: str) -> Engine:
    """A look at the file beside the program: so many tables through its reader take long."""
    return create_engine(make_url(url).set(drivername="sqlite+pysqlite"), poolclass=NullPool)


def rows_of_others(rows: Rows, user_id: str) -> Rows:
    """All rows but those about this person alone, and promises, which name nobody.

    What belongs to a booking or a bill of theirs names that, and not them.
    """
    booked = {row.id for row in rows["bookings"] if row.student_id == user_id}
    billed = {row.id for row in rows["billing_parties"] if row.user_id == user_id}
    own = {user_id, *booked, *billed}
    return {
        name: [row for row in found if own.isdisjoint(tuple(row))]
        for name, found in rows.items()
        if name != "jobs"
    }


async def settled(stage: Stage, app: App) -> None:
    """Wait until every event came in, what followed from it is done, and every answer was sent."""
    await stage.telegram.until(lambda: not stage.telegram.updates_pending, PATIENCE_SECONDS)
    await answered(app)


async def answered(app: App) -> None:
    """Wait until no stored event waits, no promise that is due, and no answer."""

    def waits(work: Work) -> bool:
        connection = work.users._connection
        due = connection.execute(_DUE.where(jobs.c.due_at <= app.clock.now())).scalar_one()
        return due > 0 or any(connection.execute(WAITING).one())

    async with asyncio.timeout(PATIENCE_SECONDS):
        while await app.storage.read(waits):  # noqa: ASYNC110 - the database has no bell
            await asyncio.sleep(_LOOK_SECONDS)
