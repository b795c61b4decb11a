"""What happens to a practice later: an idle one is closed, and its report sent."""

from collections.abc import Callable
from dataclasses import replace

from bot.accounts.reach import preferred_address
from bot.core.clock import Clock
from bot.flows.ports import FlowWork
from bot.flows.report_messages import report_message
from bot.jobs.model import Job
from bot.messaging.model import Address
from bot.voice.service import CLOSE_JOB, VoiceService
from bot.voice.session import SessionStatus, VoiceSession

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
        to = _whereto(work, session)
        if report is not None and user is not None and to is not None:
            work.outbox.put(report_message(user, session, report, to), at=now)

    return close


def _whereto(work: FlowWork, session: VoiceSession) -> Address | None:
    """The chat the person used last; where there is none, the room the session was held in.

    None where they keep us away.
    """
    held_in = Address(session.platform, session.room, session.thread)
    identities = work.identities.of_user(session.user_id)
    to = preferred_address(identities)
    if to is None:
        is_kept_away = any(identity.blocked_at is not None for identity in identities)
        return None if is_kept_away else held_in
    return held_in if (to.platform, to.room) == (held_in.platform, held_in.room) else to
