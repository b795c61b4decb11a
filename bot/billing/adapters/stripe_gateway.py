"""Stripe takes cards and pays teachers. Implements `PaymentGateway`.

Through the official library, in its version of the API.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import stripe

from bot.billing.adapters.stripe_calls import (
    PAGE,
    Refused,
    all_rows,
    answer_of,
    keyed,
    once,
    page_life,
    with_key,
)
from bot.billing.adapters.stripe_wire import (
    INVOICE,
    KEY,
    PARTY,
    Object,
    parse_account,
    parse_card,
    parse_page_status,
    parse_payment,
    parse_refund,
)
from bot.billing.amounts import to_units
from bot.billing.gateway import (
    AccountStatus,
    Page,
    PageStatus,
    Payment,
    PaymentStatus,
    RefundOutcome,
    SavedCard,
)
from bot.core.money import Money

_TIMEOUT_SECONDS = 30.0
_RETRIES = 2
_PAYMENT_EVENTS = ("succeeded", "payment_failed", "requires_action", "processing", "canceled")


class StripeGateway:
    """One account at Stripe.

    Args:
        url: of the API; without its path.
    """

    def __init__(self, api_key: str, url: str) -> None:
        self._http = stripe.HTTPXClient(timeout=_TIMEOUT_SECONDS)
        self._stripe = stripe.StripeClient(
            api_key,
            http_client=self._http,
            base_addresses={"api": url.rstrip("/")},
            max_network_retries=_RETRIES,
        ).v1

    @property
    def client(self) -> Any:
        """The library's, for other adapters of this account."""
        return self._stripe

    async def aclose(self) -> None:
        """Close its connections."""
        await self._http.close_async()  # type: ignore[no-untyped-call]  # the library's own

    async def check(self) -> str:
        """The account's own id. Raises ServiceFailure."""
        account = await answer_of(self._stripe.accounts.retrieve_current_async())
        return str(account["id"])

    # Payers and their cards.

    async def customer(self, party_id: str, /, *, name: str, email: str | None) -> str:
        wanted: dict[str, Any] = {"name": name, "metadata": {PARTY: party_id}}
        if email is not None:
            wanted["email"] = email
        made = await once(
            f"customer:{party_id}",
            lambda key: self._stripe.customers.create_async(wanted, keyed(key)),  # type: ignore[arg-type]  # plain dicts
        )
        return str(made["id"])

    async def card_page(
        self, customer_id: str, /, *, key: str, currency: str, return_url: str, expires_at: datetime
    ) -> Page:
        wanted = {
            "mode": "setup",
            "customer": customer_id,
            "currency": currency.lower(),
            **page_life(return_url, expires_at),
        }
        return await self._page(wanted, key)

    async def payment_page(
        self,
        invoice_id: str,
        amount: Money,
        /,
        *,
        customer_id: str,
        key: str,
        title: str,
        return_url: str,
        expires_at: datetime,
    ) -> Page:
        price = {
            "currency": amount.currency.lower(),
            "unit_amount": to_units(amount),
            "product_data": {"name": title},
        }
        wanted = {
            "mode": "payment",
            "customer": customer_id,
            "line_items": [{"quantity": 1, "price_data": price}],
            "payment_intent_data": {"metadata": {INVOICE: invoice_id, KEY: key}},
            "metadata": {INVOICE: invoice_id},
            **page_life(return_url, expires_at),
        }
        return await self._page(wanted, key)

    async def page_status(self, page_id: str, /) -> PageStatus:
        return parse_page_status(await self._session(page_id))

    async def page_payment(self, page_id: str, /) -> Payment | None:
        session = await self._session(page_id)
        intent_id = session.get("payment_intent")
        if intent_id is None:
            return None
        intent = await answer_of(self._stripe.payment_intents.retrieve_async(intent_id))
        return parse_payment(intent, page_id)

    async def expire_page(self, page_id: str, /) -> PageStatus:
        try:
            session = await answer_of(self._stripe.checkout.sessions.expire_async(page_id))
        except Refused:  # it is not open any more
            session = await self._session(page_id)
        return parse_page_status(session)

    async def saved_card(self, page_id: str, /) -> SavedCard | None:
        session = await self._session(page_id)
        return await self.card_of_setup(session.get("setup_intent"))

    async def card_of_setup(self, setup_id: str | None) -> SavedCard | None:
        """The card a SetupIntent saved, if it did and somebody still has it."""
        if setup_id is None:
            return None
        setup = await answer_of(self._stripe.setup_intents.retrieve_async(setup_id))
        if setup["status"] != "succeeded" or not setup.get("payment_method"):
            return None
        method = await answer_of(
            self._stripe.payment_methods.retrieve_async(setup["payment_method"])
        )
        return parse_card(method) if method.get("customer") else None

    async def remove_card(self, card_id: str, /) -> None:
        try:
            await answer_of(self._stripe.payment_methods.detach_async(card_id))
        except Refused as refusal:
            if not refusal.is_about_something_gone:
                raise

    async def remove_customer(self, customer_id: str, /) -> None:
        try:
            await answer_of(self._stripe.customers.delete_async(customer_id))
        except Refused as refusal:
            if not refusal.is_about_something_gone:
                raise

    # Payments.

    async def intent(
        self, invoice_id: str, amount: Money, /, *, customer_id: str, card_id: str, key: str
    ) -> Payment:
        wanted = {
            "amount": to_units(amount),
            "currency": amount.currency.lower(),
            "customer": customer_id,
            "payment_method": card_id,
            "metadata": {INVOICE: invoice_id, KEY: key},
        }

        async def made_before() -> Object | None:
            asked: Any = {"customer": customer_id, "limit": PAGE}
            return await with_key(self._stripe.payment_intents.list_async(asked), key)

        made = await once(
            key,
            lambda used: self._stripe.payment_intents.create_async(wanted, keyed(used)),  # type: ignore[arg-type]  # plain dicts
            made_before,
        )
        return parse_payment(made)

    async def confirm(self, payment_id: str, /, *, card_id: str) -> Payment:
        payment = await self.find_payment(payment_id)
        if payment.status not in {PaymentStatus.NEEDS_CONFIRMATION, PaymentStatus.NEEDS_CARD}:
            return payment
        wanted: Any = {"payment_method": card_id, "off_session": True}
        try:
            intent = await answer_of(self._stripe.payment_intents.confirm_async(payment_id, wanted))
        except Refused:  # the bank says no, or somebody else was faster
            return await self.find_payment(payment_id)
        return parse_payment(intent)

    async def find_payment(self, payment_id: str, /) -> Payment:
        return parse_payment(
            await answer_of(self._stripe.payment_intents.retrieve_async(payment_id))
        )

    async def cancel(self, payment_id: str, /) -> Payment:
        try:
            intent = await answer_of(self._stripe.payment_intents.cancel_async(payment_id))
        except Refused:
            return await self.find_payment(payment_id)
        return parse_payment(intent)

    async def payments_since(self, at: datetime, /) -> Sequence[Payment]:
        asked: Any = {
            "types": [f"payment_intent.{name}" for name in _PAYMENT_EVENTS],
            "created": {"gte": int(at.timestamp())},
        }
        newest_first = await all_rows(lambda page: self._stripe.events.list_async(page), asked)
        intents = dict.fromkeys(event["data"]["object"]["id"] for event in newest_first)
        return [await self.find_payment(each) for each in reversed(intents)]

    # Money back.

    async def refund(self, payment_id: str, amount: Money, /, *, key: str) -> RefundOutcome:
        wanted: Any = {
            "payment_intent": payment_id,
            "amount": to_units(amount),
            "metadata": {KEY: key},
        }

        async def made_before() -> Object | None:
            asked: Any = {"payment_intent": payment_id, "limit": PAGE}
            return await with_key(self._stripe.refunds.list_async(asked), key)

        made = await made_before() or await once(  # Stripe forgets keys after a day
            key, lambda used: self._stripe.refunds.create_async(wanted, keyed(used)), made_before
        )
        return parse_refund(made)

    async def find_refund(self, refund_id: str, /) -> RefundOutcome:
        return parse_refund(await answer_of(self._stripe.refunds.retrieve_async(refund_id)))

    # Teachers.

    async def account(self, party_id: str, /, *, email: str | None) -> str:
        """Stripe keeps the books of these accounts and shows their holders a dashboard."""
        wanted: dict[str, Any] = {
            "controller": {
                "stripe_dashboard": {"type": "express"},
                "fees": {"payer": "application"},
                "losses": {"payments": "application"},
            },
            "capabilities": {"transfers": {"requested": True}},
            "metadata": {PARTY: party_id},
        }
        if email is not None:
            wanted["email"] = email
        made = await once(
            f"account:{party_id}",
            lambda key: self._stripe.accounts.create_async(wanted, keyed(key)),  # type: ignore[arg-type]  # plain dicts
        )
        return str(made["id"])

    async def onboarding_link(self, account_id: str, /, *, return_url: str) -> str:
        wanted: Any = {
            "account": account_id,
            "type": "account_onboarding",
            "refresh_url": return_url,
            "return_url": return_url,
        }
        link = await answer_of(self._stripe.account_links.create_async(wanted))
        return str(link["url"])

    async def account_status(self, account_id: str, /) -> AccountStatus:
        return parse_account(await answer_of(self._stripe.accounts.retrieve_async(account_id)))

    async def transfer(self, account_id: str, amount: Money, /, *, key: str) -> str:
        wanted: Any = {
            "amount": to_units(amount),
            "currency": amount.currency.lower(),
            "destination": account_id,
            "transfer_group": key,
            "metadata": {KEY: key},
        }

        async def made_before() -> Object | None:
            asked: Any = {"transfer_group": key, "limit": PAGE}
            return await with_key(self._stripe.transfers.list_async(asked), key)

        made = await made_before() or await once(  # Stripe forgets keys after a day
            key, lambda used: self._stripe.transfers.create_async(wanted, keyed(used)), made_before
        )
        return str(made["id"])

    # What its webhooks name.

    async def dispute(self, dispute_id: str) -> Object:
        """As Stripe has it."""
        return await answer_of(self._stripe.disputes.retrieve_async(dispute_id))

    async def _session(self, page_id: str) -> Object:
        return await answer_of(self._stripe.checkout.sessions.retrieve_async(page_id))

    async def _page(self, wanted: Mapping[str, Any], key: str) -> Page:
        made = await once(
            key,
            lambda used: self._stripe.checkout.sessions.create_async(wanted, keyed(used)),  # type: ignore[arg-type]  # plain dicts
        )
        return Page(str(made["id"]), str(made["url"]))
