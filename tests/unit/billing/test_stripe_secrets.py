"""Stripe's endpoints: each has a secret of its own."""

from datetime import UTC, datetime

import pytest

from bot.core.hook import Verdict
from bot.simulators.stripe import signature
from bot.wiring.stripe import hooks_of
from config.settings import load_settings

NOW = datetime(2026, 12, 1, tzinfo=UTC)
BODY = b'{"id":"evt_1","type":"payment_intent.succeeded"}'


@pytest.mark.parametrize(
    ("secret", "verdict"),
    [
        ("whsec_own", Verdict.GENUINE),
        ("whsec_connected", Verdict.GENUINE),
        ("whsec_other", Verdict.FORGED),
        ("", Verdict.FORGED),
    ],
)
def test_a_delivery_is_proved_by_any_of_our_secrets(secret: str, verdict: Verdict) -> None:
    stripe = {"api_key": "sk_test_1", "webhook_secret": "whsec_own, whsec_connected,"}
    web = {"public_url": "https://lingua.example"}
    (hook,) = hooks_of(load_settings(None, stripe=stripe, web=web))
    header = signature(secret, BODY, int(NOW.timestamp()))
    assert hook.verify({"Stripe-Signature": header}, BODY, NOW) is verdict
    late = datetime.fromtimestamp(NOW.timestamp() + 301, UTC)
    stale = Verdict.STALE if verdict is Verdict.GENUINE else verdict
    assert hook.verify({"Stripe-Signature": header}, BODY, late) is stale


@pytest.mark.parametrize("empty", ["", " ", ","])
def test_nothing_is_no_secret(empty: str) -> None:
    stripe = {"api_key": "sk_test_1", "webhook_secret": empty}
    web = {"public_url": "https://lingua.example"}
    assert hooks_of(load_settings(None, stripe=stripe, web=web)) == ()
