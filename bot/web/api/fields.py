"""What goes in: bodies and queries with their limits; the document shows the same classes."""

import re
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError

from bot.accounts.prices import CURRENCIES, HIGHEST
from bot.core.text import clean, is_blank
from bot.live.draft import (
    LONGEST_ITEM,
    LONGEST_TEXT,
    LONGEST_TITLE,
    LONGEST_TOPIC,
    MOST_ITEMS,
    SHORTEST_TITLE,
)

MOST_SEATS, MOST_ON_A_PAGE, MOST_PAGES = 200, 50, 1_000
IDEMPOTENCY_LENGTH = 200
# RFC 3339, with an offset, as `date-time` of JSON Schema is.
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_NUMBER = re.compile(r"0|[1-9][0-9]{0,5}")
_WORDS = {"true": True, "false": False}


def _instant(value: object) -> datetime:
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        try:
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            pass  # no such day, or none that can be told in UTC
    raise PydanticCustomError("instant", "not an instant")


def _visible(value: str) -> str:
    if is_blank(value):
        raise PydanticCustomError("blank", "nothing to be seen")
    return value


def _number(value: object) -> object:
    return int(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else value


def _whole(value: object) -> object:
    """JSON has one sort of number: 8.0 is the integer 8 (JSON Schema, validation, 6.1.1)."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _truth(value: object) -> object:
    return _WORDS.get(value, value) if isinstance(value, str) else value


def _currency(value: str) -> str:
    if value not in HIGHEST:
        raise PydanticCustomError("enum", "unknown", {"expected": ", ".join(CURRENCIES)})
    return value


Instant = Annotated[
    datetime,
    PlainValidator(_instant),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-12-01T18:00:00Z"]}),
]
_AN_HOUR_LATER: JsonSchemaValue = {
    "type": "string",
    "format": "date-time",
    "examples": ["2026-12-01T19:00:00Z"],
}
Language = Annotated[
    str, Field(max_length=20, pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", examples=["es"])
]
Type = Literal["GROUP", "PRIVATE", "PRACTICE", "CULTURAL"]
CefrLevel = Literal["A1", "A2", "B1", "B2", "C1", "C2"]
AnyLevel = Literal["A1", "A2", "B1", "B2", "C1", "C2", "ANY"]
Currency = Annotated[
    str,
    AfterValidator(_currency),
    WithJsonSchema({"type": "string", "enum": list(CURRENCIES)}),
]
Items = Annotated[
    tuple[Annotated[str, Field(max_length=LONGEST_ITEM), AfterValidator(clean)], ...],
    Field(max_length=MOST_ITEMS),
]
Text = Annotated[str, Field(max_length=LONGEST_TEXT), AfterValidator(clean)]


class Given(BaseModel):
    """Whatever comes from outside: nothing unknown, names in camelCase."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, alias_generator=to_camel, use_attribute_docstrings=True
    )


class TokenAsk(Given):
    """A refresh token to be exchanged."""

    refresh_token: Annotated[str, Field(min_length=1, max_length=100)]
    """As the chat or the last exchange gave it; works once."""


class BookingAsk(Given):
    """What booking needs; nothing where the conversation is public."""

    code: Annotated[str, Field(max_length=40), AfterValidator(clean)] | None = None
    """Of the invitation, for a conversation that is not public."""


class NewConversation(Given):
    """A live conversation to be announced by the asker, who hosts it."""

    title: Annotated[
        str,
        Field(min_length=SHORTEST_TITLE, max_length=LONGEST_TITLE),
        AfterValidator(clean),
        AfterValidator(_visible),
    ]
    description: Text = ""
    type: Type = "GROUP"
    """PRIVATE ones are lessons, and booked in the chat."""
    language: Language
    """That is spoken."""
    level: AnyLevel = "ANY"
    start_time: Instant
    end_time: Annotated[Instant, WithJsonSchema(_AN_HOUR_LATER)]
    """A quarter of an hour to three hours after the start."""
    max_participants: Annotated[int, Field(ge=1, le=MOST_SEATS), BeforeValidator(_whole)] | None = (
        None
    )
    """Seats, not counting the host; 8 unless the operator says otherwise."""
    is_public: bool = True
    """Otherwise only who knows its invitation code can book."""
    price: Annotated[int, Field(ge=0, le=max(HIGHEST.values())), BeforeValidator(_whole)] = 0
    """Of a seat, in the currency's smallest unit; only verified teachers ask for one."""
    currency: Currency | None = None
    topic: Annotated[str, Field(max_length=LONGEST_TOPIC), AfterValidator(clean)] = ""
    cultural_notes: Text = ""
    vocabulary_list: Items = ()
    grammar_points: Items = ()
    conversation_prompts: Items = ()


class Listing(Given):
    """What is looked for; without anything, all that is to come."""

    language: Language | None = None
    level: CefrLevel | None = None
    """Finds what is open to every level too."""
    type: Type | None = None
    is_free: Annotated[bool, BeforeValidator(_truth)] | None = None
    search: Annotated[str, Field(max_length=100)] = ""
    """Words of title, topic or description, all of which must be there."""
    page: Annotated[int, Field(ge=1, le=MOST_PAGES), BeforeValidator(_number)] = 1
    limit: Annotated[int, Field(ge=1, le=MOST_ON_A_PAGE), BeforeValidator(_number)] = 20


class Nothing(Given):
    """No parameters at all."""
