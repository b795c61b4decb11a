"""Writing to the people in a room: each in their language, in the chat they used last."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from bot.accounts.reach import preferred_address
from bot.chat.mirror import shown_name
from bot.chat.policy import harmless
from bot.core.entity import short_id
from bot.flows.lesson_words import Reader
from bot.flows.ports import FlowWork
from bot.flows.scene import Rows
from bot.i18n.catalog import Texts
from bot.live.room_model import Member
from bot.messaging.model import Attachment, Button, MessageKind, Outgoing, Paragraph

ROOM_PREFIX = "lr"

Worded = Callable[[Reader], Sequence[Paragraph]]
WordedRows = Callable[[Reader], Rows]


def no_rows(_: Reader) -> Rows:
    """Nothing to press."""
    return ()


def post(
    work: FlowWork,
    user_id: str,
    key: str,
    now: datetime,
    body: Worded,
    rows: WordedRows = no_rows,
    *,
    attachment: Attachment | None = None,
    reply_to_key: str | None = None,
) -> bool:
    """Write to one person; False: they can be reached nowhere.

    Args:
        key: of what is said; with the person's id it is the key of the row, so that the same
            thing said twice is one message.
    """
    user, to = work.users.find(user_id), preferred_address(work.identities.of_user(user_id))
    if user is None or to is None:
        return False
    reader = Reader(user, to.platform)
    work.outbox.put(
        Outgoing(
            key=key_for(key, user_id),
            to=to,
            user_id=user_id,
            kind=MessageKind.RELAY,
            body=tuple(body(reader)),
            buttons=tuple(tuple(row) for row in rows(reader) if row),
            attachment=attachment,
            reply_to_key=reply_to_key,
        ),
        at=now,
    )
    return True


def post_all(
    work: FlowWork,
    members: Iterable[Member],
    key: str,
    now: datetime,
    body: Worded,
    rows: WordedRows = no_rows,
) -> None:
    """Write the same thing to everybody who is in."""
    for member in members:
        if member.is_in:
            post(work, member.user_id, key, now, body, rows)


def key_for(key: str, user_id: str) -> str:
    """Of the row that says `key` to one person."""
    return f"{key}:{short_id(user_id)}"


def member_name(work: FlowWork, user_id: str, texts: Texts) -> str:
    """How somebody is called in the room: their display name and nothing else."""
    user = work.users.find(user_id)
    return texts("relay.nameless") if user is None else shown_name(user, texts)


def room_data(action: str, entity_id: str, *more: object) -> str:
    """Of a button about a room or one of its messages; at most 64 bytes with one more id."""
    rest = "".join(f":{each}" for each in more)
    return f"{ROOM_PREFIX}:{action}:{short_id(entity_id)}{rest}"


def room_button(texts: Texts, action: str, entity_id: str, *more: object) -> Button:
    """A button labelled by what it does."""
    return Button(texts(f"grouproom.button.{action}"), room_data(action, entity_id, *more))


def line(reader: Reader, key: str, /, **params: object) -> list[Paragraph]:
    """One paragraph of the catalog's text; what people wrote themselves is made harmless."""
    safe = {
        name: harmless(each) if isinstance(each, str) else each for name, each in params.items()
    }
    return [Paragraph(reader.texts(key, **safe))]
