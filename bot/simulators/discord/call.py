"""One request to the API: where it goes, its JSON, and the files that came with it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import BodyPartReader, web

from bot.simulators.discord.cdn import MAX_REQUEST
from bot.simulators.discord.errors import invalid, refusal
from bot.simulators.discord.model import Json
from bot.simulators.discord.snowflake import parse_id


@dataclass(frozen=True, slots=True)
class Upload:
    """A file in a multipart body."""

    filename: str
    mime: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """An operation and what came with it.

    Args:
        operation: the `operationId` of the OpenAPI document, "create_message".
        path: the variable parts of the address.
        body: the JSON as sent; {} where there was none.
        uploads: by their number, as in `files[0]`.
    """

    operation: str
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = field(default_factory=dict)
    uploads: Mapping[int, Upload] = field(default_factory=dict)

    @property
    def fields(self) -> Json:
        """The body, which must be an object."""
        if not isinstance(self.body, dict):
            raise invalid("_", "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
        return self.body

    def number(self, name: str, default: int, lowest: int, highest: int) -> int:
        """A query parameter within bounds. Raises ApiError 50035."""
        text = self.query.get(name)
        if text is None:
            return default
        if not text.isdigit() or not lowest <= int(text) <= highest:
            reason = f"int value should be between {lowest} and {highest}."
            raise invalid(name, "NUMBER_TYPE_MAX", reason)
        return int(text)

    def id_in_query(self, name: str) -> int | None:
        text = self.query.get(name)
        if text is None:
            return None
        number = parse_id(text)
        if number is None:
            raise invalid(name, "NUMBER_TYPE_COERCE", f'Value "{text}" is not snowflake.')
        return number


async def read_call(request: web.Request, operation: str) -> Call:
    """Raises ApiError when the body is not what its content type says, or too large."""
    body: Any = {}
    uploads: dict[int, Upload] = {}
    if request.content_type == "multipart/form-data":
        body, uploads = await _read_multipart(request)
    elif request.can_read_body:
        content = await request.read()
        if content and request.content_type != "application/json":
            raise refusal(50035)
        body = _parse(content) if content else {}
    return Call(operation, dict(request.match_info), dict(request.query), body, uploads)


def _parse(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        raise refusal(50109) from None


async def _read_multipart(request: web.Request) -> tuple[Any, dict[int, Upload]]:
    body: Any = {}
    uploads: dict[int, Upload] = {}
    size = 0
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or not part.name:
            raise refusal(50035)
        data = bytearray()
        while chunk := await part.read_chunk(1 << 16):
            size += len(chunk)
            if size > MAX_REQUEST:
                raise refusal(40005)
            data += chunk
        if part.name == "payload_json":
            body = _parse(bytes(data))
        elif part.filename is not None:
            mime = part.headers.get("Content-Type", "application/octet-stream")
            uploads[_number_of(part.name)] = Upload(part.filename, mime, bytes(data))
    return body, uploads


def _number_of(name: str) -> int:
    digits = name.removeprefix("files[").removesuffix("]")
    if not digits.isdigit():
        raise refusal(50035)
    return int(digits)
