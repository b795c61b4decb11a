"""A lesson's invitation by mail: it arrives, programs know it as one, and it tells no secrets."""

from collections.abc import Sequence
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import pytest
from icalendar import Calendar

from bot.flows.lesson_news import LessonNews
from bot.messaging.adapters.smtp_mail import SmtpMessenger
from bot.messaging.model import MessageKind, Outgoing
from bot.scheduling.model import Booking, BookingStatus
from bot.simulators.mailbox import Mailbox
from bot.storage.engine import SqlStorage
from bot.storage.work import Work
from tests.booking_stage import booked, settle_in
from tests.message_builders import NOW
from tests.scheduling.test_lesson_course import Room

ADDRESSES = {"sam": "sam@example.org", "tea": "tea@example.org"}
NEWS = LessonNews(Room(), sends_mail=True)


@pytest.fixture
async def lesson(storage: SqlStorage) -> Booking:
    def unit(work: Work) -> Booking:
        settle_in(work, "sam")
        for name, address in ADDRESSES.items():
            person = work.users.get(name)
            work.users.save(replace(person, email=address, email_verified_at=NOW))
        return booked(work, "sam")

    return await storage.write(unit)


async def told(storage: SqlStorage, lesson: Booking, name: str) -> Sequence[Outgoing]:
    def unit(work: Work) -> Sequence[Outgoing]:
        NEWS.card(work, lesson, name, "booking.news.booked", NOW)
        return list(work.outbox.fresh)

    return await storage.write(unit)


async def mailed(storage: SqlStorage, lesson: Booking, name: str) -> EmailMessage:
    """The mail as it arrives."""
    messages = await told(storage, lesson, name)
    (message,) = [each for each in messages if each.kind is MessageKind.MAIL]
    file = message.attachment
    assert file is not None
    content = await storage.read(lambda work: work.blobs.get(file.blob_id))
    async with Mailbox() as mailbox:
        await SmtpMessenger(mailbox.url, "bot@example.org").send(message, content)
        return (await mailbox.wait(to=ADDRESSES[name])).message


def calendar_of(mail: EmailMessage) -> Any:
    """The part that makes a mail an invitation."""
    (part,) = [each for each in mail.walk() if each.get_content_type() == "text/calendar"]
    return part


def event_of(data: Any) -> Any:
    (event,) = Calendar.from_ical(data).walk("VEVENT")
    return event


@pytest.mark.parametrize(("name", "other"), [("sam", "tea"), ("tea", "sam")])
async def test_it_arrives_as_an_invitation_to_whoever_reads_it(
    storage: SqlStorage, lesson: Booking, name: str, other: str
) -> None:
    mail = await mailed(storage, lesson, name)
    assert mail.get_content_type() == "multipart/mixed"
    part = calendar_of(mail)
    assert part.get_param("method") == "REQUEST"
    assert part.get_content_charset() == "utf-8"
    text = part.get_content()
    event = event_of(text)
    assert "METHOD:REQUEST" in text
    assert event["ORGANIZER"] == f"mailto:teacher-{lesson.id}@linguaflex.invalid"
    assert event["ORGANIZER"].params["CN"] == "tea"
    own, theirs = event["ATTENDEE"]
    assert (own, own.params["CN"]) == (f"mailto:{ADDRESSES[name]}", name)
    assert theirs.endswith("@linguaflex.invalid")
    assert theirs.params["CN"] == other
    assert ADDRESSES[other] not in text.replace("\r\n ", "").replace("\n ", "")
    (file,) = (part for part in mail.walk() if part.get_filename() is not None)
    assert file.get_filename() == "lesson.ics"
    assert event_of(file.get_payload(decode=True)) == event


async def test_a_lesson_that_was_called_off_is_taken_out_of_the_calendar(
    storage: SqlStorage, lesson: Booking
) -> None:
    off = lesson.moved_to(BookingStatus.CANCELLED)
    mail = await mailed(storage, off, "sam")
    part = calendar_of(mail)
    assert part.get_param("method") == "CANCEL"
    event = event_of(part.get_content())
    assert (event["UID"], event["STATUS"]) == (f"{lesson.id}@linguaflex.invalid", "CANCELLED")


async def test_in_the_chat_it_names_both_and_the_address_of_neither(
    storage: SqlStorage, lesson: Booking
) -> None:
    messages = await told(storage, lesson, "sam")
    (file,) = [m.attachment for m in messages if m.kind is not MessageKind.MAIL and m.attachment]
    data = await storage.read(lambda work: work.blobs.get(file.blob_id))
    event = event_of(data)
    assert {each.params["CN"] for each in event["ATTENDEE"]} == {"sam", "tea"}
    assert all(each.endswith("@linguaflex.invalid") for each in event["ATTENDEE"])
    assert file.mime == "text/calendar"
