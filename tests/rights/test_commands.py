"""Who may use which command: every command of the table, typed and pressed, by everybody."""

from collections.abc import AsyncIterator, Mapping

import pytest
from structlog.testing import capture_logs

from bot.accounts.model import Role
from bot.accounts.teachers import Review
from bot.app import App
from bot.i18n.catalog import texts_in
from bot.simulators.telegram import Group, Person
from bot.storage.work import Work
from tests.rights.cast import all_rows, let_teach, rows_of_others, settle_in, settled
from tests.stage import Stage, a_stage, an_app

EN = texts_in("en")
IDS = {"stranger": 1, "student": 2, "minor": 3, "waiting": 4, "verified": 5, "admin": 6}
RIGHTS = """
command    stranger  student  minor   waiting  verified  admin   in a group
admin      no        no       no      no       no        yes     private
agenda     register  yes      yes     yes      yes       yes     private
back       yes       yes      yes     yes      yes       yes     open
availability no      no       no      yes      yes       yes     private
book       register  yes      yes     yes      yes       yes     private
cancel     yes       yes      yes     yes      yes       yes     open
card       register  yes      yes     yes      yes       yes     private
context    yes       yes      yes     yes      yes       yes     open
delete     yes       yes      yes     yes      yes       yes     open
earnings   register  yes      yes     yes      yes       yes     private
end        yes       yes      yes     yes      yes       yes     open
export     yes       yes      yes     yes      yes       yes     private
forget     yes       yes      yes     yes      yes       yes     private
gig        register  yes      adults  yes      yes       yes     private
help       yes       yes      yes     yes      yes       yes     open
history    register  yes      yes     yes      yes       yes     private
link       yes       yes      yes     yes      yes       yes     private
live       yes       yes      yes     yes      yes       yes     private
me         register  yes      yes     yes      yes       yes     private
privacy    yes       yes      yes     yes      yes       yes     private
profile    register  yes      yes     yes      yes       yes     private
receipts   register  yes      yes     yes      yes       yes     private
recover    yes       yes      yes     yes      yes       yes     private
register   yes       yes      yes     yes      yes       yes     private
report     yes       yes      yes     yes      yes       yes     private
settings   yes       yes      yes     yes      yes       yes     private
setup      yes       yes      yes     yes      yes       yes     open
skip       yes       yes      yes     yes      yes       yes     open
start      yes       yes      yes     yes      yes       yes     open
support    yes       yes      yes     yes      yes       yes     open
talk       yes       yes      yes     yes      yes       yes     open
teachers   yes       yes      yes     yes      yes       yes     private
terms      yes       yes      yes     yes      yes       yes     open
unsend     yes       yes      yes     yes      yes       yes     open
write      yes       yes      yes     yes      yes       yes     private
"""
ROLES = frozenset({Role.ADMIN, Role.TEACHER})  # of the one who asks in the group
SAID = {
    EN("command.not_for_you"): "no",
    EN("command.for_teachers"): "no",
    EN("command.register_first"): "register",
    EN("teach.adults_only"): "adults",
    EN("command.in_private"): "private",
}
_REFUSED = {"no", "register", "adults"}


def read_table(table: str) -> Mapping[str, Mapping[str, str]]:
    """Rows by their first word; "in a group" is a column of three words."""
    head, *lines = table.replace("in a group", "group").strip().splitlines()
    names = head.split()[1:]
    return {name: dict(zip(names, cells, strict=True)) for name, *cells in map(str.split, lines)}


TABLE = read_table(RIGHTS)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with a_stage() as built:
        yield built


@pytest.fixture
async def app(stage: Stage, sqlite_url: str) -> AsyncIterator[App]:
    async with an_app(stage, sqlite_url) as running:
        await running.storage.write(lambda work: populate(work, "telegram", IDS))
        yield running


def populate(work: Work, platform: str, ids: Mapping[str, int]) -> None:
    """Somebody of every column but the stranger, who is whoever writes first."""
    made = {
        role: settle_in(work, (platform, str(ids[role])), role, is_minor=role == "minor")
        for role in ids
        if role not in {"stranger", "admin"}
    }
    settle_in(work, (platform, str(ids["admin"])), "admin", roles=ROLES)
    let_teach(work, made["waiting"], Review.WAITING)
    let_teach(work, made["verified"])


async def test_every_command_stands_in_the_table_and_nothing_else(app: App) -> None:
    assert sorted(TABLE) == sorted(app.product.commands._commands)


async def test_a_typed_command_does_what_the_table_says(stage: Stage, app: App) -> None:
    people = {role: stage.telegram.person(ids, role) for role, ids in IDS.items()}
    told = {name: await ask(stage, app, people, name, is_pressed=False) for name in TABLE}
    assert told == expected()


async def test_a_pressed_command_does_what_the_table_says(stage: Stage, app: App) -> None:
    people = {role: stage.telegram.person(ids, role) for role, ids in IDS.items()}
    for person in people.values():
        await person.send_text("/support")
    await settled(stage, app)
    told = {name: await ask(stage, app, people, name, is_pressed=True) for name in TABLE}
    assert told == expected()


async def test_what_is_refused_changes_nothing_and_is_logged(stage: Stage, app: App) -> None:
    people = {role: stage.telegram.person(ids, role) for role, ids in IDS.items()}
    for person in people.values():
        await person.send_text("/support")
    await settled(stage, app)
    before, expects = await all_rows(app), 0
    with capture_logs() as logs:
        for name, row in expected().items():
            refused = {role: people[role] for role, told in row.items() if told in _REFUSED}
            await ask(stage, app, refused, name, is_pressed=False)
            await ask(stage, app, refused, name, is_pressed=True)
            expects += 2 * len(refused)
    assert await all_rows(app) == before
    noted = [log for log in logs if log["event"] == "rights.refused"]
    assert len(noted) == expects > 0
    assert {log["what"] for log in noted} <= {"c", *TABLE}


async def test_in_a_group_nobodys_own_matters_are_shown(stage: Stage, app: App) -> None:
    everything = stage.telegram.person(IDS["admin"], "admin")
    group = stage.telegram.group(-1009, "Friends")
    await everything.send_text("/support", chat=group)
    await settled(stage, app)
    for is_pressed in (False, True):
        before = await all_rows(app)
        told = {}
        for name in TABLE:
            answer = await ask(
                stage, app, {"group": everything}, name, is_pressed=is_pressed, chat=group
            )
            told[name] = "private" if answer["group"] == "private" else "open"
        assert told == {name: row["group"] for name, row in TABLE.items()}
        user_id = next(
            row.user_id for row in before["identities"] if row.external_id == str(IDS["admin"])
        )
        after = await all_rows(app)
        assert rows_of_others(after, user_id) == rows_of_others(before, user_id)


def expected() -> Mapping[str, Mapping[str, str]]:
    return {
        name: {role: told for role, told in row.items() if role != "group"}
        for name, row in TABLE.items()
    }


async def ask(
    stage: Stage,
    app: App,
    people: Mapping[str, Person],
    command: str,
    *,
    is_pressed: bool,
    chat: Group | None = None,
) -> Mapping[str, str]:
    """What a command says to each of these people: a word of the table."""
    before = {role: _shown(person, chat) for role, person in people.items()}
    for person in people.values():
        if is_pressed:
            data, message_id = f"c:{command}", _newest_text(person, chat)
            await person.press(message_id, data=data, is_forged=True, chat=chat)
        else:
            await person.send_text(f"/{command}", chat=chat)
    await settled(stage, app)
    after = {role: _shown(person, chat) for role, person in people.items()}
    assert all(after[role] != before[role] for role in people), f"/{command} says nothing"
    return {
        role: _word([text for version, text in after[role].items() if version not in before[role]])
        for role in people
    }


def _shown(person: Person, chat: Group | None) -> dict[tuple[int, int], str]:
    """What the bot's messages say, by their id and how often they were changed."""
    room = chat.chat if chat else person.chat
    return {(m.message_id, m.revision): m.text for m in room.messages if m.from_bot}


def _newest_text(person: Person, chat: Group | None) -> int:
    """What can be replaced by an answer."""
    room = chat.chat if chat else person.chat
    return next(m.message_id for m in reversed(room.messages) if m.from_bot and m.kind == "text")


def _word(texts: list[str]) -> str:
    return next((SAID[text] for text in texts if text in SAID), "yes")
