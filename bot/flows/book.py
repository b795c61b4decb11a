"""/book: which offer, how long, which day, which hour, and a yes to the price and the policy."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.accounts.gigs import Gig
from bot.core.entity import long_id, short_id
from bot.core.timespan import Timespan
from bot.flows.book_slots import Times, day_of, reader_of, slot_start, whole
from bot.flows.gig_card import BOOK_PREFIX, offers
from bot.flows.lesson_news import LessonNews
from bot.flows.lesson_ports import Needed, Payments
from bot.flows.lesson_words import lesson_facts, policy_words
from bot.flows.plan_lessons import lessons_left
from bot.flows.plan_reach import check_reach, in_reach
from bot.flows.ports import FlowWork
from bot.flows.runner import StaleButton
from bot.flows.scene import Later, Rows, Scene
from bot.flows.slot_waits import SlotWaits
from bot.flows.zone_asking import ZoneAsking
from bot.i18n.formats import minutes
from bot.messaging.model import Button, Paragraph, Style
from bot.scheduling.booking_service import BookingService, CannotBook
from bot.scheduling.free_time import free_slots
from bot.scheduling.model import Booking, BookingStatus, SlotTaken

_OFFERS_SHOWN = 10
_TERMS = ("rate_minor", "fee_minor", "currency", "free_hours", "late_percent", "no_show_percent")
_RESUMED_WITHIN = timedelta(hours=2)  # after that a card is no yes to a lesson any more


class Book:
    """The way to a lesson. Every step is a button that carries all it needs."""

    def __init__(
        self,
        zones: ZoneAsking,
        bookings: BookingService,
        news: LessonNews,
        waits: SlotWaits,
        payments: Payments,
    ) -> None:
        self._bookings = bookings
        self._news = news
        self._waits = waits
        self._payments = payments
        self._in_own_clock = zones.first("book", self.press)

    def show(self, scene: Scene, _: str = "") -> Later | None:
        """/book: the offers of one's own teachers; without any, the way to the catalogue."""
        threads = scene.work.chat.threads.of_user(scene.user.id)
        teachers = [each.teacher_id for each in threads if each.student_id == scene.user.id]
        gigs = [gig for teacher in teachers for gig in offers(scene.work, teacher)]
        find = [scene.button("booking.button.find", "c:teachers")]
        if gigs:
            rows = [[Button(gig.title, _data("gig", gig))] for gig in gigs[:_OFFERS_SHOWN]]
            scene.say(scene.text("booking.which"), buttons=[*rows, find])
        else:
            scene.say(scene.text("booking.nobody"), buttons=[find])
        return None

    def press(self, scene: Scene, data: str) -> Later | None:
        """`data` is "<action>:<short id>:<minutes>:<what>:<page>"."""
        action, _, rest = data.partition(":")
        short, *more = rest.split(":")
        try:
            about = long_id(short)
        except ValueError as error:
            raise StaleButton from error
        if action == "with":
            return self._with(scene, about)
        if action in {"yes", "no"}:
            return self._decide(scene, about, is_yes=action == "yes")
        gig = self._gig(scene, about)
        if scene.user.time_zone is None:
            return self._in_own_clock(scene, data)
        if action == "gig":
            scene.answer_button()
            return self._length(scene, gig)
        length, rest_of = _minutes(gig, more), more[1:]
        return self._choose(scene, gig, length, action, rest_of)

    def _choose(
        self, scene: Scene, gig: Gig, length: int, action: str, more: Sequence[str]
    ) -> Later | None:
        match action, *more:
            case "len", *_:
                self._days(scene, gig, length, 0)
            case "days", page:
                self._days(scene, gig, length, whole(page))
            case "day", day, page:
                self._day(scene, gig, length, day, whole(page))
            case "slot", number:
                self._hold(scene, gig, length, slot_start(number, scene.now))
            case "wait", *_:
                self._wait(scene, gig, length)
            case _:
                raise StaleButton
        return None

    def card_saved(self, work: FlowWork, user_id: str, now: datetime) -> None:
        """What waited for a card is booked; a slot that was given away meanwhile is told of."""
        user = work.users.find(user_id)
        if user is None:
            return
        for booking in self._waiting(work, user_id, now):
            gig = work.gigs.find_listed(booking.gig_id)
            if gig is None or self._payments.may_book(work, user, gig) is not Needed.NOTHING:
                continue
            try:
                held = self._held_again(work, booking, now)
                agreed = replace(held, **_terms(booking))  # it was these that they said yes to
                self._book(work, agreed, user_id, now)
            except SlotTaken as taken:
                self._tell_lost(work, booking, gig, taken.nearest, now)
            except CannotBook:
                self._tell_lost(work, booking, gig, (), now)

    def _tell_lost(
        self,
        work: FlowWork,
        booking: Booking,
        gig: Gig,
        nearest: Sequence[Timespan],
        now: datetime,
    ) -> None:
        times = Times((), _slot_data(gig, _length(booking)))
        self._news.say(
            work,
            booking,
            booking.student_id,
            "booking.lost",
            now,
            lambda reader: times.nearest(reader, nearest),
        )

    def _waiting(self, work: FlowWork, user_id: str, now: datetime) -> Sequence[Booking]:
        """The newest hold that was said yes to, even one that has run out meanwhile."""
        policy = self._bookings.policy
        mine = [
            booking
            for booking in work.bookings.of_person(user_id)
            if booking.student_id == user_id
            and booking.held_until is not None
            and booking.held_until > booking.created_at + policy.hold
            and booking.cancelled_by is None
            and booking.created_at >= now - _RESUMED_WITHIN
        ]
        return mine[-1:]

    def _with(self, scene: Scene, teacher_id: str) -> Later | None:
        """A teacher's offers; where there is one, its slots."""
        gigs = offers(scene.work, teacher_id)
        if not gigs:
            raise CannotBook("booking.refused.gig")
        self._gig(scene, gigs[0].id)
        if len(gigs) == 1:
            return self.press(scene, f"gig:{short_id(gigs[0].id)}")
        scene.answer_button()
        rows = [[Button(gig.title, _data("gig", gig))] for gig in gigs[:_OFFERS_SHOWN]]
        scene.say(scene.text("booking.which"), buttons=rows)
        return None

    def _gig(self, scene: Scene, gig_id: str) -> Gig:
        gig = self._bookings.bookable(scene.work, scene.user, gig_id)
        thread = scene.work.chat.threads.find_pair(scene.user.id, gig.user_id)
        is_shut = thread is not None and any(
            thread.has_blocked(person) for person in (scene.user.id, gig.user_id)
        )
        if is_shut:
            raise CannotBook("booking.refused.blocked")
        return gig

    def _length(self, scene: Scene, gig: Gig) -> Later | None:
        if len(gig.lesson_minutes) == 1:
            self._days(scene, gig, gig.lesson_minutes[0], 0)
            return None
        row = [
            Button(
                minutes(timedelta(minutes=length), scene.texts.language), _data("len", gig, length)
            )
            for length in gig.lesson_minutes
        ]
        scene.show(scene.text("booking.how_long"), buttons=[row])
        return None

    def _times(self, scene: Scene, gig: Gig, length: int) -> Times:
        schedule = scene.work.schedules.find(gig.user_id)
        span = timedelta(minutes=length)
        free = [] if schedule is None else free_slots(scene.work, schedule, span, scene.now)
        return Times(in_reach(scene, free), _slot_data(gig, length))

    def _days(self, scene: Scene, gig: Gig, length: int, page: int) -> None:
        scene.answer_button()
        times = self._times(scene, gig, length)
        if not times.free:
            wait = [scene.button("booking.button.wait", _data("wait", gig, length))]
            scene.show(scene.text("booking.nothing_free"), buttons=[wait])
            return
        scene.show(*_asked(scene, "booking.which_day"), buttons=times.days(scene, page))

    def _day(self, scene: Scene, gig: Gig, length: int, day: str, page: int) -> None:
        scene.answer_button()
        rows = self._times(scene, gig, length).of_day(scene, day_of(day), page)
        scene.show(*_asked(scene, "booking.which_time"), buttons=rows)

    def _hold(self, scene: Scene, gig: Gig, length: int, start: datetime) -> None:
        scene.answer_button()
        check_reach(scene, start)
        try:
            booking = self._bookings.hold(scene.work, scene.user, gig.id, start, length, scene.now)
        except SlotTaken as taken:
            self._taken(scene, gig, length, taken)
            return
        self._ask(scene, booking)

    def _taken(self, scene: Scene, gig: Gig, length: int, taken: SlotTaken) -> None:
        rows = self._times(scene, gig, length).nearest(reader_of(scene), taken.nearest)
        scene.show(scene.text("booking.taken"), buttons=rows)

    def _ask(self, scene: Scene, booking: Booking) -> None:
        """Everything there is to know, before the yes."""
        reader, texts = reader_of(scene), scene.texts
        body = [
            scene.text("booking.sure", Style.STRONG),
            *lesson_facts(scene.work, booking, reader),
            policy_words(booking, texts),
            scene.text("booking.held", length=reader.length(self._bookings.policy.hold)),
        ]
        if (covered := lessons_left(scene)) is not None:
            body.append(covered)
        scene.show(*body, buttons=_yes_or_no(scene, booking))

    def _decide(self, scene: Scene, booking_id: str, *, is_yes: bool) -> Later | None:
        booking = scene.work.bookings.find(booking_id)
        if booking is None or booking.student_id != scene.user.id or booking.held_until is None:
            raise StaleButton
        scene.answer_button()
        if not is_yes:
            if booking.status is BookingStatus.HELD:
                self._bookings.cancel(scene.work, booking, scene.user.id, scene.now)
            scene.show(scene.text("booking.let_go"))
            return None
        gig = self._gig(scene, booking.gig_id)
        try:
            self._confirm(scene, gig, booking)
        except SlotTaken as taken:
            self._taken(scene, gig, _length(booking), taken)
        return None

    def _confirm(self, scene: Scene, gig: Gig, booking: Booking) -> None:
        work, now = scene.work, scene.now
        held = self._held_again(work, booking, now)
        if _terms(held) != _terms(booking):  # what they said yes to is not offered any more
            self._ask(scene, held)
            return
        needed = self._payments.may_book(work, scene.user, gig)
        if needed is not Needed.NOTHING:
            latest = now + self._bookings.policy.longest_hold
            kept = self._bookings.keep(work, held, latest)
            self._ask_for_money(scene, kept, needed)
            return
        self._book(work, held, scene.user.id, now)
        scene.show(
            scene.text("booking.done"),
            buttons=[[scene.button("booking.button.agenda", "c:agenda")]],
        )

    def _ask_for_money(self, scene: Scene, kept: Booking, needed: Needed) -> None:
        """A card or a payment first; the lesson is booked by itself as soon as it is there."""
        until = kept.held_until or scene.now
        kept_for = reader_of(scene).length(until - scene.now)
        no = scene.button("booking.button.no", f"{BOOK_PREFIX}:no:{short_id(kept.id)}")
        scene.show(
            scene.text(f"booking.needs.{needed}"),
            scene.text("booking.held", length=kept_for),
            buttons=[[scene.button(f"booking.button.{needed}", "c:card")], [no]],
        )

    def _held_again(self, work: FlowWork, booking: Booking, now: datetime) -> Booking:
        """The hold, or another one for the same hour if it ran out. Raises SlotTaken."""
        if booking.status is BookingStatus.HELD:
            return booking
        student = work.users.get(booking.student_id)
        return self._bookings.hold(
            work, student, booking.gig_id, booking.starts_at, _length(booking), now
        )

    def _book(self, work: FlowWork, held: Booking, actor_id: str, now: datetime) -> None:
        confirmed = self._bookings.confirm(work, held, actor_id, now)
        self._news.card(work, confirmed, confirmed.student_id, "booking.news.booked", now)
        self._news.card(work, confirmed, confirmed.teacher_id, "booking.news.booked_with_you", now)

    def _wait(self, scene: Scene, gig: Gig, length: int) -> None:
        scene.answer_button()
        self._waits.add(scene.work, scene.user.id, gig, length, scene.now)
        scene.show(scene.text("booking.waiting"))


def _asked(scene: Scene, key: str) -> Sequence[Paragraph]:
    zone = scene.user.time_zone
    told = scene.text("booking.your_clock", zone=zone) if zone else scene.text("booking.utc_clock")
    return [scene.text(key), told]


def _yes_or_no(scene: Scene, booking: Booking) -> Rows:
    short = short_id(booking.id)
    return [
        [
            scene.button("booking.button.yes", f"{BOOK_PREFIX}:yes:{short}"),
            scene.button("booking.button.no", f"{BOOK_PREFIX}:no:{short}"),
        ]
    ]


def _terms(booking: Booking) -> dict[str, Any]:
    """Price and policy, as they were shown."""
    return {name: getattr(booking, name) for name in _TERMS}


def _length(booking: Booking) -> int:
    return booking.length // timedelta(minutes=1)


def _minutes(gig: Gig, more: Sequence[str]) -> int:
    """The length a button names. Raises StaleButton where the gig no longer offers it."""
    length = whole(more[0]) if more else 0
    if length not in gig.lesson_minutes:
        raise StaleButton
    return length


def _slot_data(gig: Gig, length: int) -> Callable[[str], str]:
    """Button data of days and slots, see `Times`."""

    def data(what: str) -> str:
        action, _, rest = what.partition(":")
        return f"{_data(action, gig, length)}:{rest}"

    return data


def _data(action: str, gig: Gig, length: int | None = None) -> str:
    tail = "" if length is None else f":{length}"
    return f"{BOOK_PREFIX}:{action}:{short_id(gig.id)}{tail}"
