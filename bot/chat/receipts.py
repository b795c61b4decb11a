"""What became of copies: arrived, refused, or waiting for a platform that is away."""

from datetime import datetime

from bot.accounts.model import User
from bot.chat.mirror import author_address, shown_name
from bot.chat.model import (
    DELIVERED_SIGN,
    TRANSCRIPT_POSITION,
    ChatMessage,
    DeliveryState,
    Passage,
    parse_place,
    place_key,
)
from bot.chat.ports import ChatWork
from bot.i18n.catalog import texts_in
from bot.messaging.model import Change, MessageKind, MessageRef, Outgoing, Paragraph


class Receipts:
    """Writes down how far messages came, and tells their authors."""

    def settled(
        self,
        work: ChatWork,
        sent: Outgoing,
        message_id: str | None,
        error: str | None,
        now: datetime,
    ) -> None:
        """A row of ours was sent as `message_id`, or never will be; in the unit that marks it."""
        if sent.kind is not MessageKind.RELAY or sent.change is not Change.SEND:
            return
        state = DeliveryState.FAILED if error else DeliveryState.DELIVERED
        passage = work.chat.copies.settle(sent.key, state, message_id)
        if passage is None or passage.is_translation:
            return
        copy = next(copy for copy in passage.copies if copy.key == sent.key)
        if copy.position >= TRANSCRIPT_POSITION:
            return
        if error:
            self._failed(work, passage.message_id, now)
        elif passage.has_arrived and not copy.is_added:
            self._mark(work, passage, now)

    def waits(self, work: ChatWork, stuck: Outgoing, now: datetime) -> None:
        """A platform is away: everybody who has something waiting there is told once."""
        if stuck.kind not in {MessageKind.RELAY, MessageKind.SIGN}:
            return
        told: set[str] = set()
        for copy in work.chat.copies.waiting_at(place_key(stuck.to)):
            message = work.chat.messages.find(copy.message_id)
            if message is None or message.is_translation or message.sender_id in told:
                continue
            told.add(message.sender_id)
            key = f"{stuck.key}:waits:{message.sender_id}"
            platform = stuck.to.platform.capitalize()
            self._tell(work, message, "relay.waits", key, now, platform=platform)

    def _failed(self, work: ChatWork, message_id: str, now: datetime) -> None:
        """Tell the author."""
        message = work.chat.messages.get(message_id)
        self._tell(work, message, "relay.failed", f"relay:{message.id}:failed", now)

    def _mark(self, work: ChatWork, passage: Passage, now: datetime) -> None:
        """A sign under the author's own message; where there are no signs, nothing."""
        if passage.source_place is None or passage.source_id is None:
            return
        to = parse_place(passage.source_place)
        work.outbox.put(
            Outgoing(
                key=f"relay:{passage.message_id}:delivered",
                to=to,
                kind=MessageKind.SIGN,
                change=Change.REACT,
                user_id=passage.sender_id,
                target=MessageRef(to, passage.source_id),
                reaction=DELIVERED_SIGN,
            ),
            at=now,
        )

    def _tell(
        self,
        work: ChatWork,
        message: ChatMessage,
        text: str,
        key: str,
        now: datetime,
        **params: object,
    ) -> None:
        to, author = author_address(message), work.users.find(message.sender_id)
        thread = work.chat.threads.find(message.thread_id)
        if to is None or author is None or thread is None:
            return
        reader = work.users.find(thread.partner_of(author.id))
        if text == "relay.failed" and _is_away(work, reader):
            text = "relay.failed.away"
        texts = texts_in(author.ui_language)
        name = shown_name(reader, texts) if reader else texts("relay.nameless")
        work.outbox.put(
            Outgoing(
                key=key,
                to=to,
                kind=MessageKind.RELAY,
                user_id=author.id,
                body=(Paragraph(texts(text, name=name, **params)),),
                reply_to=message.source_id,
            ),
            at=now,
        )


def _is_away(work: ChatWork, reader: User | None) -> bool:
    """Whether the partner has left, or keeps us away on every platform."""
    if reader is None:
        return True
    return all(each.blocked_at is not None for each in work.identities.of_user(reader.id))
