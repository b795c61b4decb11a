"""Files between the browser and the simulated platforms."""

import re
from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.simulators.discord import Attachment, Pane
from bot.simulators.page.discord_commands import pane_of, read_waveform
from bot.simulators.telegram import Person
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
    """Takes recordings, pictures and files from the page, and hands out what is in the chats.

    The query says who sends: `student`, or `member` and `channel`.

    Args:
        to_voice_note: any recording a browser makes -> (Ogg/Opus mono 48 kHz, seconds);
            raises ValueError when it cannot be read.
    """

    def __init__(
        self, world: DemoWorld, to_voice_note: Callable[[bytes], Awaitable[tuple[bytes, float]]]
    ) -> None:
        self._world = world
        self._to_voice_note = to_voice_note

    async def voice(self, request: web.Request) -> web.Response:
        """Send a recording as a voice note; 422 when it cannot be read."""
        student = self._student(request)
        await student.send_voice(*await self._note(request))
        return web.Response(status=204)

    async def photo(self, request: web.Request) -> web.Response:
        """Send a picture; 422 when it is neither JPEG nor PNG."""
        try:
            await self._student(request).send_photo(await request.read())
        except ValueError as error:
            raise web.HTTPUnprocessableEntity(text="neither JPEG nor PNG") from error
        return web.Response(status=204)

    async def document(self, request: web.Request) -> web.Response:
        """Send any file under the name given in the query."""
        await self._student(request).send_document(await request.read(), _name(request))
        return web.Response(status=204)

    async def file(self, request: web.Request) -> web.Response:
        """A file of the Telegram chats."""
        try:
            return _as_response(self._world.telegram.file(request.match_info["id"]))
        except KeyError as error:
            raise web.HTTPNotFound from error

    async def member_voice(self, request: web.Request) -> web.Response:
        """Send a recording as a voice message, with the waveform the client drew of it."""
        pane = self._pane(request)
        ogg, seconds = await self._note(request)
        waveform = read_waveform(request.query.get("waveform", ""))
        await _allowed(pane.send_voice(ogg, seconds, waveform))
        return web.Response(status=204)

    async def member_file(self, request: web.Request) -> web.Response:
        """Send any file, pictures too, under the name given in the query."""
        pane, data = self._pane(request), await request.read()
        if not data:
            raise web.HTTPUnprocessableEntity(text="an empty file")
        await _allowed(pane.send_file(data, _name(request)))
        return web.Response(status=204)

    async def attachment(self, request: web.Request) -> web.Response:
        """A file of Discord's channels."""
        named = Attachment(
            attachment_id=int(request.match_info["id"]), filename="", mime="", size=0
        )
        try:
            return _as_response(self._world.discord.file(named))
        except KeyError as error:
            raise web.HTTPNotFound from error

    async def _note(self, request: web.Request) -> tuple[bytes, float]:
        try:
            return await self._to_voice_note(await request.read())
        except ValueError as error:
            raise web.HTTPUnprocessableEntity(text="not a recording") from error

    def _student(self, request: web.Request) -> Person:
        who = request.query.get("student", self._world.first_student)
        if who not in self._world.students:
            raise web.HTTPNotFound
        return self._world.students[who]

    def _pane(self, request: web.Request) -> Pane:
        """Raises HTTPNotFound for somebody or something that is not there."""
        try:
            member = self._world.members[request.query["member"]]
            return pane_of(self._world.discord.channel(int(request.query["channel"])), member)
        except (KeyError, ValueError, PermissionError) as error:
            raise web.HTTPNotFound from error


async def _allowed(sending: Awaitable[object]) -> None:
    try:
        await sending
    except PermissionError as error:
        raise web.HTTPForbidden(text=str(error)) from error


def _name(request: web.Request) -> str:
    return _NAME.sub("_", request.query.get("name", ""))[:120] or "file"


def _as_response(data: bytes) -> web.Response:
    """What is not known sound or picture is only ever saved, not shown."""
    for signature, mime in _SIGNATURES.items():
        if data.startswith(signature):
            return web.Response(body=data, content_type=mime)
    return web.Response(body=data, headers={"Content-Disposition": "attachment"})
