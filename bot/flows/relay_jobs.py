"""What the relay promised: to write down what was said, and to open rooms."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from bot.accounts.model import Identity
from bot.chat.mirror import shown_name
from bot.chat.model import ChatMessage, parse_place
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

Unit = Callable[[FlowWork], None]
AwaitedJob = Callable[[Job], Awaitable[Unit | None]]


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
        """Handles `relay.open_room`: a room for one student in the teacher's channel."""
        thread_id = job.payload["thread"]

        def load(work: FlowWork) -> tuple[Address, str, list[str]] | None:
            thread = work.chat.threads.find(thread_id)
            hall = None if thread is None else work.chat.halls.find(thread.teacher_id)
            teacher = None if thread is None else work.users.find(thread.teacher_id)
            student = None if thread is None else work.users.find(thread.student_id)
            if thread is None or hall is None or teacher is None or student is None:
                return None
            place = parse_place(hall.place)
            known = work.identities.of_user(teacher.id)
            name = shown_name(student, texts_in(teacher.ui_language))
            return place, name, _ids(known, place.platform)

        found = await self._storage.read(load)
        rooms = None if found is None else self._rooms.get(found[0].platform)
        if found is None or rooms is None:
            return None
        place, title, guests = found
        try:
            room = await rooms.open(place, title, nonce=thread_id, guests=guests)
        except Undeliverable:
            return None

        def unit(work: FlowWork) -> None:
            thread = work.chat.threads.get(thread_id)
            saved = work.chat.threads.save(thread.placed(thread.teacher_id, room))
            teacher = work.users.get(saved.teacher_id)
            text = texts_in(teacher.ui_language)("relay.room_opened", name=title)
            work.outbox.put(
                Outgoing(
                    key=f"relay:{thread_id}:opened:{room.room}",
                    to=room,
                    kind=MessageKind.RELAY,
                    user_id=teacher.id,
                    body=(Paragraph(text),),
                ),
                at=self._clock.now(),
            )

        return unit


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
