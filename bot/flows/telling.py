"""Telling somebody else: a message to a person who did not cause the event."""

from collections.abc import Callable, Sequence
from datetime import datetime

from bot.accounts.model import User
from bot.accounts.reach import preferred_address
from bot.flows.ports import FlowWork
from bot.flows.scene import Rows
from bot.i18n.catalog import Texts, texts_in
from bot.messaging.model import Attachment, MessageKind, Outgoing, Paragraph

Worded = Callable[[Texts], Sequence[Paragraph]]
WordedRows = Callable[[Texts], Rows]


def tell(
    work: FlowWork,
    person: User,
    key: str,
    now: datetime,
    body: Worded,
    rows: WordedRows = lambda _: (),
    file: Attachment | None = None,
) -> bool:
    """Write to a person where they were last, in their language; False: nowhere to write to.

    Args:
        key: of the outbox row: the same news twice is one message.
    """
    address = preferred_address(work.identities.of_user(person.id))
    if address is None:
        return False
    texts = texts_in(person.ui_language)
    work.outbox.put(
        Outgoing(
            key=key,
            to=address,
            user_id=person.id,
            kind=MessageKind.NEWS,
            body=tuple(body(texts)),
            buttons=tuple(tuple(row) for row in rows(texts) if row),
            attachment=file,
        ),
        at=now,
    )
    return True
