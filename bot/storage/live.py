"""Live conversations: their repository. One conditional UPDATE decides who has the last seat."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from functools import cached_property

from sqlalchemy import Connection, bindparam, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.core.errors import NotFound, Stale
from bot.live.finding import MOST_COUNTED, Found, Query, Row, words_of
from bot.live.model import ANY_LEVEL, ConversationStatus, LiveConversation, TooFewSeats
from bot.storage.live_room import SqlRooms
from bot.storage.live_seats import SqlSeats
from bot.storage.live_tables import conversations, listed
from bot.storage.prepared import Prepared
from bot.storage.table_repo import TableRepo
from bot.storage.vault import Vault

_C, _L = conversations.c, listed.c
_TO_COME = (ConversationStatus.SCHEDULED, ConversationStatus.LIVE)
_PERSONS = (_C.host_id, _C.co_host_id, _C.instructor_id)
_SAVED = [f.name for f in fields(LiveConversation) if f.name != "taken"]
_SAVE = Prepared(
    update(conversations)
    .where(_C.id == bindparam("old_id"), _C.version == bindparam("old_version"))
    .where(_C.taken <= bindparam("new_seats"))
    .values({name: bindparam(f"new_{name}") for name in _SAVED})
)
_CLAIM = Prepared(
    update(conversations)
    .where(_C.id == bindparam("wanted"), _C.taken < _C.seats)
    .where(_C.status == ConversationStatus.SCHEDULED)
    .values(taken=_C.taken + 1)
)
_GIVE_BACK = Prepared(
    update(conversations)
    .where(_C.id == bindparam("wanted"), _C.taken > 0)
    .values(taken=_C.taken - 1)
)
_BY_CODE = Prepared(select(conversations).where(_C.invite_code == bindparam("invite_code")))
_LISTED_AS = Prepared(select(listed).where(_L.conversation_id == bindparam("conversation_id")))
_UNLIST = Prepared(delete(listed).where(_L.conversation_id == bindparam("unlisted")))
_LIST = {
    "sqlite": Prepared(sqlite.insert(listed).on_conflict_do_nothing()),
    "postgresql": Prepared(postgresql.insert(listed).on_conflict_do_nothing()),
}
_LISTED = tuple(column.name for column in listed.c)

Listing = frozenset[tuple[object, ...]]


class SqlConversations(TableRepo[LiveConversation]):
    """Implements `ConversationRepo`; titles and the rest are announcements, hence readable."""

    table, record = conversations, LiveConversation
    documents = frozenset({"vocabulary", "grammar_points", "prompts"})
    owner = "host_id"

    def add(self, entity: LiveConversation, /) -> LiveConversation:
        super().add(entity)
        self._list(entity.id, _listing_of(entity), frozenset())
        return entity

    def save(self, entity: LiveConversation, /) -> LiveConversation:
        """Everything but `taken`. Raises TooFewSeats, or Stale."""
        dumped = self._dump(entity) | {"version": entity.version + 1}
        values = {f"new_{name}": dumped[name] for name in _SAVED}
        values |= {"old_id": entity.id, "old_version": entity.version}
        if _SAVE.run(self._connection, values) != 1:
            fresh = self.find(entity.id)
            if fresh is not None and fresh.version == entity.version:
                raise TooFewSeats(taken=fresh.taken)
            raise Stale
        self._list(entity.id, _listing_of(entity), self._listed_as(entity.id))
        return self.get(entity.id)

    def lock(self, conversation_id: str, /) -> LiveConversation:
        """As it is, and nobody else's until this transaction ends (SQLite has one writer)."""
        wanted = select(conversations).where(_C.id == conversation_id)
        for found in self._all(wanted.with_for_update()):
            return found
        raise NotFound

    def claim_seat(self, conversation_id: str, /) -> bool:
        """Take one; False: there is none, or it is no longer scheduled."""
        return _CLAIM.run(self._connection, {"wanted": conversation_id}) == 1

    def give_back_seat(self, conversation_id: str, /) -> None:
        _GIVE_BACK.run(self._connection, {"wanted": conversation_id})

    def find_by_code(self, invite_code: str, /) -> LiveConversation | None:
        return self._one(_BY_CODE, invite_code=invite_code)

    def of_series(self, series_id: str, /) -> Sequence[LiveConversation]:
        """By start."""
        wanted = select(conversations).where(_C.series_id == series_id)
        return self._all(wanted.order_by(_C.starts_at, _C.id))

    def led_by(self, user_id: str, after: datetime, /) -> Sequence[LiveConversation]:
        """Hosted or co-hosted, scheduled or running, ending after `after`; by start."""
        wanted = select(conversations).where(or_(_C.host_id == user_id, _C.co_host_id == user_id))
        return self._all(
            wanted.where(_C.status.in_(_TO_COME), _C.ends_at > after).order_by(_C.starts_at, _C.id)
        )

    def of_person(self, user_id: str, /) -> Sequence[LiveConversation]:
        """All they host, co-host or teach, in the order they were made."""
        theirs = or_(*(column == user_id for column in _PERSONS))
        return self._all(select(conversations).where(theirs).order_by(_C.id))

    def planned_with(self, now: datetime, other_than: str, /) -> Sequence[LiveConversation]:
        """Future ones whose instant was found with another version of the zone data."""
        return self._all(
            select(conversations)
            .where(_C.status == ConversationStatus.SCHEDULED, _C.starts_at > now)
            .where(_C.tz_version != other_than)
            .order_by(_C.starts_at)
        )

    def find_listed(self, query: Query, /) -> Found:
        """One read for what there is, and one for each thing a page shows of it."""
        ids = self._found_ids(query)
        page = ids[query.page * query.limit :][: query.limit]
        by_id = {each.id: each for each in self._all(select(conversations).where(_C.id.in_(page)))}
        seats = SqlSeats(self._connection, self._vault)
        own = {} if query.asker_id is None else seats.in_conversations(query.asker_id, page)
        rows = []
        for each in page:
            seat = own.get(each)
            place = 0 if seat is None else seats.place_in_line(seat)
            rows.append(Row(by_id[each], seat, place))
        return Found(rows, len(ids))

    def move_of_user(self, from_user_id: str, to_user_id: str) -> None:
        for column in _PERSONS:
            self._connection.execute(
                update(conversations)
                .where(column == from_user_id)
                .values({column.name: to_user_id, "version": _C.version + 1})
            )

    def _found_ids(self, query: Query) -> Sequence[str]:
        first, *others = query.words or (_whole(query.language),)
        wanted = select(_L.conversation_id).where(_L.word == first, _L.starts_at > query.now)
        if query.language is not None:
            wanted = wanted.where(_L.language == query.language)
        if query.level is not None:
            wanted = wanted.where(_L.level.in_((query.level, ANY_LEVEL)))
        if query.kind is not None:
            wanted = wanted.where(_L.kind == query.kind)
        if query.is_free is not None:
            wanted = wanted.where(_L.is_free == query.is_free)
        for word in others:
            also = listed.alias().c
            wanted = wanted.where(
                select(also.word)
                .where(also.word == word, also.starts_at == _L.starts_at)
                .where(also.conversation_id == _L.conversation_id)
                .exists()
            )
        ordered = wanted.order_by(_L.starts_at, _L.conversation_id).limit(MOST_COUNTED)
        return self._connection.execute(ordered).scalars().all()

    def _listed_as(self, conversation_id: str) -> Listing:
        rows = _LISTED_AS.all(self._connection, {"conversation_id": conversation_id})
        return frozenset(tuple(row[name] for name in _LISTED) for row in rows)

    def _list(self, conversation_id: str, wanted: Listing, had: Listing) -> None:
        if wanted == had:
            return
        _UNLIST.run(self._connection, {"unlisted": conversation_id})
        insert = _LIST[self._connection.dialect.name]
        for row in sorted(wanted, key=repr):
            insert.run(self._connection, dict(zip(_LISTED, row, strict=True)))


def _listing_of(conversation: LiveConversation) -> Listing:
    """What people find it by; nothing unless it is public and to come."""
    it = conversation
    if not it.is_public or it.status is not ConversationStatus.SCHEDULED:
        return frozenset()
    words = {_whole(None), _whole(it.language), *words_of(it.title, it.topic, it.description)}
    return frozenset(
        (word, it.starts_at, it.id, it.language, it.level, it.kind, it.is_free) for word in words
    )


def _whole(language: str | None) -> str:
    """In place of a word: what stands in the row of every conversation, or of a language's."""
    return "" if language is None else f"/{language}"


class SqlLive:
    """Implements `LiveBook`."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault

    @cached_property
    def conversations(self) -> SqlConversations:
        return SqlConversations(self._connection, self._vault)

    @cached_property
    def rooms(self) -> SqlRooms:
        return SqlRooms(self._connection, self._vault)

    @cached_property
    def seats(self) -> SqlSeats:
        return SqlSeats(self._connection, self._vault)
