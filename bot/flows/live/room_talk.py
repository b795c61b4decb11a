"""What somebody in a room writes or says in their own chat goes to everybody in it."""

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.accounts.model import User
from bot.chat.model import place_key
from bot.chat.policy import Limits, NotSent, check_pace, check_text
from bot.flows.dispatch import Carried
from bot.flows.live.room_door import may_keep_voices
from bot.flows.live.room_lead import RoomLead
from bot.flows.live.room_mirror import RoomMirror
from bot.flows.live.room_turns import RoomTurns
from bot.flows.live.room_unit import RoomUnit, find_room
from bot.flows.ports import FlowWork
from bot.flows.relay_files import Fetched, fetch_file
from bot.flows.scene import Scene
from bot.flows.voice_turn import Parts
from bot.jobs.model import Job
from bot.live.room_model import Member, RoomMessage, RoomMessageKind
from bot.messaging.model import Attachment, Incoming, IncomingKind, MediaKind

HEARD_JOB = "live.heard"
_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)
_ON_ITS_WAY = timedelta(days=1)
_KINDS = {MediaKind.VOICE: RoomMessageKind.VOICE, MediaKind.PHOTO: RoomMessageKind.IMAGE}


@dataclass(frozen=True, slots=True)
class RoomParts:
    """What saying something in a room needs."""

    mirror: RoomMirror
    turns: RoomTurns
    lead: RoomLead
    limits: Limits
    kept_for: timedelta


class RoomTalk:
    """Takes the messages of those who are in a room."""

    def __init__(self, room: RoomParts, parts: Parts) -> None:
        self._room = room
        self._parts = parts

    def carry(self, scene: Scene) -> Carried | None:
        """A message outside of a flow goes to everybody in the room; None: it is for others.

        Raises:
            NotSent: the host has muted them, or a rule says no.
        """
        incoming = scene.incoming
        member = (
            None if incoming.is_shared else scene.work.live.rooms.members.find_in(scene.user.id)
        )
        if member is None or _answers_a_partner(scene):
            return None
        unit = find_room(scene.work, member.conversation_id, scene.now)
        if unit is None or unit.room.is_over:
            return None
        self.check(unit, scene.user, incoming.text or "")
        if incoming.media is not None:
            if incoming.media.kind not in _KINDS:
                raise NotSent("grouproom.refused.kind")
            return Carried(_CarryFiles(self, self._parts, unit.room.id))
        if incoming.kind is not IncomingKind.TEXT or not incoming.text:
            raise NotSent("grouproom.refused.kind")
        self.say(unit, scene.user, incoming, RoomMessageKind.TEXT)
        return Carried(None)

    def check(self, unit: RoomUnit, user: User, text: str) -> Member:
        """Raises NotSent when this person may not say this here."""
        member = unit.member(user.id)
        if member is None or not member.is_in:
            raise NotSent("grouproom.refused.not_in")
        if member.is_muted:
            raise NotSent("grouproom.refused.muted")
        check_text(text, self._room.limits)
        messages = unit.work.live.rooms.messages
        counts = messages.count_since(user.id, unit.now - _MINUTE, unit.now - _DAY)
        check_pace(*counts, self._room.limits)
        return member

    def say(
        self,
        unit: RoomUnit,
        user: User,
        incoming: Incoming,
        kind: RoomMessageKind,
        file: Fetched | None = None,
    ) -> None:
        """Pass a message on, count it, and go on with the turns. Raises NotSent."""
        member = self.check(unit, user, incoming.text or "")
        is_voice = kind is RoomMessageKind.VOICE
        is_turn = is_voice and unit.room.is_running and unit.room.turn_of == user.id
        seconds = (file.attachment.seconds or 0.0) if file is not None and is_voice else 0.0
        message = RoomMessage(
            conversation_id=unit.room.id,
            sender_id=user.id,
            kind=kind,
            at=unit.now,
            text=incoming.text or "",
            language=None if is_voice else unit.conversation.language,
            seconds=seconds,
            prompt_index=unit.room.prompt_index,
            is_turn=is_turn,
            source_place=place_key(incoming.address),
            source_id=incoming.message.message_id if incoming.message else None,
        )
        self._pass_on(unit, user, member, message, file)
        spoke = unit.keep(
            replace(
                member,
                seen_at=unit.now,
                speaking_seconds=member.speaking_seconds + seconds,
                message_count=member.message_count + 1,
            )
        )
        self._go_on(unit, spoke, is_turn=is_turn)

    def _go_on(self, unit: RoomUnit, member: Member, *, is_turn: bool) -> None:
        self._room.lead.look(unit)
        awake = self._room.turns.awake(unit, member)
        if is_turn:
            self._room.turns.had_turn(unit, awake)

    def _pass_on(
        self,
        unit: RoomUnit,
        user: User,
        member: Member,
        message: RoomMessage,
        file: Fetched | None,
    ) -> None:
        work, mirror = unit.work, self._room.mirror
        attachment = None if file is None else self._stored(unit, user, message, file)
        is_kept = attachment is not None and self._is_kept(unit, message)
        blob_id = attachment.blob_id if attachment is not None and is_kept else None
        work.live.rooms.messages.add(replace(message, blob_id=blob_id))
        waiting = mirror.pass_on(
            work, unit.conversation, message, user, unit.inside, attachment, unit.now
        )
        mirror.sign(work, message, unit.now)
        is_voice = message.kind is RoomMessageKind.VOICE
        if is_voice or (message.text and member.wants_corrections):
            self._promise(unit, message, attachment if is_voice else None)
        if attachment is not None:
            listeners = waiting + (1 if is_voice else 0)
            if listeners:
                work.live.rooms.files.hold(message.id, attachment.blob_id, listeners)
            else:
                work.blobs.remove(attachment.blob_id)

    def _stored(
        self, unit: RoomUnit, user: User, message: RoomMessage, file: Fetched
    ) -> Attachment:
        """One copy of the bytes for everybody; it goes when the last one has it."""
        is_kept = self._is_kept(unit, message)
        expires_at = unit.now + (self._room.kept_for if is_kept else _ON_ITS_WAY)
        mime = file.attachment.mime
        blob_id = unit.work.blobs.add(user.id, mime, file.data, unit.now, expires_at=expires_at)
        return replace(file.attachment, blob_id=blob_id, is_kept=True)

    def _is_kept(self, unit: RoomUnit, message: RoomMessage) -> bool:
        return message.kind is RoomMessageKind.VOICE and may_keep_voices(unit.members)

    def _promise(self, unit: RoomUnit, message: RoomMessage, note: Attachment | None) -> None:
        """What was said is written down, and looked at where its author wants that."""
        payload = {"message": message.id, "blob": note.blob_id if note is not None else ""}
        unit.work.jobs.put(Job(kind=HEARD_JOB, key=message.id, due_at=unit.now, payload=payload))


@dataclass(frozen=True, slots=True)
class _CarryFiles:
    """Fetches what was sent and passes it on; after a crash the event is carried anew."""

    talk: RoomTalk
    parts: Parts
    conversation_id: str

    async def __call__(self, incoming: Incoming, interrupted: asyncio.Event) -> None:
        media = incoming.media
        if media is None:
            return
        limits = self.parts.scenes.rules.relay
        file = await fetch_file(self.parts, limits, incoming, media)
        if file.is_silent:
            raise NotSent("grouproom.refused.silent")

        def unit(work: FlowWork) -> None:
            scene = self.parts.scenes.of(work, incoming, "room")
            room = find_room(work, self.conversation_id, scene.now)
            if room is None or room.room.is_over:
                raise NotSent("grouproom.refused.over")
            self.talk.say(room, scene.user, incoming, _KINDS[media.kind], file)
            self.parts.scenes.finish(scene)

        await self.parts.storage.write(unit)


def passed_on(work: FlowWork, message_id: str) -> None:
    """One who waited for a file has it, or never will; the last one takes it away."""
    blob_id = work.live.rooms.files.arrived(message_id)
    if blob_id is None:
        return
    message = work.live.rooms.messages.find(message_id)
    if message is None or message.blob_id != blob_id:
        work.blobs.remove(blob_id)


def _answers_a_partner(scene: Scene) -> bool:
    """A reply to a message of a thread of two goes there."""
    ref = scene.incoming.reply_to
    if ref is None:
        return False
    chat, place = scene.work.chat, place_key(ref.address)
    is_copy = chat.copies.find_at(place, ref.message_id) is not None
    return is_copy or bool(chat.messages.of_source(place, ref.message_id))
