"""Telling the two of a lesson what became of it: each in their own clock, language and place."""

from collections.abc import Callable, Sequence
from datetime import datetime

from bot.accounts.couriers import MAIL
from bot.accounts.model import User
from bot.accounts.reach import preferred_address
from bot.flows.lesson_ports import Meetings
from bot.flows.lesson_words import Reader, book_button, lesson_facts, name_of, title_of
from bot.flows.ports import FlowWork
from bot.flows.scene import Rows
from bot.messaging.model import (
    Address,
    Attachment,
    MediaKind,
    MessageKind,
    Outgoing,
    Paragraph,
)
from bot.scheduling.invites import FILE_NAME, MIME, Guest, invite, method_of
from bot.scheduling.model import Booking

Worded = Callable[[Reader], Sequence[Paragraph]]
WordedRows = Callable[[Reader], Rows]


class LessonNews:
    """Messages about a lesson that nobody asked for just then.

    Args:
        sends_mail: calendar entries go to confirmed addresses too.
    """

    def __init__(self, meetings: Meetings, *, sends_mail: bool) -> None:
        self._meetings = meetings
        self._sends_mail = sends_mail

    def card(
        self, work: FlowWork, booking: Booking, user_id: str, head: str, now: datetime
    ) -> None:
        """The lesson as it stands, with a calendar file: booked, moved or called off."""
        user = work.users.find(user_id)
        if user is None:
            return
        file = self._calendar(work, booking, user, now)
        self.post(
            work,
            user,
            f"lesson:{booking.id}:{booking.version}:{head}:{user_id}",
            now,
            lambda reader: [
                Paragraph(_headline(work, booking, reader, head)),
                *lesson_facts(work, booking, reader),
            ],
            lambda reader: card_rows(booking, reader),
            file,
        )
        self._mail(work, booking, user, head, now)
        self._in_room(work, booking, user, head, now)

    def say(
        self,
        work: FlowWork,
        booking: Booking,
        user_id: str,
        key: str,
        now: datetime,
        rows: WordedRows = lambda _: (),
        **params: object,
    ) -> None:
        """A line about the lesson to one of the two, who reads the other one's name in it."""
        user = work.users.find(user_id)
        if user is None:
            return

        def body(reader: Reader) -> Sequence[Paragraph]:
            return [Paragraph(_headline(work, booking, reader, key, **params))]

        name = f"lesson:{booking.id}:{booking.version}:{key}:{user_id}"
        self.post(work, user, name, now, body, rows)

    def post(
        self,
        work: FlowWork,
        user: User,
        key: str,
        now: datetime,
        body: Worded,
        rows: WordedRows = lambda _: (),
        file: Attachment | None = None,
    ) -> None:
        """Write to somebody where they were last; nowhere, where they shut us out."""
        to = preferred_address(work.identities.of_user(user.id))
        if to is None:
            return
        reader = Reader(user, to.platform)
        work.outbox.put(
            Outgoing(
                key=key,
                to=to,
                user_id=user.id,
                kind=MessageKind.NEWS,
                body=tuple(body(reader)),
                buttons=tuple(tuple(row) for row in rows(reader) if row),
                attachment=file,
            ),
            at=now,
        )

    def calendar_file(
        self, work: FlowWork, booking: Booking, user: User, now: datetime
    ) -> Attachment:
        """The lesson for the person's calendar, removed once it was sent."""
        return self._calendar(work, booking, user, now)

    def _calendar(
        self, work: FlowWork, booking: Booking, user: User, now: datetime, mime: str = MIME
    ) -> Attachment:
        """A mail carries the person's own address and names the method (RFC 6047, 2.4)."""
        own_address = None if mime == MIME else user.email
        data = self._invite(work, booking, user, now, own_address)
        blob_id = work.blobs.add(user.id, mime, data, now, expires_at=None)
        return Attachment(kind=MediaKind.DOCUMENT, blob_id=blob_id, mime=mime, filename=FILE_NAME)

    def _invite(
        self, work: FlowWork, booking: Booking, user: User, now: datetime, own_address: str | None
    ) -> bytes:
        texts = Reader(user, "").texts
        partner_id = booking.partner_of(user.id)
        partner = Guest(partner_id, name_of(work, partner_id, texts))
        reader = Guest(user.id, name_of(work, user.id, texts), own_address)
        title = texts("booking.calendar", title=title_of(work, booking, texts), name=partner.name)
        link = self._meetings.join_link(work, booking, user.id)
        return invite(booking, title, now, (reader, partner), link)

    def _mail(self, work: FlowWork, booking: Booking, user: User, head: str, now: datetime) -> None:
        if not self._sends_mail or user.email is None or user.email_verified_at is None:
            return
        reader = Reader(user, MAIL)
        facts = lesson_facts(work, booking, reader)
        mime = f"{MIME}; method={method_of(booking)}"
        work.outbox.put(
            Outgoing(
                key=f"lesson:{booking.id}:{booking.version}:{head}:{user.id}:mail",
                to=Address(MAIL, user.email),
                user_id=user.id,
                kind=MessageKind.MAIL,
                subject=_headline(work, booking, reader, head),
                body=tuple(facts),
                attachment=self._calendar(work, booking, user, now, mime),
            ),
            at=now,
        )

    def _in_room(
        self, work: FlowWork, booking: Booking, user: User, head: str, now: datetime
    ) -> None:
        """The thread of the two says so as well, where this person reads it in its own room."""
        thread = work.chat.threads.find_pair(booking.student_id, booking.teacher_id)
        room = None if thread is None else thread.place_of(user.id)
        if room is None:
            return
        reader = Reader(user, room.platform)
        line = f"{_headline(work, booking, reader, head)}\n{reader.at(booking.starts_at)}"
        work.outbox.put(
            Outgoing(
                key=f"lesson:{booking.id}:{booking.version}:{head}:{user.id}:room",
                to=room,
                user_id=user.id,
                kind=MessageKind.RELAY,
                body=(Paragraph(line),),
            ),
            at=now,
        )


def card_rows(booking: Booking, reader: Reader) -> Rows:
    """What can be done about a lesson that is to come, or was called off by its teacher."""
    if not booking.is_upcoming:
        is_let_down = booking.cancelled_by == booking.teacher_id
        is_students = reader.user.id == booking.student_id
        return [[book_button(reader)]] if is_let_down and is_students else ()
    return [
        [
            reader.button("booking.button.join", "join", booking),
            reader.button("booking.button.move", "move", booking),
            reader.button("booking.button.cancel", "cancel", booking),
        ],
        [
            reader.button("booking.button.calendar", "file", booking),
            reader.button("booking.button.history", "log", booking),
        ],
    ]


def _headline(work: FlowWork, booking: Booking, reader: Reader, key: str, **params: object) -> str:
    """Instants among `params` are told in the reader's clock, amounts as they write money."""
    name = name_of(work, booking.partner_of(reader.user.id), reader.texts)
    told = {each: reader.worded(value) for each, value in params.items() if value is not None}
    return reader.texts(key, name=name, at=reader.at(booking.starts_at), **told)
