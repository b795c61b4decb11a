"""Who may do what with teachers, gigs and the queue: every command and every button by role."""

from collections.abc import Sequence

import pytest
from sqlalchemy import select

from bot.app import App
from bot.i18n.catalog import texts_in
from bot.storage.teachers import audit, certificates, gigs, teacher_profiles
from bot.storage.work import Work
from tests.stage import PATIENCE_SECONDS, Stage, a_note, labels
from tests.teaching_stage import (
    ADMIN_ID,
    a_visitor,
    add_certificate,
    become_verified,
    make_gig,
    profile_of,
    publish,
    register_as_teacher,
    tell_about_teaching,
)
from tests.visitors import Visitor, register

EN = texts_in("en")
_TABLES = (teacher_profiles, certificates, gigs, audit)
_ID_LENGTH = 22  # a short id stands in what is about one thing of one person


@pytest.fixture
async def people(stage: Stage, app: App) -> dict[str, Visitor]:
    """Somebody of every role; "owner" is the teacher whose buttons are pressed."""
    made = {
        "guest": a_visitor(stage, 1, "Guest"),
        "student": a_visitor(stage, 2, "Student"),
        "teacher": a_visitor(stage, 3, "Teacher"),
        "owner": a_visitor(stage, 4, "Owner"),
        "admin": a_visitor(stage, ADMIN_ID, "Olga"),
    }
    await made["guest"].say("/start", then="I am LinguaFlex")
    await register(made["student"])
    await register_as_teacher(made["teacher"])
    await tell_about_teaching(made["teacher"])
    await become_verified(made["owner"], made["admin"])
    return made


async def rows(app: App) -> list[object]:
    """Everything stored about teachers, as it stands in the tables."""

    def look(work: Work) -> list[object]:
        connection = work.users._connection
        return [tuple(row) for table in _TABLES for row in connection.execute(select(table))]

    return await app.storage.read(look)


def carried(visitor: Visitor, *prefixes: str) -> list[str]:
    return sorted(data for data in visitor.data if data.startswith(prefixes))


async def shows_everything(owner: Visitor, admin: Visitor) -> None:
    """Have every button of a teacher's and of the queue's shown at least once."""
    await owner.say("/profile", then="👩‍🏫 Your teaching profile")
    await add_certificate(owner)
    await owner.press("📄 DELE C2 …", then="📄 DELE C2")
    await owner.say("/gig", then="Your offers")
    await owner.press("Invite students", then="Your invitation")
    await make_gig(owner)
    await owner.press("Record an introduction", then="up to 30 seconds")
    await owner.person.send_voice(a_note(2.0), 2)
    await owner.reads("A draft: only you see it.")
    await owner.press("🗑 Delete", then="for good?")
    await owner.press("Preview", then="Conversation with a native")
    await owner.say("/gig", then="📝 Draft: Spanish for travellers")
    await admin.say("/admin", then="MA in Linguistics")
    await admin.press("📄 DELE C2 …", then="📄 DELE C2")


@pytest.mark.parametrize("role", ["guest", "student", "teacher"])
async def test_nobody_presses_a_teachers_or_an_administrators_buttons_in_their_place(
    app: App, people: dict[str, Visitor], role: str
) -> None:
    owner, admin, presser = people["owner"], people["admin"], people[role]
    await shows_everything(owner, admin)
    owned = [
        data
        for data in (*carried(owner, "h:", "g:", "w:"), *carried(admin, "q:"))
        if any(len(part) == _ID_LENGTH for part in data.split(":"))
    ]
    actions = {data.split(":")[0] + data.split(":")[1] for data in owned}
    assert actions >= {
        "hsee", "hdrop", "gopen", "gpreview", "gedit", "gintro", "gnointro", "gsure", "gdelete",
        "gpublish", "wwrite", "whear", "qsee", "qnext", "qapprove", "qrefuse", "qask", "qcertyes",
        "qcertno",
    }  # fmt: skip
    before, seen = await rows(app), len(owner.person.chat.messages)
    for data in owned:
        assert await presser.forge(data) == EN("button.stale"), data
    assert await rows(app) == before
    assert len(owner.person.chat.messages) == seen


@pytest.mark.parametrize("role", ["guest", "student"])
async def test_whoever_is_no_teacher_has_no_use_for_a_teachers_buttons(
    app: App, people: dict[str, Visitor], role: str
) -> None:
    owner, admin = people["owner"], people["admin"]
    await shows_everything(owner, admin)
    before = await rows(app)
    for data in carried(owner, "h:", "g:", "n:"):
        assert await people[role].forge(data) == EN("button.stale"), data
    for data in carried(admin, "q:"):
        assert await people[role].forge(data) == EN("button.stale"), data
    assert await rows(app) == before


async def test_a_verdict_counts_once_and_only_about_what_was_shown(
    app: App, people: dict[str, Visitor]
) -> None:
    teacher, admin = people["teacher"], people["admin"]
    await teacher.press("Hand in to be verified", then="Handed in.")
    await admin.say("/admin", then="1 teacher waits")
    card = await admin.person.wait(lambda m: "✅ Approve" in labels(m), PATIENCE_SECONDS)
    old = [b.data or "" for row in card.buttons for b in row]
    approve = next(data for data in old if data.startswith("q:approve:"))
    await teacher.say("/profile", then="An administrator will look at it")
    await teacher.press("✏️ Qualification", then="What qualifies you")
    await teacher.say("Something else", then="Saved: Qualification.")
    assert await admin.forge(approve) == EN("button.stale")
    assert not (await profile_of(app, teacher)).is_verified

    await admin.say("/admin", then="Something else")
    await admin.press("Approve", then="Approved, and the teacher was told.")
    before = await rows(app)
    for data in carried(admin, "q:approve", "q:refuse", "q:ask"):
        assert await admin.forge(data) == EN("button.stale"), data
    assert await rows(app) == before


async def test_what_is_paused_or_deleted_is_seen_by_no_student_whatever_they_press(
    app: App, people: dict[str, Visitor]
) -> None:
    owner, student = people["owner"], people["student"]
    await make_gig(owner)
    await publish(owner)
    await student.say("/teachers", then="Spanish for travellers")
    await student.press("1. Spanish for travellers", then="Conversation with a native")
    kept = [data for data in carried(student, "w:") if len(data.split(":")[-1]) == _ID_LENGTH]
    assert {data.split(":")[1] for data in kept} == {"open", "write"}
    await owner.press("Pause", then="students no longer see it")
    for data in kept:
        assert await student.forge(data) == EN("button.stale"), data
    await owner.press("🗑 Delete", then="for good?")
    await owner.press("Yes, delete it", then="Deleted")
    for data in (*kept, *(f"g:{data.split(':', 1)[1]}" for data in kept)):
        assert await student.forge(data) == EN("button.stale"), data
    for data in carried(owner, "g:publish", "g:pause", "g:delete", "g:sure", "g:edit"):
        assert await owner.forge(data) == EN("button.stale"), data


async def test_made_up_buttons_do_nothing(app: App, people: dict[str, Visitor]) -> None:
    made_up = (
        "w:", "w:page:-1", "w:page:99999", "w:page:٣", "w:open:", "w:open:x", "w:filter:nothing",
        "w:open:AAAAAAAAAAAAAAAAAAAAAA", "g:open:x", "g:publish:", "h:edit:", "h:edit:user_id",
        "h:answer:", "q:approve:x:0", "n:", "n:delete",
    )  # fmt: skip
    before = await rows(app)
    for data in made_up:
        for role in ("student", "owner", "admin"):
            assert await people[role].forge(data) == EN("button.stale"), (role, data)
    assert await rows(app) == before


async def test_commands_are_for_whom_they_are_meant(app: App, people: dict[str, Visitor]) -> None:
    expected: dict[str, Sequence[tuple[str, str]]] = {
        "/teachers": [(role, "Nothing fits yet") for role in people],
        "/gig": [
            ("guest", "register"),
            ("student", "What qualifies you"),
            ("teacher", "Your offers"),
            ("owner", "Your offers"),
            ("admin", "register"),
        ],
        "/admin": [
            *((role, EN("command.not_for_you")) for role in people if role != "admin"),
            ("admin", "Nobody waits"),
        ],
    }
    for command, answers in expected.items():
        assert {role for role, _ in answers} == set(people)
        for role, part in answers:
            await people[role].say(command, then=part)
