"""Get, add and save one dataclass in one table; personal fields are sealed for their person."""

from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from typing import Any, ClassVar, Generic, TypeVar, get_type_hints

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, Table, bindparam, delete, insert, select, update

from bot.core.entity import Entity
from bot.core.errors import NotFound, Stale
from bot.storage.prepared import Prepared
from bot.storage.vault import Vault

E = TypeVar("E", bound=Entity)


class TableRepo(Generic[E]):
    """One table of one `Entity` dataclass whose fields are the table's columns.

    Args of a subclass:
        sealed: fields kept encrypted with the person's key, as JSON.
        documents: fields kept as readable JSON text.
        owner: the field that holds the person's id.
        is_kept: its rows are read by their id at every event (`Prepared`).
    """

    table: ClassVar[Table]
    record: ClassVar[type[Any]]
    sealed: ClassVar[frozenset[str]] = frozenset()
    documents: ClassVar[frozenset[str]] = frozenset()
    owner: ClassVar[str] = "user_id"
    is_kept: ClassVar[bool] = False

    _adapters: ClassVar[dict[str, TypeAdapter[Any]]]

    def __init_subclass__(cls) -> None:
        hints = get_type_hints(cls.record)
        cls._adapters = {name: TypeAdapter(hints[name]) for name in cls.sealed | cls.documents}
        cls._names = tuple(f.name for f in fields(cls.record))
        by_id = select(cls.table).where(cls.table.c.id == bindparam("id"))
        cls._by_id = Prepared(by_id, is_kept=cls.is_kept)
        cls._insert = Prepared(insert(cls.table))
        cls._delete = delete(cls.table).where(cls.table.c.id == bindparam("id"))
        cls._update = Prepared(
            update(cls.table)
            .where(cls.table.c.id == bindparam("old_id"))
            .where(cls.table.c.version == bindparam("old_version"))
            .values({name: bindparam(f"new_{name}") for name in cls._names})
        )

    _names: ClassVar[tuple[str, ...]]
    _by_id: ClassVar[Prepared]
    _insert: ClassVar[Prepared]
    _update: ClassVar[Prepared]
    _delete: ClassVar[Any]

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault

    def find(self, entity_id: str, /) -> E | None:
        return self._one(self._by_id, id=entity_id)

    def get(self, entity_id: str, /) -> E:
        """Raises NotFound when there is no such row."""
        found = self.find(entity_id)
        if found is None:
            raise NotFound
        return found

    def add(self, entity: E, /) -> E:
        self._insert.run(self._connection, self._dump(entity))
        return entity

    def save(self, entity: E, /) -> E:
        """Write all fields; the version grows by one.

        Raises:
            Stale: somebody saved it since it was read.
        """
        saved: E = replace(entity, version=entity.version + 1)
        values = {f"new_{name}": value for name, value in self._dump(saved).items()}
        versions = {"old_id": entity.id, "old_version": entity.version}
        if self._update.run(self._connection, values | versions) != 1:
            raise Stale
        return saved

    def remove(self, entity_id: str, /) -> None:
        self._connection.execute(self._delete, {"id": entity_id})

    def move_of_user(self, from_user_id: str, to_user_id: str) -> None:
        """Hand a person's rows to another person, row by row, sealed anew with their key."""
        owner = self.table.c[self.owner]
        ids = self._connection.execute(
            select(self.table.c.id).where(owner == from_user_id)
        ).scalars()
        moved: Any = {self.owner: to_user_id}
        for entity_id in ids.all():
            self.save(replace(self.get(entity_id), **moved))

    def _one(self, statement: Prepared, **params: object) -> E | None:
        row = statement.first(self._connection, params)
        return None if row is None else self._load(row)

    def _all(self, statement: Any, **params: object) -> Sequence[E]:
        return self._load_all(self._connection.execute(statement, params))

    def _load_all(self, rows: Iterable[Row[Any]]) -> Sequence[E]:
        return [self._load(dict(row._mapping)) for row in rows]

    def _load(self, values: dict[str, Any]) -> E:
        owner = values[self.owner]
        for name, adapter in self._adapters.items():
            stored = values[name]
            if stored is not None:
                plain = self._vault.open(owner, stored) if name in self.sealed else stored
                values[name] = adapter.validate_json(plain)
        loaded: E = self.record(**values)
        return loaded

    def _dump(self, entity: E) -> dict[str, Any]:
        values = {name: getattr(entity, name) for name in self._names}
        owner = values[self.owner]
        for name, adapter in self._adapters.items():
            if values[name] is not None:
                plain = adapter.dump_json(values[name])
                values[name] = (
                    self._vault.seal(owner, plain) if name in self.sealed else plain.decode()
                )
        return values
