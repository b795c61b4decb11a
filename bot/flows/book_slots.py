"""Choosing a time: days that have something free, then the times of one day, in one's own clock."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from bot.core.timespan import Timespan
from bot.flows.lesson_words import Reader
from bot.flows.runner import StaleButton
from bot.flows.scene import Rows, Scene
from bot.messaging.model import Button
from bot.scheduling.model import QUARTER

_ROW = 3
_DAYS_SHOWN, _TIMES_SHOWN = 9, 12
_SECONDS = int(QUARTER.total_seconds())


@dataclass(frozen=True, slots=True)
class Times:
    """Free slots as buttons.

    Args:
        data: button data of a page of days ("days:<page>"), of a day ("day:<yyyymmdd>:<page>") and
            of a slot ("slot:<number of its quarter hour>").
    """

    free: Sequence[Timespan]
    data: Callable[[str], str]

    def days(self, scene: Scene, page: int = 0) -> Rows:
        """The days that have something, in the reader's zone."""
        reader = reader_of(scene)
        days = [(day, list(spans)) for day, spans in groupby(self.free, key=_day_of(reader))]
        first = page * _DAYS_SHOWN
        buttons = [
            Button(f"{reader.day(spans[0].start)} ({len(spans)})", self.data(f"day:{day:%Y%m%d}:0"))
            for day, spans in days[first : first + _DAYS_SHOWN]
        ]
        more = len(days) > first + _DAYS_SHOWN
        return [*_grid(buttons), self._turning(scene, "days:{}", page, has_more=more)]

    def of_day(self, scene: Scene, day: date, page: int = 0) -> Rows:
        """The times of one day of the reader's; none any more: the days again."""
        reader = reader_of(scene)
        spans = [span for span in self.free if _day_of(reader)(span) == day]
        if not spans:
            return self.days(scene)
        first = page * _TIMES_SHOWN
        buttons = self.slots(reader, spans[first : first + _TIMES_SHOWN])
        more = len(spans) > first + _TIMES_SHOWN
        rows = [
            *_grid(buttons),
            self._turning(scene, f"day:{day:%Y%m%d}:{{}}", page, has_more=more),
        ]
        return [*rows, [scene.button("booking.button.days", self.data("days:0"))]]

    def slots(self, reader: Reader, spans: Sequence[Timespan]) -> list[Button]:
        return [
            Button(reader.time(span.start), self.data(f"slot:{slot_number(span.start)}"))
            for span in spans
        ]

    def nearest(self, reader: Reader, spans: Sequence[Timespan]) -> Rows:
        """A few slots with their day, and the way to all of them."""
        rows = [
            [
                Button(
                    f"{reader.day(span.start)}, {reader.time(span.start)}",
                    self.data(f"slot:{slot_number(span.start)}"),
                )
            ]
            for span in spans
        ]
        return [*rows, [Button(reader.texts("booking.button.days"), self.data("days:0"))]]

    def _turning(self, scene: Scene, action: str, page: int, *, has_more: bool) -> list[Button]:
        row = []
        if page > 0:
            earlier = self.data(action.format(page - 1))
            row.append(scene.button("flow.button.earlier", earlier))
        if has_more:
            row.append(scene.button("flow.button.more", self.data(action.format(page + 1))))
        return row


def reader_of(scene: Scene) -> Reader:
    """Whoever caused the event, where they are."""
    return Reader(scene.user, scene.incoming.address.platform)


def slot_number(start: datetime) -> int:
    """The quarter hour since 1970 at which a slot starts."""
    return int(start.timestamp()) // _SECONDS


def slot_start(number: str, like: datetime) -> datetime:
    """The start a button names. Raises StaleButton."""
    try:
        return datetime.fromtimestamp(whole(number) * _SECONDS, like.tzinfo)
    except (ValueError, OverflowError) as error:  # a year that no calendar has
        raise StaleButton from error


def day_of(text: str) -> date:
    """A day as a button carries it. Raises StaleButton."""
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError as error:
        raise StaleButton from error


def whole(text: str) -> int:
    """A number as a button carries it. Raises StaleButton."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise StaleButton
    return int(text)


def _day_of(reader: Reader) -> Callable[[Timespan], date]:
    zone = ZoneInfo(reader.user.time_zone or "UTC")
    return lambda span: span.start.astimezone(zone).date()


def _grid(buttons: Sequence[Button]) -> list[list[Button]]:
    return [list(buttons[i : i + _ROW]) for i in range(0, len(buttons), _ROW)]
