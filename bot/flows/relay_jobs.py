"""What the relay promised: to write down what was said, and to open rooms."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.accounts.model import Identity
from bot.accounts.reach import preferred_address
from bot.chat.mirror import shown_name
from bot.chat.model import ChatMessage, parse_place, place_key
from bot.chat.ports import Rooms, Transcriber
from bot.chat.service import Relay
from bot.core.clock import Clock
from bot.core.errors import DomainError, NotFound
from bot.core.storage import Storage
from bot.flows.ports import FlowWork
from bot.i18n.catalog import texts_in
from bot.jobs.model import Job
from bot.messaging.model import Address, MessageKind, Outgoing, Paragraph
from bot.messaging.ports import Undeliverable

INVITE_JOB = "relay.invite"

Unit = Callable[[FlowWork], None]
AwaitedJob = Callable[[Job], Awaitable[Unit | None]]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A room that is still wanted: in which channel, and what it is to be called."""

    thread_id: str
    place: Address
    title: str


class RelayJobs:
    """Handlers for the worker.

    Args:
        rooms: by platform, of those that can open a room in a channel.
    """

    def __init__(
        self,
        relay: Relay,
        storage: Storage[FlowWork],
        clock: Clock,
        transcriber: Transcriber,
        rooms: Mapping[str, Rooms],
    ) -> None:
        self._relay = relay
        self._storage = storage
        self._clock = clock
        self._transcriber = transcriber
        self._rooms = rooms

    async def transcribe(self, job: Job) -> Unit | None:
        """Handles `relay.transcribe`: the note went ahead, its words follow."""
        message_id, blob_id = job.payload["message"], job.payload["blob"]

        def load(work: FlowWork) -> tuple[bytes, tuple[str, ...]] | None:
            message = work.chat.messages.find(message_id)
            if message is None:
                return None
            try:
                return work.blobs.get(blob_id), _pair(work, message)
            except NotFound:
                return None

        found = await self._storage.read(load)
        if found is None:
            return lambda work: work.blobs.remove(blob_id)
        data, languages = found
        try:
            heard = await self._transcriber.transcribe(data, languages=languages)
        except DomainError:  # a recording that was taken before and is refused today
            heard = None

        def unit(work: FlowWork) -> None:
            self._relay.transcribed(work, message_id, heard, self._clock.now())
            work.blobs.remove(blob_id)

        return unit

    async def open_room(self, job: Job) -> Unit | None:
        """Handles `relay.open_room`: a room for one student in the teacher's channel.

        Nobody is let in before it is written down: a run that a crash cut off leaves at most an
        empty room behind, which the next run takes.
        """
        wanted = await self._storage.read(lambda work: _wanted(work, job))
        rooms = None if wanted is None else self._rooms.get(wanted.place.platform)
        if wanted is None or rooms is None:
            return None
        try:
            room = await self._left_behind(rooms, wanted) if job.attempts > 1 else None
            room = room or await rooms.open(wanted.place, wanted.title)
        except Undeliverable:
            return lambda work: self._refused(work, job)

        def unit(work: FlowWork) -> None:
            if _wanted(work, job) is None:
                return  # the teacher thought better of it meanwhile
            thread = work.chat.threads.get(wanted.thread_id)
            work.chat.threads.save(thread.placed(thread.teacher_id, room))
            payload = {"thread": thread.id, "room": place_key(room)}
            invite = Job(
                kind=INVITE_JOB, key=place_key(room), due_at=self._clock.now(), payload=payload
            )
            work.jobs.put(invite)

        return unit

    async def invite(self, job: Job) -> Unit | None:
        """Handles `relay.invite`: the teacher is let into a room, and told whose it is."""
        thread_id, room = job.payload["thread"], parse_place(job.payload["room"])

        def load(work: FlowWork) -> list[str] | None:
            thread = work.chat.threads.find(thread_id)
            if thread is None or thread.place_of(thread.teacher_id) != room:
                return None
            return _ids(work.identities.of_user(thread.teacher_id), room.platform)

        guests = await self._storage.read(load)
        if guests is None:
            return None
        await self._rooms[room.platform].invite(room, guests)

        def unit(work: FlowWork) -> None:
            thread = work.chat.threads.get(thread_id)
            teacher, student = (
                work.users.find(thread.teacher_id),
                work.users.find(thread.student_id),
            )
            if teacher is None or student is None:
                return
            texts = texts_in(teacher.ui_language)
            said = Paragraph(texts("relay.room_opened", name=shown_name(student, texts)))
            work.outbox.put(
                Outgoing(
                    key=f"relay:{thread_id}:opened:{room.thread or room.room}",
                    to=room,
                    kind=MessageKind.RELAY,
                    user_id=teacher.id,
                    body=(said,),
                ),
                at=self._clock.now(),
            )

        return unit

    async def _left_behind(self, rooms: Rooms, wanted: _Wanted) -> Address | None:
        """An empty room that an earlier run opened and nobody wrote down."""
        found = await rooms.find_empty(wanted.place, wanted.title)

        def unclaimed(work: FlowWork) -> Address | None:
            free = (room for room in found if work.chat.threads.find_at(place_key(room)) is None)
            return next(free, None)

        return await self._storage.read(unclaimed)

    def _refused(self, work: FlowWork, job: Job) -> None:
        """No room can be opened there: students go on in the private chat, and why is told once."""
        if _wanted(work, job) is None:
            return
        thread = work.chat.threads.get(job.payload["thread"])
        teacher = work.users.get(thread.teacher_id)
        work.chat.halls.drop(teacher.id)
        work.chat.threads.save(thread)  # so that it may be asked for again
        to = preferred_address(work.identities.of_user(teacher.id))
        if to is not None:
            text = texts_in(teacher.ui_language)("relay.rooms_refused")
            work.outbox.put(
                Outgoing(
                    key=f"relay:rooms:{job.payload['cause']}:refused",
                    to=to,
                    kind=MessageKind.NOTICE,
                    user_id=teacher.id,
                    body=(Paragraph(text),),
                ),
                at=self._clock.now(),
            )


def _wanted(work: FlowWork, job: Job) -> _Wanted | None:
    """What a job asks for; None: it is there, or the teacher wants another by now, or none."""
    thread = work.chat.threads.find(job.payload["thread"])
    hall = None if thread is None else work.chat.halls.find(thread.teacher_id)
    teacher = None if thread is None else work.users.find(thread.teacher_id)
    student = None if thread is None else work.users.find(thread.student_id)
    if thread is None or hall is None or teacher is None or student is None:
        return None
    if (hall.place, thread.teacher_place or "") != (
        job.payload.get("place"),
        job.payload.get("instead_of"),
    ):
        return None
    title = shown_name(student, texts_in(teacher.ui_language))
    return _Wanted(thread.id, parse_place(hall.place), title)


def _pair(work: FlowWork, message: ChatMessage) -> tuple[str, ...]:
    """The languages that may be heard in a thread: what the student learns, and their own."""
    thread = work.chat.threads.get(message.thread_id)
    student = work.users.find(thread.student_id)
    learner = work.learner_languages.find_active(thread.student_id)
    own = None if student is None else student.native_language or student.ui_language
    wanted = (learner.language if learner else None, own)
    return tuple(dict.fromkeys(language for language in wanted if language)) or ("en",)


def _ids(identities: Sequence[Identity], platform: str) -> list[str]:
    return [each.external_id for each in identities if each.platform == platform]
