"""A room that takes nothing any more: what waits for it goes to the person's private chat."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.accounts.reach import preferred_address
from bot.chat.mirror import Mirror, shown_name
from bot.chat.model import TRANSCRIPT_POSITION, ChatMessage, DeliveryState, Thread, place_key
from bot.chat.ports import ChatWork
from bot.core.errors import NotFound
from bot.i18n.catalog import texts_in
from bot.messaging.model import Address, Change, MessageKind, Outgoing, Paragraph
from bot.messaging.ports import Closed

_KEPT_FOR = timedelta(days=30)


def leave_rooms(work: ChatWork, user_id: str, platform: str) -> bool:
    """A teacher is on that platform no more: nothing of their students goes to rooms there.

    Returns:
        whether they had any, or a channel for them.
    """
    hall = work.chat.halls.find(user_id)
    has_hall = hall is not None and hall.place.startswith(f"{platform}:")
    if has_hall:
        work.chat.halls.drop(user_id)
    left = [
        work.chat.threads.save(thread.placed(user_id, None))
        for thread in work.chat.threads.of_user(user_id)
        if (place := thread.place_of(user_id)) is not None and place.platform == platform
    ]
    return has_hall or bool(left)


class Moving:
    """Takes people out of rooms that are closed to us."""

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror

    def settled(self, work: ChatWork, sent: Outgoing, error: str | None, now: datetime) -> bool:
        """A row was dealt with; where its room is closed, all that waits there is shown elsewhere.

        The rows that go there still are refused one by one, and nobody is told: their copies are
        gone.

        Returns:
            whether this row's message goes elsewhere, so that it has not failed.
        """
        if not isinstance(error, Closed):
            return False
        if sent.kind is not MessageKind.RELAY or sent.change is not Change.SEND:
            return False
        place = place_key(sent.to)
        thread = work.chat.threads.find_at(place)
        if thread is not None:
            self._leave(work, thread, sent.to, now)
        waiting = work.chat.copies.waiting_at(place)
        for message_id in dict.fromkeys(copy.message_id for copy in waiting):
            self._move(work, message_id, sent.to, now)
        left = {copy.key for copy in work.chat.copies.waiting_at(place)}
        return any(copy.key == sent.key and copy.key not in left for copy in waiting)

    def _leave(self, work: ChatWork, thread: Thread, place: Address, now: datetime) -> None:
        """The person reads this thread in private again, and is told so."""
        is_students = thread.place_of(thread.student_id) == place
        reader_id = thread.student_id if is_students else thread.teacher_id
        work.chat.threads.save(thread.placed(reader_id, None))
        reader = work.users.find(reader_id)
        partner = work.users.find(thread.partner_of(reader_id))
        to = preferred_address(work.identities.of_user(reader_id))
        if reader is None or to is None:
            return
        texts = texts_in(reader.ui_language)
        name = texts("relay.nameless") if partner is None else shown_name(partner, texts)
        work.outbox.put(
            Outgoing(
                key=f"relay:{thread.id}:gone:{place.thread or place.room}",
                to=to,
                kind=MessageKind.NOTICE,
                user_id=reader.id,
                body=(Paragraph(texts("relay.room_gone", name=name)),),
            ),
            at=now,
        )

    def _move(self, work: ChatWork, message_id: str, place: Address, now: datetime) -> None:
        """Show a message where its reader can be reached; what was read already stays read."""
        message = work.chat.messages.find(message_id)
        thread = None if message is None else work.chat.threads.find(message.thread_id)
        if message is None or thread is None:
            return
        reader_id = thread.partner_of(message.sender_id)
        to = preferred_address(work.identities.of_user(reader_id))
        view = None if to is None else self._mirror.view(work, thread, message, to)
        if view is None or to == place:
            return
        copies = work.chat.copies.of_message(message.id)
        is_read = all(
            copy.state is DeliveryState.DELIVERED
            for copy in copies
            if copy.position < TRANSCRIPT_POSITION
        )
        try:
            again = message if is_read else _with_file_again(work, message, now)
        except NotFound:  # its file is gone: this one has failed
            return
        for copy in copies:
            work.chat.copies.remove(copy.key)
        if message.is_translation:
            return  # of a message that is shown anew, with its button
        saved = work.chat.messages.save(replace(again, revision=message.revision + 1))
        view = replace(view, message=saved)
        if not is_read:
            self._mirror.show(work, view, now)
        elif saved.transcript is not None:
            self._mirror.show_transcript(work, view, now)


def _with_file_again(work: ChatWork, message: ChatMessage, now: datetime) -> ChatMessage:
    """With a file of its own, as the one of the refused row goes with it. Raises NotFound."""
    attachment = message.attachment
    if attachment is None:
        return message
    data, until = work.blobs.get(attachment.blob_id), now + _KEPT_FOR
    blob_id = work.blobs.add(message.sender_id, attachment.mime, data, now, expires_at=until)
    return replace(message, attachment=replace(attachment, blob_id=blob_id))
