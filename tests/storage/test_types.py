"""Instants in the database."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from bot.core.errors import NotFound
from bot.storage.engine import SqlStorage
from bot.storage.types import UtcDateTime
from bot.storage.work import Work
from tests.message_builders import NOW, an_event

DIALECT = sqlite.dialect()  # type: ignore[no-untyped-call] # the library's own
ZONES = st.timezones() | st.integers(-1439, 1439).map(lambda m: timezone(timedelta(minutes=m)))
EARLY = datetime(2, 1, 1)  # noqa: DTZ001 - hypothesis wants bounds without zone
LATE = datetime(9998, 12, 31)  # noqa: DTZ001 - hypothesis wants bounds without zone


@given(st.datetimes(EARLY, LATE, timezones=ZONES))
def test_every_instant_comes_back_exactly_and_in_utc(at: datetime) -> None:
    kind = UtcDateTime()
    back = kind.process_result_value(kind.process_bind_param(at, DIALECT), DIALECT)
    assert back == at.astimezone(UTC)
    assert back is not None
    assert back.tzinfo is UTC


@given(st.datetimes(EARLY, LATE, timezones=ZONES), st.datetimes(EARLY, LATE, timezones=ZONES))
def test_stored_instants_sort_as_they_follow_each_other(a: datetime, b: datetime) -> None:
    kind = UtcDateTime()
    stored_a, stored_b = (kind.process_bind_param(at, DIALECT) for at in (a, b))
    assert stored_a is not None
    assert stored_b is not None
    assert (stored_a < stored_b) == (a.astimezone(UTC) < b.astimezone(UTC))


async def test_a_naive_time_is_refused_in_values_and_in_conditions(storage: SqlStorage) -> None:
    naive = datetime(2026, 11, 22, 12, 0)  # noqa: DTZ001 - the point of the test

    def store(work: Work) -> None:
        work.inbox.add(an_event(1), naive, overtakes=False)

    for unit in (store, lambda work: work.inbox.remove_done(naive)):
        with pytest.raises(Exception, match="without zone"):
            await storage.write(unit)


async def test_a_blob_that_was_removed_is_not_found(storage: SqlStorage) -> None:
    def unit(work: Work) -> str:
        return work.blobs.add("ana", "audio/ogg", b"sound", NOW, expires_at=NOW)

    blob_id = await storage.write(unit)
    assert await storage.read(lambda work: work.blobs.get(blob_id)) == b"sound"
    await storage.write(lambda work: work.blobs.remove_expired(NOW + timedelta(seconds=1)))
    with pytest.raises(NotFound):
        await storage.read(lambda work: work.blobs.get(blob_id))
