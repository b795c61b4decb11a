"""The simulated Stripe as a whole: its API, its pages and its webhooks."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.simulators.bell import Bell
from bot.simulators.changes import Changes
from bot.simulators.faults import Faults
from bot.simulators.loopback import LoopbackServer
from bot.simulators.stripe.cards import Bank
from bot.simulators.stripe.checkout import Checkout
from bot.simulators.stripe.connect import Connect
from bot.simulators.stripe.payments import Payments
from bot.simulators.stripe.portal import Portal
from bot.simulators.stripe.routes import routes
from bot.simulators.stripe.server import ApiServer, Request
from bot.simulators.stripe.specification import Specification
from bot.simulators.stripe.state import Object, State
from bot.simulators.stripe.subscriptions import Subscriptions
from bot.simulators.stripe.visiting import Visits
from bot.simulators.stripe.webhooks import Delivery, Webhooks


class StripeSimulator(LoopbackServer):
    """One account at Stripe, in test mode.

    Args:
        key: the only secret key that is accepted.
        clock: gives the time, aware; pages and links end by it. Webhooks carry the real time,
            since their age is judged by it.
        spec: the API's description to check every request against (`find_spec()`).
        pause: seconds before a webhook is first repeated.
    """

    def __init__(
        self,
        key: str = "sk_test_demo",
        *,
        clock: Callable[[], datetime] | None = None,
        spec: Path | None = None,
        pause: float = 0.5,
        seed: int = 0,
    ) -> None:
        super().__init__()
        now = clock or (lambda: datetime.now(UTC))
        self.key = key
        self.faults = Faults(seed)
        self._bell = Bell()
        self.changes = Changes("stripe")
        self._webhooks = Webhooks(self.faults, self._bell, pause=pause)
        self._state = State(now, self._happened)
        self._payments = Payments(self._state, self._address)
        self.subscriptions = Subscriptions(self._state, self._payments)
        self.checkout = Checkout(self._state, self._payments, self.subscriptions, self._address)
        self._portal = Portal(self._state, self._payments, self.subscriptions, self._address)
        self._connect = Connect(self._state, self._address)
        self._spec = Specification(spec) if spec else None
        self._api = ApiServer(key, self.faults, self._spec, now)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_checked(self) -> bool:
        """Whether requests are checked against the API's description."""
        return self._spec is not None

    @property
    def violations(self) -> list[str]:
        """What broke the description."""
        return self._api.violations

    @property
    def requests(self) -> list[Request]:
        """Every request with the right key, the oldest first."""
        return self._api.requests

    @property
    def deliveries(self) -> list[Delivery]:
        """Every webhook that was sent."""
        return self._webhooks.deliveries

    def send_webhooks_to(self, url: str | None, secret: str) -> None:
        """Deliver every event from now on; None: list them only."""
        self._webhooks.url, self._webhooks.secret = url, secret

    def all(self, kind: str) -> list[Object]:
        """Every object of a kind, such as "payment_intent", the oldest first."""
        return self._state.all(kind)

    def set_bank(self, method_id: str, bank: Bank) -> None:
        """From now on the bank behind a saved card answers like this."""
        self._state.banks[method_id] = bank

    def complete(self, session_id: str, number: str, *, is_proved: bool | None = None) -> Object:
        """A person types a card number on a page; see `Checkout.complete`."""
        return self.checkout.complete(session_id, number, is_proved=is_proved)

    def prove(self, intent_id: str, *, succeeds: bool = True) -> Object:
        """A person answers their bank's question about a payment."""
        return self._payments.authenticate(intent_id, succeeds=succeeds)

    def dispute(self, intent_id: str) -> Object:
        """A cardholder's bank takes a payment back."""
        return self._payments.dispute(intent_id)

    def decide_dispute(self, dispute_id: str, *, is_won: bool) -> Object:
        """And decides."""
        return self._payments.decide_dispute(dispute_id, is_won=is_won)

    def finish_onboarding(self, account_id: str) -> Object:
        """A teacher gives everything that is needed to be paid."""
        return self._connect.finish_onboarding(account_id)

    async def until(self, is_so: Callable[[], Any], seconds: float = 10.0) -> None:
        """Wait until it is so; asked after every webhook. Raises TimeoutError."""
        await self._bell.until(lambda: is_so() or None, seconds)

    async def delivered(self, seconds: float = 10.0) -> None:
        """Wait until every webhook was taken or given up."""
        await self.until(lambda: self._webhooks.is_quiet, seconds)

    def application(self) -> web.Application:
        """Its API and its pages."""
        app = web.Application(middlewares=[self.changes.watch])
        Visits(self._state, self._payments, self.checkout, self._connect).add_to(app.router)
        self._portal.add_to(app.router)
        for route in routes(
            self._state,
            self._payments,
            self.checkout,
            self._connect,
            self.subscriptions,
            self._portal,
        ):
            app.router.add_route(route.method, route.path, self._api.serving(route))
        return app

    async def start(self, port: int = 0) -> None:
        await super().start(port)
        self._webhooks.start()

    async def stop(self) -> None:
        await self._webhooks.aclose()
        await super().stop()

    def _happened(self, event: Object) -> None:
        self._webhooks.put(event)
        self.changes.tell()

    def _address(self) -> str:
        return self.url
