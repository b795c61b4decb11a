"""What a planned conversation promises for later: a look whether it began, and whether it ended."""

from collections.abc import Sequence

from bot.jobs.model import Job
from bot.live.model import LiveConversation
from bot.live.policy import LivePolicy

NOT_BEGUN_JOB, OVER_JOB, ZONES_JOB = "live.not_begun", "live.over", "live.zones"


def planned_jobs(conversation: LiveConversation, policy: LivePolicy) -> Sequence[Job]:
    """Those that follow from its times.

    Their keys name the times, and the handlers do nothing where these are others meanwhile: jobs
    of an earlier plan are harmless and nobody has to look for them.
    """
    times = {
        NOT_BEGUN_JOB: conversation.starts_at + policy.grace,
        OVER_JOB: conversation.ends_at + policy.grace,
    }
    plan = plan_of(conversation)
    payload = {"conversation_id": conversation.id, "plan": plan}
    return [
        Job(kind=kind, key=f"{conversation.id}:{plan}", due_at=due_at, payload=payload)
        for kind, due_at in times.items()
    ]


def plan_of(conversation: LiveConversation) -> str:
    """What promises about its times depend on."""
    return f"{conversation.starts_at.isoformat()}/{conversation.ends_at.isoformat()}"
