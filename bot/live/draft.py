"""What a host wants to announce, and every reason why it cannot be."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.accounts.model import User
from bot.accounts.prices import HIGHEST
from bot.core.errors import DomainError
from bot.core.language import Level
from bot.core.money import Money
from bot.live.model import ANY_LEVEL, Kind, LiveConversation, RoomKind
from bot.live.policy import LivePolicy

SHORTEST_TITLE, LONGEST_TITLE = 3, 100
LONGEST_TEXT, LONGEST_TOPIC = 1_000, 200
MOST_ITEMS, LONGEST_ITEM = 30, 300
LEVELS = frozenset(Level) | {ANY_LEVEL}
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_LOWEST_PRICE = {"JPY": 50, "KRW": 500}  # in minor units; what is collected must exceed its cost
_LOWEST = 100
_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)


class CannotPlan(DomainError):
    """It cannot be announced like this, or not by this person; the key says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A conversation as its host describes it.

    Args:
        seats: None: as many as are usual.
        zone: IANA zone of the host's clock.
        price_minor, currency: of one seat; 0: free.
    """

    title: str
    description: str = ""
    kind: Kind = Kind.GROUP
    language: str
    level: str = ANY_LEVEL
    starts_at: datetime
    ends_at: datetime
    zone: str
    seats: int | None = None
    is_public: bool = True
    price_minor: int = 0
    currency: str = "EUR"
    topic: str = ""
    cultural_notes: str = ""
    vocabulary: tuple[str, ...] = ()
    grammar_points: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ()
    room: RoomKind = RoomKind.NOTES

    def tidied(self) -> "Draft":
        """Without blanks around its texts, and without empty items."""
        return replace(
            self,
            title=" ".join(self.title.split()),
            description=self.description.strip(),
            topic=" ".join(self.topic.split()),
            cultural_notes=self.cultural_notes.strip(),
            vocabulary=_items(self.vocabulary),
            grammar_points=_items(self.grammar_points),
            prompts=_items(self.prompts),
        )


def draft_of(conversation: LiveConversation) -> Draft:
    """What the host would have to say to get the same again."""
    it = conversation
    return Draft(
        title=it.title,
        description=it.description,
        kind=it.kind,
        language=it.language,
        level=it.level,
        starts_at=it.starts_at,
        ends_at=it.ends_at,
        zone=it.zone,
        seats=it.seats,
        is_public=it.is_public,
        price_minor=it.price_minor,
        currency=it.currency,
        topic=it.topic,
        cultural_notes=it.cultural_notes,
        vocabulary=it.vocabulary,
        grammar_points=it.grammar_points,
        prompts=it.prompts,
        room=it.room,
    )


def check_author(draft: Draft, author: User, *, is_verified: bool, takes_money: bool) -> None:
    """Who may announce what: peers meet for free, verified teachers may take money.

    Raises:
        CannotPlan: the key says what stands in the way.
    """
    if not author.is_registered:
        raise CannotPlan("group.error.plan_register")
    if draft.kind is Kind.PRIVATE:
        raise CannotPlan("group.error.private_booked" if is_verified else "group.error.private")
    if draft.price_minor == 0:
        return
    if not is_verified:
        raise CannotPlan("group.error.paid_by_teachers")
    if not takes_money:
        raise CannotPlan("group.error.no_payments")
    most = HIGHEST.get(draft.currency, 0)
    least = min(_LOWEST_PRICE.get(draft.currency, _LOWEST), most)
    if not least <= draft.price_minor <= most:
        bounds = {"least": Money(least, draft.currency), "most": Money(most, draft.currency)}
        raise CannotPlan("group.error.price" if most else "group.error.currency", **bounds)


def check_texts(draft: Draft) -> None:
    """Raises CannotPlan."""
    items = (draft.vocabulary, draft.grammar_points, draft.prompts)
    for is_wrong, key, most in _text_problems(draft, items):
        if is_wrong:
            raise CannotPlan(key, most=most)


def check_seats(draft: Draft, policy: LivePolicy) -> None:
    """Raises CannotPlan."""
    if draft.seats is not None and not 1 <= draft.seats <= policy.most_seats:
        raise CannotPlan("group.error.seats", most=policy.most_seats)


def check_times(starts_at: datetime, ends_at: datetime, policy: LivePolicy, now: datetime) -> None:
    """Raises CannotPlan."""
    length = ends_at - starts_at
    if starts_at <= now:
        raise CannotPlan("group.error.past")
    if length <= timedelta():
        raise CannotPlan("group.error.ends_first")
    if starts_at < now + policy.notice:
        raise CannotPlan("group.error.too_soon", count=policy.notice // _MINUTE)
    if starts_at > now + policy.horizon:
        raise CannotPlan("group.error.too_far", count=policy.horizon // _DAY)
    if length < policy.shortest:
        raise CannotPlan("group.error.too_short", count=policy.shortest // _MINUTE)
    if length > policy.longest:
        raise CannotPlan("group.error.too_long", count=policy.longest // _MINUTE)


def _text_problems(draft: Draft, items: Sequence[Sequence[str]]) -> Iterator[tuple[bool, str, int]]:
    yield not draft.title, "group.error.no_title", LONGEST_TITLE
    is_odd = not SHORTEST_TITLE <= len(draft.title) <= LONGEST_TITLE
    yield is_odd, "group.error.title_length", LONGEST_TITLE
    long_texts = (draft.description, draft.cultural_notes)
    yield any(len(each) > LONGEST_TEXT for each in long_texts), "group.error.text", LONGEST_TEXT
    yield len(draft.topic) > LONGEST_TOPIC, "group.error.topic", LONGEST_TOPIC
    yield _LANGUAGE.fullmatch(draft.language) is None, "group.error.language", 0
    yield draft.level not in LEVELS, "group.error.level", 0
    yield any(len(each) > MOST_ITEMS for each in items), "group.error.items", MOST_ITEMS
    longest = max((len(item) for each in items for item in each), default=0)
    yield longest > LONGEST_ITEM, "group.error.item", LONGEST_ITEM


def _items(items: Sequence[str]) -> tuple[str, ...]:
    tidy = (" ".join(item.split()) for item in items)
    return tuple(dict.fromkeys(item for item in tidy if item))
