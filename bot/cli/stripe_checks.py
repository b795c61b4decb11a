"""What the doctor looks at in Stripe: the key, whether it moves real money, the webhooks."""

from collections.abc import Sequence

from bot.cli.findings import Finding, Status
from bot.cli.plan_checks import check_plans
from bot.cli.web_checks import is_within_reach
from bot.core.errors import ServiceFailure
from config.settings import Settings, StripeSettings

_NEEDS_KEY = "dashboard.stripe.com/test/apikeys shows one; see LINGUAFLEX_STRIPE__API_KEY"
_NEEDS_HOOK = (
    "dashboard.stripe.com, Developers, Webhooks: add <public address>/webhooks/stripe, and set"
    " LINGUAFLEX_STRIPE__WEBHOOK_SECRET and LINGUAFLEX_WEB__PUBLIC_URL"
)
_LIVE = ("sk_live_", "rk_live_")


async def check_stripe(settings: Settings) -> Sequence[Finding]:
    """Whether the key works; without one lessons are not paid here, which is no mistake."""
    if settings.stripe.api_key is None:
        return [Finding("stripe", Status.WARN, "no key: lessons are not paid here", _NEEDS_KEY)]
    from bot.billing.adapters.stripe_gateway import StripeGateway  # its library is a heavy one
    from bot.billing.adapters.stripe_subscriptions import StripeSubscriptions

    key = settings.stripe.api_key.get_secret_value()
    gateway = StripeGateway(key, settings.stripe.api_url)
    try:
        account = await gateway.check()
        plans = await check_plans(settings, StripeSubscriptions(gateway.client))
    except ServiceFailure as failure:
        return [Finding("stripe", Status.FAIL, str(failure), _NEEDS_KEY)]
    finally:
        await gateway.aclose()
    mode = "real money moves" if key.startswith(_LIVE) else "test mode: no money moves"
    found = Finding("stripe", Status.OK, f"Stripe knows us as {account}; {mode}")
    return [found, _webhooks(settings.stripe, settings.web.public_url), *plans]


def _webhooks(stripe: StripeSettings, public_url: str | None) -> Finding:
    if stripe.webhook_secret is None or public_url is None:
        detail = "Stripe cannot tell us anything, so it is asked every five minutes"
        return Finding("stripe.webhooks", Status.WARN, detail, _NEEDS_HOOK)
    address = f"{public_url.rstrip('/')}/webhooks/stripe"
    if not is_within_reach(address, stripe.api_url):
        detail = f"{address} leads here from this machine alone: Stripe cannot reach it"
        return Finding("stripe.webhooks", Status.WARN, detail, _NEEDS_HOOK)
    return Finding("stripe.webhooks", Status.OK, f"Stripe is to deliver to {address}")
