"""The relay's rows, on both engines."""

import asyncio
from dataclasses import replace

import pytest

from bot.chat.mirror import Mirror
from bot.chat.model import ChatMessage, ContentKind, Draft, Focus, Thread
from bot.chat.policy import Limits
from bot.chat.service import Relay
from bot.core.errors import DomainError
from bot.messaging.model import Address
from bot.storage.engine import SqlStorage
from bot.storage.vault import Unreadable
from bot.storage.work import Work
from tests.message_builders import NOW
from tests.relay_stage import a_profile, add_person

RELAY = Relay(Limits(), Mirror(can_translate=False))


async def settle_in(storage: SqlStorage, *names: str) -> None:
    """People, each with a private chat; all may teach."""

    def unit(work: Work) -> None:
        for name in names:
            add_person(work, name)
            work.teachers.add(a_profile(name))

    await storage.write(unit)


def opened(student: str, teacher: str):  # type: ignore[no-untyped-def] # its values say it
    return lambda work: RELAY.open(work, student, teacher, NOW)


def said(work: Work, thread: Thread, author: str, text: str) -> ChatMessage:
    draft = Draft(place=f"test:{author}", message_id=text, text=text)
    return RELAY.send(work, thread, work.users.get(author), draft, NOW)


async def test_two_who_meet_at_the_same_time_have_one_thread(storage: SqlStorage) -> None:
    await settle_in(storage, "ana", "ben")

    outcomes = await asyncio.gather(
        *(storage.write(opened("ana", "ben")) for _ in range(5)), return_exceptions=True
    )
    again = await storage.write(opened("ana", "ben"))

    assert {thread.id for thread in outcomes if isinstance(thread, Thread)} == {again.id}
    assert await storage.read(lambda work: work.chat.threads.of_user("ana")) == [again]


async def test_only_verified_teachers_are_contacted(storage: SqlStorage) -> None:
    await settle_in(storage, "ana")
    await storage.write(lambda work: add_person(work, "eve"))

    with pytest.raises(DomainError) as refusal:
        await storage.write(opened("ana", "eve"))

    assert refusal.value.key == "relay.refused.teacher"


async def test_texts_are_readable_with_their_authors_key_alone(storage: SqlStorage) -> None:
    await settle_in(storage, "ana", "ben")
    thread = await storage.write(opened("ana", "ben"))
    mine = await storage.write(lambda work: said(work, thread, "ana", "hello"))

    await storage.write(lambda work: work.vault.destroy("ana"))

    with pytest.raises(Unreadable):
        await storage.read(lambda work: work.chat.messages.get(mine.id))


async def test_who_is_forgotten_leaves_what_others_wrote(storage: SqlStorage) -> None:
    await settle_in(storage, "ana", "ben")
    thread = await storage.write(opened("ana", "ben"))
    await storage.write(lambda work: said(work, thread, "ana", "mine"))
    await storage.write(lambda work: said(work, thread, "ben", "yours"))
    await storage.write(lambda work: RELAY.focus(work, "ben", thread))

    await storage.write(lambda work: work.chat.remove_of_user("ana"))

    left = await storage.read(lambda work: work.chat.messages.latest(thread.id, 10))
    assert [message.text for message in left] == ["yours"]
    assert await storage.read(lambda work: work.chat.focuses.find("ben")) is None


async def test_no_row_names_the_chat_of_whoever_is_forgotten(storage: SqlStorage) -> None:
    await settle_in(storage, "ana", "ben")
    thread = await storage.write(opened("ana", "ben"))
    room = Address("telegram", "-100200", "7")
    placed = await storage.write(lambda work: work.chat.threads.save(thread.placed("ana", room)))
    shown = await storage.write(lambda work: said(work, placed, "ben", "yours"))
    assert await storage.read(lambda work: work.chat.copies.of_message(shown.id))

    await storage.write(lambda work: work.chat.remove_of_user("ana"))

    assert await storage.read(lambda work: work.chat.copies.of_message(shown.id)) == []
    left = await storage.read(lambda work: work.chat.threads.get(thread.id))
    assert left.place_of("ana") is None


async def test_joining_two_loses_no_block(storage: SqlStorage) -> None:
    await settle_in(storage, "ana", "ana2", "ben")
    await storage.write(opened("ana", "ben"))
    double = await storage.write(opened("ana2", "ben"))
    await storage.write(lambda work: work.chat.threads.save(double.blocked("ben", is_blocked=True)))

    await storage.write(lambda work: work.chat.merge("ana2", "ana"))

    (kept,) = await storage.read(lambda work: work.chat.threads.of_user("ana"))
    assert kept.has_blocked("ben")


async def test_threads_of_two_who_are_one_are_joined(storage: SqlStorage) -> None:
    await settle_in(storage, "ana", "ana2", "ben", "cleo")
    known = await storage.write(opened("ana", "ben"))
    double = await storage.write(opened("ana2", "ben"))
    other = await storage.write(opened("ana2", "cleo"))
    own = await storage.write(opened("ana2", "ana"))
    for thread, author, text in (
        (known, "ana", "one"),
        (double, "ana2", "two"),
        (double, "ben", "three"),
        (other, "ana2", "four"),
        (own, "ana", "to myself"),
    ):
        await storage.write(lambda work, t=thread, a=author, x=text: said(work, t, a, x))
    await storage.write(
        lambda work: work.chat.focuses.put(Focus(user_id="ben", thread_id=double.id))
    )

    def join(work: Work) -> None:
        work.chat.merge("ana2", "ana")
        work.vault.destroy("ana2")

    await storage.write(join)

    def look(work: Work) -> tuple[list[str], list[str], str, int]:
        threads = work.chat.threads.of_user("ana")
        focus = work.chat.focuses.find("ben")
        assert focus is not None
        return (
            [message.text for message in work.chat.messages.latest(known.id, 10)],
            [message.text for message in work.chat.messages.latest(other.id, 10)],
            focus.thread_id,
            len(threads),
        )

    assert await storage.read(look) == (["one", "two", "three"], ["four"], known.id, 2)


async def test_what_was_sent_lately_is_counted(storage: SqlStorage) -> None:
    await settle_in(storage, "ana", "ben")
    thread = await storage.write(opened("ana", "ben"))
    message = ChatMessage(thread_id=thread.id, sender_id="ana", kind=ContentKind.TEXT, at=NOW)
    hours_ago = NOW.replace(hour=2)

    def unit(work: Work) -> tuple[int, int]:
        work.chat.messages.add(message)
        work.chat.messages.add(replace(message, id="x" * 36, at=hours_ago))
        return work.chat.messages.count_since(
            "ana", NOW.replace(hour=11, minute=59), NOW.replace(hour=1)
        )

    assert await storage.write(unit) == (1, 2)
