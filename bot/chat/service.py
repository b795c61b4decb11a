"""The relay: what a student and a teacher do in their thread, carried to the other side."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.accounts.model import User
from bot.chat.halls import want_room
from bot.chat.mirror import Mirror, View, author_address, shown_name
from bot.chat.model import (
    DELIVERED_SIGN,
    ChatMessage,
    ContentKind,
    Draft,
    Focus,
    Report,
    ReportReason,
    Thread,
    place_key,
)
from bot.chat.policy import Limits, NotSent, check_pace, check_size, check_text
from bot.chat.ports import ChatWork, Heard
from bot.core.errors import NotFound
from bot.i18n.catalog import texts_in
from bot.messaging.model import Change, MessageKind, MessageRef, Outgoing

_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)


class Relay:
    """Everything happens in the caller's unit; nothing here awaits."""

    def __init__(self, limits: Limits, mirror: Mirror) -> None:
        self.limits = limits
        self._mirror = mirror

    def open(self, work: ChatWork, student_id: str, teacher_id: str, now: datetime) -> Thread:
        """The thread of these two; made when they first meet.

        Raises:
            NotSent: the teacher is not verified, or they are the same person.
            NotFound: the teacher has just left.
        """
        known = work.chat.threads.find_pair(student_id, teacher_id)
        if known is not None:
            return known
        if student_id == teacher_id or not work.teachers.is_verified(teacher_id):
            raise NotSent("relay.refused.teacher")
        if work.users.hold(teacher_id) is None:  # just joined to another account
            raise NotFound
        thread = Thread(student_id=student_id, teacher_id=teacher_id, opened_at=now)
        work.chat.threads.add(thread)
        want_room(work, thread, now)
        return thread

    def focus(self, work: ChatWork, user_id: str, thread: Thread) -> None:
        """From here on plain messages of this person go to the thread."""
        if not thread.has(user_id):
            raise NotFound
        work.chat.focuses.put(Focus(user_id=user_id, thread_id=thread.id))

    def partner_name(self, work: ChatWork, thread: Thread, user: User) -> str:
        """How the other one is called, in the language of `user`."""
        texts = texts_in(user.ui_language)
        partner = work.users.find(thread.partner_of(user.id))
        return texts("relay.nameless") if partner is None else shown_name(partner, texts)

    def send(
        self, work: ChatWork, thread: Thread, author: User, draft: Draft, now: datetime
    ) -> ChatMessage:
        """Carry a message to the partner.

        Raises:
            NotSent: a rule said no, or the partner cannot be reached; nothing was stored.
        """
        self.check(work, thread, author, draft.text, now)
        message = ChatMessage(
            thread_id=thread.id,
            sender_id=author.id,
            kind=draft.kind,
            at=now,
            source_place=draft.place,
            source_id=draft.message_id,
            text=draft.text,
            attachment=draft.attachment,
            reply_to_id=draft.reply_to_id,
            is_held=thread.has_muted(thread.partner_of(author.id)),
        )
        view = self._mirror.view(work, thread, message, author=author)
        if view is None:
            name = self.partner_name(work, thread, author)
            raise NotSent("relay.refused.unreachable", name=name)
        check_size(draft.size, view.to.platform)
        work.chat.messages.add(message)
        if not message.is_held:
            self._mirror.show(work, view, now)
        return message

    def check(self, work: ChatWork, thread: Thread, author: User, text: str, now: datetime) -> None:
        """Raises NotSent when this person may not write this to their partner."""
        self._check_open(work, thread, author)
        check_text(text, self.limits)
        counts = work.chat.messages.count_since(author.id, now - _MINUTE, now - _DAY)
        check_pace(*counts, self.limits)

    def edit(
        self, work: ChatWork, message: ChatMessage, author: User, text: str, now: datetime
    ) -> None:
        """The author changed their text; every copy follows.

        Raises:
            NotSent: the changed text is against the rules; the copies stay as they are.
        """
        if text == message.text:
            return
        thread = work.chat.threads.get(message.thread_id)
        self._check_open(work, thread, author)
        check_text(text, self.limits)
        changed = work.chat.messages.save(
            replace(message, text=text, revision=message.revision + 1, edited_at=now)
        )
        copies = work.chat.copies.of_message(message.id)
        if copies:
            view = self._mirror.view(work, thread, changed, copies[0].address)
            if view is not None:
                self._mirror.update(work, view, now)

    def delete(self, work: ChatWork, message: ChatMessage, now: datetime) -> None:
        """The author took a message back; its copies and translations go."""
        for each in (*work.chat.messages.translations_of(message.id), message):
            self._mirror.remove(work, each, now)
            work.chat.messages.remove(each.id)
        if message.attachment is not None and message.is_held:
            work.blobs.remove(message.attachment.blob_id)

    def react(
        self,
        work: ChatWork,
        message: ChatMessage,
        user_id: str,
        emoji: str | None,
        key: str,
        now: datetime,
    ) -> None:
        """A reaction goes to the other side's message; taken back (None), it goes there too.

        Under the author's own message the sign that it was delivered stands again then.
        """
        thread = work.chat.threads.get(message.thread_id)
        if thread.student_blocked or thread.teacher_blocked:
            return
        if message.sender_id == user_id:
            self._mirror.react(work, message, emoji, key, now)
            return
        to = author_address(message)
        if to is not None and message.source_id is not None:
            work.outbox.put(
                Outgoing(
                    key=key,
                    to=to,
                    kind=MessageKind.RELAY,
                    change=Change.REACT,
                    user_id=message.sender_id,
                    target=MessageRef(to, message.source_id),
                    reaction=emoji or DELIVERED_SIGN,
                ),
                at=now,
            )

    def transcribed(
        self, work: ChatWork, message_id: str, heard: Heard | None, now: datetime
    ) -> None:
        """What a voice note says is known; None: nothing can be heard in it."""
        message = work.chat.messages.find(message_id)
        if message is None or message.transcript is not None:
            return
        changes = (
            replace(message, transcript="")
            if heard is None
            else replace(message, transcript=heard.text, language=heard.language)
        )
        saved = work.chat.messages.save(changes)
        view = self._shown(work, saved)
        if view is not None:
            self._mirror.show_transcript(work, view, now)

    def translated(
        self, work: ChatWork, original: ChatMessage, text: str, language: str, now: datetime
    ) -> None:
        """Keep a translation beside the original, and show it to the reader who asked."""
        child = ChatMessage(
            thread_id=original.thread_id,
            sender_id=original.sender_id,
            kind=ContentKind.TEXT,
            at=now,
            text=text,
            language=language,
            original_id=original.id,
            is_translation=True,
            revision=original.revision,
        )
        work.chat.messages.add(child)
        shown = self._shown(work, original)
        if shown is not None:
            self._mirror.show_translation(work, replace(shown, message=child), original, now)

    def mute(
        self, work: ChatWork, thread: Thread, user_id: str, now: datetime, *, is_muted: bool
    ) -> Thread:
        """Want nothing from the partner for a while; afterwards what was kept is shown."""
        saved = work.chat.threads.save(thread.muted(user_id, is_muted=is_muted))
        if not is_muted:
            for message in work.chat.messages.held(thread.id, thread.partner_of(user_id)):
                shown = work.chat.messages.save(replace(message, is_held=False))
                view = self._mirror.view(work, saved, shown)
                if view is not None:
                    self._mirror.show(work, view, now)
        return saved

    def block(self, work: ChatWork, thread: Thread, user_id: str, *, is_blocked: bool) -> Thread:
        """Want nothing from the partner at all."""
        return work.chat.threads.save(thread.blocked(user_id, is_blocked=is_blocked))

    def report(
        self, work: ChatWork, thread: Thread, reporter: User, reason: ReportReason, now: datetime
    ) -> Report:
        """Tell the administrators; they see the last messages of this thread alone."""
        report = Report(thread_id=thread.id, reporter_id=reporter.id, reason=reason, at=now)
        return work.chat.reports.add(report)

    def written_by(self, work: ChatWork, user_id: str, ref: MessageRef) -> Sequence[ChatMessage]:
        """What a person's own message became; several where it carried several files."""
        found = work.chat.messages.of_source(place_key(ref.address), ref.message_id)
        return [message for message in found if message.sender_id == user_id]

    def seen_as(self, work: ChatWork, user_id: str, ref: MessageRef) -> ChatMessage | None:
        """The partner's message behind a copy this person sees."""
        copy = work.chat.copies.find_at(place_key(ref.address), ref.message_id)
        message = None if copy is None else work.chat.messages.find(copy.message_id)
        if message is None:
            return None
        thread = work.chat.threads.find(message.thread_id)
        return message if thread is not None and thread.has(user_id) else None

    def _shown(self, work: ChatWork, message: ChatMessage) -> View | None:
        """A message as the partner has it; None where it is not shown."""
        copies = work.chat.copies.of_message(message.id)
        thread = work.chat.threads.find(message.thread_id)
        if not copies or thread is None:
            return None
        return self._mirror.view(work, thread, message, copies[0].address)

    def _check_open(self, work: ChatWork, thread: Thread, author: User) -> None:
        partner_id = thread.partner_of(author.id)
        if thread.has_blocked(author.id) or thread.has_blocked(partner_id):
            is_own = thread.has_blocked(author.id)
            key = "relay.refused.you_blocked" if is_own else "relay.refused.unreachable"
            raise NotSent(key, name=self.partner_name(work, thread, author))
        if partner_id == thread.teacher_id and not work.teachers.is_verified(partner_id):
            raise NotSent("relay.refused.teacher")
