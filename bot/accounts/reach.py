"""Where a person is written to: of all their chats with us the one they used last."""

from collections.abc import Sequence
from datetime import UTC, datetime

from bot.accounts.model import Identity
from bot.messaging.model import Address

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def reachable(identities: Sequence[Identity]) -> Sequence[Identity]:
    """Those with a private chat in which we are welcome, the one used last first."""
    open_ones = [each for each in identities if each.room and each.blocked_at is None]
    return sorted(open_ones, key=_recency, reverse=True)


def preferred_address(identities: Sequence[Identity]) -> Address | None:
    """Where to write to the person; None while they can be reached nowhere."""
    first = next(iter(reachable(identities)), None)
    return None if first is None else address_of(first)


def address_of(identity: Identity) -> Address:
    """The private chat of a reachable identity."""
    return Address(identity.platform, str(identity.room))


def _recency(identity: Identity) -> tuple[bool, datetime]:
    return identity.is_latest, identity.last_used_at or _NEVER
