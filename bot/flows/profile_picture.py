"""A profile picture: fetched from the platform, looked at, kept sealed."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from bot.core.errors import DomainError
from bot.flows.ports import FlowWork
from bot.flows.scene import Later, Scene
from bot.flows.voice_turn import Parts
from bot.messaging.errors import FileTooLarge
from bot.messaging.fetching import fetched
from bot.messaging.model import Incoming

_MOST_BYTES = 10_000_000  # what Telegram takes as a photo
_WEBP_MARK = slice(8, 12)


class NoPicture(DomainError):
    """The file is not a picture that every platform can show."""

    key = "profile.no_picture"


class PictureKeeper:
    """Keeps a person's one picture."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def keep(self, then: Callable[[Scene], object]) -> Later:
        """Fetch what was sent and put it in place of the picture before; `then` shows it."""
        return _Keep(self._parts, then)

    def remove(self, scene: Scene) -> None:
        """Take the picture away."""
        _replace_picture(scene, None)


class _Keep:
    """The picture of one event."""

    def __init__(self, parts: Parts, then: Callable[[Scene], object]) -> None:
        self._parts = parts
        self._then = then

    async def __call__(self, incoming: Incoming, interrupted: asyncio.Event) -> None:
        parts = self._parts
        if incoming.media is None:
            raise NoPicture
        messenger = parts.messengers[incoming.address.platform]
        try:
            data = await fetched(messenger, incoming.media, max_bytes=_MOST_BYTES)
        except FileTooLarge as error:
            raise NoPicture from error
        mime = picture_type(data)
        if mime is None:
            raise NoPicture

        def unit(work: FlowWork) -> None:
            scene = parts.scenes.of(work, incoming, "picture")
            blob_id = work.blobs.add(scene.user.id, mime, data, scene.now, expires_at=None)
            _replace_picture(scene, blob_id)
            self._then(scene)
            parts.scenes.finish(scene)

        await parts.storage.write(unit)


def picture_type(data: bytes) -> str | None:
    """The MIME type by the file's first bytes; None for anything but JPEG, PNG and WebP."""
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"RIFF") and data[_WEBP_MARK] == b"WEBP":
        return "image/webp"
    return None


def _replace_picture(scene: Scene, blob_id: str | None) -> None:
    old = scene.user.profile.picture_id
    scene.save_user(replace(scene.user, profile=replace(scene.user.profile, picture_id=blob_id)))
    if old is not None:
        scene.work.blobs.remove(old)
