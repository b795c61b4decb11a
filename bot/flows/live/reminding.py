"""Reminders of a conversation: a day, an hour and ten minutes before, to all who come."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.accounts.model import User
from bot.core.clock import Clock
from bot.flows.lesson_words import Reader
from bot.flows.live.telling import open_rows, post
from bot.flows.live.words import live_button, title_of
from bot.flows.ports import FlowWork
from bot.flows.scene import Rows
from bot.jobs.model import Job
from bot.live.model import ConversationStatus, LiveConversation, SeatStatus
from bot.messaging.model import Paragraph

REMIND_JOB = "live.remind"
_SOON = "soon"
_BEFORE: Mapping[str, timedelta] = {
    "day": timedelta(hours=24),
    "hour": timedelta(hours=1),
    _SOON: timedelta(minutes=10),
}


def put_reminders(work: FlowWork, conversation: LiveConversation, now: datetime) -> None:
    """Promise those that are still to come; the ones of an earlier plan find nothing to do."""
    plan = plan_of(conversation)
    for stage, before in _BEFORE.items():
        due_at = conversation.starts_at - before
        if due_at > now:
            payload = {"conversation_id": conversation.id, "plan": plan, "stage": stage}
            key = f"{conversation.id}:{plan}:{stage}"
            work.jobs.put(Job(kind=REMIND_JOB, key=key, due_at=due_at, payload=payload))


def plan_of(conversation: LiveConversation) -> str:
    """What a reminder depends on."""
    return conversation.starts_at.isoformat()


class Reminders:
    """Handles `live.remind`: everybody who comes is told once for each of the three times."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def __call__(self, work: FlowWork, job: Job) -> None:
        conversation = work.live.conversations.find(job.payload["conversation_id"])
        if conversation is None or conversation.status is not ConversationStatus.SCHEDULED:
            return
        if plan_of(conversation) != job.payload["plan"]:
            return
        seats = work.live.seats.of_conversation(conversation.id)
        coming = [seat.user_id for seat in seats if seat.status is SeatStatus.CONFIRMED]
        leaders = dict.fromkeys((conversation.host_id, conversation.co_host_id))
        stage = job.payload["stage"]
        for person in (*filter(None, leaders), *(each for each in coming if each not in leaders)):
            user = work.users.find(person)
            if user is not None:
                self._remind(work, conversation, user, stage, len(coming))

    def _remind(
        self, work: FlowWork, conversation: LiveConversation, user: User, stage: str, coming: int
    ) -> None:
        leads = conversation.is_led_by(user.id)

        def body(reader: Reader) -> Sequence[Paragraph]:
            at = reader.at(conversation.starts_at)
            key = f"group.lead.{stage}" if leads else f"group.remind.{stage}"
            told = [reader.texts(key, title=title_of(conversation), at=at)]
            if leads:
                told.append(reader.texts("group.people_come", count=coming))
            return [Paragraph(each) for each in told]

        def rows(reader: Reader) -> Rows:
            texts, own = reader.texts, conversation.id
            answers = [live_button(texts, each, own) for each in ("come", "late", "cannot")]
            return [*open_rows(conversation)(reader), *([] if leads else [answers])]

        name = f"remind:{conversation.id}:{plan_of(conversation)}:{stage}"
        post(work, user, name, self._clock.now(), body, rows)
