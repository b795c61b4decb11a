"""Files between the browser and the simulated Telegram."""

import re
from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.simulators.world import DemoWorld

MAX_UPLOAD = 20 * 1024 * 1024  # what a bot may download (Bot API, getFile)
_NAME = re.compile(r"[^\w.,()+ -]")
_SIGNATURES = {
    b"OggS": "audio/ogg",
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG": "image/png",
    b"ID3": "audio/mpeg",
}


class Uploads:
    """Takes recordings, pictures and files from the page, and hands out what is in the chat.

    Args:
        to_voice_note: any recording a browser makes -> (Ogg/Opus mono 48 kHz, seconds);
            raises ValueError when it cannot be read.
    """

    def __init__(
        self, world: DemoWorld, to_voice_note: Callable[[bytes], Awaitable[tuple[bytes, float]]]
    ) -> None:
        self._telegram = world.telegram
        self._student = world.student
        self._to_voice_note = to_voice_note

    async def voice(self, request: web.Request) -> web.Response:
        """Send a recording as a voice note; 422 when it cannot be read."""
        recording = await request.read()
        try:
            ogg, seconds = await self._to_voice_note(recording)
        except ValueError as error:
            raise web.HTTPUnprocessableEntity(text="not a recording") from error
        await self._student.send_voice(ogg, seconds)
        return web.Response(status=204)

    async def photo(self, request: web.Request) -> web.Response:
        """Send a picture; 422 when it is neither JPEG nor PNG."""
        try:
            await self._student.send_photo(await request.read())
        except ValueError as error:
            raise web.HTTPUnprocessableEntity(text="neither JPEG nor PNG") from error
        return web.Response(status=204)

    async def document(self, request: web.Request) -> web.Response:
        """Send any file under the name given in the query."""
        name = _NAME.sub("_", request.query.get("name", ""))[:120] or "file"
        await self._student.send_document(await request.read(), name)
        return web.Response(status=204)

    async def file(self, request: web.Request) -> web.Response:
        """A file of the chat. What is not known sound or picture is only ever saved, not shown."""
        try:
            data = self._telegram.file(request.match_info["id"])
        except KeyError as error:
            raise web.HTTPNotFound from error
        for signature, mime in _SIGNATURES.items():
            if data.startswith(signature):
                return web.Response(body=data, content_type=mime)
        return web.Response(body=data, headers={"Content-Disposition": "attachment"})
