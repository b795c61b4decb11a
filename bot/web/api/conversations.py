"""Live conversations: listed, announced, booked and left, by the services of the chat."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

import structlog
from aiohttp import web

from bot.accounts.model import User
from bot.core.clock import Clock
from bot.core.errors import DomainError, NotFound, ServiceFailure
from bot.core.storage import Storage
from bot.flows.live.standing import state_of
from bot.flows.live.words import person_name
from bot.flows.ports import FlowWork
from bot.i18n.catalog import Texts
from bot.live.draft import CannotPlan, Draft
from bot.live.finding import Listed, Query, Row, asker_state
from bot.live.model import Kind, LiveConversation, Seat, SeatStatus
from bot.live.planning import PlanningService
from bot.live.seats import SeatService
from bot.web.api.fields import (
    IDEMPOTENCY_LENGTH,
    BookingAsk,
    Listing,
    NewConversation,
    Nothing,
)
from bot.web.api.languages import TEXTS
from bot.web.api.problems import Problem, Trouble, Wrong
from bot.web.api.reading import read_body, read_query
from bot.web.api.shown import Booking, Conversation, ConversationPage

_log = structlog.get_logger()
_ID_LENGTH = 36
_KEY_HEADER = "Idempotency-Key"
_KEY = re.compile(rf"[!-~]{{1,{IDEMPOTENCY_LENGTH}}}")
_CREATED = 201
# Refusals that are about one field of what was sent.
_ABOUT: Mapping[str, str] = {
    "group.error.no_title": "/title",
    "group.error.title_length": "/title",
    "group.error.past": "/startTime",
    "group.error.too_soon": "/startTime",
    "group.error.too_far": "/startTime",
    "group.error.ends_first": "/endTime",
    "group.error.too_short": "/endTime",
    "group.error.too_long": "/endTime",
    "group.error.price": "/price",
    "group.error.currency": "/currency",
    "group.error.seats": "/maxParticipants",
}

PaymentPage = Callable[[str], Awaitable[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveParts:
    """What the endpoints stand on.

    Args:
        currency: of prices that name none.
        payment_page: where a held seat is paid, by its id; None: seats that cost something are
            booked in the chat.
    """

    storage: Storage[FlowWork]
    clock: Clock
    planning: PlanningService[FlowWork]
    seats: SeatService[FlowWork]
    currency: str
    payment_page: PaymentPage | None = None


class LiveConversations:
    """Handlers; who asks is known."""

    def __init__(self, parts: LiveParts) -> None:
        self._parts = parts

    async def find(self, request: web.Request, asker: User) -> web.Response:
        """A page of what is to come."""
        ask = read_query(request, Listing)
        texts = request[TEXTS]
        query = Query(
            now=self._parts.clock.now(),
            language=ask.language,
            level=ask.level,
            kind=None if ask.type is None else Kind(ask.type.lower()),
            is_free=ask.is_free,
            text=ask.search,
            page=ask.page - 1,
            limit=ask.limit,
            asker_id=asker.id,
        )

        def look(work: FlowWork) -> ConversationPage:
            found = work.live.conversations.find_listed(query)
            hosts = {row.conversation.host_id for row in found.rows}
            names = {host: person_name(work, host, texts) for host in hosts}
            items = [_listed(row, names[row.conversation.host_id], asker) for row in found.rows]
            return ConversationPage(items=items, page=ask.page, limit=ask.limit, total=found.total)

        return (await self._parts.storage.read(look)).response()

    async def create(self, request: web.Request, asker: User) -> web.Response:
        """Announce one, once for each idempotency key."""
        read_query(request, Nothing)
        key, ask = _idempotency_key(request), await read_body(request, NewConversation)
        texts = request[TEXTS]

        def unit(work: FlowWork) -> Conversation:
            if key is None:
                made = self._plan(work, ask, asker)
            else:
                made = self._once(work, ask, asker, key)
            return _shown(work, made, asker, texts)

        return (await self._parts.storage.write(unit)).response(_CREATED)

    async def book(self, request: web.Request, asker: User) -> web.Response:
        """A seat, a hold until it is paid, or a place in the line."""
        read_query(request, Nothing)
        conversation_id, ask = _id(request), await read_body(request, BookingAsk)
        parts = self._parts

        def unit(work: FlowWork) -> tuple[Seat, int, bool]:
            work.live.conversations.get(conversation_id)
            before = work.live.seats.find_of(conversation_id, asker.id)
            seat = parts.seats.book(work, conversation_id, asker.id, code=ask.code)
            if seat.status is SeatStatus.HELD and parts.payment_page is None:
                raise Problem(Trouble.PAYMENT_REQUIRED)
            is_same = before is not None and (before.id, before.status) == (seat.id, seat.status)
            return seat, work.live.seats.place_in_line(seat), not is_same

        seat, place, is_fresh = await parts.storage.write(unit)
        booking = Booking.of(seat, place, await self._page_of(seat))
        return booking.response(_CREATED if is_fresh else 200)

    async def leave(self, request: web.Request, asker: User) -> web.Response:
        """The asker's own seat, or their place in the line, given back before the start."""
        read_query(request, Nothing)
        conversation_id, seats = _id(request), self._parts.seats

        def unit(work: FlowWork) -> Seat:
            work.live.conversations.get(conversation_id)
            return seats.leave(work, conversation_id, asker.id)

        seat = await self._parts.storage.write(unit)
        return Booking.of(seat, 0, None).response()

    async def _page_of(self, seat: Seat) -> str | None:
        """None as well where the page cannot be made at the moment: the chat has it later."""
        if seat.status is not SeatStatus.HELD or self._parts.payment_page is None:
            return None
        try:
            return await self._parts.payment_page(seat.id)
        except (DomainError, ServiceFailure) as failure:
            _log.warning("api.no_payment_page", seat=seat.id, cause=str(failure))
            return None

    def _once(
        self, work: FlowWork, ask: NewConversation, asker: User, key: str
    ) -> LiveConversation:
        """The conversation that came of this key before, or else a new one."""
        key_hash = work.fingerprint(f"api request:{key}")
        body_hash = work.fingerprint(repr(ask))
        requests = work.api.requests
        if requests.begin(asker.id, key_hash, body_hash, self._parts.clock.now()):
            made = self._plan(work, ask, asker)
            requests.done(asker.id, key_hash, made.id)
            return made
        known = requests.find(asker.id, key_hash)
        if known is None or known[0] != body_hash or known[1] is None:
            raise Problem(Trouble.CONFLICT, "apikey.problem.conflict.key")
        return work.live.conversations.get(known[1])

    def _plan(self, work: FlowWork, ask: NewConversation, asker: User) -> LiveConversation:
        draft = Draft(
            title=ask.title,
            description=ask.description,
            kind=Kind(ask.type.lower()),
            language=ask.language,
            level=ask.level.lower() if ask.level == "ANY" else ask.level,
            starts_at=ask.start_time,
            ends_at=ask.end_time,
            zone=asker.time_zone or "UTC",
            seats=ask.max_participants,
            is_public=ask.is_public,
            price_minor=ask.price,
            currency=ask.currency or self._parts.currency,
            topic=ask.topic,
            cultural_notes=ask.cultural_notes,
            vocabulary=ask.vocabulary_list,
            grammar_points=ask.grammar_points,
            prompts=ask.conversation_prompts,
        )
        try:
            return self._parts.planning.create(work, draft, asker)
        except CannotPlan as no:
            if no.key not in _ABOUT:
                raise
            wrong = Wrong("body", _ABOUT[no.key], no.key, no.params)
            raise Problem(Trouble.INVALID, wrong=[wrong]) from no


def _listed(row: Row, host: str, asker: User) -> Conversation:
    state = asker_state(row, asker.id)
    return Conversation.of(Listed(row.conversation, host, state), asker.id)


def _shown(
    work: FlowWork, conversation: LiveConversation, asker: User, texts: Texts
) -> Conversation:
    host = person_name(work, conversation.host_id, texts)
    state = state_of(work, conversation, asker.id)
    return Conversation.of(Listed(conversation, host, state), asker.id)


def _id(request: web.Request) -> str:
    """Raises NotFound for what cannot be one of ours."""
    given = request.match_info["id"]
    try:
        return str(UUID(given)) if len(given) == _ID_LENGTH else _nothing()
    except ValueError as error:
        raise NotFound from error


def _nothing() -> str:
    raise NotFound


def _idempotency_key(request: web.Request) -> str | None:
    """What the asker calls this request, so that it is done once."""
    key = request.headers.get(_KEY_HEADER)
    if key is not None and _KEY.fullmatch(key) is None:
        wrong = Wrong("header", _KEY_HEADER, "apikey.wrong.key", {"most": IDEMPOTENCY_LENGTH})
        raise Problem(Trouble.INVALID, wrong=[wrong])
    return key
