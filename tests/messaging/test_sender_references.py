"""Rows that speak of other rows, and those who wait to hear what became of one."""

from bot.messaging.model import Change, MessageKind, Outgoing
from bot.messaging.outbox import Sender
from bot.messaging.ports import Undeliverable
from bot.storage.engine import SqlStorage
from bot.storage.messaging import SendState
from tests.message_builders import HandClock, a_message
from tests.sender_stage import Platform, a_sender, put, receipt

RELAY = MessageKind.RELAY


async def test_a_change_finds_its_message_by_the_key_of_its_row(storage: SqlStorage) -> None:
    platform = Platform()
    sender = a_sender(storage, platform)
    sender.start()
    edit = a_message("edit", change=Change.EDIT, target_key="first", kind=RELAY)
    reply = a_message("reply", reply_to_key="first", kind=RELAY)
    await put(storage, a_message("first", kind=RELAY), edit, reply)
    await sender.all_sent()
    await sender.aclose()

    changed = {message.key: message for message in platform.messages}
    assert changed["edit"].target is not None
    assert changed["edit"].target.message_id == "id first"
    assert changed["reply"].reply_to == "id first"


async def test_a_change_of_what_never_arrived_is_let_go(storage: SqlStorage) -> None:
    platform = Platform()
    platform.troubles["first"] = [Undeliverable("no")]
    sender = a_sender(storage, platform)
    sender.start()
    removal = a_message("gone", change=Change.DELETE, target_key="first", kind=RELAY)
    reply = a_message("reply", reply_to_key="first", kind=RELAY)
    await put(storage, a_message("first", kind=RELAY), removal, reply)
    await sender.all_sent()
    await sender.aclose()

    assert platform.keys("7") == ["reply"]
    gone = await receipt(storage, "gone")
    assert gone is not None
    assert gone.state is SendState.SENT


async def test_whoever_waits_for_a_row_is_told_and_cannot_spoil_its_mark(
    storage: SqlStorage,
) -> None:
    platform = Platform()
    platform.troubles["second"] = [Undeliverable("no")]
    told: list[tuple[str, str | None, str | None]] = []

    def settled(work: object, message: Outgoing, sent_as: str | None, error: str | None) -> None:
        told.append((message.key, sent_as, error))
        if message.key == "third":
            raise RuntimeError("a bug of whoever listens")

    storage.instance.senders.add("test")
    sender = Sender(storage, HandClock(), platform, on_settled=settled)
    sender.start()
    for key in ("first", "second", "third"):
        await put(storage, a_message(key))
        sender.put([a_message(key)])
        await sender.all_sent()
    await sender.aclose()

    assert told == [
        ("first", "id first", None),
        ("second", None, "no"),
        ("third", "id third", None),
    ]
    third = await receipt(storage, "third")
    assert third is not None
    assert third.state is SendState.SENT
