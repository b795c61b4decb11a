"""Who is an administrator follows the settings; whom a one-time link made one stays one."""

from dataclasses import replace

from bot.accounts.entrance import Entrance
from bot.accounts.merging import merged
from bot.accounts.model import Identity, Role, User
from bot.messaging.model import Address, Incoming, IncomingKind, Sender
from bot.storage.engine import SqlStorage
from bot.storage.work import Work
from tests.message_builders import NOW

FOR_GOOD, NAMED = frozenset({Role.ADMIN}), frozenset({Role.ADMIN, Role.NAMED})
EVENT = Incoming(
    key="test:1",
    kind=IncomingKind.TEXT,
    sender=Sender("test", "1", "Ana", "en"),
    address=Address("test", "1"),
    at=NOW,
)


def an_entrance(*admins: str) -> Entrance:
    return Entrance(frozenset(admins), lambda locale: locale or "en")


async def comes_in(storage: SqlStorage, *admins: str) -> User:
    """Ana writes while the settings name these people."""
    return await storage.write(lambda w: an_entrance(*admins).recognise(w, EVENT, NOW)[0])


async def test_whoever_is_taken_out_of_the_settings_is_no_administrator_from_their_next_event(
    storage: SqlStorage,
) -> None:
    assert Role.ADMIN in (await comes_in(storage, "test:1", "test:2")).roles
    assert (await comes_in(storage, "test:2")).roles == frozenset()
    assert Role.ADMIN in (await comes_in(storage, "test:1")).roles


async def test_a_start_with_other_settings_ends_it_before_anything_is_told_to_them(
    storage: SqlStorage,
) -> None:
    await comes_in(storage, "test:1")
    await storage.write(an_entrance("test:1").follow_settings)
    assert len(await storage.read(lambda work: work.users.list_admins())) == 1
    await storage.write(an_entrance().follow_settings)
    assert await storage.read(lambda work: work.users.list_admins()) == []


async def test_named_in_one_app_is_named_in_every_app_of_that_person(storage: SqlStorage) -> None:
    ana = await comes_in(storage)

    def unit(work: Work) -> None:
        work.identities.add(Identity(platform="test", external_id="2", user_id=ana.id))
        work.users.save(replace(ana, roles=NAMED))

    await storage.write(unit)
    assert Role.ADMIN in (await comes_in(storage, "test:2")).roles


async def test_an_administrator_made_by_a_link_stays_one_whatever_the_settings_say(
    storage: SqlStorage,
) -> None:
    ana = await comes_in(storage)
    await storage.write(lambda work: work.users.save(replace(ana, roles=FOR_GOOD)))
    await comes_in(storage, "test:1")
    assert (await comes_in(storage)).roles == FOR_GOOD


def test_joined_to_one_by_a_link_it_is_for_good() -> None:
    named, linked = User(created_at=NOW, roles=NAMED), User(created_at=NOW, roles=FOR_GOOD)
    assert merged(named, linked).roles == merged(linked, named).roles == FOR_GOOD
    assert merged(named, User(created_at=NOW)).roles == NAMED
