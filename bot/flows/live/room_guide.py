"""What the bot says in a voice room's own chat: the opening, the prompts, and how long there is.

Prompts are spoken too, as voice messages, where an engine has a voice for the language.
"""

import base64
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.chat.mirror import shown_name
from bot.chat.model import parse_place
from bot.chat.policy import harmless
from bot.core.errors import ServiceFailure
from bot.flows.ports import FlowWork
from bot.flows.voice_turn import Parts
from bot.i18n.catalog import Texts, texts_in
from bot.jobs.model import Job
from bot.jobs.ports import Unit
from bot.live.model import ConversationStatus, LiveConversation
from bot.live.ports import ConversationChange, ConversationNews
from bot.messaging.model import (
    Address,
    Attachment,
    MediaKind,
    MessageKind,
    Outgoing,
    Paragraph,
    Style,
)
from bot.voice.avatars import closest
from bot.voice.engines import Exchange, NoEngine
from bot.voice.model import EncodedVoice, Utterance
from bot.voice.samples import sample_spec

GUIDE_JOB = "live.guide"
_OPENING, _PROMPT, _SOON, _OVER = "opening", "prompt", "soon", "over"
_SETTLING = timedelta(minutes=2)
_LAST_MINUTES = timedelta(minutes=5)
_AUDIO_KEPT_FOR = timedelta(days=1)
_TOLD = {ConversationNews.STARTED, ConversationNews.EXTENDED}


@dataclass(frozen=True, slots=True)
class _Line:
    """One thing to say.

    Args:
        spoken: of it, in the language that is practised; "": nothing.
    """

    room: Address
    conversation: LiveConversation
    body: tuple[Paragraph, ...]
    spoken: str = ""


class RoomGuide:
    """Implements `ConversationEvents`, and what the worker runs for it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def on_conversation(self, work: FlowWork, change: ConversationChange, /) -> None:
        """Promise every line once it has begun, and the last ones anew when it gets longer."""
        conversation, now = change.conversation, self._parts.scenes.clock.now()
        if change.news is ConversationNews.COMPLETED:
            _promise(work, conversation, _OVER, now)
        if change.news not in _TOLD or work.halls.rooms.open_for(conversation.id) is None:
            return
        if change.news is ConversationNews.STARTED:
            _promise(work, conversation, _OPENING, now)
            for number, at in enumerate(prompt_times(conversation, now)):
                _promise(work, conversation, f"{_PROMPT}{number}", at)
        stamp = int(conversation.ends_at.timestamp())
        due_at = max(now, conversation.ends_at - _LAST_MINUTES)
        _promise(work, conversation, f"{_SOON}{stamp}", due_at)

    async def say(self, job: Job) -> Unit[FlowWork] | None:
        """Handles `live.guide`."""
        line = await self._parts.storage.read(lambda work: _line(work, job))
        if line is None:
            return None
        voice = await self._spoken(line) if line.spoken else None
        return lambda work: self._put(work, job, line, voice)

    async def _spoken(self, line: _Line) -> EncodedVoice | None:
        """None where nobody can say it: the words are there to read."""
        parts, language = self._parts, line.conversation.language
        say, done = Utterance(turn_id="guide", say=line.spoken), Exchange()
        spec = sample_spec(closest(language).avatar, language)
        try:
            async with aclosing(parts.chain.exchange(spec, None, say)) as results:
                async for result in results:
                    done = result
            return await parts.codec.encode(parts.sound.join(done.audio)) if done.audio else None
        except (NoEngine, ServiceFailure):
            return None

    def _put(self, work: FlowWork, job: Job, line: _Line, voice: EncodedVoice | None) -> None:
        now, host = self._parts.scenes.clock.now(), line.conversation.host_id
        attachment = None
        if voice is not None:
            until = now + _AUDIO_KEPT_FOR
            blob = work.blobs.add(host, "audio/ogg", voice.ogg, now, expires_at=until)
            attachment = _bubble(blob, voice)
        message = Outgoing(
            key=f"guide:{job.key}",
            to=line.room,
            kind=MessageKind.NEWS,
            body=line.body,
            attachment=attachment,
        )
        work.outbox.put(message, at=now)


def prompt_times(conversation: LiveConversation, begun_at: datetime) -> Sequence[datetime]:
    """When each prompt comes: evenly, from when people have settled to shortly before the end."""
    count = len(conversation.prompts)
    first = begun_at + _SETTLING
    left = conversation.ends_at - _LAST_MINUTES - first
    each = max(left, timedelta()) / max(count, 1)
    return [first + each * number for number in range(count)]


def _promise(work: FlowWork, conversation: LiveConversation, stage: str, due_at: datetime) -> None:
    payload = {"conversation": conversation.id, "stage": stage}
    key = f"{conversation.id}:{stage}"
    work.jobs.put(Job(kind=GUIDE_JOB, key=key, due_at=due_at, payload=payload))


def _line(work: FlowWork, job: Job) -> _Line | None:
    """What is to be said now; None: the room is gone, or it is no longer true."""
    stage = job.payload["stage"]
    conversation = work.live.conversations.find(job.payload["conversation"])
    room = None if conversation is None else work.halls.rooms.open_for(conversation.id)
    if conversation is None or room is None:
        return None
    is_over = conversation.status is ConversationStatus.COMPLETED
    goes_on = conversation.status is ConversationStatus.LIVE
    if not (is_over if stage == _OVER else goes_on):
        return None
    place, texts = parse_place(room.place), texts_in(conversation.language)
    if stage == _OPENING:
        return _Line(place, conversation, _opening(work, conversation, texts))
    if stage.startswith(_PROMPT):
        return _prompt(place, conversation, texts, int(stage.removeprefix(_PROMPT)))
    if stage == _OVER:
        return _Line(place, conversation, (Paragraph(texts("board.guide.over")),))
    if stage != f"{_SOON}{int(conversation.ends_at.timestamp())}":  # it was made longer
        return None
    return _Line(place, conversation, (Paragraph(texts("board.guide.soon")),))


def _opening(work: FlowWork, conversation: LiveConversation, texts: Texts) -> tuple[Paragraph, ...]:
    host = work.users.find(conversation.host_id)
    name = "" if host is None else shown_name(host, texts)
    title = harmless(conversation.title)
    said = [
        Paragraph(texts("board.guide.welcome", title=title), Style.STRONG),
        Paragraph(texts("board.guide.how", name=name)),
    ]
    if conversation.vocabulary:
        words = harmless(" · ".join(conversation.vocabulary))
        said.append(Paragraph(texts("board.guide.words", words=words), Style.QUOTE))
    if conversation.cultural_notes:
        said.append(Paragraph(harmless(conversation.cultural_notes), Style.QUOTE))
    return tuple(said)


def _prompt(
    place: Address, conversation: LiveConversation, texts: Texts, number: int
) -> _Line | None:
    if number >= len(conversation.prompts):
        return None
    prompt = harmless(conversation.prompts[number])
    count = len(conversation.prompts)
    body = (
        Paragraph(texts("board.guide.prompt", number=number + 1, total=count), Style.STRONG),
        Paragraph(prompt),
    )
    return _Line(place, conversation, body, spoken=conversation.prompts[number])


def _bubble(blob_id: str, voice: EncodedVoice) -> Attachment:
    waveform = base64.b64encode(voice.waveform).decode() if voice.waveform else None
    return Attachment(
        kind=MediaKind.VOICE,
        blob_id=blob_id,
        mime="audio/ogg",
        filename="voice.ogg",
        seconds=voice.seconds,
        waveform=waveform,
    )
