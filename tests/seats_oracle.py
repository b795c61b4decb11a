"""What must become of seats, said once more and in another way: lists of names, and no database."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

_HOLD = _OFFER = timedelta(minutes=30)


@dataclass
class Guest:
    """One person's story: where they stand, and their money in cents."""

    state: str = "none"
    until: datetime | None = None
    booked_at: datetime | None = None
    payment: str = "not_required"
    collected: int = 0
    returned: int = 0
    plan_used: int = 0


@dataclass
class Oracle:
    """A conversation as a host with paper and pencil would keep it.

    Args:
        line: who waits, longest first.
        covered: whose plan covers a seat.
        told: what people heard of the latest step.
        returned: what each person got back in all, whoever did.
    """

    now: datetime
    start: datetime
    seats: int
    price: int
    covered: frozenset[str]
    free_hours: int = 12
    late_percent: int = 50
    state: str = "scheduled"
    moved_at: datetime | None = None
    guests: dict[str, Guest] = field(default_factory=dict)
    line: list[str] = field(default_factory=list)
    told: Counter[tuple[str, str]] = field(default_factory=Counter)
    returned: Counter[str] = field(default_factory=Counter)

    def guest(self, name: str) -> Guest:
        return self.guests.setdefault(name, Guest())

    @property
    def is_open(self) -> bool:
        return self.state == "scheduled" and self.now < self.start

    @property
    def taken(self) -> int:
        seated = {"held", "confirmed", "offered", "attended", "no_show"}
        return sum(guest.state in seated for guest in self.guests.values())

    def book(self, name: str) -> bool:
        """False: refused."""
        guest = self.guest(name)
        if guest.state == "offered":
            return self.accept(name)
        if guest.state not in {"none", "cancelled"}:
            return True
        if not self.is_open:
            return False
        self.guests[name] = guest = Guest(booked_at=self.now)
        if self.taken < self.seats:
            self._seat(name)
        else:
            guest.state = "waitlisted"
            self.line.append(name)
            self._tell(name, "waitlisted")
        return True

    def accept(self, name: str) -> bool:
        guest = self.guest(name)
        if guest.state in {"held", "confirmed"}:
            return True
        if guest.state != "offered" or not self.is_open or self._is_due(guest):
            return False
        self._seat(name)
        return True

    def leave(self, name: str) -> bool:
        guest = self.guest(name)
        if guest.state == "cancelled":
            return True
        if guest.state == "none" or not self.is_open:
            return False
        was_moved = self.moved_at is not None and self.moved_at > self._booked(guest)
        is_early = self.now + timedelta(hours=self.free_hours) <= self.start
        share = 100 if was_moved or is_early else 100 - self.late_percent
        self._drop(name, "left", share, gives_plan_back=was_moved or is_early)
        self._next()
        return True

    def remove(self, name: str) -> bool:
        guest = self.guest(name)
        if not self.is_open or guest.state == "none":
            return False
        if guest.state != "cancelled":
            self._drop(name, "removed", 100)
            self._next()
        return True

    def pay(self, name: str) -> None:
        """The money has arrived."""
        guest = self.guest(name)
        if guest.payment not in {"pending", "failed"}:
            return
        if guest.state == "held" or (self.is_open and self.taken < self.seats):
            guest.state, guest.payment, guest.until = "confirmed", "paid", None
            guest.collected = self.price
            self._tell(name, "confirmed")
        else:
            guest.collected = guest.returned = self.price
            guest.payment = "refunded"
            self.returned[name] += self.price
            self._tell(name, "too_late")

    def fail(self, name: str) -> None:
        if self.guest(name).state == "held":
            self._drop(name, "payment_failed", 0)
            self._next()

    def wait(self, by: timedelta) -> None:
        """Time passes, and what was promised for it happens."""
        self.now += by
        due = [name for name, guest in self.guests.items() if self._is_due(guest)]
        for name in due:
            was_held = self.guests[name].state == "held"
            self._drop(name, "hold_lapsed" if was_held else "offer_lapsed", 0)
            self._next()

    def widen(self, seats: int) -> None:
        self.seats = seats
        while self._next():
            pass

    def move(self, start: datetime) -> None:
        if start == self.start:
            return
        self.start, self.moved_at = start, self.now
        for name, guest in self.guests.items():
            if guest.state in {"held", "confirmed", "offered", "waitlisted"}:
                guest.until = guest.until and min(guest.until, start)
                self._tell(name, "changed")

    def begin(self) -> None:
        self.state = "live"
        for name, guest in self.guests.items():
            if guest.state in {"held", "offered", "waitlisted"}:
                self._drop(name, "closed", 100)

    def end(self, present: set[str]) -> None:
        self.state = "completed"
        for name, guest in self.guests.items():
            if guest.state == "confirmed":
                guest.state = "attended" if name in present else "no_show"
                self._tell(name, "attended" if name in present else "missed")

    def call_off(self) -> None:
        self.state = "cancelled"
        for name, guest in self.guests.items():
            if guest.state in {"held", "confirmed", "offered", "waitlisted"}:
                self._drop(name, "called_off", 100)

    def _seat(self, name: str) -> None:
        guest = self.guests[name]
        guest.until = None
        if self.price == 0 or name in self.covered:
            guest.state = "confirmed"
            guest.plan_used = int(self.price > 0)
        else:
            guest.state, guest.payment = "held", "pending"
            guest.until = min(self.now + _HOLD, self.start)
        self._tell(name, guest.state)

    def _drop(self, name: str, what: str, percent: int, *, gives_plan_back: bool = True) -> None:
        guest = self.guests[name]
        if name in self.line:
            self.line.remove(name)
        if guest.payment == "pending":
            guest.payment = "failed"
        if guest.payment == "paid" and percent:
            guest.returned = guest.collected - (guest.collected * (100 - percent) + 50) // 100
            guest.payment = "refunded"
            self.returned[name] += guest.returned
        if gives_plan_back:
            guest.plan_used = 0
        guest.state, guest.until = "cancelled", None
        self._tell(name, what)

    def _next(self) -> bool:
        """Whoever waits longest is asked, where there is a seat."""
        if not self.is_open or not self.line or self.taken >= self.seats:
            return False
        name = self.line.pop(0)
        guest = self.guests[name]
        guest.state, guest.until = "offered", min(self.now + _OFFER, self.start)
        self._tell(name, "offered")
        return True

    def _is_due(self, guest: Guest) -> bool:
        return guest.until is not None and guest.until <= self.now

    def _booked(self, guest: Guest) -> datetime:
        return guest.booked_at or self.now

    def _tell(self, name: str, what: str) -> None:
        self.told[name, what] += 1
