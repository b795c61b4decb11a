"""Voice notes, pictures and other files on their way to a partner: fetched at once, looked at."""

import asyncio
from base64 import b64encode
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.chat.model import ContentKind, Draft, Thread, place_key
from bot.chat.policy import DOWNLOAD_LIMIT, Limits, NotSent
from bot.chat.service import Relay
from bot.core.filenames import safe_filename
from bot.flows.ports import FlowWork
from bot.flows.relay_words import say_where_it_went
from bot.flows.scene import Later
from bot.flows.voice_turn import Parts
from bot.jobs.model import Job
from bot.messaging.errors import FileTooLarge
from bot.messaging.fetching import fetched
from bot.messaging.model import Attachment, Incoming, IncomingMedia, MediaKind
from bot.voice.ports import AudioCodec

TRANSCRIBE_JOB = "relay.transcribe"
_KEPT_FOR = timedelta(days=30)
_OGG = b"OggS"
_NAMES = {
    MediaKind.VOICE: "voice.ogg",
    MediaKind.AUDIO: "audio",
    MediaKind.PHOTO: "photo.jpg",
    MediaKind.STICKER: "sticker.webp",
    MediaKind.VIDEO: "video.mp4",
    MediaKind.VIDEO_NOTE: "video.mp4",
}
_MIMES = {
    MediaKind.VOICE: "audio/ogg",
    MediaKind.PHOTO: "image/jpeg",
    MediaKind.STICKER: "image/webp",
    MediaKind.VIDEO: "video/mp4",
    MediaKind.VIDEO_NOTE: "video/mp4",
}
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"RIFF")


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that may be sent on.

    Args:
        is_silent: a voice note in which nobody speaks.
    """

    attachment: Attachment
    data: bytes
    is_silent: bool = False


class RelayFiles:
    """Makes the `Later` of a message with files."""

    def __init__(self, relay: Relay, parts: Parts) -> None:
        self._relay = relay
        self._parts = parts

    def later(self, thread: Thread, answered: str | None, *, is_news: bool) -> Later:
        """Carry the files of this event; after a crash the event is carried anew."""
        return _Carry(self._relay, self._parts, thread.id, answered, is_news)


@dataclass(frozen=True, slots=True)
class _Carry:
    relay: Relay
    parts: Parts
    thread_id: str
    answered: str | None
    is_news: bool

    async def __call__(self, incoming: Incoming, interrupted: asyncio.Event) -> None:
        media = (incoming.media, *incoming.more_media)
        limits = self.relay.limits
        files = [
            await fetch_file(self.parts, limits, incoming, each)
            for each in media
            if each is not None
        ]

        def unit(work: FlowWork) -> None:
            scene = self.parts.scenes.of(work, incoming, "relay")
            thread = work.chat.threads.get(self.thread_id)
            for number, file in enumerate(files):
                self._send(work, incoming, file, number)
            if self.is_news:
                say_where_it_went(scene, self.relay, thread)
            self.parts.scenes.finish(scene)

        await self.parts.storage.write(unit)

    def _send(self, work: FlowWork, incoming: Incoming, file: Fetched, number: int) -> None:
        scene_now = self.parts.scenes.clock.now()
        thread = work.chat.threads.get(self.thread_id)
        identity = work.identities.find(incoming.sender.platform, incoming.sender.external_id)
        if identity is None or incoming.message is None:
            raise NotSent("relay.refused.kind")
        author = work.users.get(identity.user_id)
        mime, until = file.attachment.mime, scene_now + _KEPT_FOR
        blob_id = work.blobs.add(author.id, mime, file.data, scene_now, expires_at=until)
        draft = Draft(
            place=place_key(incoming.address),
            message_id=incoming.message.message_id,
            text=(incoming.text or "") if number == 0 else "",
            attachment=replace(file.attachment, blob_id=blob_id),
            size=len(file.data),
            reply_to_id=self.answered,
        )
        message = self.relay.send(work, thread, author, draft, scene_now)
        if message.kind is ContentKind.VOICE:
            if file.is_silent:
                self.relay.transcribed(work, message.id, None, scene_now)
                return
            again = work.blobs.add(author.id, mime, file.data, scene_now, expires_at=until)
            payload = {"message": message.id, "blob": again}
            work.jobs.put(
                Job(kind=TRANSCRIBE_JOB, key=message.id, due_at=scene_now, payload=payload)
            )


async def fetch_file(
    parts: Parts, limits: Limits, incoming: Incoming, media: IncomingMedia
) -> Fetched:
    """The file, once it was looked at.

    Raises:
        NotSent: it is too large.
        AudioRefused: it is not the sound it claims to be.
        ServiceFailure: the platform did not hand it out.
    """
    messenger = parts.messengers[incoming.address.platform]
    try:
        data = await fetched(messenger, media, max_bytes=DOWNLOAD_LIMIT)
    except FileTooLarge as error:
        limit, platform = DOWNLOAD_LIMIT // 1_000_000, incoming.address.platform
        raise NotSent(
            "relay.refused.too_large", limit=limit, platform=platform.capitalize()
        ) from error
    attachment = _described(media, data)
    if attachment.kind is MediaKind.VOICE:
        return await _voice(parts.codec, limits, attachment, data)
    if attachment.kind is MediaKind.AUDIO:
        await parts.codec.decode(data, max_seconds=limits.seconds)
    return Fetched(attachment, data)


async def _voice(codec: AudioCodec, limits: Limits, attachment: Attachment, data: bytes) -> Fetched:
    """A note as every platform's bubble takes it: Ogg, with its length and waveform."""
    pcm = await codec.decode(data, max_seconds=limits.seconds)
    spoken = await codec.hear(data, max_seconds=limits.seconds)
    encoded = await codec.encode(pcm)
    return Fetched(
        replace(
            attachment,
            mime="audio/ogg",
            filename=_NAMES[MediaKind.VOICE],
            seconds=encoded.seconds,
            waveform=b64encode(encoded.waveform).decode() or None,
        ),
        data if data.startswith(_OGG) else encoded.ogg,
        is_silent=spoken is None,
    )


def _described(media: IncomingMedia, data: bytes) -> Attachment:
    """What a file is to be sent as: stickers as pictures, a picture that is none as a file."""
    kind = MediaKind.PHOTO if media.kind is MediaKind.STICKER else media.kind
    if kind is MediaKind.PHOTO and not data.startswith(_PICTURES):
        kind = MediaKind.DOCUMENT
    return Attachment(
        kind=kind,
        blob_id="",
        mime=(media.mime or _MIMES.get(media.kind) or "application/octet-stream")[:80],
        filename=safe_filename(media.filename or _NAMES.get(media.kind, "file")),
        seconds=media.seconds,
    )
