"""What comes out; the document shows the same classes."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, Self

from aiohttp import web
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema
from pydantic.alias_generators import to_camel

from bot.accounts.api_model import TokenPair
from bot.accounts.api_tokens import ACCESS_LIFETIME
from bot.live.finding import Listed, Standing
from bot.live.model import Seat
from bot.web.api.fields import AnyLevel, Type
from bot.web.api.problems import HEADERS

_MINUTE = timedelta(minutes=1)


def _told(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


Instant = Annotated[
    AwareDatetime,
    PlainSerializer(_told, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Stand = Literal["NONE", "HOST", "BOOKED", "HELD", "OFFERED", "WAITLISTED", "FULL"]
SeatState = Literal[
    "HELD", "CONFIRMED", "WAITLISTED", "OFFERED", "CANCELLED", "ATTENDED", "NO_SHOW"
]
Payment = Literal["NOT_REQUIRED", "PENDING", "PAID", "REFUNDED", "FAILED"]


class Shown(BaseModel):
    """Whatever is answered."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        use_attribute_docstrings=True,
    )

    def response(self, status: int = 200) -> web.Response:
        return web.Response(
            text=self.model_dump_json(by_alias=True),
            status=status,
            content_type="application/json",
            headers=HEADERS,
        )


class Tokens(Shown):
    """A fresh pair of tokens."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - no secret
    expires_in: int
    """Seconds until the access token ends."""
    refresh_token: str
    """For the next exchange; the one that was sent is used up."""

    @classmethod
    def of(cls, pair: TokenPair) -> Self:
        return cls(
            access_token=pair.access,
            refresh_token=pair.refresh,
            expires_in=int(ACCESS_LIFETIME.total_seconds()),
        )


class Asker(Shown):
    """How the asker stands to a conversation."""

    status: Stand
    """NONE: there is a seat for them."""
    place: int | None
    """In the line of those who wait, from 1."""
    until: Instant | None
    """When a hold or an offer ends."""


class Conversation(Shown):
    """A live conversation."""

    id: str
    title: str
    description: str
    type: Type
    language: str
    level: AnyLevel
    start_time: Instant
    end_time: Instant
    duration: int
    """Minutes."""
    max_participants: int
    current_participants: int
    price: int
    """Of a seat, in the currency's smallest unit."""
    currency: str
    is_free: bool
    is_public: bool
    status: Literal["SCHEDULED", "LIVE", "COMPLETED", "CANCELLED"]
    host_id: str
    host_name: str
    instructor_id: str | None
    topic: str
    cultural_notes: str
    vocabulary_list: Sequence[str] | None
    """This and the next two are for who leads it; null for everybody else."""
    grammar_points: Sequence[str] | None
    conversation_prompts: Sequence[str] | None
    invite_code: str | None
    """For who leads it, where it is not public."""
    booking: Asker

    @classmethod
    def of(cls, listed: Listed, asker_id: str) -> Self:
        it, state = listed.conversation, listed.asker_state
        is_leading = it.is_led_by(asker_id)
        return cls.model_validate(
            {
                "id": it.id,
                "title": it.title,
                "description": it.description,
                "type": it.kind.name,
                "language": it.language,
                "level": it.level.upper(),
                "start_time": it.starts_at,
                "end_time": it.ends_at,
                "duration": it.length // _MINUTE,
                "max_participants": it.seats,
                "current_participants": it.taken,
                "price": it.price_minor,
                "currency": it.currency,
                "is_free": it.is_free,
                "is_public": it.is_public,
                "status": it.status.name,
                "host_id": it.host_id,
                "host_name": listed.host_name,
                "instructor_id": it.instructor_id,
                "topic": it.topic,
                "cultural_notes": it.cultural_notes,
                "vocabulary_list": it.vocabulary if is_leading else None,
                "grammar_points": it.grammar_points if is_leading else None,
                "conversation_prompts": it.prompts if is_leading else None,
                "invite_code": it.invite_code if is_leading else None,
                "booking": {
                    "status": state.standing.name,
                    "place": state.place if state.standing is Standing.WAITLISTED else None,
                    "until": state.seat and state.seat.until,
                },
            }
        )


class ConversationPage(Shown):
    """A page of what was found."""

    items: Sequence[Conversation]
    page: int
    limit: int
    total: int
    """On all pages, counted up to a thousand."""


class Booking(Shown):
    """The asker's seat in a conversation, or their place in the line for one."""

    conversation_id: str
    status: SeatState
    """HELD: to be paid before `until`. WAITLISTED: there was no seat left."""
    payment_status: Payment
    price: int
    """What it costs the asker, in the currency's smallest unit; 0 where it is free or included."""
    refunded: int
    """How much of that was or will be given back."""
    currency: str
    place: Annotated[int, Field(ge=1)] | None
    """In the line, from 1."""
    until: Instant | None
    """When a hold or an offer ends."""
    payment_url: str | None
    """Where a held seat is paid; null where nothing is to be paid."""

    @classmethod
    def of(cls, seat: Seat, place: int, payment_url: str | None) -> Self:
        return cls.model_validate(
            {
                "conversation_id": seat.conversation_id,
                "status": seat.status.name,
                "payment_status": seat.payment.name,
                "price": seat.amount_minor,
                "refunded": seat.refunded_minor,
                "currency": seat.currency,
                "place": place or None,
                "until": seat.until,
                "payment_url": payment_url,
            }
        )


class WrongField(Shown):
    """One field that cannot be used: `pointer` into the body, or `parameter` of query or header."""

    detail: str
    pointer: str | None = None
    """A JSON pointer as a fragment, e.g. "#/startTime"."""
    parameter: str | None = None
    within: Annotated[Literal["query", "header"] | None, Field(alias="in")] = None


class ProblemDetails(Shown):
    """What went wrong (RFC 9457), in the language asked for."""

    type: str
    title: str
    status: int
    detail: str
    errors: Sequence[WrongField] = ()
