"""Meetings put together: Zoom where it is configured, and what lessons hear of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import httpx

from bot.billing.model import Rounding
from bot.core.clock import Clock
from bot.core.hook import Hook
from bot.flows.lesson_facts import StoredLessonFacts
from bot.flows.lesson_meetings import LessonEvents, LessonMeetings, LessonSubjects
from bot.flows.live.meetings import ConversationEvents, ConversationSubjects
from bot.flows.meeting_link import MeetingDesk
from bot.flows.ports import FlowWork
from bot.jobs.ports import JobHandler
from bot.meetings.adapters.zoom import ZoomMeetings, ZoomToken
from bot.meetings.adapters.zoom_wire import parse_event, zoom_hook
from bot.meetings.jobs import MeetingJobs
from bot.meetings.service import MeetingService
from bot.storage.engine import SqlStorage
from bot.storage.work import Work
from config.settings import Settings, ZoomSettings


@dataclass(frozen=True, slots=True)
class MeetingParts:
    """What the rest takes of meetings.

    Args:
        desk: for the conversation; `facts`: for bills.
        hooks: deliveries of the vendor, where they are configured.
    """

    desk: MeetingDesk
    facts: StoredLessonFacts
    hooks: Sequence[Hook]
    handlers: Mapping[str, JobHandler[Work]]
    zoom: ZoomMeetings | None

    async def aclose(self) -> None:
        if self.zoom is not None:
            await self.zoom.aclose()


def meeting_parts(settings: Settings, storage: SqlStorage, clock: Clock) -> MeetingParts:
    """Meetings of lessons; without Zoom, teachers are asked for links of their own."""
    zoom = zoom_of(settings.zoom, clock) if settings.zoom.is_set else None
    hooks = hooks_of(settings) if zoom is not None else ()
    events = LessonEvents(clock)
    routed = ConversationEvents(clock, events)
    service: MeetingService[FlowWork] = MeetingService(
        clock, ConversationSubjects(LessonSubjects()), routed, has_deliveries=bool(hooks)
    )
    facts = StoredLessonFacts(service, clock, Rounding(settings.billing.rounding))
    jobs = MeetingJobs(storage, clock, service, zoom, parse_event)
    desk = MeetingDesk(
        service=service,
        events=events,
        lessons=LessonMeetings(service, facts.minutes_so_far),
        start_url=None if zoom is None else zoom.start_url,
        register=None if zoom is None else zoom.register,
        conversations=routed,
    )
    return MeetingParts(desk, facts, hooks, jobs.handlers(), zoom)


def zoom_of(settings: ZoomSettings, clock: Clock) -> ZoomMeetings:
    """Zoom with a client of its own; everything it needs is set."""
    http = httpx.AsyncClient()
    secret = settings.client_secret
    token = ZoomToken(
        http,
        url=settings.oauth_url,
        account_id=settings.account_id or "",
        client_id=settings.client_id or "",
        client_secret=secret.get_secret_value() if secret else "",
        clock=clock,
    )
    return ZoomMeetings(http, token, clock, url=settings.api_url, hosts=settings.hosts or ())


def hooks_of(settings: Settings) -> Sequence[Hook]:
    """Zoom's deliveries: it must know where we are, and prove that it is Zoom."""
    secret = settings.zoom.webhook_secret
    if not secret or settings.web.public_url is None:
        return ()
    return (zoom_hook(secret.get_secret_value()),)
