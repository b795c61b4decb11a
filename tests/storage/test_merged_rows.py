"""Two people who turn out to be one, on both engines: nothing is lost, one key is left."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import String, select

from bot.accounts.model import (
    CodePurpose,
    Consent,
    Identity,
    LearnerLanguage,
    OneTimeCode,
    Profile,
    Purpose,
    Role,
    User,
    UserStatus,
)
from bot.core.entity import new_id
from bot.core.errors import Stale
from bot.core.language import Level
from bot.flows.conversation import assemble
from bot.flows.own_data import collect
from bot.flows.own_records import merge_people
from bot.flows.state import FlowState
from bot.messaging.model import Address, MessageKind, Outgoing
from bot.storage.engine import SqlStorage
from bot.storage.types import metadata
from bot.storage.vault import Unreadable
from bot.storage.work import Work
from bot.voice.model import ResumeToken
from bot.voice.session import SessionStatus, StoredReport, Turn, TurnState, VoiceSession
from tests.message_builders import NOW
from tests.people_at_a_desk import a_desk

PRODUCT = assemble(*a_desk())


def a_person(name: str, platform: str, **changes: object) -> tuple[User, Identity]:
    values: dict[str, object] = {"created_at": NOW, "name": name, "guest_turns": 2}
    user = User(**{**values, **changes})  # type: ignore[arg-type] # one dict, many types
    identity = Identity(
        platform=platform, external_id=name, user_id=user.id, room=name, is_latest=True
    )
    return user, identity


async def move_in(storage: SqlStorage, *people: tuple[User, Identity]) -> None:
    def unit(work: Work) -> None:
        for user, identity in people:
            _move_in(work, user, identity)

    await storage.write(unit)


def _move_in(work: Work, user: User, identity: Identity) -> None:
    """Somebody with a record of every kind."""
    work.users.add(user)
    work.identities.add(identity)
    _learn(work, user)
    _practise(work, user, identity)
    work.consents.give(
        Consent(user_id=user.id, purpose=Purpose.RECORDING, wording="recording-1", given_at=NOW)
    )
    work.flow_states.add(
        FlowState(user_id=user.id, flow="try_now", step="language", updated_at=NOW)
    )
    work.codes.add(
        OneTimeCode(
            user_id=user.id,
            purpose=CodePurpose.EMAIL,
            subject="s",
            code_hash="h",
            created_at=NOW,
            expires_at=NOW + timedelta(minutes=10),
        )
    )
    to = Address(identity.platform, user.name)
    notice = Outgoing(key=f"to:{user.name}", user_id=user.id, to=to, kind=MessageKind.NOTICE)
    work.outbox.put(notice, at=NOW)


def _learn(work: Work, user: User) -> None:
    hints = (f"{user.name}-hint",)
    work.learner_languages.add(LearnerLanguage(user_id=user.id, language="en", hints=hints))
    work.learner_languages.add(
        LearnerLanguage(user_id=user.id, language=f"x-{user.name}", is_active=False)
    )


def _practise(work: Work, user: User, identity: Identity) -> None:
    """One practice that runs, with a recording, and one that ended, with its report."""
    running = VoiceSession(
        user_id=user.id,
        platform=identity.platform,
        room=user.name,
        language="en",
        level=Level.A2,
        resume=ResumeToken("fake", user.name),
        started_at=NOW,
        last_at=user.created_at,
    )
    ended = replace(running, id=new_id(), status=SessionStatus.COMPLETED, resume=None)
    for session in (running, ended):
        work.voice_sessions.add(session)
    work.reports.add(
        StoredReport(id=ended.id, user_id=user.id, created_at=NOW, body={"of": user.name})
    )
    audio = work.blobs.add(user.id, "audio/ogg", user.name.encode(), NOW, expires_at=None)
    work.turns.add(
        Turn(
            session_id=running.id,
            user_id=user.id,
            cause=f"test:{user.name}",
            position=0,
            is_spoken=True,
            state=TurnState.ANSWERED,
            transcript=f"said by {user.name}",
            audio_id=audio,
            created_at=NOW,
        )
    )


ANA = a_person(
    "ana",
    "telegram",
    status=UserStatus.ACTIVE,
    roles=frozenset({Role.STUDENT}),
    email="ana@example.org",
    email_hash="hash",
    email_verified_at=NOW,
    profile=Profile(bio="I sing", goals=("work",)),
)
DC = a_person(
    "ana-dc",
    "discord",
    created_at=NOW - timedelta(days=1),
    profile=Profile(city="Vigo", goals=("travel", "work")),
)


async def joined(storage: SqlStorage, one: User, other: User) -> User:
    at = NOW + timedelta(hours=1)
    return await storage.write(
        lambda work: merge_people(work, PRODUCT.records, one.id, other.id, at)
    )


def read_blob(blob_id: str, work: Work) -> bytes:
    return work.blobs.get(blob_id)


def read_turns(user_id: str, work: Work) -> Sequence[Turn]:
    return work.turns.of_user(user_id)


@pytest.fixture
async def both(storage: SqlStorage) -> SqlStorage:
    await move_in(storage, ANA, DC)
    return storage


async def test_every_record_of_both_belongs_to_whoever_registered(both: SqlStorage) -> None:
    user = await joined(both, DC[0], ANA[0])
    found = await both.read(lambda work: collect(work, PRODUCT.records, user.id))
    records: dict[str, list] = dict(found.records)  # type: ignore[type-arg, arg-type] # by the names of tables
    assert user.id == ANA[0].id
    assert {each.platform for each in records["identities"]} == {"telegram", "discord"}
    assert {turn.transcript for turn in records["turns"]} == {"said by ana", "said by ana-dc"}
    assert {"ana", "ana-dc"} <= {report.body.get("of") for report in records["reports"]}
    assert len(records["sessions"]) == 4
    assert len(records["consents"]) == 2
    assert len(records["one_time_codes"]) == 2
    files = [await both.read(partial(read_blob, blob_id)) for _, blob_id in found.files]
    assert sorted(files) == [b"ana", b"ana-dc"]


async def test_no_row_names_the_one_who_is_gone_and_their_key_is_destroyed(
    both: SqlStorage,
) -> None:
    sealed = await both.read(lambda work: work.vault.seal(DC[0].id, b"a backup"))
    await joined(both, ANA[0], DC[0])

    def naming(work: Work) -> list[str]:
        return [
            f"{table.name}.{column.name}"
            for table in metadata.sorted_tables
            for column in table.c
            if isinstance(column.type, String)
            and work.users._connection.execute(
                select(column).where(column == DC[0].id).limit(1)
            ).first()
        ]

    assert await both.read(naming) == []
    with pytest.raises(Unreadable):
        await both.read(lambda work: work.vault.open(DC[0].id, sealed))


async def test_of_two_practices_the_one_spoken_in_last_goes_on_and_the_other_is_reported(
    both: SqlStorage,
) -> None:
    user = await joined(both, ANA[0], DC[0])

    def look(work: Work) -> tuple[VoiceSession | None, list[VoiceSession]]:
        return work.voice_sessions.find_active(user.id), list(work.voice_sessions.of_user(user.id))

    active, all_sessions = await both.read(look)
    assert active is not None
    assert active.resume == ResumeToken("fake", "ana")
    assert [s.status for s in all_sessions].count(SessionStatus.ACTIVE) == 1
    reports = await both.read(lambda work: work.reports.latest(user.id, 10))
    assert len(reports) == 3


async def test_one_language_is_active_and_the_words_of_both_are_known(both: SqlStorage) -> None:
    user = await joined(both, ANA[0], DC[0])
    languages = await both.read(lambda work: work.learner_languages.of_user(user.id))
    assert sorted(each.language for each in languages) == ["en", "x-ana", "x-ana-dc"]
    (active,) = [each for each in languages if each.is_active]
    assert (active.language, active.hints) == ("en", ("ana-hint", "ana-dc-hint"))


async def test_a_yes_that_one_of_them_took_back_is_taken_back_with_its_recordings(
    both: SqlStorage,
) -> None:
    await both.write(lambda work: work.consents.revoke(DC[0].id, Purpose.RECORDING, NOW))
    user = await joined(both, ANA[0], DC[0])
    found = await both.read(lambda work: collect(work, PRODUCT.records, user.id))
    has = await both.read(lambda work: work.consents.has(user.id, Purpose.RECORDING))
    assert (has, list(found.files)) == (False, [])


async def test_a_minor_stays_one_and_consents_to_nothing(storage: SqlStorage) -> None:
    young = a_person("young", "discord", is_minor=True)
    await move_in(storage, ANA, young)
    user = await joined(storage, ANA[0], young[0])
    has = await storage.read(lambda work: work.consents.has(user.id, Purpose.RECORDING))
    assert (user.is_minor, has) == (True, False)


async def test_the_chat_in_use_stays_the_one_in_use(both: SqlStorage) -> None:
    user = await joined(both, ANA[0], DC[0])
    identities = await both.read(lambda work: work.identities.of_user(user.id))
    assert [each.platform for each in identities if each.is_latest] == ["telegram"]


async def test_what_comes_too_late_for_whoever_is_gone_is_a_lost_race(both: SqlStorage) -> None:
    await joined(both, ANA[0], DC[0])
    late = Consent(user_id=DC[0].id, purpose=Purpose.EMOTION, wording="w", given_at=NOW)
    with pytest.raises(Stale):
        await both.write(lambda work: work.consents.give(late))


async def test_a_merge_that_fails_leaves_both_as_they_were(both: SqlStorage) -> None:
    def unit(work: Work) -> None:
        merge_people(work, PRODUCT.records, ANA[0].id, DC[0].id, NOW)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await both.write(unit)
    for user, _ in (ANA, DC):
        turns = await both.read(partial(read_turns, user.id))
        assert [turn.transcript for turn in turns] == [f"said by {user.name}"]


def test_every_table_that_names_a_person_is_looked_after_by_some_area() -> None:
    """Else /export, /forget or the joining of two accounts would pass it by."""
    looked_after = frozenset[str]().union(*(area.tables for area in PRODUCT.records))
    persons = {"user_id", "student_id", "teacher_id", "author_id", "admin_id"}
    naming = {
        table.name
        for table in metadata.tables.values()
        for column in table.c
        if column.name in persons
        or any(k.column.table.name == "users" for k in column.foreign_keys)
    }
    assert naming - looked_after == set()
