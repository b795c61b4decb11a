"""What administrators see of a reported conversation: its last messages, and of no other."""

from collections.abc import Sequence
from datetime import datetime

from bot.accounts.model import User
from bot.chat.mirror import shown_name
from bot.chat.model import Thread
from bot.flows.ports import FlowWork
from bot.i18n.catalog import Texts
from bot.messaging.model import Paragraph, Style

_LINES_SHOWN = 10
_LONGEST_LINE = 300


def excerpt(
    work: FlowWork, thread: Thread, texts: Texts, reported_at: datetime
) -> Sequence[Paragraph]:
    """The last ten messages before the report, each with who wrote it."""
    lines = []
    for message in work.chat.messages.latest(thread.id, _LINES_SHOWN, until=reported_at):
        said = message.text or message.transcript or texts("relay.report_file")
        name = reported_name(work.users.find(message.sender_id), texts)
        lines.append(Paragraph(f"{name}: {said[:_LONGEST_LINE]}", Style.QUOTE))
    return lines


def reported_name(user: User | None, texts: Texts) -> str:
    """How somebody in it is called; whoever left has no name any more."""
    return texts("relay.nameless") if user is None else shown_name(user, texts)
