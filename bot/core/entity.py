"""Identity of things that are stored."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from uuid import UUID

import uuid_utils

_SHORT_LENGTH = 22


def new_id() -> str:
    """A UUIDv7 in canonical text form: unique, and sorted by time of making (RFC 9562)."""
    return str(uuid_utils.uuid7())


def short_id(canonical: str) -> str:
    """The same id in 22 characters of base64url, for button data and links."""
    return urlsafe_b64encode(UUID(canonical).bytes).rstrip(b"=").decode()


def long_id(short: str) -> str:
    """The canonical form of `short_id`. Raises ValueError for anything else."""
    if len(short) != _SHORT_LENGTH:
        raise ValueError("not a short id")
    return str(UUID(bytes=urlsafe_b64decode(short + "==")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A stored thing; `version` counts its saves, so that no writer overwrites another unseen."""

    id: str = field(default_factory=new_id)
    version: int = 0
