"""Whose button it is: every button there is, pressed by others, pressed again, and made up."""

import re
from collections.abc import AsyncIterator, Iterable, Mapping, MutableMapping, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from bot.accounts.model import Role
from bot.core.entity import new_id, short_id
from bot.flows.prompts import PREFIX as FLOW_PREFIX
from bot.flows.scene import COMMAND_PREFIX
from bot.i18n.catalog import texts_in
from bot.storage.work import Work
from tests.rights.cast import Actor, Rows, all_rows, let_teach, rows_of_others, settle_in
from tests.rights.gatherings import OPEN_TO_ALL
from tests.rights.table import TABLE
from tests.rights.world import School, a_school

pytestmark = pytest.mark.asyncio(loop_scope="module")

EN = texts_in("en")
_SHORT = re.compile(r"(?<![^:])[A-Za-z0-9_-]{22}(?![^:])")
_ABOUT_REPORTS = ("q:dismiss", "q:messages", "q:part", "q:report", "q:suspend", "q:warn")
_ABOUT_OFFERS = (
    "b:gig",
    "b:len",
    "b:wait",
    "b:days",
    "b:day",
    "b:slot",
    "w:hear",
    "w:open",
    "w:write",
)
_SWAPPED = 4  # things of other kinds a button is tried with; its neighbours have other ones
_WHOLE = {"a", "f", "p", "s", "x"}  # what follows is a field, a tutor or a step
_GARBAGE = (
    "", ":", ":" * 30, "x", "-1", "²", "٣", "1" * 60, "x" * 60, "\x00", "🦊" * 14, "../../etc",
    "see:", "see:x", "on:", "yes:", "t:", "AAAAAAAAAAAAAAAAAAAAAA", "approve:x:0", "%s{0}",
)  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def school(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[School]:
    file = tmp_path_factory.mktemp("school") / "linguaflex.db"
    file.write_bytes(sqlite_template.read_bytes())
    async with a_school(f"sqlite+aiosqlite:///{file}") as built:
        yield built


async def test_every_button_stands_in_the_table_and_nothing_else(school: School) -> None:
    shown = {data for owner in school.owners.values() for data in owner.seen}
    prefixes = {data.partition(":")[0] for data in shown}
    assert prefixes == {COMMAND_PREFIX, FLOW_PREFIX, *school.app.product.conversation.presses}
    assert {kind_of(data) for data in owned(school)} == set(TABLE)


async def test_a_button_of_somebody_else_does_what_the_table_says(school: School) -> None:
    for number, right in enumerate(("stranger", "student", "teacher", "admin"), 31):
        actor = school.outsider(number, right)
        await let_in(school, actor, right)
        shown = sorted(owned(school)) if right == "student" else one_of_each(owned(school))
        await refuses(school, actor, [d for d in shown if TABLE[kind_of(d)][right] == "no"])
        own = [data for data in shown if TABLE[kind_of(data)][right] == "self"]
        before = await all_rows(school.app)
        await sends(school, actor, own)
        assert others(await all_rows(school.app), before, actor) == others(before, before, actor)


async def test_made_up_buttons_do_nothing_for_somebody_who_may_do_everything(
    school: School,
) -> None:
    actor = school.outsider(41, "Everything")
    await let_in(school, actor, "everything")
    prefixes = {*school.app.product.conversation.presses, COMMAND_PREFIX, FLOW_PREFIX, "zz", ""}
    made_up = [f"{prefix}:{rest}" for prefix in sorted(prefixes) for rest in _GARBAGE]
    cut = [data.encode()[:64].decode(errors="ignore") for data in (*made_up, *sorted(prefixes))]
    await refuses(school, actor, cut)


async def test_a_button_about_somebody_elses_thing_does_nothing(school: School) -> None:
    actor = school.outsider(42, "Everybody")
    await let_in(school, actor, "everything")
    things = cycle((await ids_of_others(school)).items())
    templates = [data for data in one_of_each(owned(school)) if _SHORT.search(data)]
    swapped = {
        _SHORT.sub(short, re.sub(r":\d+$", ":999", template))
        for template in templates
        for thing, short in islice(things, _SWAPPED)
        if not is_meant(kind_of(template), thing)
    }
    await refuses(school, actor, sorted(swapped))


async def test_a_button_that_was_used_does_what_the_table_says(school: School) -> None:
    found = {kind: await used_twice(school, kind) for kind in in_order(TABLE)}
    assert found == {kind: TABLE[kind]["again"] for kind in found}


def in_order(kinds: Iterable[str]) -> Sequence[str]:
    """What needs a question that is being asked comes first, what ends things last."""
    first = ["m:resend", "m:change", "f", "y:nope", "y:slot", "y:ok", "lv:take"]
    first += ["lv:leave", "lv:pay", "lr:start", "lr:pass"]
    last = [
        "lv:sure",
        "lv:off",
        "lv:alloff",
        "j:accept",
        "hr:sure",
        "q:see",
        "q:certyes",
        "q:approve",
        "h:drop",
        "g:delete",
        "t:end",
        "l:use",
        "k:yes",
        "lr:x",
        "lr:out",
        "lr:end2",
    ]
    return [*first, *sorted(set(kinds) - {*first, *last}), *last]


async def used_twice(school: School, kind: str) -> str:
    """What the newest button of a kind does for its owner when it was used already."""
    owner, data = next(
        (owner, data)
        for owner in school.owners.values()
        for data in reversed(owner.seen)
        if kind_of(data) == kind
    )
    with capture_logs() as logs:
        await school.press(owner, data)
    assert refusals(logs) == [], f"{data} was never good"
    used = await all_rows(school.app)
    with capture_logs() as logs:
        await school.press(owner, data)
    again = await all_rows(school.app)
    if refusals(logs):
        return "no" if again == used else "refused, and yet something changes"
    if lasting(again) == lasting(used):
        return "asks"
    return "anew" if others(again, used, owner) == others(used, used, owner) else "acts"


async def let_in(school: School, actor: Actor, right: str) -> None:
    """Make an outsider somebody with this right, who has written to the bot."""
    roles = frozenset({Role.ADMIN}) if right in {"admin", "everything"} else frozenset()

    def unit(work: Work) -> None:
        who = ("telegram", actor.external_id)
        user = settle_in(work, who, right, roles=roles | {Role.STUDENT})
        if right in {"teacher", "everything"}:
            let_teach(work, user)

    if right != "stranger":
        await school.app.storage.write(unit)
    await actor.person.send_text("/support")
    await school.settle()


async def sends(school: School, actor: Actor, pressed: Iterable[str]) -> None:
    """Press buttons that were never shown to this person."""
    message_id = next(m.message_id for m in actor.person.chat.messages if m.from_bot)
    for data in pressed:
        await actor.person.press(message_id, data=data, is_forged=True)
    await school.settle()


async def refuses(school: School, actor: Actor, pressed: Sequence[str]) -> None:
    """Each of these presses is answered and logged, and changes nothing of anybody's."""
    before, answered = await all_rows(school.app), len(actor.person.chat.callback_answers)
    with capture_logs() as logs:
        await sends(school, actor, pressed)
    assert await all_rows(school.app) == before
    noted = refusals(logs)
    assert len(noted) == len(pressed)
    assert {field for log in noted for field in log} == {"event", "log_level", "key", "what", "why"}
    known = {*school.app.product.conversation.presses, COMMAND_PREFIX, FLOW_PREFIX, "unknown"}
    assert {log["what"] for log in noted} <= known
    assert len(actor.person.chat.callback_answers) - answered == len(pressed)
    assert EN("error.unexpected") not in actor.texts


def refusals(logs: Sequence[MutableMapping[str, Any]]) -> Sequence[MutableMapping[str, Any]]:
    return [log for log in logs if log["event"] == "rights.refused"]


async def ids_of_others(school: School) -> Mapping[str, str]:
    """Short ids of one thing of every kind."""
    rows = await all_rows(school.app)
    tables = {"turn": "turns", "question": "flow_states", "dispute": "disputes"}
    found = {name: rows[table][0].id for name, table in tables.items()}
    everything = {**found, **school.ids, "nothing": new_id()}
    return {name: short_id(each) for name, each in everything.items()}


def is_meant(kind: str, thing: str) -> bool:
    """Whether an administrator, or anybody, may press this about such a thing of somebody."""
    about = {
        **{kind: {"listed", "elsewhere"} for kind in _ABOUT_OFFERS},
        **{kind: {"report"} for kind in _ABOUT_REPORTS},
        "j:decide": {"dispute"},
        "q:see": {"certificate"},
        **dict.fromkeys(("lv:join", "lv:open", "lv:wait"), OPEN_TO_ALL),
    }
    return kind == "q:next" or thing in about.get(kind, set())


def owned(school: School) -> set[str]:
    """All buttons there are but those that stand for commands, which have a table of their own."""
    shown = {data for owner in school.owners.values() for data in owner.seen}
    return {data for data in shown if data.partition(":")[0] != COMMAND_PREFIX}


def one_of_each(buttons: Iterable[str]) -> Sequence[str]:
    """One button of every row of the table."""
    return list({kind_of(data): data for data in sorted(buttons)}.values())


def kind_of(data: str) -> str:
    """The row of the table."""
    prefix, *rest = data.split(":")
    if prefix in _WHOLE:
        return prefix
    if rest[0] == "report" and len(rest) > 2:
        return "r:reason"
    return f"{prefix}:{rest[1] if prefix == 't' else rest[0]}"


def lasting(rows: Rows) -> Mapping[str, Sequence[Mapping[str, object]]]:
    """What the rows say, but for seals, counts of savings, open questions and promises."""
    return {
        name: [
            {key: value for key, value in row._mapping.items() if is_told(key, value)}
            for row in found
        ]
        for name, found in rows.items()
        if name not in {"flow_states", "jobs"}
    }


def is_told(key: str, value: object) -> bool:
    return key != "version" and not isinstance(value, bytes)


def others(rows: Rows, known: Rows, actor: Actor) -> Rows:
    """The rows of everybody else."""
    identities = [row for row in known["identities"] if row.external_id == actor.external_id]
    return rows_of_others(rows, identities[0].user_id)
