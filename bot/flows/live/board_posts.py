"""The message of a conversation on a board: sent once, changed one edit at a time."""

import hashlib
from collections.abc import Callable
from dataclasses import replace

from bot.accounts.model import User
from bot.accounts.reach import preferred_address
from bot.chat.model import parse_place, place_key
from bot.core.clock import Clock
from bot.flows.lesson_words import Reader
from bot.flows.live.card import Card, announcement
from bot.flows.live.halls import Halls
from bot.flows.ports import FlowWork
from bot.i18n.catalog import texts_in
from bot.live.hall_model import Board, Posting, Trouble
from bot.live.model import LiveConversation
from bot.messaging.model import (
    Address,
    Change,
    MessageKind,
    MessageRef,
    Outgoing,
    Paragraph,
)
from bot.messaging.ports import Closed

_KEY = "board"
TELEGRAM = "telegram"

StartLink = Callable[[str], str | None]


class BoardPosts:
    """Every method belongs to the caller's unit.

    While a message or an edit of it is under way nothing more is put: what changes meanwhile goes
    out together once it has arrived, at whatever pace the platform takes.

    Args:
        start_link: opens our private chat on Telegram with a payload; None while there is none.
    """

    def __init__(self, clock: Clock, halls: Halls, start_link: StartLink) -> None:
        self._clock = clock
        self._halls = halls
        self._start_link = start_link

    def show(
        self, work: FlowWork, board: Board, posting: Posting, conversation: LiveConversation
    ) -> Posting:
        """Have the message say how things stand; what becomes of the posting is not saved yet."""
        card = self._card(work, board, conversation)
        digest = hashlib.sha256(repr(card).encode()).hexdigest()
        is_gone = posting.is_posted and posting.message_id is None and not posting.under_way
        if digest == posting.shown or is_gone:
            return posting
        if posting.under_way is not None:
            return replace(posting, is_stale=True)
        message = _message(board, posting, card)
        work.outbox.put(message, at=self._clock.now())
        return replace(posting, is_posted=True, shown=digest, under_way=message.key)

    def take_down(self, work: FlowWork, board: Board, posting: Posting) -> None:
        """It is no longer for everybody."""
        if posting.message_id is not None:
            key = f"{_KEY}:{posting.id}:gone"
            to, change = parse_place(board.place), Change.DELETE
            target = MessageRef(to, posting.message_id)
            message = Outgoing(key=key, to=to, kind=MessageKind.NEWS, change=change, target=target)
            work.outbox.put(message, at=self._clock.now())
        work.halls.postings.remove(posting.id)

    def settled(
        self, work: FlowWork, sent: Outgoing, message_id: str | None, error: str | None
    ) -> bool:
        """A row was sent, or never will be; False: it is about no board."""
        kind, _, rest = sent.key.partition(":")
        if kind != _KEY:
            return False
        posting = work.halls.postings.lock(rest.partition(":")[0])
        board = None if posting is None else work.halls.boards.find(posting.board_id)
        if posting is None or board is None:
            return True
        if isinstance(error, Closed):
            self.leave(work, board, Trouble.CLOSED)
            return True
        self._arrived(work, posting, sent, message_id, error)
        if place_key(sent.to) != board.place:  # the group became another one
            work.halls.boards.save(replace(board, place=place_key(sent.to), server=sent.to.room))
        return True

    def trouble(self, work: FlowWork, board: Board, trouble: Trouble) -> None:
        """Something is not allowed in a server: its manager hears of it once."""
        if trouble in board.troubles:
            return
        work.halls.boards.save(board.told(trouble))
        user = work.users.find(board.user_id) if board.user_id else None
        if user is not None:
            stamp = int(board.since.timestamp())
            text = texts_in(user.ui_language)(f"board.trouble.{trouble}")
            self.tell(work, user, f"boards:{board.id}:{trouble}:{stamp}", text)

    def leave(self, work: FlowWork, board: Board, why: Trouble | None = None) -> None:
        """Nothing more is announced there; what stands there stays."""
        if why is not None:
            self.trouble(work, board, why)
        work.halls.postings.remove_of_board(board.id)
        work.halls.boards.remove(board.id)

    def tell(self, work: FlowWork, user: User, key: str, text: str) -> None:
        """Somebody in their private chat."""
        to = preferred_address(work.identities.of_user(user.id))
        if to is not None:
            message = Outgoing(
                key=key,
                to=to,
                kind=MessageKind.NEWS,
                user_id=user.id,
                body=(Paragraph(text),),
            )
            work.outbox.put(message, at=self._clock.now())

    def _arrived(
        self,
        work: FlowWork,
        posting: Posting,
        sent: Outgoing,
        message_id: str | None,
        error: str | None,
    ) -> None:
        if sent.change is Change.DELETE:
            return
        known = message_id if sent.change is Change.SEND else posting.message_id
        settled = replace(
            posting, under_way=None, is_stale=False, message_id=None if error else known
        )
        work.halls.postings.save(settled)
        if posting.is_stale:
            self._halls.refresh_later(work, posting)

    def _card(self, work: FlowWork, board: Board, conversation: LiveConversation) -> Card:
        """In the words and the clock of whoever chose the board, else of the host."""
        reader = work.users.find(board.user_id) if board.user_id else None
        reader = reader or work.users.get(conversation.host_id)
        link = self._start_link if board.platform == TELEGRAM else _no_link
        return announcement(work, conversation, Reader(reader, board.platform), link)


def _no_link(_: str) -> str | None:
    return None


def _message(board: Board, posting: Posting, card: Card) -> Outgoing:
    to: Address = parse_place(board.place)
    edits = posting.message_id is not None
    return Outgoing(
        key=f"{_KEY}:{posting.id}:{posting.version}",
        to=to,
        kind=MessageKind.NEWS,
        change=Change.EDIT if edits else Change.SEND,
        target=MessageRef(to, posting.message_id) if posting.message_id else None,
        body=card.body,
        buttons=tuple(tuple(row) for row in card.rows),
    )
