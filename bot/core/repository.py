"""What every repository of one sort of thing can do."""

from typing import Protocol, TypeVar

E = TypeVar("E")


class Repository(Protocol[E]):
    """Things with an id and a version."""

    def find(self, entity_id: str, /) -> E | None: ...

    def get(self, entity_id: str, /) -> E:
        """Raises NotFound."""
        ...

    def add(self, entity: E, /) -> E: ...

    def save(self, entity: E, /) -> E:
        """Raises Stale; returns it with its new version."""
        ...

    def remove(self, entity_id: str, /) -> None: ...
