"""Messages about a conversation that nobody asked for just then: each once, where it is read."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from bot.accounts.model import User
from bot.accounts.reach import preferred_address
from bot.core.money import Money
from bot.flows.lesson_words import Reader
from bot.flows.live.card import render
from bot.flows.live.words import live_button, title_of
from bot.flows.ports import FlowWork
from bot.flows.scene import Rows
from bot.live.model import LiveConversation
from bot.messaging.model import MessageKind, Outgoing, Paragraph

WordedRows = Callable[[Reader], Rows]


def post(
    work: FlowWork,
    user: User,
    name: str,
    now: datetime,
    body: Callable[[Reader], Sequence[Paragraph]],
    rows: WordedRows = lambda _: (),
) -> bool:
    """Write to somebody where they were last; False: they can be reached nowhere.

    Args:
        name: of the message: the same name for the same person is one message.
    """
    to = preferred_address(work.identities.of_user(user.id))
    if to is None:
        return False
    reader = Reader(user, to.platform)
    message = Outgoing(
        key=f"live:{name}:{user.id}",
        to=to,
        user_id=user.id,
        kind=MessageKind.NEWS,
        body=tuple(body(reader)),
        buttons=tuple(tuple(row) for row in rows(reader) if row),
    )
    work.outbox.put(message, at=now)
    return True


def say(
    work: FlowWork,
    conversation: LiveConversation,
    user_id: str,
    name: str,
    key: str,
    now: datetime,
    *,
    rows: WordedRows = lambda _: (),
    params: Mapping[str, object] | None = None,
    refund: Money | None = None,
) -> None:
    """A line about a conversation to one person, and what they get back, if anything.

    Args:
        params: besides the title and the start; instants and amounts are worded for the reader.
    """

    def body(reader: Reader) -> Sequence[Paragraph]:
        told = {each: reader.worded(value) for each, value in (params or {}).items()}
        told |= {"title": title_of(conversation), "at": reader.at(conversation.starts_at)}
        lines = [Paragraph(reader.texts(key, **told))]
        if refund is not None:
            lines.append(Paragraph(reader.texts("group.refund", price=reader.money(refund))))
        return lines

    user = work.users.find(user_id)
    if user is not None:
        post(work, user, name, now, body, rows)


def send_card(
    work: FlowWork, conversation: LiveConversation, user: User, name: str, now: datetime
) -> bool:
    """The person's own card in their private chat; False: they have none."""
    return post(
        work,
        user,
        name,
        now,
        lambda reader: render(work, conversation, reader).body,
        lambda reader: render(work, conversation, reader).rows,
    )


def open_rows(conversation: LiveConversation) -> WordedRows:
    """The way to the card."""
    return lambda reader: [[live_button(reader.texts, "open", conversation.id)]]
