"""What somebody says in a room, as everybody else in it reads and hears it."""

from collections.abc import Sequence
from datetime import datetime

from bot.accounts.model import User
from bot.accounts.reach import preferred_address
from bot.chat.mirror import shown_name
from bot.chat.model import DELIVERED_SIGN, parse_place
from bot.chat.parts import parts_of
from bot.chat.policy import harmless
from bot.core.language import base_language
from bot.flows.lesson_words import Reader
from bot.flows.live.room_post import key_for, post, room_button
from bot.flows.ports import FlowWork
from bot.flows.scene import Rows
from bot.live.model import LiveConversation
from bot.live.room_model import Member, RoomMessage, RoomMessageKind, Slip
from bot.messaging.model import (
    Attachment,
    Change,
    MessageKind,
    MessageRef,
    Outgoing,
    Paragraph,
    Style,
)

_WORDLESS_VOICE = frozenset({"discord"})  # a voice message there is its sound and nothing else
_KEY = "room"


class RoomMirror:
    """Writes the outbox rows of a room's messages.

    Args:
        can_translate: a generative engine is configured.
    """

    def __init__(self, *, can_translate: bool) -> None:
        self.can_translate = can_translate

    def pass_on(
        self,
        work: FlowWork,
        conversation: LiveConversation,
        message: RoomMessage,
        author: User,
        readers: Sequence[Member],
        file: Attachment | None,
        now: datetime,
    ) -> int:
        """Show a message to everybody else; the number of rows that carry its file."""
        carried = 0
        for member in readers:
            if not member.is_in or member.user_id == author.id:
                continue
            if file is None:
                self._text(work, conversation, message, author, member, now)
            else:
                carried += self._file(work, message, author, member, file, now)
        return carried

    def show_transcript(
        self,
        work: FlowWork,
        conversation: LiveConversation,
        message: RoomMessage,
        readers: Sequence[Member],
        now: datetime,
    ) -> None:
        """What a voice note says, in answer to the note; its author reads it too."""
        heard = harmless(message.transcript or "")
        for member in readers:
            if member.is_in and heard:
                self._heard(work, conversation, message, member, heard, now)

    def show_translation(
        self, work: FlowWork, message: RoomMessage, text: str, reader_id: str, now: datetime
    ) -> None:
        """A translation beside what it translates, for the one who asked."""
        language = base_language(_own_language(work.users.get(reader_id)))
        for number, part in enumerate(_parts(work, reader_id, harmless(text))):

            def body(reader: Reader, part: str = part) -> Sequence[Paragraph]:
                name = _name(work, message.sender_id, reader)
                title = Paragraph(reader.texts("relay.translation", name=name))
                return [title, Paragraph(part, Style.QUOTE)]

            key = f"{_KEY}:{message.id}:{language}{number}"
            first = key_for(_key(message), reader_id)
            post(work, reader_id, key, now, body, reply_to_key=first)

    def show_slips(
        self, work: FlowWork, message: RoomMessage, slips: Sequence[Slip], now: datetime
    ) -> None:
        """What could be said better, to its author alone, in answer to their own message."""

        def body(reader: Reader) -> Sequence[Paragraph]:
            head = Paragraph(reader.texts("grouproom.slips"))
            return [head, *(_slip(reader, each) for each in slips)]

        post(work, message.sender_id, f"{_KEY}:{message.id}:slips", now, body)

    def sign(self, work: FlowWork, message: RoomMessage, now: datetime) -> None:
        """Under the author's own message: it is on its way to everybody."""
        if message.source_place is None or message.source_id is None:
            return
        to = parse_place(message.source_place)
        work.outbox.put(
            Outgoing(
                key=f"{_KEY}:{message.id}:sign",
                to=to,
                kind=MessageKind.SIGN,
                change=Change.REACT,
                user_id=message.sender_id,
                target=MessageRef(to, message.source_id),
                reaction=DELIVERED_SIGN,
            ),
            at=now,
        )

    def _text(
        self,
        work: FlowWork,
        conversation: LiveConversation,
        message: RoomMessage,
        author: User,
        member: Member,
        now: datetime,
    ) -> None:
        parts = _parts(work, member.user_id, harmless(message.text))
        for number, part in enumerate(parts):

            def body(reader: Reader, part: str = part) -> Sequence[Paragraph]:
                return _said(author, reader, part)

            def rows(reader: Reader, number: int = number) -> Rows:
                is_last = number == len(parts) - 1
                return self._translate_rows(conversation, message, reader) if is_last else ()

            key = _key(message) if number == 0 else f"{_key(message)}:{number}"
            post(work, member.user_id, key, now, body, rows)

    def _file(
        self,
        work: FlowWork,
        message: RoomMessage,
        author: User,
        member: Member,
        file: Attachment,
        now: datetime,
    ) -> bool:
        """A note or picture under its author's name; False: the reader cannot be reached."""
        to = preferred_address(work.identities.of_user(member.user_id))
        is_voice = message.kind is RoomMessageKind.VOICE
        caption = harmless(message.text)

        def body(reader: Reader) -> Sequence[Paragraph]:
            return _said(author, reader, caption)

        if to is not None and is_voice and to.platform in _WORDLESS_VOICE:
            post(work, member.user_id, f"{_key(message)}:who", now, body)
            return post(work, member.user_id, _key(message), now, lambda _: (), attachment=file)
        return post(work, member.user_id, _key(message), now, body, attachment=file)

    def _heard(
        self,
        work: FlowWork,
        conversation: LiveConversation,
        message: RoomMessage,
        member: Member,
        heard: str,
        now: datetime,
    ) -> None:
        is_author = member.user_id == message.sender_id

        def rows(reader: Reader) -> Rows:
            return () if is_author else self._translate_rows(conversation, message, reader)

        for number, part in enumerate(_parts(work, member.user_id, heard)):

            def body(reader: Reader, part: str = part) -> Sequence[Paragraph]:
                name = _name(work, message.sender_id, reader)
                key = "grouproom.heard_you" if is_author else "relay.transcript"
                return [Paragraph(reader.texts(key, name=name)), Paragraph(part, Style.QUOTE)]

            note = None if is_author else key_for(_key(message), member.user_id)
            key = f"{_KEY}:{message.id}:heard{number}"
            post(work, member.user_id, key, now, body, rows, reply_to_key=note)

    def _translate_rows(
        self, conversation: LiveConversation, message: RoomMessage, reader: Reader
    ) -> Rows:
        """For who reads another language than the one this was said in."""
        said_in = base_language(message.language or conversation.language)
        if not self.can_translate or base_language(_own_language(reader.user)) == said_in:
            return ()
        return [[room_button(reader.texts, "t", message.id)]]


def message_of(row_key: str) -> str | None:
    """The id of the room's message whose file or text a row carries; None: it is another row."""
    kind, _, rest = row_key.partition(":")
    return rest.partition(":")[0] if kind == _KEY else None


def _key(message: RoomMessage) -> str:
    return f"{_KEY}:{message.id}"


def _said(author: User, reader: Reader, text: str) -> Sequence[Paragraph]:
    """Who speaks, in bold on the first line, and what they say."""
    name = Paragraph(shown_name(author, reader.texts), Style.NAME)
    return (name, Paragraph(text)) if text else (name,)


def _name(work: FlowWork, user_id: str, reader: Reader) -> str:
    user = work.users.find(user_id)
    return reader.texts("relay.nameless") if user is None else shown_name(user, reader.texts)


def _parts(work: FlowWork, reader_id: str, text: str) -> Sequence[str]:
    to = preferred_address(work.identities.of_user(reader_id))
    return () if to is None else parts_of(text, to.platform)


def _own_language(user: User) -> str:
    return user.native_language or user.ui_language


def _slip(reader: Reader, slip: Slip) -> Paragraph:
    texts = reader.texts
    told = texts("grouproom.slip", said=harmless(slip.said), better=harmless(slip.better))
    why = slip.why.get(texts.language) or slip.why.get("") or slip.why.get("en")
    return Paragraph(f"{told}\n{why}" if why else told, Style.QUOTE)
