"""What a room promised: to open, to pass a turn on, to end, to write down what was said."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.chat.ports import Heard, Transcriber
from bot.core.clock import Clock
from bot.core.errors import DomainError, NotFound
from bot.core.language import base_language
from bot.core.storage import Storage
from bot.flows.live.room_course import BEGIN_JOB, FINISH_JOB, LATE, SOON, RoomCourse
from bot.flows.live.room_lead import RoomLead
from bot.flows.live.room_mirror import RoomMirror
from bot.flows.live.room_talk import HEARD_JOB, passed_on
from bot.flows.live.room_turns import TURN_JOB, RoomTurns
from bot.flows.live.room_unit import find_room
from bot.flows.ports import FlowWork
from bot.jobs.model import Job
from bot.jobs.ports import JobHandler, Unit
from bot.live.model import ConversationStatus, LiveConversation
from bot.live.room_model import RoomMessage, Slip
from bot.live.room_ports import SlipFinder

_MOST_SLIPS = 2


@dataclass(frozen=True, slots=True)
class _Said:
    """A message to be listened to, or looked at.

    Args:
        sound: of a voice note; None for typed words.
        languages: that may be heard, the likeliest first.
    """

    message: RoomMessage
    conversation: LiveConversation
    sound: bytes | None
    languages: tuple[str, ...]
    wants_corrections: bool


class RoomJobs:
    """Handlers for the worker."""

    def __init__(
        self,
        storage: Storage[FlowWork],
        clock: Clock,
        course: RoomCourse,
        turns: RoomTurns,
        lead: RoomLead,
        mirror: RoomMirror,
        transcriber: Transcriber,
        find_slips: SlipFinder,
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._course = course
        self._turns = turns
        self._lead = lead
        self._mirror = mirror
        self._transcriber = transcriber
        self._find_slips = find_slips

    def handlers(self) -> Mapping[str, JobHandler[FlowWork]]:
        """By kind."""
        return {
            BEGIN_JOB: self.begin,
            TURN_JOB: self.pass_on,
            FINISH_JOB: self.finish,
            HEARD_JOB: self.hear,
        }

    def begin(self, work: FlowWork, job: Job) -> None:
        """Handles `live.begin`: the door opens; later, a room nobody started begins by itself."""
        conversation = work.live.conversations.find(job.payload["conversation"])
        if conversation is None or conversation.status is not ConversationStatus.SCHEDULED:
            return
        if str(int(conversation.starts_at.timestamp())) != job.payload["starts_at"]:
            return
        unit = self._course.open(work, conversation)
        if job.payload["stage"] == LATE:
            self._course.begin_by_itself(unit, int(job.payload["again"]))

    def pass_on(self, work: FlowWork, job: Job) -> None:
        """Handles `live.turn`: whoever was asked said nothing in time; perhaps nobody leads."""
        unit = find_room(work, job.payload["conversation"], self._clock.now())
        if unit is not None and not unit.room.is_over:
            self._lead.look(unit)
            self._turns.missed(unit, int(job.payload["turn"]))

    def finish(self, work: FlowWork, job: Job) -> None:
        """Handles `live.finish`: time is nearly up, or up."""
        unit = find_room(work, job.payload["conversation"], self._clock.now())
        if unit is None or str(int(unit.room.ends_at.timestamp())) != job.payload["ends_at"]:
            return
        if job.payload["stage"] == SOON:
            if unit.room.is_running:
                self._course.warn(unit)
        else:
            self._course.end(work, unit.conversation)

    async def hear(self, job: Job) -> Unit[FlowWork] | None:
        """Handles `live.heard`: a note's words are written down, and slips found for its author."""
        message_id, blob_id = job.payload["message"], job.payload["blob"]
        said = await self._storage.read(lambda work: _said(work, message_id, blob_id))
        if said is None:
            return lambda work: passed_on(work, message_id) if blob_id else None
        heard: Heard | None = None
        if said.sound is not None:
            heard = await self._heard(said.sound, said.languages)
        slips = await self._slips(said, heard)

        def unit(work: FlowWork) -> None:
            self._heard_unit(work, message_id, heard, slips)
            if blob_id:
                passed_on(work, message_id)

        return unit

    def _heard_unit(
        self, work: FlowWork, message_id: str, heard: Heard | None, slips: Sequence[Slip]
    ) -> None:
        now = self._clock.now()
        found = work.live.rooms.messages.find(message_id)
        unit = None if found is None else find_room(work, found.conversation_id, now)
        message = work.live.rooms.messages.find(message_id)
        if message is None or unit is None or message.transcript is not None or message.slips:
            return
        if heard is not None:
            message = replace(message, transcript=heard.text, language=heard.language)
        saved = work.live.rooms.messages.save(replace(message, slips=tuple(slips)))
        if heard is not None:
            self._mirror.show_transcript(work, unit.conversation, saved, unit.inside, now)
        if slips:
            self._mirror.show_slips(work, saved, slips, now)

    async def _heard(self, sound: bytes, languages: Sequence[str]) -> Heard | None:
        try:
            return await self._transcriber.transcribe(sound, languages=languages)
        except DomainError:  # a recording that was taken before and is refused today
            return None

    async def _slips(self, said: _Said, heard: Heard | None) -> Sequence[Slip]:
        """Only of who asked for them, and only in the language that is practised."""
        text = heard.text if heard is not None else said.message.text
        spoken = (heard.language if heard is not None else None) or said.conversation.language
        language = base_language(said.conversation.language)
        if not said.wants_corrections or not text or base_language(spoken) != language:
            return ()
        level = said.conversation.level
        found = await asyncio.to_thread(self._find_slips, text, language, level)
        return found[:_MOST_SLIPS]


def _said(work: FlowWork, message_id: str, blob_id: str) -> _Said | None:
    """None: it is gone, or its sound is."""
    message = work.live.rooms.messages.find(message_id)
    conversation = (
        None if message is None else work.live.conversations.find(message.conversation_id)
    )
    if message is None or conversation is None:
        return None
    try:
        sound = work.blobs.get(blob_id) if blob_id else None
    except NotFound:
        return None
    author = work.users.find(message.sender_id)
    member = work.live.rooms.members.find_of(conversation.id, message.sender_id)
    own = None if author is None else author.native_language
    languages = tuple(dict.fromkeys(filter(None, (conversation.language, own))))
    wants = member is not None and member.wants_corrections
    return _Said(message, conversation, sound, languages, wants)
