"""Pages on which people save a card; we never see a number."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.billing.charging import Charging, Tell
from bot.billing.events import apply_gateway_event
from bot.billing.gateway import CardSaved, Page, PageExpired, PageStatus
from bot.billing.jobs import close_job
from bot.billing.model import CardPage
from bot.billing.parties import card_of, party_of
from bot.billing.ports import BillingWork, PaymentGateway
from bot.core.clock import Clock
from bot.core.storage import Storage

CARD_PAGE_LIVES = timedelta(minutes=30)
"""As long as a booking can be held at most; then the page is closed."""


class Cards:
    """Saves and removes cards."""

    def __init__(
        self,
        storage: Storage[BillingWork],
        gateway: PaymentGateway,
        clock: Clock,
        charging: Charging,
        tell: Tell,
    ) -> None:
        self._storage = storage
        self._gateway = gateway
        self._clock = clock
        self._charging = charging
        self._tell = tell

    async def page(
        self, user_id: str, /, *, key: str, currency: str, expires_at: datetime, return_url: str
    ) -> Page:
        """The page for one purpose; the same `key` is the same page, whoever asks again.

        Args:
            key: what wants it, e.g. "booking:<id>"; `currency`: of what will be charged.
            expires_at: the gateway allows from half an hour to a day.

        Raises:
            ServiceFailure: the gateway cannot make one at the moment.
        """
        row = await self._storage.write(lambda work: self._row(work, user_id, key, expires_at))
        party = await self._storage.read(lambda work: work.billing.parties.get(row.party_id))
        customer = await self._charging.customer(party)
        page = await self._gateway.card_page(
            customer,
            key=f"card:{row.id}",
            currency=currency,
            return_url=return_url,
            expires_at=row.expires_at,
        )
        await self._storage.write(lambda work: _keep(work, row.id, page.id))
        return page

    async def close(self, row_id: str, /) -> None:
        """Nobody shall save a card there any more; a card that was just saved is kept.

        Raises:
            ServiceFailure: the gateway cannot be asked at the moment.
        """
        row = await self._storage.read(lambda work: work.billing.card_pages.find(row_id))
        page_id = None if row is None else row.page_id
        if page_id is None:
            return
        if await self._gateway.expire_page(page_id) is PageStatus.COMPLETE:
            await self.look(page_id)
        else:
            await self._storage.write(lambda work: self._apply(work, PageExpired(page_id)))

    async def look(self, page_id: str, /) -> bool:
        """Ask what became of a page, where no webhook tells; True: there is a card."""
        status = await self._gateway.page_status(page_id)
        card = None
        if status is PageStatus.COMPLETE:
            card = await self._gateway.saved_card(page_id)
        if card is not None:
            event = CardSaved(page_id, card)
            await self._storage.write(lambda work: self._apply(work, event))
        elif status is PageStatus.EXPIRED:
            await self._storage.write(lambda work: self._apply(work, PageExpired(page_id)))
        return card is not None

    async def remove(self, user_id: str, /) -> bool:
        """Forget the person's card, here and at the gateway; False: there is none."""
        party = await self._storage.read(lambda work: card_of(work, user_id))
        if party is None or party.card_id is None:
            return False
        await self._gateway.remove_card(party.card_id)

        def unit(work: BillingWork) -> None:
            fresh = work.billing.parties.get(party.id)
            work.billing.parties.save(replace(fresh, card_id=None, card_label=None))

        await self._storage.write(unit)
        return True

    def _row(self, work: BillingWork, user_id: str, key: str, expires_at: datetime) -> CardPage:
        found = work.billing.card_pages.find_by_key(key)
        if found is not None:
            return found
        now = self._clock.now()
        party = party_of(work, user_id, now)
        row = CardPage(party_id=party.id, key=key, expires_at=expires_at, made_at=now)
        work.jobs.put(close_job(row.id, min(now + CARD_PAGE_LIVES, expires_at)))
        return work.billing.card_pages.add(row)

    def _apply(self, work: BillingWork, event: CardSaved | PageExpired) -> None:
        self._tell(work, apply_gateway_event(work, event, self._clock.now()))


def _keep(work: BillingWork, row_id: str, page_id: str) -> None:
    row = work.billing.card_pages.get(row_id)
    if row.page_id is None:
        work.billing.card_pages.save(replace(row, page_id=page_id))
