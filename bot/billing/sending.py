"""Money on its way out: refunds to students, transfers to teachers, and their onboarding."""

from dataclasses import replace

from bot.billing.charging import Tell, Unit
from bot.billing.collecting import apply_refund
from bot.billing.events import account_changed
from bot.billing.model import Charge, PayoutState, PayoutWay, Refund, RefundState
from bot.billing.parties import party_of
from bot.billing.payouts import settle_payout
from bot.billing.ports import BillingWork, PaymentGateway
from bot.core.clock import Clock
from bot.core.crash import crash_point
from bot.core.errors import Cause, ServiceFailure
from bot.core.storage import Storage


class Sending:
    """Each refund and each transfer has its own key, so that doing it twice does it once."""

    def __init__(
        self,
        storage: Storage[BillingWork],
        gateway: PaymentGateway,
        clock: Clock,
        tell: Tell,
        *,
        return_url: str,
    ) -> None:
        self._storage = storage
        self._gateway = gateway
        self._clock = clock
        self._tell = tell
        self._return_url = return_url

    async def refund(self, refund_id: str) -> Unit | None:
        """Give money back that was promised. Raises ServiceFailure."""

        def load(work: BillingWork) -> tuple[Refund, Charge]:
            refund = work.billing.refunds.get(refund_id)
            return refund, work.billing.charges.get(refund.charge_id)

        refund, charge = await self._storage.read(load)
        if refund.state is not RefundState.PROMISED or charge.intent_id is None:
            return None
        if refund.gateway_id is not None:
            outcome = await self._gateway.find_refund(refund.gateway_id)
        else:
            outcome = await self._gateway.refund(charge.intent_id, refund.amount, key=refund.key)
        crash_point("refund made")

        def unit(work: BillingWork) -> None:
            fresh = work.billing.refunds.get(refund_id)
            self._tell(work, apply_refund(work, fresh, outcome, self._clock.now()))

        return unit

    async def transfer(self, payout_id: str) -> Unit | None:
        """Move what was promised to a teacher. Raises ServiceFailure."""
        payout = await self._storage.read(lambda work: work.billing.payouts.get(payout_id))
        payee_id = payout.payee_id
        party = await self._storage.read(lambda work: work.billing.parties.get(payee_id))
        if payout.state is not PayoutState.PROMISED:
            return None
        if party.account_id is None:
            return lambda work: self._state(work, payout_id)
        transfer_id = await self._gateway.transfer(party.account_id, payout.amount, key=payout.key)
        crash_point("transfer made")

        def unit(work: BillingWork) -> None:
            fresh = work.billing.payouts.get(payout_id)
            self._tell(work, settle_payout(work, fresh, transfer_id, self._clock.now()))

        return unit

    def _state(self, work: BillingWork, payout_id: str) -> None:
        """The account is gone: what was promised is stated, for the operator to send."""
        payout = work.billing.payouts.get(payout_id)
        stated = work.billing.payouts.save(replace(payout, way=PayoutWay.STATEMENT))
        self._tell(work, settle_payout(work, stated, None, self._clock.now()))

    async def onboarding(self, user_id: str) -> str:
        """Where a teacher proves who they are to the gateway; works once, for minutes."""
        now = self._clock.now()
        party = await self._storage.write(lambda work: party_of(work, user_id, now))
        account_id = party.account_id
        if account_id is None:
            account_id = await self._account(party.id, user_id)
        return await self._gateway.onboarding_link(account_id, return_url=self._return_url)

    async def look_at_account(self, user_id: str) -> bool:
        """Ask whether the gateway has finished checking a teacher, where no webhook tells."""
        own = await self._storage.read(lambda work: work.billing.parties.of_user(user_id))
        account_id = next((p.account_id for p in own if p.account_id is not None), None)
        if account_id is None:
            return False
        status = await self._gateway.account_status(account_id)

        def unit(work: BillingWork) -> None:
            party = work.billing.parties.find_by_account(account_id)
            if party is not None:
                self._tell(work, account_changed(work, party, status.can_be_paid))

        await self._storage.write(unit)
        return status.can_be_paid

    async def forget(self, customer_id: str) -> None:
        """The gateway shall not know somebody any more; what is gone is no trouble."""
        try:
            await self._gateway.remove_customer(customer_id)
        except ServiceFailure as failure:
            if failure.cause is not Cause.REJECTED:
                raise

    async def _account(self, party_id: str, user_id: str) -> str:
        user = await self._storage.read(lambda work: work.users.get(user_id))
        account_id = await self._gateway.account(party_id, email=user.email)

        def unit(work: BillingWork) -> None:
            fresh = work.billing.parties.get(party_id)
            if fresh.account_id is None:
                work.billing.parties.save(replace(fresh, account_id=account_id))

        await self._storage.write(unit)
        return account_id
