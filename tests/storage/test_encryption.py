"""Personal texts at rest: unreadable in the file, readable again with the right keys alone."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.accounts.model import Profile, User
from bot.core.errors import Cause, DomainError, ServiceFailure
from bot.flows.state import FlowState
from bot.jobs.model import Job
from bot.messaging.instance import Instance
from bot.messaging.model import MessageKind
from bot.storage.engine import SqlStorage, open_storage
from bot.storage.types import metadata
from bot.storage.vault import Keyring, Unreadable, generate_key, parse_keys
from bot.storage.work import Work
from tests.message_builders import NOW, a_message, an_event

CANARY = "Canary-Wörter 4711"


def a_person(**changes: object) -> User:
    values: dict[str, object] = {"created_at": NOW, "name": CANARY}
    return User(**{**values, **changes})  # type: ignore[arg-type] # one dict, many types


async def everything_stored(storage: SqlStorage) -> bytes:
    """All bytes of the SQLite file and its log, or all values of all PostgreSQL tables."""
    if storage.url.get_backend_name() == "sqlite":
        file = Path(str(storage.url.database))
        return b"".join(part.read_bytes() for part in file.parent.glob(file.name + "*"))

    def dump(work: Work) -> bytes:
        found = []
        for table in metadata.sorted_tables:
            for row in work._connection.execute(text(f"SELECT * FROM {table.name}")):
                found += [v if isinstance(v, bytes) else str(v).encode() for v in row]
        return b"\n".join(found)

    return await storage.read(dump)


async def test_no_personal_text_can_be_read_in_the_stored_bytes(storage: SqlStorage) -> None:
    ana = a_person(
        email=f"{CANARY}@example.org", email_hash="h", profile=Profile(bio=CANARY, city=CANARY)
    )
    state = FlowState(
        user_id=ana.id, flow="f", step="s", answers={"bio": CANARY}, updated_at=NOW, asked_in="x"
    )
    mail = a_message("mail", f"{CANARY}@example.org", MessageKind.MAIL, CANARY, "mail")

    def unit(work: Work) -> None:
        work.users.add(ana)
        work.flow_states.add(state)
        work.inbox.add(an_event(1, text=CANARY), NOW, overtakes=False)
        work.outbox.put(mail, at=NOW)
        work.jobs.put(Job(kind="k", key="1", due_at=NOW, payload={"text": CANARY}))
        work.blobs.add(ana.id, "text/plain", CANARY.encode(), NOW, expires_at=None)

    await storage.write(unit)
    stored = await everything_stored(storage)
    assert b"flow_states" in stored or b"mail" in stored  # the right bytes were looked at
    for form in (CANARY.encode(), CANARY.encode("utf-16-le"), CANARY.encode("unicode_escape")):
        assert form not in stored
    assert await storage.read(lambda work: work.users.get(ana.id)) == ana


async def test_handled_payloads_are_wiped(storage: SqlStorage) -> None:
    def unit(work: Work) -> None:
        work.inbox.add(an_event(1), NOW, overtakes=False)
        work.outbox.put(a_message("m"), at=NOW)
        work.jobs.put(Job(kind="k", key="1", due_at=NOW))
        work.inbox.done("test:1", NOW)
        work.outbox.settle("m", NOW, message_id="5", error=None)
        work.jobs.finish("k/1", NOW)

    await storage.write(unit)
    for table, column in (("inbox", "body"), ("outbox", "body"), ("jobs", "payload")):
        query = text(f"SELECT {column} FROM {table}")
        found = await storage.read(
            lambda work, query=query: work._connection.execute(query).scalars().all()
        )
        assert found == [None]


async def test_a_new_key_in_front_still_opens_what_the_old_one_sealed(database_url: str) -> None:
    old, new = generate_key(), generate_key()
    ana = a_person()
    first = open_storage(database_url, Keyring(parse_keys(old)), Instance())
    await first.open()
    hashed = first.keyring.fingerprint("ana@example.org")
    await first.write(lambda work: work.users.add(ana))
    await first.aclose()
    second = open_storage(database_url, Keyring(parse_keys(f"{new},{old}")), Instance())
    await second.open()
    assert await second.read(lambda work: work.users.get(ana.id)) == ana
    assert second.keyring.fingerprint("ana@example.org") == hashed
    await second.aclose()


async def test_keys_that_do_not_open_the_database_are_refused_at_the_start(
    database_url: str, keyring: Keyring
) -> None:
    right = open_storage(database_url, keyring, Instance())
    await right.open()
    await right.aclose()
    wrong = open_storage(database_url, Keyring(parse_keys(generate_key())), Instance())
    with pytest.raises(ServiceFailure, match="ENCRYPTION_KEYS") as caught:
        await wrong.open()
    await wrong.aclose()
    assert caught.value.cause is Cause.MISCONFIGURED


async def test_a_destroyed_key_makes_a_person_unreadable(storage: SqlStorage) -> None:
    ana, ben = a_person(), a_person()
    await storage.write(lambda work: (work.users.add(ana), work.users.add(ben)))
    await storage.write(lambda work: work.vault.destroy(ana.id))
    with pytest.raises(Unreadable):
        await storage.read(lambda work: work.users.get(ana.id))
    with pytest.raises(Unreadable):
        await storage.write(lambda work: work.users.get(ana.id))
    assert await storage.read(lambda work: work.users.get(ben.id)) == ben


async def test_destroying_a_key_in_a_unit_that_fails_destroys_nothing(storage: SqlStorage) -> None:
    ana = a_person()
    await storage.write(lambda work: work.users.add(ana))

    def unit(work: Work) -> None:
        work.vault.destroy(ana.id)
        raise DomainError

    with pytest.raises(DomainError):
        await storage.write(unit)
    assert await storage.read(lambda work: work.users.get(ana.id)) == ana


async def test_a_key_made_in_a_unit_that_failed_seals_nothing_later(
    database_url: str, keyring: Keyring
) -> None:
    ana = a_person()
    storage = open_storage(database_url, keyring, Instance())
    await storage.open()

    def fails(work: Work) -> None:
        work.users.add(ana)
        work.users.get(ana.id)
        raise DomainError

    with pytest.raises(DomainError):
        await storage.write(fails)
    await storage.write(lambda work: work.users.add(ana))
    await storage.aclose()
    memoryless = Keyring(parse_keys(generate_key()))
    memoryless._ciphers, memoryless._newest = keyring._ciphers, keyring._newest
    again = open_storage(database_url, memoryless, Instance())
    await again.open()
    assert await again.read(lambda work: work.users.get(ana.id)) == ana
    await again.aclose()


async def test_a_sealed_text_cannot_be_moved_to_another_person(storage: SqlStorage) -> None:
    def unit(work: Work) -> None:
        sealed = work.vault.seal("ana", b"mine")
        work.vault.seal("ben", b"his")
        work.vault.open("ben", sealed)

    with pytest.raises(Unreadable):
        await storage.write(unit)


async def test_an_unreadable_job_is_given_up_and_does_not_stop_the_others(
    storage: SqlStorage,
) -> None:
    jobs = [Job(kind="k", key=key, due_at=NOW) for key in ("broken", "whole")]
    await storage.write(lambda work: work.jobs.put(*jobs))
    spoil = text("UPDATE jobs SET payload = :junk WHERE key = 'broken'")
    await storage.write(lambda work: work._connection.execute(spoil, {"junk": b"x" * 40}))
    lease = timedelta(seconds=60)
    claimed = await storage.write(lambda work: work.jobs.claim(NOW, NOW, lease, 10))
    assert [job.key for job in claimed] == ["whole"]


def test_a_key_that_is_not_32_bytes_is_refused_by_its_number() -> None:
    with pytest.raises(ValueError, match="key 2"):
        parse_keys(f"{generate_key()},abc")
