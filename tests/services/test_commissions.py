"""A teacher's own commission: found, set and cleared by an administrator, seen by the teacher."""

from collections.abc import AsyncIterator

import pytest

from bot.accounts.audit import AdminAction
from bot.accounts.model import Role
from bot.messaging.instance import Instance
from bot.storage.engine import open_storage
from bot.storage.vault import Keyring
from bot.storage.work import Work
from tests.paying_stage import PayingStage, button, buttons, texts
from tests.relay_stage import a_profile
from tests.services.test_billing import minutes
from tests.services.test_paying import with_card

VERIFIED = ("teacher", "teaching too", *(f"other {number:02}" for number in range(15)))


@pytest.fixture
async def stage(sqlite_url: str, keyring: Keyring) -> AsyncIterator[PayingStage]:
    storage = open_storage(sqlite_url, keyring, Instance())
    await storage.open()
    stage = PayingStage(storage)
    await stage.join("student", Role.STUDENT)
    await stage.join("admin", Role.ADMIN)
    for name in (*VERIFIED, "waiting"):
        await stage.join(name, Role.TEACHER)

    def teach(work: Work) -> None:
        for name in VERIFIED:
            work.teachers.add(a_profile(name))
        work.teachers.add(a_profile("waiting", is_verified=False))

    await storage.write(teach)
    yield stage
    await storage.aclose()


async def asked_for(stage: PayingStage, name: str) -> list[str]:
    """An administrator looks for a teacher; what is asked then, and the data of "the usual"."""
    opened = await stage.says("admin", "/admin")
    await stage.presses("admin", button(opened, "admin", "i:share").data)
    asked = await stage.says("admin", name)
    usual = [each.data for each in buttons(asked, "admin") if each.label == "The usual one"]
    return [texts(asked, "admin"), *usual]


async def test_a_commission_of_their_own_counts_for_the_next_lesson_and_is_told(
    stage: PayingStage,
) -> None:
    await with_card(stage)
    await asked_for(stage, "teacher")
    assert "12.5%" in texts(await stage.says("admin", "12,5 %"), "teacher")
    assert "12.5% of each lesson" in texts(await stage.says("teacher", "/earnings"), "teacher")
    lesson = minutes(60)
    await stage.end_lesson(lesson)
    invoice = await stage.storage.read(
        lambda work: work.billing.invoices.find_of_booking(lesson.booking_id)
    )
    assert invoice is not None
    assert invoice.commission_bp == 1250


async def test_it_is_cleared_again_and_each_change_stands_in_the_trail(stage: PayingStage) -> None:
    await asked_for(stage, "teacher")
    await stage.says("admin", "0")
    shown, usual = await asked_for(stage, "teacher")
    assert "The commission is 0%" in shown
    assert "15%" in texts(await stage.presses("admin", usual), "teacher")
    trail = await stage.storage.read(lambda work: work.audit.latest(5))
    assert {(e.action, e.subject_id, e.before, e.after) for e in trail} == {
        (AdminAction.SET_COMMISSION, "teacher", "0", "usual"),
        (AdminAction.SET_COMMISSION, "teacher", "usual", "0"),
    }
    listed = await stage.presses("admin", "q:trail:")
    assert "admin set the commission of teacher" in texts(listed, "admin")


async def test_a_part_of_a_name_asks_which_of_several_and_pages_show_the_others(
    stage: PayingStage,
) -> None:
    opened = await stage.says("admin", "/admin")
    listed = await stage.presses("admin", button(opened, "admin", "i:share").data)
    first = [each.label for each in buttons(listed, "admin")]
    more = next(each for each in buttons(listed, "admin") if each.label.startswith("More"))
    second = [e.label for e in buttons(await stage.presses("admin", more.data), "admin")]
    assert set(VERIFIED) < {*first, *second}
    assert "other 00" in first
    assert "teacher" in second
    assert "waiting" not in first + second
    assert "No verified teacher" in texts(await stage.says("admin", "nobody at all"), "admin")
    several = await stage.says("admin", "TEACH")
    assert "Which of them?" in texts(several, "admin")
    chosen = next(each for each in buttons(several, "admin") if each.label == "teaching too")
    assert "The commission is 15%" in texts(await stage.presses("admin", chosen.data), "admin")


@pytest.mark.parametrize("typed", ["101", "-1", "12.345", "a lot", "١٢٣٤"])
async def test_what_is_no_percentage_changes_nothing(stage: PayingStage, typed: str) -> None:
    await asked_for(stage, "teacher")
    assert "from 0 to 100" in texts(await stage.says("admin", typed), "admin")
    assert await stage.storage.read(lambda work: work.audit.latest(5)) == []


async def test_only_administrators_set_it(stage: PayingStage) -> None:
    told = await stage.presses("student", "i:share:")
    assert "Whose commission" not in texts(told, "student")
