"""Paying for a seat as people see it: the page, the receipt, what went wrong, what comes back."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from bot.accounts.model import Role
from bot.billing.gateway import PaymentChanged
from bot.core.entity import new_id
from bot.flows.live.words import live_data
from bot.live.model import LiveConversation, SeatStatus
from bot.messaging.model import Outgoing
from bot.storage.engine import SqlStorage
from tests.paying_stage import PayingStage, button, buttons, texts

PRICE = "€12.00"


@pytest.fixture
async def stage(storage: SqlStorage) -> PayingStage:
    made = PayingStage(storage)
    await made.join("ana", Role.STUDENT)
    await made.join("ben", Role.STUDENT)
    await made.join("emma", Role.TEACHER)
    return made


@pytest.fixture
async def coffee(stage: PayingStage) -> LiveConversation:
    starts_at = stage.clock.now() + timedelta(days=2)
    planned = LiveConversation(
        id=new_id(),
        host_id="emma",
        title="Coffee and small talk",
        language="es",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=1),
        seats=1,
        price_minor=1200,
        currency="EUR",
        wall_time=f"{starts_at:%Y-%m-%dT%H:%M}",
        zone="UTC",
        tz_version="test",
        created_at=stage.clock.now(),
    )
    return await stage.storage.write(lambda work: work.live.conversations.add(planned))


async def offered(stage: PayingStage, coffee: LiveConversation, name: str) -> list[Outgoing]:
    """They take a seat and ask for the page."""
    await stage.presses(name, live_data("join", coffee.id))
    return await stage.presses(name, live_data("pay", coffee.id))


async def pays(stage: PayingStage, **later: float) -> Sequence[Outgoing]:
    """On the newest page; Stripe tells so much later."""
    payment = stage.gateway.pay(next(reversed(stage.gateway.pages)))
    stage.clock.at += timedelta(**later)
    await stage.storage.write(lambda work: stage.desk.hear(work, PaymentChanged(payment)))
    return await stage.work()


async def test_a_held_seat_is_paid_on_a_page_and_the_receipt_says_what_was_bought(
    stage: PayingStage, coffee: LiveConversation
) -> None:
    asked = await offered(stage, coffee, "ana")
    assert "Your seat in “Coffee and small talk”" in texts(asked, "ana")
    assert PRICE in texts(asked, "ana")
    urls = [each.url for each in buttons(asked, "ana") if each.url]
    assert urls == [f"https://gateway.test/{next(reversed(stage.gateway.pages))}"]
    told = await pays(stage)
    receipt = texts(told, "ana")
    for part in (
        "Receipt 1",
        "Conversation: Coffee and small talk",
        "Participant: ana",
        "Teacher: emma",
        "Language: Spanish",
        f"One seat: {PRICE}",
        f"Total: {PRICE}",
        "Paid",
    ):
        assert part in receipt
    assert "ana has paid for a seat in “Coffee and small talk”: €10.20" in texts(told, "emma")


async def test_the_receipt_is_printed_and_kept(
    stage: PayingStage, coffee: LiveConversation
) -> None:
    await offered(stage, coffee, "ana")
    told = await pays(stage)
    printed = await stage.presses("ana", button(told, "ana", "i:pdf").data)
    (file,) = [message.attachment for message in printed if message.attachment is not None]
    assert file.filename == "receipt-1.pdf"
    assert "1 · " in "".join(b.label for b in buttons(await stage.says("ana", "/receipts"), "ana"))
    assert "Coffee and small talk" in texts(
        await stage.presses("emma", button(told, "emma", "i:show").data), "emma"
    )


async def test_a_declined_card_is_told_once_and_the_page_can_be_opened_again(
    stage: PayingStage, coffee: LiveConversation
) -> None:
    await offered(stage, coffee, "ana")
    declined = PaymentChanged(stage.gateway.decline(next(reversed(stage.gateway.pages))))
    for _ in range(2):
        await stage.storage.write(lambda work: stage.desk.hear(work, declined))
        await stage.work()
    told = [message for message in stage.told if "did not work" in message.text]
    assert [message.to.room for message in told] == ["ana"]
    await stage.presses("ana", button(told, "ana", "lv:pay").data)
    assert "Receipt 1" in texts(await pays(stage), "ana")


async def test_who_paid_too_late_for_a_seat_that_is_gone_hears_that_their_money_is_on_its_way(
    stage: PayingStage, coffee: LiveConversation
) -> None:
    await offered(stage, coffee, "ana")
    payment = stage.gateway.pay(next(reversed(stage.gateway.pages)))

    def lapse_and_sell(work):  # type: ignore[no-untyped-def]
        seat = work.live.seats.find_of(coffee.id, "ana")
        stage.product.live.seats.expire(work, seat.id)
        return stage.product.live.seats.book(work, coffee.id, "ben")

    stage.clock.at += timedelta(minutes=31)
    assert (await stage.storage.write(lapse_and_sell)).status is SeatStatus.HELD
    await stage.storage.write(lambda work: stage.desk.hear(work, PaymentChanged(payment)))
    told = texts(await stage.work(), "ana")
    assert f"{PRICE} for your seat in “Coffee and small talk” are on the way back" in told
    assert "Receipt 1\n" not in told
    assert stage.gateway.taken == 0


async def test_who_leaves_in_time_reads_that_everything_comes_back(
    stage: PayingStage, coffee: LiveConversation
) -> None:
    await offered(stage, coffee, "ana")
    await pays(stage)
    await stage.presses("ana", live_data("sure", coffee.id))
    assert f"{PRICE} for your seat" in texts(await stage.work(), "ana")
    assert stage.gateway.taken == 0


async def test_a_seat_nobody_holds_any_more_has_no_page(
    stage: PayingStage, coffee: LiveConversation
) -> None:
    await stage.presses("ana", live_data("join", coffee.id))
    await stage.work(minutes=31)
    await stage.presses("ana", live_data("pay", coffee.id))
    assert stage.gateway.pages == {}


async def test_a_bill_of_a_seat_is_not_paid_like_one_of_a_lesson(
    stage: PayingStage, coffee: LiveConversation
) -> None:
    await offered(stage, coffee, "ana")
    await pays(stage)
    receipt = button(stage.told, "ana", "i:pdf").data.replace("i:pdf", "i:pay")
    pages = len(stage.gateway.pages)
    await stage.presses("ana", receipt)
    assert len(stage.gateway.pages) == pages


async def test_a_disagreement_about_a_seat_ends_with_a_part_of_its_price(
    stage: PayingStage, coffee: LiveConversation
) -> None:
    await offered(stage, coffee, "ana")
    told = await pays(stage, days=2, hours=2)
    opened = await stage.presses("ana", button(told, "ana", "j:open").data)
    assert "Paid for one seat of 60 minutes: €12.00" in texts(opened, "ana")
    await stage.presses("ana", button(opened, "ana", "j:propose").data)
    proposed = await stage.says("ana", "20")
    await stage.presses("emma", button(proposed, "emma", "j:accept").data)
    await stage.work()
    assert stage.gateway.taken == 400


async def test_a_teachers_statement_names_seats(
    stage: PayingStage, coffee: LiveConversation
) -> None:
    await offered(stage, coffee, "ana")
    await pays(stage)
    sent = await stage.presses("emma", "i:csv:")
    (file,) = [message.attachment for message in sent if message.attachment is not None]
    blob_id = file.blob_id
    assert blob_id is not None
    table = await stage.storage.read(lambda work: work.blobs.get(blob_id))
    assert "Seat in a live conversation,1,10.20,EUR" in table.decode("utf-8-sig")
