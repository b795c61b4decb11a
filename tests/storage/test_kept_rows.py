"""Rows the writer keeps are never older than the database."""

from dataclasses import replace

import pytest

from bot.accounts.model import User
from bot.storage.engine import SqlStorage
from bot.storage.work import Work
from tests.message_builders import NOW


async def test_a_row_that_changed_is_read_anew(storage: SqlStorage) -> None:
    user = await storage.write(lambda work: work.users.add(User(created_at=NOW, name="Ana")))

    def rename(work: Work) -> list[str]:
        before = work.users.get(user.id)
        work.users.save(_named(before, "Bea"))
        return [before.name, work.users.get(user.id).name]

    assert await storage.write(rename) == ["Ana", "Bea"]
    assert await storage.write(lambda work: work.users.get(user.id).name) == "Bea"


async def test_what_a_failed_unit_changed_and_read_is_forgotten(storage: SqlStorage) -> None:
    user = await storage.write(lambda work: work.users.add(User(created_at=NOW, name="Ana")))

    def fail(work: Work) -> None:
        work.users.save(_named(work.users.get(user.id), "Bea"))
        assert work.users.get(user.id).name == "Bea"
        raise LookupError

    with pytest.raises(LookupError):
        await storage.write(fail)
    assert await storage.write(lambda work: work.users.get(user.id).name) == "Ana"


async def test_a_row_is_gone_for_whoever_asks_once_it_was_removed(storage: SqlStorage) -> None:
    user = await storage.write(lambda work: work.users.add(User(created_at=NOW)))
    await storage.write(lambda work: work.users.get(user.id))
    await storage.write(lambda work: work.users.remove(user.id))
    assert await storage.write(lambda work: work.users.find(user.id)) is None


async def test_a_row_that_was_not_there_is_found_once_it_is(storage: SqlStorage) -> None:
    user = User(created_at=NOW)
    assert await storage.write(lambda work: work.users.find(user.id)) is None
    await storage.write(lambda work: work.users.add(user))
    assert await storage.write(lambda work: work.users.find(user.id)) == user


async def test_what_is_done_to_a_kept_row_stays_with_who_did_it(storage: SqlStorage) -> None:
    user = await storage.write(lambda work: work.users.add(User(created_at=NOW, name="Ana")))
    for _ in range(3):  # opening sealed fields fills in the row that was read
        assert await storage.write(lambda work: work.users.get(user.id)) == user


def _named(user: User, name: str) -> User:
    return replace(user, name=name)
