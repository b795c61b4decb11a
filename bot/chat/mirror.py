"""A message as the partner sees it: its parts, kept in step with what the author does to it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.accounts.model import User
from bot.accounts.reach import preferred_address
from bot.chat.model import (
    ADDED,
    SOUND_POSITION,
    TRANSCRIPT_POSITION,
    ChatMessage,
    ContentKind,
    Copy,
    Thread,
    parse_place,
    place_key,
)
from bot.chat.parts import parts_of
from bot.chat.policy import harmless
from bot.chat.ports import ChatWork
from bot.core.entity import short_id
from bot.core.language import base_language
from bot.core.text import shorten
from bot.i18n.catalog import Texts, texts_in
from bot.messaging.model import (
    Address,
    Button,
    Change,
    MediaKind,
    MessageKind,
    MessageRef,
    Outgoing,
    Paragraph,
    Style,
)

PREFIX = "r"
_NAME_LIMIT = 60
_WORDLESS_VOICE = frozenset({"discord"})  # a voice message there is its sound and nothing else

Rows = tuple[tuple[Button, ...], ...]


def shown_name(user: User, texts: Texts) -> str:
    """How a person is named to others: their display name, never anything a platform knows."""
    return shorten(harmless(user.name), _NAME_LIMIT) or texts("relay.nameless")


def address_of(work: ChatWork, thread: Thread, user_id: str) -> Address | None:
    """Where a person reads this thread: its own room, else their preferred private chat."""
    return thread.place_of(user_id) or preferred_address(work.identities.of_user(user_id))


@dataclass(frozen=True, slots=True)
class View:
    """A message, and everything its look depends on."""

    thread: Thread
    message: ChatMessage
    author: User
    reader: User
    to: Address

    @property
    def texts(self) -> Texts:
        return texts_in(self.reader.ui_language)

    @property
    def name(self) -> str:
        return shown_name(self.author, self.texts)

    @property
    def is_apart(self) -> bool:
        """Who speaks is told in a message before the sound."""
        is_voice = self.message.kind is ContentKind.VOICE
        return is_voice and self.to.platform in _WORDLESS_VOICE

    @property
    def is_own_room(self) -> bool:
        return self.thread.place_of(self.reader.id) == self.to


class Mirror:
    """Writes copies and the outbox rows that make them so.

    Args:
        can_translate: a generative engine is configured.
    """

    def __init__(self, *, can_translate: bool) -> None:
        self._can_translate = can_translate

    def view(
        self,
        work: ChatWork,
        thread: Thread,
        message: ChatMessage,
        to: Address | None = None,
        author: User | None = None,
    ) -> View | None:
        """How the partner sees a message; None: there is nowhere to show it.

        Args:
            author: where the caller has them at hand.
        """
        reader_id = thread.partner_of(message.sender_id)
        author = author or work.users.find(message.sender_id)
        reader = work.users.find(reader_id)
        to = to or address_of(work, thread, reader_id)
        if author is None or reader is None or to is None:
            return None
        return View(thread, message, author, reader, to)

    def show(self, work: ChatWork, view: View, now: datetime) -> None:
        """Write all parts of a message that was not shown yet."""
        self._send_from(work, view, 0, now)
        if view.is_apart:
            self._send_sound(work, view, now)
        if view.message.transcript is not None:
            self.show_transcript(work, view, now)

    def update(self, work: ChatWork, view: View, now: datetime) -> None:
        """Bring the parts that are there in step with the message's text."""
        copies = [c for c in _parts(work, view.message) if c.position < SOUND_POSITION]
        parts = self._parts(view)
        for copy, part in zip(copies, parts, strict=False):
            work.outbox.put(self._edit(work, view, copy, part, len(parts)), at=now)
        for copy in copies[len(parts) :]:
            self._take_back(work, copy, view.message.revision, now)
        self._send_from(work, view, len(copies), now)

    def show_transcript(self, work: ChatWork, view: View, now: datetime) -> None:
        """What a voice note says, or that nothing was heard, in answer to the note."""
        copies = _parts(work, view.message)
        note = copies[-1 if view.is_apart else 0] if copies else None
        heard = harmless(view.message.transcript or "")
        body: tuple[Paragraph, ...] = (Paragraph(view.texts("relay.nothing_heard")),)
        buttons: Rows = ()
        for number, part in enumerate(parts_of(heard, view.to.platform)):
            if part:
                title = view.texts("relay.transcript", name=view.name)
                body = (Paragraph(title), Paragraph(part, Style.QUOTE))
                buttons = _rows(self._translate_button(view))
            self._put(
                work,
                view,
                TRANSCRIPT_POSITION + number,
                Outgoing(
                    key=f"relay:{view.message.id}:heard:{number}{_suffix(view.message)}",
                    to=view.to,
                    kind=MessageKind.RELAY,
                    body=body,
                    buttons=buttons,
                    reply_to_key=None if note is None else note.key,
                ),
                now,
            )

    def show_translation(
        self, work: ChatWork, view: View, original: ChatMessage, now: datetime
    ) -> None:
        """A translation beside what it translates."""
        beside = next(iter(work.chat.copies.of_message(original.id)), None)
        title = view.texts("relay.translation", name=view.name)
        for number, part in enumerate(parts_of(harmless(view.message.text), view.to.platform)):
            self._put(
                work,
                view,
                number,
                Outgoing(
                    key=f"relay:{view.message.id}:{number}",
                    to=view.to,
                    kind=MessageKind.RELAY,
                    body=(Paragraph(title), Paragraph(part, Style.QUOTE)),
                    reply_to_key=None if beside is None else beside.key,
                ),
                now,
            )

    def remove(self, work: ChatWork, message: ChatMessage, now: datetime) -> None:
        """Take back every copy."""
        for copy in work.chat.copies.of_message(message.id):
            self._take_back(work, copy, message.revision, now)

    def react(
        self, work: ChatWork, message: ChatMessage, emoji: str | None, key: str, now: datetime
    ) -> None:
        """Put the author's own reaction under what the partner sees."""
        copies = _parts(work, message)
        if copies:
            row = _change(copies[0], key, Change.REACT)
            work.outbox.put(replace(row, reaction=emoji or ""), at=now)

    def _send_from(self, work: ChatWork, view: View, first: int, now: datetime) -> None:
        message, parts = view.message, self._parts(view)
        suffix = _suffix(message)
        added = ADDED if first else ""
        for position, part in enumerate(parts[first:], start=first):
            row = Outgoing(
                key=f"relay:{message.id}:{added}{position}{suffix}",
                to=view.to,
                kind=MessageKind.RELAY,
                body=_body(view, part),
                buttons=self._buttons(work, view) if position == len(parts) - 1 else (),
                attachment=message.attachment if position == 0 and not view.is_apart else None,
            )
            if position == 0:
                row = _answering(work, view, row)
            self._put(work, view, position, row, now)

    def _send_sound(self, work: ChatWork, view: View, now: datetime) -> None:
        row = Outgoing(
            key=f"relay:{view.message.id}:sound{_suffix(view.message)}",
            to=view.to,
            kind=MessageKind.RELAY,
            attachment=view.message.attachment,
        )
        self._put(work, view, SOUND_POSITION, row, now)

    def _put(self, work: ChatWork, view: View, position: int, row: Outgoing, now: datetime) -> None:
        copy = Copy(
            key=row.key, message_id=view.message.id, position=position, place=place_key(view.to)
        )
        work.chat.copies.add(copy)
        work.outbox.put(replace(row, user_id=view.reader.id), at=now)

    def _edit(self, work: ChatWork, view: View, copy: Copy, part: str, of: int) -> Outgoing:
        is_file = view.message.kind is not ContentKind.TEXT and not view.is_apart
        is_caption = copy.position == 0 and is_file
        row = _change(copy, f"{copy.key}:edit{view.message.revision}", Change.EDIT)
        return replace(
            row,
            user_id=view.reader.id,
            body=_body(view, part),
            buttons=self._buttons(work, view) if copy.position == of - 1 else (),
            extra={"is_caption": "1"} if is_caption else {},
        )

    def _take_back(self, work: ChatWork, copy: Copy, revision: int, now: datetime) -> None:
        work.outbox.put(_change(copy, f"{copy.key}:gone{revision}", Change.DELETE), at=now)
        work.chat.copies.remove(copy.key)

    def _parts(self, view: View) -> Sequence[str]:
        attachment = view.message.attachment
        is_caption = view.message.kind is not ContentKind.TEXT and not (
            attachment is not None and attachment.kind is MediaKind.VIDEO_NOTE
        )
        text = harmless(view.message.text)
        return parts_of(text, view.to.platform, is_caption=is_caption)

    def _buttons(self, work: ChatWork, view: View) -> Rows:
        row = []
        if not view.is_own_room:
            focus = work.chat.focuses.find(view.reader.id)
            if focus is None or focus.thread_id != view.thread.id:
                label = view.texts("relay.button.reply", name=view.name)
                row.append(Button(label, f"{PREFIX}:f:{short_id(view.thread.id)}"))
        is_typed = view.message.text and view.message.kind is ContentKind.TEXT
        if is_typed and (button := self._translate_button(view)):
            row.append(button)
        return (tuple(row),) if row else ()

    def _translate_button(self, view: View) -> Button | None:
        """For a reader whose own language is another than the one this was said in."""
        own = base_language(view.reader.native_language or view.reader.ui_language)
        theirs = view.message.language or view.author.native_language
        if not self._can_translate or (theirs is not None and base_language(theirs) == own):
            return None
        label = view.texts("relay.button.translate")
        return Button(label, f"{PREFIX}:t:{short_id(view.message.id)}")


def _rows(button: Button | None) -> Rows:
    return ((button,),) if button else ()


def _suffix(message: ChatMessage) -> str:
    """What tells the rows of this revision from those of earlier ones."""
    return f":{message.revision}" if message.revision else ""


def _parts(work: ChatWork, message: ChatMessage) -> Sequence[Copy]:
    copies = work.chat.copies.of_message(message.id)
    return [copy for copy in copies if copy.position < TRANSCRIPT_POSITION]


def _body(view: View, part: str) -> tuple[Paragraph, ...]:
    """Who speaks, in bold on the first line, and what they say."""
    name = Paragraph(view.name, Style.NAME)
    return (name, Paragraph(part)) if part else (name,)


def _change(copy: Copy, key: str, change: Change) -> Outgoing:
    """Something done to a copy, whether it has arrived yet or not."""
    target = None if copy.ref is None else MessageRef(copy.address, copy.ref)
    return Outgoing(
        key=key,
        to=copy.address,
        kind=MessageKind.RELAY,
        change=change,
        target=target,
        target_key=None if target else copy.key,
    )


def _answering(work: ChatWork, view: View, row: Outgoing) -> Outgoing:
    """With the mark of what it answers, where that is in the same room."""
    if view.message.reply_to_id is None:
        return row
    answered = work.chat.messages.find(view.message.reply_to_id)
    if answered is None:
        return row
    if answered.sender_id == view.reader.id:
        is_here = answered.source_place == place_key(view.to)
        return replace(row, reply_to=answered.source_id) if is_here else row
    copies = [c for c in _parts(work, answered) if c.place == place_key(view.to)]
    if not copies:
        return row
    return replace(row, reply_to=copies[0].ref, reply_to_key=copies[0].key)


def author_address(message: ChatMessage) -> Address | None:
    """Where the author wrote it."""
    return None if message.source_place is None else parse_place(message.source_place)
