"""A teacher and a student, in all that lessons leave behind: taken along whole, removed whole."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.engine import make_url

from bot.accounts.archive import as_document
from bot.app import App
from bot.core.clock import SystemClock
from bot.core.timespan import Timespan
from bot.scheduling.schedule import Feed
from bot.simulators.stripe import StripeSimulator
from bot.simulators.zoom import ZoomSimulator
from bot.storage.billing_tables import billing_parties, invoices
from bot.storage.work import Work
from tests.discord_stage import DiscordStage, a_discord_app, a_discord_stage
from tests.discord_visitors import DiscordVisitor
from tests.relay_stage import acquainted
from tests.rights import lessons
from tests.rights.cast import settled
from tests.stage import a_note
from tests.teaching_stage import (
    ADMIN_ID,
    PDF,
    a_visitor,
    add_certificate,
    make_gig,
    publish,
    register_as_teacher,
    tell_about_teaching,
)
from tests.visitors import (
    JPEG,
    Visitor,
    checkpointed_counts,
    past_the_email,
    stored_of,
    to_the_name,
    user_of,
)

BOTH = frozenset({"telegram", "discord"})
TEACHER, THERE, STUDENT = 770011223344, 880044556677, 990088776655
SCAN = PDF + b"a scan of Oaxaca"
LETTER = "a letter with a zebra in it"  # what the student writes
FEED = "https://calendar.example/xiomara.ics"
OF_TEACHER = (
    str(TEACHER), str(THERE), "Xiomara", "Quetzal", "In Oaxaca", "Which town", "Diploma",
    "Zapotec", "walrus", FEED,
)  # fmt: skip
OF_STUDENT = (str(STUDENT), "Yago", "Tlaloc", LETTER)
OF_BOTH = {"identities", "conversations", "conversation_messages", "lessons", "attendance"}
WRITTEN = ["a walrus from Telegram", "a walrus from Discord", "a painted walrus"]
_TOKEN = re.compile(r"/link (\S+)")


@dataclass
class World:
    """Xiomara teaches, in Telegram and in Discord; Yago learns from her in Discord."""

    stage: DiscordStage
    app: App
    stripe: StripeSimulator
    zoom: ZoomSimulator
    xiomara: Visitor
    there: DiscordVisitor
    yago: DiscordVisitor
    olga: Visitor

    async def settle(self) -> None:
        await settled(self.stage, self.app)

    async def becomes_a_teacher(self) -> None:
        """With a certificate, a question of an administrator, and an offer with her voice."""
        ana, olga = self.xiomara, self.olga
        await register_as_teacher(ana, "Xiomara Quetzal")
        await tell_about_teaching(ana)
        await add_certificate(ana, "Diploma", SCAN)
        await ana.press("Hand in to be verified", then="Handed in.")
        await olga.say("/admin", then="MA in Linguistics")
        await olga.press("Ask for more", then="What do you want to know?")
        await olga.say("Which town", then="Your question is on its way")
        await ana.reads("Which town")
        await ana.press("Answer", then="What is your answer?")
        await ana.say("In Oaxaca", then="Your answer is with the administrators")
        await olga.say("/admin", then="Answer: In Oaxaca")
        await olga.press("Approve", then="Approved, and the teacher was told.")
        await make_gig(ana, "Zapotec")
        await publish(ana)
        await ana.press("Record an introduction", then="up to 30 seconds")
        await ana.person.send_voice(a_note(), 1)
        await ana.reads("Your introduction is on the card.")

    async def uses_discord_too(self) -> None:
        await self.xiomara.say("/link", then="Your connected apps")
        shown = await self.xiomara.press("Code for another app", then="/link ")
        found = _TOKEN.search(shown.text)
        assert found is not None
        await self.there.pane.run("link", code=found[1])
        await self.there.reads("The account of Xiomara")
        await self.there.press("Join", then="Done, Xiomara")

    async def write_to_each_other(self) -> None:
        """From both apps, words, a voice and a picture; then he reports her."""
        student, teacher = ("discord", str(STUDENT)), ("telegram", str(TEACHER))
        await acquainted(self.app, student, teacher)
        await self.xiomara.person.send_text("a walrus from Telegram")
        await self.yago.reads("a walrus from Telegram")
        await self.there.pane.send("a walrus from Discord")
        await self.yago.reads("a walrus from Discord")
        await self.yago.pane.send(LETTER)
        await self.there.reads(LETTER)
        await self.xiomara.person.send_photo(JPEG, caption="a painted walrus")
        await self.yago.reads("a painted walrus")
        await self.yago.say("/write", then="You are writing to Xiomara")
        await self.yago.press("Report", then="What is wrong?")
        await self.yago.press("Insults or harassment", then="The administrators have been told")

    async def have_lessons(self) -> None:
        """One is to come, and one was met, billed and paid by card."""
        teacher, student = await user_of(self.app, self.xiomara), await user_of(self.app, self.yago)
        await self.yago.say("/card", then="Save a card")
        await lessons.save_a_card(self.app, self.stripe)

        def unit(work: Work) -> str:
            now = SystemClock().now()
            lessons.open_hours(work, teacher)
            schedule = work.schedules.get(teacher.id)
            feed = Feed(url=FEED, due_at=now + timedelta(days=1))
            busy = (Timespan.of(now, timedelta(hours=1)),)
            work.schedules.save(replace(schedule, feed=feed, busy=busy))
            (gig,) = work.gigs.ever_of_user(teacher.id)
            lessons.book(work, work.users.get(student.id), gig)
            return lessons.be_over(work, student, gig).id

        over = await self.app.storage.write(unit)
        await lessons.bill(self.app, over)
        await self.yago.reads("Receipt")
        await self.settle()


@pytest.fixture
async def stage() -> AsyncIterator[DiscordStage]:
    async with a_discord_stage() as running:
        yield running


@pytest.fixture
async def world(stage: DiscordStage, sqlite_url: str) -> AsyncIterator[World]:
    async with (
        ZoomSimulator(lessons.HOST) as zoom,
        StripeSimulator() as stripe,
        a_discord_app(
            stage,
            sqlite_url,
            parts=BOTH,
            admins=f"telegram:{ADMIN_ID}",
            **lessons.settings_of(zoom, stripe),
        ) as app,
    ):
        built = World(
            stage,
            app,
            stripe,
            zoom,
            a_visitor(stage, TEACHER, "Xiomara"),
            DiscordVisitor(stage.discord.person(THERE, "Xiomara", locale="en-US")),
            DiscordVisitor(stage.discord.person(STUDENT, "Yago", locale="en-US")),
            a_visitor(stage, ADMIN_ID, "Olga"),
        )
        await built.becomes_a_teacher()
        await built.uses_discord_too()
        await to_the_name(built.yago)
        await built.yago.say("Yago Tlaloc", then="e-mail")
        await built.yago.press("Skip", then="own language")
        await past_the_email(built.yago)
        await built.yago.press("Confirm", then="Welcome, Yago!")
        await built.write_to_each_other()
        await built.have_lessons()
        yield built


async def test_what_lessons_leave_behind_is_taken_along_and_removed_for_each_of_the_two(
    world: World, sqlite_url: str
) -> None:
    hers, his = await told_of(world.app, world.xiomara), await told_of(world.app, world.yago)
    for section in OF_BOTH | {"teacher", "certificates", "gigs", "availability", "meetings_hosted"}:
        assert hers[section], section
    for section in OF_BOTH | {"meeting_links", "conversation_reports"}:
        assert his[section], section
    assert {each["platform"] for each in hers["identities"]} == BOTH
    assert hers["availability"]["feed"]["url"] == FEED
    assert hers["availability"]["busy"]
    assert len(hers["invoices_for_my_lessons"]) == len(his["invoices"]) == 1
    assert "4242" in his["billing_parties"][0]["card_label"]
    assert [needle for needle in OF_TEACHER if needle not in json.dumps(hers)] == []
    assert [needle for needle in OF_STUDENT if needle not in json.dumps(his)] == []
    assert [needle for needle in OF_TEACHER if needle in json.dumps(his)] == []
    assert [needle for needle in OF_STUDENT if needle in json.dumps(hers)] == []
    files = {each.name: each.data for each in (await stored_of(world.app, world.xiomara)).files}
    assert files["certificates/01"] == SCAN
    spoken = files["introductions/01"]

    customer, card = his["billing_parties"][0]["customer_id"], his["billing_parties"][0]["card_id"]
    plain = {str(TEACHER), str(THERE), str(STUDENT), customer, card}
    assert found_in(sqlite_url, *plain) == plain  # what is not sealed is seen

    await forget(world.yago)
    await world.settle()
    assert found_in(sqlite_url, *OF_STUDENT, customer, card) == set()
    assert world.stripe.all("customer") == []
    assert world.zoom.meetings == []
    written = (await told_of(world.app, world.xiomara))["conversation_messages"]
    assert [each["text"] for each in written] == WRITTEN

    await forget(world.there)
    await world.xiomara.reads("Everything about you has been removed")
    await world.settle()
    assert found_in(sqlite_url, *OF_TEACHER, *OF_STUDENT, SCAN, JPEG, spoken[-64:]) == set()
    assert await world.app.storage.read(money_left) == (1, [(None, None, None, None)] * 2)


async def told_of(app: App, visitor: Visitor | DiscordVisitor) -> dict[str, Any]:
    """What the archive says of somebody."""
    kept = await stored_of(app, visitor)
    told: dict[str, Any] = json.loads(as_document(kept.records))
    return told


async def forget(visitor: Visitor | DiscordVisitor) -> None:
    await visitor.say("/forget", then="Remove everything about you")
    await visitor.press("Yes, remove everything", then="Everything about you has been removed")


def found_in(url: str, *needles: str | bytes) -> set[str | bytes]:
    """Those that stand anywhere in the files of the database."""
    assert checkpointed_counts(url)["unfinished"] == 0
    folder = Path(str(make_url(url).database)).parent
    content = b"".join(file.read_bytes() for file in folder.iterdir() if file.is_file())
    return {
        each for each in needles if (each.encode() if isinstance(each, str) else each) in content
    }


def money_left(work: Work) -> tuple[int, list[tuple[Any, ...]]]:
    """How many bills stand, and what leads from them to people."""
    connection = work.users._connection
    p = billing_parties.c
    named = select(p.user_id, p.customer_id, p.card_id, p.card_label)
    bills = connection.execute(select(func.count()).select_from(invoices)).scalar_one()
    return bills, [tuple(row) for row in connection.execute(named)]
