"""Stripe on loopback, as far as lessons are paid with it."""

from bot.simulators.stripe.cards import (
    ASKS_ALWAYS,
    ASKS_WHEN_SAVED,
    DECLINES_CHARGES,
    EXPIRED,
    GOOD,
    NO_FUNDS,
    REFUSED,
    Bank,
)
from bot.simulators.stripe.simulator import StripeSimulator
from bot.simulators.stripe.specification import Specification, find_spec
from bot.simulators.stripe.webhooks import Delivery, signature

__all__ = [
    "ASKS_ALWAYS",
    "ASKS_WHEN_SAVED",
    "DECLINES_CHARGES",
    "EXPIRED",
    "GOOD",
    "NO_FUNDS",
    "REFUSED",
    "Bank",
    "Delivery",
    "Specification",
    "StripeSimulator",
    "find_spec",
    "signature",
]
