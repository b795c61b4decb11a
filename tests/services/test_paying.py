"""Cards, receipts, earnings and disagreements, as the two people of a lesson live through them."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.accounts.model import Role
from bot.billing.ledger import first_fault
from bot.core.money import Money
from bot.meetings.model import Source as SightingSource
from bot.meetings.model import What
from bot.messaging.instance import Instance
from bot.messaging.model import Outgoing
from bot.storage.engine import open_storage
from bot.storage.vault import Keyring
from bot.storage.work import Work
from tests.billing_stage import DECLINED
from tests.paying_stage import PayingStage, button, buttons, texts
from tests.services.test_billing import minutes
from tests.storage.test_meeting_rows import a_meeting, a_sighting
from tests.unit.billing.lessons import a_lesson


@pytest.fixture
async def stage(sqlite_url: str, keyring: Keyring) -> AsyncIterator[PayingStage]:
    storage = open_storage(sqlite_url, keyring, Instance())
    await storage.open()
    stage = PayingStage(storage)
    await stage.join("student", Role.STUDENT)
    await stage.join("teacher", Role.TEACHER)
    await stage.join("stranger", Role.STUDENT)
    await stage.join("admin", Role.ADMIN)
    yield stage
    entries = await storage.read(lambda work: work.billing.ledger.entries(0, 1_000))
    head = await storage.read(lambda work: work.billing.ledger.head())
    assert first_fault(head, [entries]) is None
    await storage.aclose()


async def with_card(stage: PayingStage, behaviour: str = "good") -> list[Outgoing]:
    """The student saves a card on the page that /card shows."""
    shown = await stage.says("student", "/card")
    (page,) = [each.url for each in buttons(shown, "student") if each.url]
    page_id = next(p for p in stage.gateway.pages if page.endswith(p.removeprefix("page-")))
    stage.gateway.save_card_on(page_id, behaviour)
    before = len(stage.told)
    await stage.desk.cards.look(page_id)
    return stage.told[before:]


async def test_a_card_is_saved_on_the_gateways_page_and_told(stage: PayingStage) -> None:
    assert "Visa ··4242" in texts(await with_card(stage), "student")
    assert "Visa ··4242" in texts(await stage.says("student", "/card"), "student")
    removed = await stage.presses("student", "i:uncard:")
    assert "removed" in texts(removed, "student")
    assert stage.gateway.cards == {}


async def test_after_the_lesson_the_student_gets_a_receipt_and_the_teacher_their_part(
    stage: PayingStage,
) -> None:
    await with_card(stage)
    told = await stage.end_lesson(minutes(46))
    receipt = texts(told, "student")
    for part in ("Receipt 1", "18:00:00", "18:46:00", "46 min at €24.00", "Total: €18.40", "Paid"):
        assert part in receipt
    assert "€15.64" in texts(told, "teacher")
    paper = await stage.presses("student", button(told, "student", "i:pdf").data)
    (file,) = [m.attachment for m in paper if m.attachment]
    assert file.filename == "receipt-1.pdf"
    blob = await stage.storage.read(lambda work: work.blobs.get(file.blob_id))
    assert blob.startswith(b"%PDF-")
    listed = await stage.says("student", "/receipts")
    assert "€18.40" in button(listed, "student", "i:show").label


async def test_where_the_meetings_sources_disagree_receipt_and_evidence_say_so(
    stage: PayingStage,
) -> None:
    await with_card(stage)
    lesson = minutes(46)
    told = await stage.end_lesson(lesson)
    assert "apart" not in texts(told, "student")
    meeting = a_meeting(subject_id=lesson.booking_id, differs=True)
    joined, left = meeting.starts_at, meeting.starts_at + timedelta(minutes=46)
    facts = [
        replace(a_sighting(meeting), at=joined),
        replace(a_sighting(meeting), at=left, what=What.LEFT),
        replace(
            a_sighting(meeting),
            at=joined,
            source=SightingSource.ZOOM_REPORT,
            what=What.STAYED,
            until=left + timedelta(minutes=3, seconds=20),
        ),
    ]

    def differ(work: Work) -> None:
        work.meetings.add(meeting)
        work.sightings.add(*facts, at=left)

    await stage.storage.write(differ)
    receipt = button(told, "student", "i:pdf").data.replace("pdf", "show")
    shown = await stage.presses("student", receipt)
    assert "up to 3 min 20 sec apart" in texts(shown, "student")
    opened = await stage.presses("student", button(told, "student", "j:open").data)
    assert "up to 3 min 20 sec apart" in texts(opened, "teacher")


async def test_nothing_is_owed_where_they_never_met_and_both_hear_it(stage: PayingStage) -> None:
    told = await stage.end_lesson(a_lesson())
    assert "Nothing is charged" in texts(told, "student")
    assert "Nothing is charged" in texts(told, "teacher")


async def reads_in(stage: PayingStage, name: str, language: str) -> None:
    await stage.storage.write(
        lambda work: work.users.save(replace(work.users.get(name), ui_language=language))
    )


async def test_a_declined_card_leads_to_a_page_and_reminders_until_it_is_paid(
    stage: PayingStage,
) -> None:
    await with_card(stage, DECLINED)
    told = await stage.end_lesson(minutes(46))
    assert "could not be charged" in texts(told, "student")
    assert "could not be charged" in texts(await stage.work(days=1), "student")
    shown = await stage.presses("student", button(told, "student", "i:pay").data)
    (page,) = [each.url for each in buttons(shown, "student") if each.url]
    await reads_in(stage, "student", "es")
    again = await stage.presses("student", button(told, "student", "i:pay").data)
    assert [each.url for each in buttons(again, "student") if each.url] == [page]
    await reads_in(stage, "student", "en")
    page_id = next(p for p in stage.gateway.pages if page.endswith(p.removeprefix("page-")))
    stage.gateway.pay(page_id)
    before = len(stage.told)
    await stage.desk.reconciler.look()
    assert "Paid" in texts(stage.told[before:], "student")
    assert "could not be charged" not in texts(await stage.work(days=7), "student")


async def test_both_see_the_same_evidence_and_a_yes_refunds_the_difference(
    stage: PayingStage,
) -> None:
    await with_card(stage)
    told = await stage.end_lesson(minutes(46))
    opened = await stage.presses("student", button(told, "student", "j:open").data)
    mine, theirs = texts(opened, "student"), texts(opened, "teacher")
    assert "46 minutes, €18.40" in mine
    assert mine.strip() == theirs.strip()
    assert "Propose how many minutes" in mine
    await stage.presses("student", button(opened, "student", "j:propose").data)
    assert "from 0 to 46" in texts(await stage.says("student", "47"), "student")
    proposed = await stage.says("student", "30")
    assert "student proposes 30 minutes" in texts(proposed, "teacher")
    await stage.presses("teacher", button(proposed, "teacher", "j:accept").data)
    refunded = await stage.work()
    assert "€6.40" in texts(refunded, "student")
    assert (stage.gateway.taken, stage.gateway.refunded[0][1]) == (1200, Money(640, "EUR"))


async def test_an_administrator_decides_where_they_cannot_agree(stage: PayingStage) -> None:
    await with_card(stage)
    told = await stage.end_lesson(minutes(46))
    opened = await stage.presses("student", button(told, "student", "j:open").data)
    assert "disagree" in texts(opened, "admin")
    queue = await stage.says("admin", "/admin")
    shown = await stage.presses("admin", button(queue, "admin", "j:queue").data)
    await stage.presses("admin", button(shown, "admin", "j:decide").data)
    decided = await stage.says("admin", "0")
    assert "decided: 0 minutes" in texts(decided, "student")
    assert "decided: 0 minutes" in texts(decided, "teacher")
    await stage.work()
    assert stage.gateway.taken == 0
    trail = await stage.storage.read(lambda work: work.audit.latest(1))
    assert [(entry.before, entry.after) for entry in trail] == [("46", "0")]


async def test_after_seventy_two_hours_it_is_too_late_to_disagree(stage: PayingStage) -> None:
    await with_card(stage)
    told = await stage.end_lesson(minutes(46))
    await stage.work(hours=73)
    answer = await stage.presses("student", button(told, "student", "j:open").data)
    assert "is over" in texts(answer, "student")


async def test_nobody_else_can_press_any_of_it(stage: PayingStage) -> None:
    await with_card(stage)
    told = await stage.end_lesson(minutes(46))
    opened = await stage.presses("student", button(told, "student", "j:open").data)
    await stage.presses("student", button(opened, "student", "j:propose").data)
    proposed = await stage.says("student", "30")
    everything = [*told, *opened, *proposed]
    for name in ("student", "teacher", "admin"):
        for each in buttons(everything, name):
            answer = texts(await stage.presses("stranger", each.data), "stranger")
            assert "€" not in answer
    own_proposal = button(proposed, "teacher", "j:accept").data
    await stage.presses("student", own_proposal)
    await stage.work()
    assert stage.gateway.taken == 1840


async def test_earnings_wait_for_the_time_to_disagree_and_can_be_stated(
    stage: PayingStage,
) -> None:
    await with_card(stage)
    await stage.end_lesson(minutes(46))
    shown = texts(await stage.says("teacher", "/earnings"), "teacher")
    assert "Ready: €0.00" in shown
    assert "€15.64" in shown
    await stage.work(hours=73)
    later = await stage.says("teacher", "/earnings")
    assert "Ready: €15.64" in texts(later, "teacher")
    table = await stage.presses("teacher", "i:csv:")
    (file,) = [m.attachment for m in table if m.attachment]
    rows = await stage.storage.read(lambda work: work.blobs.get(file.blob_id))
    assert b"Lesson,1,15.64,EUR" in rows
    paper = await stage.presses("teacher", "i:paper:")
    assert [m.attachment.filename for m in paper if m.attachment] == ["my-statement.pdf"]
