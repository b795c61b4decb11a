"""What happens to a practice later: an idle one is closed, and its report sent."""

from collections.abc import Callable
from dataclasses import replace

from bot.core.clock import Clock
from bot.flows.ports import FlowWork
from bot.flows.report_messages import report_message
from bot.jobs.model import Job
from bot.voice.service import CLOSE_JOB, VoiceService
from bot.voice.session import SessionStatus

__all__ = ["CLOSE_JOB", "idle_closer"]


def idle_closer(service: VoiceService, clock: Clock) -> Callable[[FlowWork, Job], None]:
    """Handles `voice.close`: ends a session nobody spoke in for `idle_after`.

    While it is in use the promise is renewed for the moment it would become idle.
    """

    def close(work: FlowWork, job: Job) -> None:
        session = work.voice_sessions.find(job.payload["session"])
        if session is None or session.status is not SessionStatus.ACTIVE:
            return
        now = clock.now()
        idle_at = session.last_at + service.idle_after
        if idle_at > now:
            key = f"{session.id}:{idle_at.isoformat()}"
            work.jobs.put(replace(job, key=key, due_at=idle_at, attempts=0))
            return
        report = service.close(work, session, now, is_idle=True)
        user = work.users.find(session.user_id)
        if report is None or user is None or _is_blocked(work, session.user_id, session.platform):
            return
        work.outbox.put(report_message(user, session, report), at=now)

    return close


def _is_blocked(work: FlowWork, user_id: str, platform: str) -> bool:
    return any(
        identity.platform == platform and identity.blocked_at is not None
        for identity in work.identities.of_user(user_id)
    )
