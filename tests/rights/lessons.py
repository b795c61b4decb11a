"""What lessons leave behind: bookings of every kind, their meetings, a card, and bills."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.accounts.gigs import Gig
from bot.accounts.model import User
from bot.app import App
from bot.billing.invoicing import bill_lesson
from bot.billing.rules import BillingRules
from bot.core.clock import SystemClock
from bot.core.zone_data import wall_time, zone_data_version
from bot.meetings.model import Meeting, MeetingState, Provider, Sighting, Source, What
from bot.scheduling.booking_service import BookingService
from bot.scheduling.model import Booking, BookingStatus
from bot.scheduling.policy import LessonPolicy
from bot.scheduling.reminders import METER_JOB, REMIND_JOB, lesson_job
from bot.scheduling.schedule import DAY_MINUTES, AvailabilityRule, Hours, Schedule
from bot.simulators.stripe import StripeSimulator
from bot.simulators.zoom import ZoomSimulator
from bot.storage.work import Work
from bot.tiers.jobs import page_job

_PRICE = "price_premium"
HOST, CARD = "host@example.org", "4242424242424242"
_HOUR = timedelta(hours=1)
_CAME = What.JOINED


def settings_of(zoom: ZoomSimulator, stripe: StripeSimulator) -> dict[str, Any]:
    """Meetings are made there, and money is taken there; neither calls us back."""
    return {
        "zoom": {
            "account_id": zoom.account_id,
            "client_id": zoom.client_id,
            "client_secret": zoom.client_secret,
            "hosts": HOST,
            "api_url": zoom.api_url,
            "oauth_url": zoom.oauth_url,
        },
        "stripe": {"api_key": stripe.key, "api_url": stripe.url},
        "tiers": {
            "premium": {"prices": "EUR=9.99", "stripe_prices": f"EUR={_PRICE}"},
            "packs": "ai_minutes:60:4.99 EUR",
            "rails": "telegram=card",
        },
    }


def open_hours(work: Work, teacher: User) -> None:
    """The teacher is always open."""
    all_day = tuple(AvailabilityRule(day, Hours(0, DAY_MINUTES)) for day in range(7))
    work.schedules.add(Schedule(teacher_id=teacher.id, zone="UTC", rules=all_day))


def book(work: Work, student: User, gig: Gig) -> Booking:
    """A lesson in three days."""
    now = SystemClock().now()
    start = (now + timedelta(days=3)).replace(hour=12, minute=0, second=0, microsecond=0)
    bookings = BookingService(LessonPolicy())
    held = bookings.hold(work, student, gig.id, start, 60, now)
    return bookings.confirm(work, held, student.id, now)


def begin_soon(work: Work, student: User, gig: Gig) -> Booking:
    """A lesson in ten minutes, of which both are reminded, and for which a link is asked."""
    now = SystemClock().now()
    booking = _lesson(work, student, gig, now + timedelta(minutes=10), BookingStatus.CONFIRMED)
    _meeting(work, booking, MeetingState.LINK_ASKED)
    work.jobs.put(lesson_job(booking, REMIND_JOB, now, "soon"))
    return booking


def go_on(work: Work, student: User, gig: Gig) -> Booking:
    """A lesson that is nearly over; both are there, and hear what it costs."""
    now = SystemClock().now()
    began = now - timedelta(minutes=50)
    booking = _lesson(work, student, gig, began, BookingStatus.IN_PROGRESS)
    meeting = _meeting(work, booking, MeetingState.READY)
    seen = [
        Sighting(
            meeting_id=meeting.id, source=Source.TAP, what=_CAME, user_id=each, seat=each, at=began
        )
        for each in (booking.student_id, booking.teacher_id)
    ]
    work.sightings.add(*seen, at=now)
    work.jobs.put(lesson_job(booking, METER_JOB, now, "end"))
    return booking


def be_over(work: Work, student: User, gig: Gig) -> Booking:
    """A lesson of yesterday, at which both were for half an hour."""
    now = SystemClock().now()
    began = now - timedelta(days=1)
    booking = _lesson(work, student, gig, began, BookingStatus.COMPLETED)
    meeting = _meeting(work, booking, MeetingState.READY)
    seen = [
        Sighting(
            meeting_id=meeting.id, source=Source.TAP, what=what, user_id=each, seat=each, at=at
        )
        for each in (booking.student_id, booking.teacher_id)
        for what, at in ((_CAME, began), (What.LEFT, began + _HOUR / 2))
    ]
    work.sightings.add(*seen, at=now)
    work.meetings.save(replace(meeting.moved_to(MeetingState.ENDED), ended_at=now))
    return booking


async def save_a_card(app: App, stripe: StripeSimulator) -> None:
    """Whoever was shown the newest page types a card there."""
    page = stripe.all("checkout.session")[-1]["id"]
    stripe.complete(page, CARD)
    assert app.product.paying.desk is not None
    assert await app.product.paying.desk.cards.look(page)


async def bill(app: App, booking_id: str) -> str:
    """What a lesson comes to is owed; the invoice's id."""

    def unit(work: Work) -> str:
        fact = app.meetings.facts.get(work, booking_id)
        billed = bill_lesson(work, fact, BillingRules(), SystemClock().now())
        assert billed.invoice is not None
        return billed.invoice.id

    return await app.storage.write(unit)


def _lesson(work: Work, student: User, gig: Gig, start: datetime, status: BookingStatus) -> Booking:
    return work.bookings.add(
        Booking(
            student_id=student.id,
            teacher_id=gig.user_id,
            gig_id=gig.id,
            starts_at=start,
            ends_at=start + _HOUR,
            status=status,
            rate_minor=gig.price_minor,
            currency=gig.currency,
            wall_time=wall_time(start, "UTC"),
            zone="UTC",
            tz_version=zone_data_version(),
            created_at=start - timedelta(days=1),
        )
    )


def _meeting(work: Work, booking: Booking, state: MeetingState) -> Meeting:
    return work.meetings.add(
        Meeting(
            subject_id=booking.id,
            host_user_id=booking.teacher_id,
            starts_at=booking.starts_at,
            ends_at=booking.ends_at,
            provider=Provider.OWN,
            state=state,
        )
    )


async def buy_a_plan(app: App, stripe: StripeSimulator) -> None:
    """Whoever has a page for one pays, and it is known."""
    pages = await app.storage.read(lambda work: work.tiers.pages.open(10))
    (page_id,) = [page.page_id for page in pages if page.page_id is not None]
    stripe.complete(page_id, CARD)
    now = SystemClock().now()
    await app.storage.write(lambda work: work.jobs.put(page_job(page_id, "paid", now)))


def sell_plans(stripe: StripeSimulator) -> None:
    """What an operator makes at Stripe."""
    stripe.subscriptions.add_price(_PRICE, 999, "EUR", "Premium")
