"""How a lesson is told: when in the reader's own clock, with whom, for how much, by which rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from bot.accounts.model import User
from bot.chat.mirror import shown_name
from bot.core.entity import short_id
from bot.core.money import Money
from bot.flows.ports import FlowWork
from bot.i18n.catalog import Texts, texts_in
from bot.i18n.formats import day_in, minutes, time_in
from bot.i18n.money import money
from bot.messaging.model import Button, Paragraph, Style
from bot.scheduling.model import CLAIMING, Booking, BookingStatus
from bot.scheduling.policy import most_owed

LESSON_PREFIX = "y"
_DISCORD = "discord"


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads something, and on which platform."""

    user: User
    platform: str

    @property
    def texts(self) -> Texts:
        return texts_in(self.user.ui_language)

    def at(self, at: datetime) -> str:
        """An instant in the reader's clock; Discord's clients render it themselves."""
        if self.platform == _DISCORD:
            return f"<t:{int(at.timestamp())}:F>"
        return _clock(at, self.texts.language, self.user.time_zone)

    def time(self, at: datetime) -> str:
        """The time of day alone, for buttons, which render nothing."""
        return time_in(at, self.texts.language, self.user.time_zone)

    def day(self, at: datetime) -> str:
        """The day alone, for buttons."""
        return day_in(at, self.texts.language, self.user.time_zone)

    def money(self, amount: Money) -> str:
        return money(amount, self.texts.language)

    def worded(self, value: object) -> object:
        """Instants, amounts and lengths as the reader writes them; anything else as it is."""
        if isinstance(value, datetime):
            return self.at(value)
        if isinstance(value, timedelta):
            return self.length(value)
        return self.money(value) if isinstance(value, Money) else value

    def length(self, length: timedelta) -> str:
        return minutes(length, self.texts.language)

    def button(self, key: str, action: str, booking: Booking, *more: object) -> Button:
        """One that does something to a lesson."""
        return Button(self.texts(key), lesson_data(action, booking, *more))


def book_button(reader: Reader) -> Button:
    """The way to another lesson."""
    return Button(reader.texts("booking.button.book"), "c:book")


@lru_cache(maxsize=4096)
def _clock(at: datetime, language: str, zone: str | None) -> str:
    """Lessons begin on the hour, and many are reminded of theirs at once."""
    name = "" if zone else " UTC"
    return f"{day_in(at, language, zone)}, {time_in(at, language, zone)}{name}"


def lesson_data(action: str, booking: Booking, *more: object) -> str:
    """Of a button that does something to a lesson."""
    rest = "".join(f":{each}" for each in more)
    return f"{LESSON_PREFIX}:{action}:{short_id(booking.id)}{rest}"


def name_of(work: FlowWork, user_id: str, texts: Texts) -> str:
    """How the other one is called; somebody who left has no name any more."""
    user = work.users.find(user_id)
    return texts("relay.nameless") if user is None else shown_name(user, texts)


def title_of(work: FlowWork, booking: Booking, texts: Texts) -> str:
    """What is taught."""
    gig = work.gigs.find(booking.gig_id)
    return texts("booking.lesson") if gig is None else gig.title


def lesson_facts(work: FlowWork, booking: Booking, reader: Reader) -> Sequence[Paragraph]:
    """What, with whom, when, and what it costs."""
    texts = reader.texts
    lines = [
        texts("booking.with", name=name_of(work, booking.partner_of(reader.user.id), texts)),
        texts(
            "booking.when", at=reader.at(booking.starts_at), length=reader.length(booking.length)
        ),
    ]
    if booking.status in CLAIMING:  # later the receipt tells
        key = "booking.price" if reader.user.id == booking.student_id else "booking.price_taught"
        lines.append(texts(key, price=reader.money(most_owed(booking))))
    if booking.extension_minutes:
        more = reader.length(timedelta(minutes=booking.extension_minutes))
        lines.append(texts("booking.extended_by", length=more))
    return [
        Paragraph(title_of(work, booking, texts), Style.STRONG),
        Paragraph("\n".join(lines)),
    ]


def policy_words(booking: Booking, texts: Texts) -> Paragraph:
    """What cancelling and not coming cost, in one paragraph."""
    told = texts(
        "booking.policy",
        count=booking.free_hours,
        late=booking.late_percent,
        missed=booking.no_show_percent,
    )
    return Paragraph(told, Style.QUOTE)


def lesson_line(work: FlowWork, booking: Booking, reader: Reader) -> str:
    """A lesson in a list."""
    texts = reader.texts
    name = name_of(work, booking.partner_of(reader.user.id), texts)
    line = f"{reader.at(booking.starts_at)} · {name} · {reader.length(booking.length)}"
    if booking.status is BookingStatus.CONFIRMED:
        return line
    return f"{line} · {texts(f'booking.status.{booking.status}')}"
