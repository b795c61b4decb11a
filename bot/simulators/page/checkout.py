"""The open pages of the simulated Stripe, as the demo page lists them."""

from collections.abc import Callable
from datetime import datetime

from bot.simulators.world import DemoWorld, Json


class CheckoutPages:
    """Pages on which somebody is to save a card or to pay.

    Args:
        now: the time in the demo; aware.
    """

    def __init__(self, world: DemoWorld, now: Callable[[], datetime]) -> None:
        self._stripe = world.stripe
        self._now = now

    def shown(self) -> Json:
        """Those that are open, the newest first."""
        names = {each["id"]: each.get("name") for each in self._stripe.all("customer")}
        pages = [
            {
                "mode": session["mode"],
                "name": names.get(session["customer"]) or "",
                "amount": session["amount_total"],
                "currency": session["currency"],
                "link": session["url"],
            }
            for session in reversed(self._stripe.all("checkout.session"))
            if self._is_open(session)
        ]
        return {"type": "checkout", "pages": pages}

    def _is_open(self, session: Json) -> bool:
        expires_at: int = session["expires_at"]
        return session["status"] == "open" and self._now().timestamp() < expires_at
