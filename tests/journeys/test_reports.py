"""Somebody reports a partner; an administrator looks at it and decides, or nobody can."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from bot.accounts.audit import AdminAction
from bot.app import App
from bot.chat.model import Report, Thread
from tests.relay_stage import acquainted, make_admin, met
from tests.stage import Stage, a_stage, an_app, labels
from tests.visitors import Visitor, user_of


@dataclass
class World:
    """Ana learns from Ben, who was rude to her; Olga may become an administrator."""

    app: App
    ana: Visitor
    ben: Visitor
    olga: Visitor

    async def report(self) -> None:
        """Ana reports Ben, up to the choice of a reason."""
        await self.ben.person.send_text("something rude")
        await self.ana.reads("something rude")
        await self.ana.say("/write", then="You are writing to Ben")
        await self.ana.press("Report", then="What is wrong?")

    async def reported_to_olga(self) -> None:
        await make_admin(self.app, ("telegram", self.olga.external_id))
        await self.report()
        await self.ana.press("Insults or harassment", then="The administrators have been told")
        await self.olga.reads("Ben: something rude")

    async def waiting(self) -> list[Report]:
        return list(await self.app.storage.read(lambda work: work.chat.reports.waiting()))

    async def thread(self) -> Thread:
        user = await user_of(self.app, self.ana)
        return (await self.app.storage.read(lambda w: w.chat.threads.of_user(user.id)))[0]

    async def newest(self) -> AdminAction:
        return (await self.app.storage.read(lambda work: work.audit.latest(1)))[0].action


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with a_stage() as built:
        yield built


@pytest.fixture
async def world(stage: Stage, sqlite_url: str) -> AsyncIterator[World]:
    async with an_app(stage, sqlite_url) as app:
        people = [
            Visitor(stage.telegram.person(number, name))
            for number, name in ((1, "Ana"), (2, "Ben"), (3, "Olga"))
        ]
        for visitor in people:
            await met(app, visitor.person)
        await acquainted(app, ("telegram", "1"), ("telegram", "2"))
        yield World(app, *people)


async def test_a_report_nobody_can_read_is_kept_and_blocks_at_once(world: World) -> None:
    await world.report()
    told = await world.ana.press("Insults or harassment", then="There is no administrator here")
    assert "Ben is blocked for you" in told.text
    user = await user_of(world.app, world.ana)
    assert (await world.thread()).has_blocked(user.id)
    assert len(await world.waiting()) == 1
    await make_admin(world.app, ("telegram", world.olga.external_id))
    await world.olga.say("/admin", then="Ana reports Ben")


async def test_the_queue_says_who_reported_whom_and_why_and_shows_the_messages_when_asked(
    world: World,
) -> None:
    await world.reported_to_olga()
    await world.ben.person.send_text("written afterwards")
    await world.ana.reads("written afterwards")
    await world.olga.say("/admin", then="1 report waits.")
    card = await world.olga.reads("Ana reports Ben")
    assert "Insults or harassment" in card.text
    assert "something rude" not in card.text
    seen = await world.olga.press("See the messages", then="Ben: something rude")
    assert "written afterwards" not in seen.text
    assert await world.newest() is AdminAction.SEE_REPORT


@pytest.mark.parametrize(
    ("label", "done", "told", "action"),
    [
        ("Dismiss", "Dismissed", None, AdminAction.DISMISS_REPORT),
        ("Warn", "Warned", "Please stay polite", AdminAction.WARN_PERSON),
        ("End the conversation", "both were told", "has ended", AdminAction.PART_PEOPLE),
        ("Suspend the teacher", "Suspended", "suspended you", AdminAction.SUSPEND_TEACHER),
    ],
)
async def test_a_verdict_is_carried_out_told_and_written_down(
    world: World, label: str, done: str, told: str | None, action: AdminAction
) -> None:
    await world.reported_to_olga()
    await world.olga.say("/admin", then="Ana reports Ben")
    await world.olga.press(label, then=done)
    await world.olga.reads("Nobody waits")
    if told is not None:
        await world.ben.reads(told)
    assert await world.waiting() == []
    assert await world.newest() is action
    thread = await world.thread()
    assert thread.student_blocked == thread.teacher_blocked == (action is AdminAction.PART_PEOPLE)
    ben = await user_of(world.app, world.ben)
    profile = await world.app.storage.read(lambda work: work.teachers.find_of_user(ben.id))
    assert profile is not None
    assert profile.is_verified == (action is not AdminAction.SUSPEND_TEACHER)


async def test_an_administrator_neither_sees_nor_decides_a_report_of_themselves(
    world: World,
) -> None:
    await make_admin(world.app, ("telegram", world.ben.external_id))
    await world.report()
    await world.ana.press("Insults or harassment", then="There is no administrator here")
    card = await world.ben.say("/admin", then="Administration")
    assert "report" not in card.text
    assert not any(
        "Dismiss" in label for m in world.ben.person.chat.messages for label in labels(m)
    )
