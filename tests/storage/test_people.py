"""People in the database, on both engines."""

from datetime import UTC, datetime

import pytest

from bot.accounts.model import Identity, Profile, Role, User
from bot.core.errors import Stale
from bot.storage.engine import SqlStorage

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def a_user(**changes: object) -> User:
    values: dict[str, object] = {"created_at": NOW, "name": "Ana Lima", "native_language": "pt"}
    return User(**{**values, **changes})  # type: ignore[arg-type] # one dict, many types


async def test_a_user_comes_back_as_it_was_stored(storage: SqlStorage) -> None:
    ana = a_user(roles=frozenset({Role.STUDENT}), profile=Profile(bio="I sing", goals=("work",)))
    await storage.write(lambda work: work.users.add(ana))
    assert await storage.read(lambda work: work.users.get(ana.id)) == ana


async def test_the_second_writer_of_the_same_version_is_told_it_is_stale(
    storage: SqlStorage,
) -> None:
    ana = a_user()
    await storage.write(lambda work: work.users.add(ana))
    await storage.write(lambda work: work.users.save(ana))
    with pytest.raises(Stale):
        await storage.write(lambda work: work.users.save(ana))


async def test_an_identity_leads_to_its_user(storage: SqlStorage) -> None:
    ana = a_user()
    identity = Identity(platform="telegram", external_id="7", user_id=ana.id, room="7")
    await storage.write(lambda work: (work.users.add(ana), work.identities.add(identity)))
    assert await storage.read(lambda work: work.identities.find("telegram", "7")) == identity
