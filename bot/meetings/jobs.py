"""Jobs of meetings: made, changed and removed at the vendor's exactly once, and asked about.

A vendor without idempotency keys is asked for our id before anything is made: after a crash the
meeting that was made is found. Who talks to the vendor about a subject does so alone.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Generic

import structlog

from bot.core.clock import Clock
from bot.core.crash import crash_point
from bot.core.errors import ServiceFailure
from bot.core.storage import Storage
from bot.jobs.alone import Alone
from bot.jobs.model import MOST_ATTEMPTS, Job, backoff
from bot.jobs.ports import JobHandler, Unit
from bot.meetings.model import Meeting, MeetingState, Provider, Registrant, Sighting, Source
from bot.meetings.ports import Guest, Heard, Invited, Made, MeetingProvider, Subject, W
from bot.meetings.service import (
    CHANGE_JOB,
    CREATE_JOB,
    FINISH_JOB,
    RECONCILE_JOB,
    REMOVE_JOB,
    MeetingService,
)

EVENT_JOB = "meeting.event"
_LAST_CALL = timedelta(minutes=15)
_TOO_LATE_TO_MOVE = timedelta(minutes=10)
_log = structlog.get_logger()

Links = Mapping[str, Invited]


class MeetingJobs(Generic[W]):
    """What the worker runs.

    Args:
        provider: None where no vendor is configured: teachers are asked for links of their own.
        parse: a stored delivery of the vendor to what it says.
    """

    def __init__(
        self,
        storage: Storage[W],
        clock: Clock,
        service: MeetingService[W],
        provider: MeetingProvider | None,
        parse: Callable[[bytes], Heard | None],
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._service = service
        self._provider = provider
        self._parse = parse
        self._at_it = Alone(storage, "meetings")

    def handlers(self) -> Mapping[str, JobHandler[W]]:
        """By kind."""
        return {
            CREATE_JOB: self.create,
            CHANGE_JOB: self.change,
            REMOVE_JOB: self.remove,
            RECONCILE_JOB: self.reconcile,
            FINISH_JOB: self._service.finish,
            EVENT_JOB: self.heard,
        }

    async def create(self, job: Job) -> Unit[W] | None:
        """Handles `meeting.create`."""
        async with self._alone(job):
            return await self._create(job)

    async def change(self, job: Job) -> Unit[W] | None:
        """Handles `meeting.change`: the subject has another time."""
        async with self._alone(job):
            subject, meeting = await self._both(job)
            if subject is None or not subject.is_on:
                return None
            if meeting is None or meeting.state is MeetingState.PLANNED:
                return await self._create(job)
            if meeting.is_over or meeting.span == subject.span:
                return None
            if meeting.provider is Provider.ZOOM and self._provider is not None:
                return await self._change(job, subject, meeting, self._provider)
            return self._moved(subject)

    async def remove(self, job: Job) -> Unit[W] | None:
        """Handles `meeting.remove`: of a subject, or of a meeting that nobody needs any more."""
        async with self._alone(job):
            stray = job.payload.get("provider_id")
            if stray is not None:
                if self._provider is not None:
                    await self._provider.remove(stray)
                return None
            subject, meeting = await self._both(job)
            if meeting is None or meeting.is_over or (subject is not None and subject.is_on):
                return None
            await self._remove(meeting)
            return self._removed(meeting)

    async def reconcile(self, job: Job) -> Unit[W] | None:
        """Handles `meeting.reconcile`: ask the vendor who was there; without an answer, go on."""
        _, meeting = await self._both(job)
        if meeting is None or meeting.state is MeetingState.REMOVED:
            return None
        rows, is_running = [], False
        if meeting.provider is Provider.ZOOM and meeting.provider_id and self._provider:
            try:
                rows = list(
                    await self._provider.participants(meeting.provider_id, meeting.host_id or "")
                )
                is_running = await self._provider.is_running(meeting.provider_id)
            except ServiceFailure as failure:
                _log.warning("meeting.not_asked", meeting=meeting.id, cause=str(failure))

        def unit(work: W) -> None:
            fresh = work.meetings.lock(meeting.subject_id)
            if fresh is not None:
                self._service.report(work, fresh, rows)
                self._service.compare(work, fresh.subject_id)
                self._service.look(work, fresh.subject_id, is_running=is_running)

        return unit

    def heard(self, work: W, job: Job) -> None:
        """Handles `meeting.event`: what the vendor told by webhook."""
        key = job.payload["event"]
        event = work.outside_events.find(key)
        if event is None:
            return
        told = self._parse(event.body)
        meeting = None if told is None else work.meetings.at_provider(told.provider_id)
        if told is not None and meeting is not None:
            meeting = work.meetings.lock(meeting.subject_id) or meeting
            person = meeting.host_user_id if told.is_host else None
            if told.registrant_id is not None:
                person = work.registrants.known_as(meeting.id, told.registrant_id) or person
            fact = Sighting(
                meeting_id=meeting.id,
                source=Source.ZOOM_WEBHOOK,
                what=told.what,
                user_id=person,
                instance=told.instance,
                seat=told.seat,
                at=told.at,
            )
            self._service.take(work, meeting, fact)
        work.outside_events.done(key, self._clock.now())

    async def _create(self, job: Job) -> Unit[W] | None:
        subject, meeting = await self._both(job)
        if subject is None or not subject.is_on:
            return None
        if meeting is not None and meeting.state is not MeetingState.PLANNED:
            return None
        if self._provider is None or subject.span.end <= self._clock.now():
            return self._without_vendor(subject)
        try:
            made = await self._made(subject, meeting, self._provider)
            if made is None:
                return self._without_vendor(subject)
            links = await self._links(subject, made, self._provider)
        except ServiceFailure as failure:
            if self._may_wait(job, subject, failure):
                raise
            _log.error("meeting.not_made", subject=subject.id, cause=str(failure))
            return self._without_vendor(subject)
        return self._done(subject, made, links)

    async def _made(
        self, subject: Subject, meeting: Meeting | None, provider: MeetingProvider
    ) -> Made | None:
        """The vendor's meeting, found or made; None: no host is free."""
        if meeting is not None and meeting.host is not None:
            found = await provider.find(subject.id, meeting.host, subject.span)
            if found is not None:
                return found
        crash_point("before a host is taken")
        host = await self._storage.write(lambda work: self._take_host(work, subject, provider))
        if host is None:
            return None
        crash_point("before the vendor makes a meeting")
        made = await provider.create(subject, host)
        crash_point("after the vendor made a meeting")
        return made

    def _take_host(self, work: W, subject: Subject, provider: MeetingProvider) -> str | None:
        """A host that is free at that time and may be used today; remembered before it is used."""
        meeting = self._service.planned(work, subject)
        today = self._clock.now().astimezone(UTC).date()
        ours = [host for host in provider.hosts if host == meeting.host]
        for host in [*ours, *(host for host in provider.hosts if host not in ours)]:
            if not work.meeting_hosts.claim(host, meeting.id, subject.span):
                continue
            if work.meeting_hosts.use(host, today, provider.changes_per_day):
                work.meetings.save(
                    replace(
                        meeting,
                        host=host,
                        starts_at=subject.span.start,
                        ends_at=subject.span.end,
                    )
                )
                return host
        work.meeting_hosts.release(meeting.id)
        return None

    async def _links(self, subject: Subject, made: Made, provider: MeetingProvider) -> Links:
        """Everybody's own link; the host's is for coming in as one of the others."""
        people = (Guest(subject.host_user_id, subject.host_name), *subject.guests)
        return {
            person.user_id: await provider.register(made.provider_id, person) for person in people
        }

    def _done(self, subject: Subject, made: Made, links: Links) -> Unit[W]:
        def unit(work: W) -> None:
            meeting = self._service.planned(work, subject)
            if meeting.provider_id == made.provider_id:
                return
            wanted = self._service.subjects.find(work, subject.id)
            is_wanted = wanted is not None and wanted.is_on
            if not is_wanted or meeting.state is not MeetingState.PLANNED:
                work.jobs.put(_stray(subject.id, made.provider_id, self._clock.now()))
                return
            for user_id, invited in links.items():
                work.registrants.put(
                    Registrant(
                        meeting_id=meeting.id,
                        user_id=user_id,
                        registrant_id=invited.registrant_id,
                        join_url=invited.join_url,
                    )
                )
            self._service.ready(
                work,
                replace(
                    meeting,
                    provider=Provider.ZOOM,
                    host=made.host,
                    host_id=made.host_id,
                    provider_id=made.provider_id,
                    join_url=made.join_url,
                ),
            )

        return unit

    def _without_vendor(self, subject: Subject) -> Unit[W]:
        def unit(work: W) -> None:
            meeting = self._service.planned(work, subject)
            if meeting.state is MeetingState.PLANNED:
                self._service.need_link(work, meeting)

        return unit

    def _may_wait(self, job: Job, subject: Subject, failure: ServiceFailure) -> bool:
        """Whether another try comes early enough for people to hear of a link of another kind."""
        if not failure.retryable or job.attempts >= MOST_ATTEMPTS:
            return False
        wait = max(backoff(job.attempts), timedelta(seconds=failure.retry_after or 0.0))
        return self._clock.now() + wait <= subject.span.start - _LAST_CALL

    async def _change(
        self, job: Job, subject: Subject, meeting: Meeting, provider: MeetingProvider
    ) -> Unit[W] | None:
        is_running = self._clock.now() >= meeting.starts_at - _TOO_LATE_TO_MOVE
        has_host = await self._storage.write(
            lambda work: self._keep_host(work, meeting, subject, provider)
        )
        if has_host and await provider.change(meeting.provider_id or "", subject):
            return self._moved(subject)
        if is_running:  # nobody is moved out of a room they are in
            return self._moved(subject)
        await self._storage.write(lambda work: self._give_up(work, meeting))
        return await self._create(job)

    def _keep_host(
        self, work: W, meeting: Meeting, subject: Subject, provider: MeetingProvider
    ) -> bool:
        host = meeting.host or ""
        today = self._clock.now().astimezone(UTC).date()
        return work.meeting_hosts.claim(host, meeting.id, subject.span) and work.meeting_hosts.use(
            host, today, provider.changes_per_day
        )

    def _give_up(self, work: W, meeting: Meeting) -> None:
        """Plan it anew; what there was is removed at the vendor's."""
        fresh = work.meetings.lock(meeting.subject_id)
        if fresh is not None and fresh.state is MeetingState.READY and fresh.provider_id:
            work.jobs.put(_stray(fresh.subject_id, fresh.provider_id, self._clock.now()))
            work.meeting_hosts.release(fresh.id)
            planned = fresh.moved_to(MeetingState.PLANNED)
            work.meetings.save(replace(planned, host=None, provider_id=None, join_url=None))

    def _moved(self, subject: Subject) -> Unit[W]:
        def unit(work: W) -> None:
            meeting = work.meetings.lock(subject.id)
            if meeting is not None and not meeting.is_over:
                self._service.moved(work, meeting, subject)

        return unit

    async def _remove(self, meeting: Meeting) -> None:
        provider, number = self._provider, meeting.provider_id
        if provider is None or meeting.provider is not Provider.ZOOM or meeting.host is None:
            return
        if number is None:  # it was perhaps made, and we ended before we knew
            found = await provider.find(meeting.subject_id, meeting.host, meeting.span)
            number = found.provider_id if found else None
        if number is not None:
            await provider.remove(number)

    def _removed(self, meeting: Meeting) -> Unit[W]:
        def unit(work: W) -> None:
            fresh = work.meetings.lock(meeting.subject_id)
            if fresh is not None and not fresh.is_over:
                work.meeting_hosts.release(fresh.id)
                gone = fresh.moved_to(MeetingState.REMOVED)
                work.meetings.save(replace(gone, join_url=None))

        return unit

    async def _both(self, job: Job) -> tuple[Subject | None, Meeting | None]:
        subject_id = job.payload["booking_id"]

        def query(work: W) -> tuple[Subject | None, Meeting | None]:
            return self._service.subjects.find(work, subject_id), work.meetings.of_subject(
                subject_id
            )

        return await self._storage.read(query)

    def _alone(self, job: Job) -> AbstractAsyncContextManager[None]:
        """Nobody else talks to the vendor about this subject, in this process or another."""
        return self._at_it.at(f"meeting:{job.payload['booking_id']}")


def _stray(subject_id: str, provider_id: str, at: datetime) -> Job:
    """Remove a meeting at the vendor's that nobody needs."""
    return Job(
        kind=REMOVE_JOB,
        key=f"{subject_id}:stray:{provider_id}",
        due_at=at,
        payload={"booking_id": subject_id, "provider_id": provider_id},
    )
