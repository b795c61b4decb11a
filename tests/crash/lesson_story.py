"""A lesson from its booking to the teacher's money, as two people live it, whoever dies meanwhile.

Bob books twice, saves a card, lets the first lesson be moved, has it, pays it, disputes it and gets
a part back; the second one he calls off too late. Ana is paid. They press what they know of, so a
menu that a crash lost holds nobody up.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.billing.model import InvoiceState, PayoutState, RefundState
from bot.core.entity import short_id
from bot.flows.billing_news import DISPUTE_PREFIX, MONEY_PREFIX
from bot.flows.book_slots import slot_number
from bot.flows.gig_card import BOOK_PREFIX
from bot.flows.lesson_words import lesson_data
from bot.meetings.model import MeetingState
from bot.scheduling.model import Booking, BookingStatus
from bot.simulators.stripe import GOOD
from bot.simulators.telegram import Person
from bot.storage.work import Work
from tests.crash.lesson_run import LessonRun
from tests.crash.school import gig_of, user_id_of
from tests.message_builders import NOW

FIRST = NOW + timedelta(days=2)  # 12:00 UTC
MOVED = FIRST - timedelta(hours=1)
SECOND = FIRST + timedelta(hours=2)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_MINUTES_TOGETHER, _MINUTES_AGREED = 55, 30
_MOST_DAYS = 6


@dataclass
class Story:
    """What happens; each part waits until the program has done its own."""

    run: LessonRun

    async def play(self) -> None:
        """From beginning to end."""
        first = await self.book(FIRST)
        second = await self.book(SECOND)
        await self.move(first)
        await self.meet(first)
        await self.call_off_late(second)
        await self.dispute(first)
        await self.be_paid()

    async def book(self, start: datetime) -> str:
        """Hold, say yes, save a card where there is none; the lesson's id once it has a room."""
        run, bob = self.run, self.run.school.bob
        gig = short_id((await run.look(lambda work: gig_of(work, run.school.ana))).id)
        await self._press(bob, f"{BOOK_PREFIX}:slot:{gig}:60:{slot_number(start)}")
        await run.until(lambda work: len(self._at(work, start)) == 1)
        (held,) = await run.look(lambda work: self._at(work, start))
        await self._press(bob, f"{BOOK_PREFIX}:yes:{short_id(held.id)}")
        await run.quiet()
        if not run.vendors.stripe.all("customer"):
            await self._save_card(bob)
        await run.until(self._has(held.id, BookingStatus.CONFIRMED, MeetingState.READY))
        return held.id

    async def _save_card(self, bob: Person) -> None:
        stripe = self.run.vendors.stripe
        await self._press(bob, "c:card")
        await self.run.until(lambda work: any(stripe.all("checkout.session")))
        (page,) = stripe.all("checkout.session")
        stripe.complete(page["id"], GOOD)

    async def move(self, lesson: str) -> None:
        """Ana proposes another hour, Bob accepts; the room moves as well."""
        number = slot_number(MOVED)
        booking = await self._booking(lesson)
        await self._press(self.run.school.ana, lesson_data("slot", booking, number))
        await self.run.until(lambda work: work.bookings.get(lesson).proposed_start == MOVED)
        await self._press(self.run.school.bob, lesson_data("ok", booking, number))

        def has_moved(work: Work) -> bool:
            meeting = work.meetings.of_subject(lesson)
            assert meeting is not None
            return work.bookings.get(lesson).starts_at == meeting.starts_at == MOVED

        await self.run.until(has_moved)

    async def meet(self, lesson: str) -> None:
        """Reminders, both in the room, the meter, both out, the bill and the charge."""
        run, zoom, clock = self.run, self.run.vendors.zoom, self.run.school.clock
        for before in (_DAY, _HOUR, timedelta(minutes=10)):
            await run.later(MOVED - before)
        links = [await self._link(lesson, person) for person in (run.school.ana, run.school.bob)]
        clock.set(MOVED)
        seats = [zoom.enter(link) for link in links]
        await run.until(lambda work: work.bookings.get(lesson).status is BookingStatus.IN_PROGRESS)
        await run.later(MOVED + timedelta(minutes=50))
        clock.set(MOVED + timedelta(minutes=_MINUTES_TOGETHER))
        for seat in seats:
            zoom.leave(seat)
        await run.quiet()
        await run.later(MOVED + _HOUR + timedelta(minutes=15))
        await run.until(self._is_paid(lesson))

    async def call_off_late(self, lesson: str) -> None:
        """Bob calls off an hour before, which costs a part; the room is removed."""
        run = self.run
        await run.later(SECOND - _HOUR)
        await self._press(run.school.bob, lesson_data("sure", await self._booking(lesson)))
        await run.until(self._has(lesson, BookingStatus.CANCELLED, MeetingState.REMOVED))
        await run.until(self._is_paid(lesson))

    async def dispute(self, lesson: str) -> None:
        """Bob says it was less, Ana agrees: the rest goes back."""
        run, bob, ana = self.run, self.run.school.bob, self.run.school.ana
        invoice = await run.look(lambda work: work.billing.invoices.find_of_booking(lesson))
        assert invoice is not None
        await self._press(bob, f"{DISPUTE_PREFIX}:open:{short_id(invoice.id)}")
        await run.until(lambda work: work.billing.disputes.find_of_invoice(invoice.id) is not None)
        dispute = await run.look(lambda work: work.billing.disputes.find_of_invoice(invoice.id))
        assert dispute is not None
        await self._press(bob, f"{DISPUTE_PREFIX}:propose:{short_id(dispute.id)}")
        await run.quiet()
        await bob.send_text(str(_MINUTES_AGREED))
        await run.until(
            lambda work: work.billing.disputes.get(dispute.id).minutes == _MINUTES_AGREED
        )
        version = (await run.look(lambda work: work.billing.disputes.get(dispute.id))).version
        await self._press(ana, f"{DISPUTE_PREFIX}:accept:{short_id(dispute.id)}:{version}")

        def is_back(work: Work) -> bool:
            refunds = work.billing.refunds.of_invoice(invoice.id)
            return [refund.state for refund in refunds] == [RefundState.SUCCEEDED]

        await run.until(is_back)

    async def be_paid(self) -> None:
        """Ana proves who she is; when nothing can be disputed any more, she is paid."""
        run, stripe = self.run, self.run.vendors.stripe
        await self._press(run.school.ana, f"{MONEY_PREFIX}:onboard:")
        await run.until(lambda work: any(stripe.all("account")))
        (account,) = stripe.all("account")
        stripe.finish_onboarding(account["id"])

        def is_known(work: Work) -> bool:
            party = work.billing.parties.find_by_account(account["id"])
            return party is not None and party.can_be_paid

        await run.until(is_known)
        for _ in range(_MOST_DAYS):
            await run.later(run.school.clock.now() + _DAY)
        await run.until(self._is_sent)

    def _is_sent(self, work: Work) -> bool:
        parties = work.billing.parties.of_user(user_id_of(work, self.run.school.ana))
        payouts = work.billing.payouts.of_payees([party.id for party in parties])
        return [payout.state for payout in payouts] == [PayoutState.DONE]

    async def _press(self, person: Person, data: str) -> None:
        """On the first message the bot ever wrote to them."""
        first = next(m for m in person.chat.messages if m.from_bot)
        await person.press(first.message_id, data=data, is_forged=True)

    def _at(self, work: Work, start: datetime) -> list[Booking]:
        mine = work.bookings.of_person(user_id_of(work, self.run.school.bob))
        return [each for each in mine if each.starts_at == start]

    async def _booking(self, lesson: str) -> Booking:
        return await self.run.look(lambda work: work.bookings.get(lesson))

    async def _link(self, lesson: str, person: Person) -> str:
        def find(work: Work) -> str:
            meeting = work.meetings.of_subject(lesson)
            assert meeting is not None
            me = user_id_of(work, person)
            invited = work.registrants.of_meeting(meeting.id)
            return next(each.join_url for each in invited if each.user_id == me)

        return await self.run.look(find)

    def _has(
        self, lesson: str, status: BookingStatus, state: MeetingState
    ) -> Callable[[Work], bool]:
        def is_so(work: Work) -> bool:
            meeting = work.meetings.of_subject(lesson)
            is_met = meeting is not None and meeting.state is state
            return is_met and work.bookings.get(lesson).status is status

        return is_so

    def _is_paid(self, lesson: str) -> Callable[[Work], bool]:
        def is_so(work: Work) -> bool:
            invoice = work.billing.invoices.find_of_booking(lesson)
            return invoice is not None and invoice.state is InvoiceState.PAID

        return is_so
