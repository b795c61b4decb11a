"""Stripe connected: its gateway, and how its deliveries are proved."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from pydantic import SecretStr

from bot.billing.adapters.stripe_calls import SERVICE
from bot.billing.adapters.stripe_events import StripeEvents, event_key, is_fresh, is_genuine
from bot.billing.adapters.stripe_gateway import StripeGateway
from bot.billing.adapters.stripe_subscriptions import StripeSubscriptions, tier_event
from bot.core.hook import Hook, Verdict
from bot.wiring.billing import EVENT_JOB, Connected
from config.settings import Settings

_PATH = "/webhooks/stripe"


def connected(settings: Settings, key: SecretStr) -> Connected:
    """One account at Stripe, with connections of its own."""
    gateway = StripeGateway(key.get_secret_value(), settings.stripe.api_url)
    return Connected(
        gateway=gateway,
        read=StripeEvents(gateway).read,
        hooks=hooks_of(settings),
        aclose=gateway.aclose,
        plans=StripeSubscriptions(gateway.client),
        tier_event=tier_event,
    )


def hooks_of(settings: Settings) -> Sequence[Hook]:
    """It must know where we are, and prove that it is Stripe."""
    given = settings.stripe.webhook_secret
    secrets = given.get_secret_value().split(",") if given else []
    secrets = [secret.strip() for secret in secrets if secret.strip()]
    if not secrets or settings.web.public_url is None:
        return ()
    hook = Hook(
        source=SERVICE,
        path=_PATH,
        verify=_verifier(secrets),
        key_of=event_key,
        job_kind=EVENT_JOB,
    )
    return (hook,)


def _verifier(secrets: Sequence[str]) -> Callable[[Mapping[str, str], bytes, datetime], Verdict]:
    def verify(headers: Mapping[str, str], body: bytes, now: datetime) -> Verdict:
        lower = {name.lower(): value for name, value in headers.items()}
        if not any(is_genuine(secret, lower, body) for secret in secrets):
            return Verdict.FORGED
        return Verdict.GENUINE if is_fresh(lower, now) else Verdict.STALE

    return verify
