"""What takes a person's time: lessons, and live conversations they host."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, or_, select

from bot.core.timespan import Timespan
from bot.live.model import ConversationStatus
from bot.storage.bookings import SqlBookings
from bot.storage.live_tables import conversations
from bot.storage.prepared import Prepared
from bot.storage.types import UtcDateTime
from bot.storage.vault import Vault

_C = conversations.c
_HOSTED = Prepared(
    select(_C.starts_at, _C.ends_at)
    .where(
        _C.host_id == bindparam("host_id"),
        or_(
            *(_C.status == each for each in (ConversationStatus.SCHEDULED, ConversationStatus.LIVE))
        ),
        _C.starts_at < bindparam("end", type_=UtcDateTime),
        _C.ends_at > bindparam("start", type_=UtcDateTime),
    )
    .order_by(_C.starts_at)
)


class SqlEngagements:
    """Implements `Engagements`."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection = connection
        self._bookings = SqlBookings(connection, vault)

    def lessons(self, user_id: str, within: Timespan, /) -> Sequence[Timespan]:
        """Booked ones, as student or as teacher, by start."""
        claiming = self._bookings.claiming(user_id, within)
        return [Timespan(each.starts_at, each.open_until) for each in claiming]

    def conversations(self, user_id: str, within: Timespan, /) -> Sequence[Timespan]:
        """Hosted ones that are to come or running, by start."""
        params = {"host_id": user_id, "start": within.start, "end": within.end}
        rows = _HOSTED.all(self._connection, params)
        return [Timespan(row["starts_at"], row["ends_at"]) for row in rows]
