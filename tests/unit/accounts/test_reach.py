"""Where a person is written to, and how little that costs."""

from dataclasses import replace
from datetime import timedelta

from bot.accounts.entrance import Entrance
from bot.accounts.model import Identity
from bot.accounts.reach import preferred_address, reachable
from bot.messaging.model import Address, Incoming, IncomingKind, Sender
from bot.storage.engine import SqlStorage
from bot.storage.work import Work
from tests.message_builders import NOW

CHAT = Identity(platform="telegram", external_id="1", user_id="ana", room="10", last_used_at=NOW)
DM = replace(CHAT, platform="discord", external_id="2", room="20", is_latest=True)


def test_the_chat_used_last_is_preferred() -> None:
    assert preferred_address([CHAT, DM]) == Address("discord", "20")


def test_a_chat_that_keeps_us_away_is_not() -> None:
    assert preferred_address([CHAT, replace(DM, blocked_at=NOW)]) == Address("telegram", "10")


def test_of_the_others_the_one_used_later_comes_first() -> None:
    earlier = replace(CHAT, room="11", last_used_at=NOW - timedelta(days=1))
    known_by_sight = replace(CHAT, room="12", last_used_at=None)
    assert [i.room for i in reachable([known_by_sight, earlier, CHAT])] == ["10", "11", "12"]


def test_somebody_met_in_a_group_alone_is_reached_nowhere() -> None:
    assert preferred_address([replace(CHAT, room=None)]) is None


def an_event(person: str, kind: IncomingKind = IncomingKind.TEXT) -> Incoming:
    return Incoming(
        key=f"test:{person}",
        kind=kind,
        sender=Sender("test", person, "Ana", "en"),
        address=Address("test", person),
        at=NOW,
    )


class TestUsingIdentities:
    """What an event writes, on a real database."""

    entrance = Entrance(frozenset(), lambda locale: locale or "en")

    async def _see(self, storage: SqlStorage, incoming: Incoming, hours: int = 0) -> Identity:
        at = NOW + timedelta(hours=hours)
        return await storage.write(lambda work: self.entrance.recognise(work, incoming, at)[1])

    async def _with_two(self, storage: SqlStorage) -> None:
        first = await self._see(storage, an_event("1"))

        def unit(work: Work) -> None:
            work.identities.add(replace(first, external_id="2", room="2", is_latest=False))

        await storage.write(unit)

    async def test_going_on_in_the_same_chat_changes_nothing(self, storage: SqlStorage) -> None:
        first = await self._see(storage, an_event("1"))
        assert await self._see(storage, an_event("1"), hours=5) == first

    async def test_another_chat_becomes_the_preferred_one(self, storage: SqlStorage) -> None:
        await self._with_two(storage)
        seen = await self._see(storage, an_event("2"), hours=1)
        identities = await storage.read(lambda work: work.identities.of_user(seen.user_id))
        assert [i.external_id for i in identities if i.is_latest] == ["2"]
        assert preferred_address(identities) == Address("test", "2")

    async def test_being_blocked_is_no_use(self, storage: SqlStorage) -> None:
        await self._with_two(storage)
        await self._see(storage, an_event("2", IncomingKind.BLOCKED), hours=1)
        seen = await self._see(storage, an_event("1"), hours=2)
        identities = await storage.read(lambda work: work.identities.of_user(seen.user_id))
        assert [i.external_id for i in identities if i.is_latest] == ["1"]
