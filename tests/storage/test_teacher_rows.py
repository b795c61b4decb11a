"""Teachers, gigs and what students look for, on both engines."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from bot.accounts.audit import AdminAction, AuditEntry
from bot.accounts.gigs import Gig, GigCategory, GigStatus, TeacherSearch, Wish
from bot.accounts.model import Role, User, UserStatus
from bot.accounts.teachers import Certificate, Review, Taught, TeacherProfile
from bot.core.language import Level
from bot.core.money import Money
from bot.storage.engine import SqlStorage
from bot.storage.work import Work
from tests.unit.accounts.test_teacher_rules import NOW, a_gig, a_teacher


def a_user(name: str = "Ana", **changes: object) -> User:
    values: dict[str, object] = {"created_at": NOW, "name": name, "status": UserStatus.ACTIVE}
    return User(**{**values, **changes})  # type: ignore[arg-type] # one dict, many types


def a_listed_gig(work: Work, user: User, **changes: object) -> Gig:
    """A live gig of a verified teacher."""
    work.users.add(user)
    profile = a_teacher(user_id=user.id, is_verified=True, review=Review.APPROVED)
    work.teachers.add(profile)
    values = {"user_id": user.id, "status": GigStatus.LIVE, "live_at": NOW, **changes}
    return work.gigs.add(a_gig(**values))


async def test_a_teacher_and_a_gig_come_back_as_they_were_stored(storage: SqlStorage) -> None:
    ana = a_user()
    profile = a_teacher(
        user_id=ana.id,
        languages=(Taught("es"), Taught("en", Level.A1, Level.B2)),
        about="I sing",
        calendly_link="https://calendly.com/ana",
        waiting_since=NOW,
        invite_token="token",
    )
    gig = a_gig(user_id=ana.id, lesson_minutes=(30, 60), fee_minor=500, certificate_ids=("a",))
    certificate = Certificate(
        user_id=ana.id, title="DELE", blob_id="b", mime="image/png", added_at=NOW
    )

    def add(work: Work) -> None:
        work.users.add(ana)
        work.teachers.add(profile)
        work.gigs.add(gig)
        work.certificates.add(certificate)

    await storage.write(add)
    assert await storage.read(lambda work: work.teachers.find_of_user(ana.id)) == profile
    assert await storage.read(lambda work: work.teachers.find_by_token("token")) == profile
    assert await storage.read(lambda work: work.gigs.get(gig.id)) == gig
    assert await storage.read(lambda work: work.certificates.of_user(ana.id)) == [certificate]


async def test_what_a_teacher_wrote_is_not_readable_in_the_database(storage: SqlStorage) -> None:
    ana = a_user()

    def add(work: Work) -> None:
        work.users.add(ana)
        work.teachers.add(a_teacher(user_id=ana.id, qualification="CANARY", about="CANARY"))
        work.gigs.add(a_gig(user_id=ana.id, title="CANARY", service="CANARY"))

    await storage.write(add)

    def raw(work: Work) -> str:
        connection = work.users._connection
        wanted = ("SELECT * FROM teacher_profiles", "SELECT * FROM gigs")
        return "".join(str(connection.execute(text(sql)).all()) for sql in wanted)

    assert "CANARY" not in await storage.read(raw)


async def test_only_live_gigs_of_verified_and_active_teachers_are_listed(
    storage: SqlStorage,
) -> None:
    ana, bob, eva, tom = (a_user(name) for name in ("Ana", "Bob", "Eva", "Tom"))

    def add(work: Work) -> Gig:
        gig = a_listed_gig(work, ana)
        work.gigs.add(replace(a_gig(user_id=ana.id), status=GigStatus.PAUSED))
        work.gigs.add(a_gig(user_id=ana.id))
        a_listed_gig(work, replace(bob, status=UserStatus.PAUSED))
        a_listed_gig(work, eva, status=GigStatus.DELETED)
        a_listed_gig(work, tom)
        unverified = work.teachers.find_of_user(tom.id)
        assert unverified is not None
        work.teachers.save(replace(unverified, is_verified=False))
        return gig

    gig = await storage.write(add)
    assert await storage.read(lambda work: work.gigs.listed(Wish(), 0, 10)) == [gig]
    assert await storage.read(lambda work: work.gigs.count_listed(Wish())) == 1
    every = await storage.read(
        lambda work: [g.id for u in (ana, bob, eva, tom) for g in work.gigs.of_user(u.id)]
    )
    seen = await storage.read(lambda work: [bool(work.gigs.find_listed(one)) for one in every])
    assert sum(seen) == 1


async def test_a_search_narrows_and_pages(storage: SqlStorage) -> None:
    def add(work: Work) -> list[str]:
        return [
            a_listed_gig(
                work,
                a_user(f"Teacher {n}"),
                price_minor=1000 + n,
                currency="EUR" if n % 2 else "USD",
                language="es" if n < 3 else "fr",
                live_at=NOW + timedelta(minutes=n),
            ).id
            for n in range(6)
        ]

    ids = await storage.write(add)

    async def found(wish: Wish, offset: int = 0, limit: int = 10) -> list[int]:
        gigs = await storage.read(lambda work: work.gigs.listed(wish, offset, limit))
        assert await storage.read(lambda work: work.gigs.count_listed(wish)) >= len(gigs)
        return [ids.index(gig.id) for gig in gigs]

    assert await found(Wish()) == [5, 4, 3, 2, 1, 0]
    assert await found(Wish(), 2, 2) == [3, 2]
    assert await found(Wish(language="es")) == [2, 1, 0]
    assert await found(Wish(most=Money(1003, "EUR"))) == [3, 1]
    assert await found(Wish(category=GigCategory.CHIROLOGIST)) == []
    assert await storage.read(lambda work: work.gigs.languages()) == ["es", "fr"]
    assert await storage.read(lambda work: work.gigs.currencies()) == ["EUR", "USD"]


async def test_administrators_are_found_by_their_role(storage: SqlStorage) -> None:
    olga, ana = a_user("Olga", roles=frozenset({Role.ADMIN, Role.STUDENT})), a_user("Ana")
    await storage.write(lambda work: (work.users.add(olga), work.users.add(ana)))
    assert await storage.read(lambda work: work.users.list_admins()) == [olga]


async def test_the_queue_is_served_in_its_order(storage: SqlStorage) -> None:
    people = [a_user(str(n)) for n in range(3)]

    def add(work: Work) -> list[TeacherProfile]:
        waiting = []
        for n, person in enumerate(people):
            work.users.add(person)
            since = NOW - timedelta(minutes=n)
            waiting.append(a_teacher(user_id=person.id, review=Review.WAITING, waiting_since=since))
            work.teachers.add(waiting[-1])
        return waiting

    first, second, third = await storage.write(add)
    assert await storage.read(lambda work: work.teachers.waiting(10)) == [third, second, first]
    assert await storage.read(lambda work: work.teachers.waiting(1, second.id)) == [first]
    assert await storage.read(lambda work: work.teachers.waiting(1, first.id)) == []
    assert await storage.read(lambda work: work.teachers.count_waiting()) == 3


async def test_watchers_of_what_fits_are_found_but_not_the_teacher_itself(
    storage: SqlStorage,
) -> None:
    ana, bob, eva, tom = (a_user(name) for name in ("Ana", "Bob", "Eva", "Tom"))

    def add(work: Work) -> Gig:
        gig = a_listed_gig(work, ana)
        for person, wish in ((bob, {"language": "es"}), (eva, {"language": "fr"}), (tom, {})):
            work.users.add(person)
            since = None if person is tom else NOW
            work.teacher_searches.add(
                TeacherSearch(user_id=person.id, watching_since=since, **wish)  # type: ignore[arg-type] # one dict, many types
            )
        work.teacher_searches.add(TeacherSearch(user_id=ana.id, watching_since=NOW))
        work.teacher_searches.add(TeacherSearch(user_id=bob.id, language="fr"))
        return gig

    gig = await storage.write(add)
    told = await storage.read(lambda work: work.teacher_searches.watching(gig))
    assert [search.user_id for search in told] == [bob.id]
    last = await storage.read(lambda work: work.teacher_searches.find_of_user(bob.id))
    assert last is not None
    assert last.language == "fr"


async def test_the_audit_trail_is_append_only(storage: SqlStorage) -> None:
    def entry(minute: int) -> AuditEntry:
        return AuditEntry(
            actor_id="ana",
            action=AdminAction.APPROVE_TEACHER,
            subject_id="bob",
            before="waiting",
            after="approved",
            at=datetime(2026, 11, 22, 12, minute, tzinfo=UTC),
        )

    entries = [entry(minute) for minute in range(3)]
    for each in entries:
        await storage.write(lambda work, each=each: work.audit.add(each))  # type: ignore[misc] # a lambda's default has no type
    assert await storage.read(lambda work: work.audit.latest(2)) == [entries[2], entries[1]]
    with pytest.raises(TypeError):
        await storage.write(lambda work: work.audit.save(entries[0]))
    with pytest.raises(TypeError):
        await storage.write(lambda work: work.audit.remove(entries[0].id))


async def test_everything_moves_to_one_person_of_two_and_stays_readable(
    storage: SqlStorage,
) -> None:
    old, new = a_user("Ana"), a_user("Ana too")

    def merge(work: Work) -> Gig:
        gig = a_listed_gig(work, old)
        work.users.add(new)
        work.certificates.add(
            Certificate(user_id=old.id, title="DELE", blob_id="b", mime="image/png", added_at=NOW)
        )
        work.teacher_searches.add(TeacherSearch(user_id=old.id, language="es"))
        for own in (work.teachers, work.certificates, work.gigs, work.teacher_searches):
            own.move_of_user(old.id, new.id)
        work.vault.destroy(old.id)
        return gig

    gig = await storage.write(merge)

    def look(work: Work) -> tuple[object, ...]:
        profile, search = (
            work.teachers.find_of_user(new.id),
            work.teacher_searches.find_of_user(new.id),
        )
        assert profile is not None
        assert search is not None
        return (
            profile.qualification,
            [certificate.title for certificate in work.certificates.of_user(new.id)],
            work.gigs.get(gig.id).title,
            search.language,
            work.teachers.find_of_user(old.id),
        )

    assert await storage.read(look) == (
        "MA in Linguistics",
        ["DELE"],
        "Spanish for travellers",
        "es",
        None,
    )


async def test_everything_leaves_with_its_person(storage: SqlStorage) -> None:
    ana = a_user()

    def come_and_go(work: Work) -> None:
        a_listed_gig(work, ana)
        work.certificates.add(
            Certificate(user_id=ana.id, title="DELE", blob_id="b", mime="image/png", added_at=NOW)
        )
        work.teacher_searches.add(TeacherSearch(user_id=ana.id))
        for own in (work.teachers, work.certificates, work.gigs, work.teacher_searches):
            own.remove_of_user(ana.id)
        work.users.remove(ana.id)

    await storage.write(come_and_go)
    assert await storage.read(lambda work: work.gigs.count_listed(Wish())) == 0


async def test_of_two_profiles_of_one_person_the_verified_one_stays(storage: SqlStorage) -> None:
    one, other = a_user(), a_user()

    def unit(work: Work) -> None:
        for user, is_verified in ((one, False), (other, True)):
            work.users.add(user)
            work.teachers.add(a_teacher(user_id=user.id, is_verified=is_verified))
        work.teachers.move_of_user(other.id, one.id)

    await storage.write(unit)

    kept = await storage.read(lambda work: work.teachers.find_of_user(one.id))
    assert kept is not None
    assert kept.is_verified
    assert await storage.read(lambda work: work.teachers.find_of_user(other.id)) is None
