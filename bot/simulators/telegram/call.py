"""One request to the Bot API: its parameters and uploads, whatever the body's encoding."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import BodyPartReader, web

from bot.simulators.telegram.errors import bad_request
from bot.simulators.telegram.files import MAX_UPLOAD

_TRUE = {"true", "1", "yes", "t", "y"}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file in a multipart body."""

    filename: str
    mime: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """A method and what came with it.

    Args:
        params: strings from a query, form or multipart body; any JSON value from a JSON body.
        uploads: by part name.
    """

    method: str
    params: Mapping[str, Any]
    uploads: Mapping[str, Upload] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        return self.params.get(name) not in (None, "")

    def text(self, name: str) -> str:
        """The parameter as a string; "" where it is missing."""
        value = self.params.get(name)
        if value is None:
            return ""
        text = value if isinstance(value, str) else json.dumps(value)
        try:
            text.encode()
        except UnicodeEncodeError:
            raise bad_request("strings must be encoded in UTF-8") from None
        return text

    def integer(self, name: str, default: int | None = None) -> int:
        value = self.params.get(name)
        if value in (None, ""):
            if default is None:
                raise bad_request(f"{name} is empty")
            return default
        try:
            return int(value)
        except (TypeError, ValueError):
            raise bad_request(f'parameter "{name}" is invalid') from None

    def number(self, name: str) -> float | None:
        """The parameter as a number; None where it is missing."""
        value = self.params.get(name)
        if value in (None, ""):
            return None
        try:
            return float(value)
        except (TypeError, ValueError):
            raise bad_request(f'parameter "{name}" is invalid') from None

    def flag(self, name: str) -> bool:
        return str(self.params.get(name, "")).lower() in _TRUE

    def structure(self, name: str) -> Any:
        """A nested object: JSON text in a form, the value itself in a JSON body."""
        value = self.params.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise bad_request(f"can't parse {name} JSON object") from None

    def mapping(self, name: str) -> dict[str, Any]:
        """A nested object that must be an object; empty where it is missing."""
        value = self.structure(name)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise bad_request(f"object expected as {name.replace('_', ' ')}")
        return value


async def read_call(request: web.Request, method: str) -> Call:
    """Read query and body.

    Raises:
        ApiError: the body is not what its content type says.
        HTTPRequestEntityTooLarge: it is larger than the server accepts.
    """
    params: dict[str, Any] = dict(request.query)
    uploads: dict[str, Upload] = {}
    match request.content_type:
        case "application/json":
            params |= await _read_json(request)
        case "multipart/form-data":
            await _read_multipart(request, params, uploads)
        case "application/x-www-form-urlencoded":
            params |= {name: str(value) for name, value in (await request.post()).items()}
    return Call(method, params, uploads)


async def _read_json(request: web.Request) -> dict[str, Any]:
    body = await request.read()
    try:
        params = json.loads(body) if body else {}
    except ValueError:
        raise bad_request("can't parse request JSON object") from None
    if not isinstance(params, dict):
        raise bad_request("expected an object as the request")
    return {name: value for name, value in params.items() if value is not None}


async def _read_multipart(
    request: web.Request, params: dict[str, Any], uploads: dict[str, Upload]
) -> None:
    size = 0
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or not part.name:
            raise bad_request("can't parse the multipart body")
        data = bytearray()
        while chunk := await part.read_chunk(1 << 16):
            size += len(chunk)
            if size > MAX_UPLOAD:
                raise web.HTTPRequestEntityTooLarge(MAX_UPLOAD, size)
            data += chunk
        if part.filename is None:
            params[part.name] = data.decode("utf-8", "surrogateescape")
        else:
            mime = part.headers.get("Content-Type", "application/octet-stream")
            uploads[part.name] = Upload(part.filename, mime, bytes(data))
