"""Payments put together: Stripe where it is configured, and what lessons cost."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.billing.adapters.pdf import PdfPrinter
from bot.billing.adapters.stripe_events import StripeEvents, event_key, is_fresh, is_genuine
from bot.billing.adapters.stripe_gateway import StripeGateway
from bot.billing.model import Rounding
from bot.billing.ports import LessonFacts
from bot.billing.rules import BillingRules
from bot.core.clock import Clock
from bot.core.hook import Hook, Verdict
from bot.flows.pay_desk import PayDesk, PayingParts
from bot.flows.ports import FlowWork
from bot.jobs.model import Job
from bot.jobs.ports import JobHandler
from bot.storage.engine import SqlStorage
from bot.storage.work import Work
from config.settings import BillingSettings, Settings

EVENT_JOB = "ledger.event"
Handlers = Mapping[str, JobHandler[Work]]
_SOURCE, _PATH = "stripe", "/webhooks/stripe"
_RETURN_URL = "https://t.me"


@dataclass(frozen=True, slots=True)
class BillingParts:
    """What the rest takes of payments.

    Args:
        money: for the conversation; None: lessons cost nothing here.
        hooks: Stripe's deliveries, where they are configured.
    """

    money: PayingParts | None = None
    hooks: Sequence[Hook] = ()
    gateway: StripeGateway | None = None

    async def aclose(self) -> None:
        if self.gateway is not None:
            await self.gateway.aclose()

    def handlers(self, storage: SqlStorage, desk: PayDesk | None, clock: Clock) -> Handlers:
        """For the worker, besides those of the conversation."""
        if self.gateway is None or desk is None:
            return {}
        return {EVENT_JOB: event_handler(storage, StripeEvents(self.gateway), desk, clock)}


def billing_parts(settings: Settings, facts: LessonFacts[FlowWork]) -> BillingParts:
    """Payments of lessons; without a key nothing is charged."""
    key = settings.stripe.api_key
    if key is None:
        return BillingParts()
    gateway = StripeGateway(key.get_secret_value(), settings.stripe.api_url)
    hooks = hooks_of(settings)
    money = PayingParts(
        gateway=gateway,
        facts=facts,
        printer=PdfPrinter(),
        rules=rules_of(settings.billing, settings.web.public_url or _RETURN_URL),
        currency=settings.billing.currency,
        rails=settings.billing.rails,
        has_webhooks=bool(hooks),
    )
    return BillingParts(money, hooks, gateway)


def rules_of(billing: BillingSettings, return_url: str) -> BillingRules:
    """What money needs of the settings."""
    return BillingRules(
        rounding=Rounding(billing.rounding),
        commission_bp=round(billing.commission_percent * 100),
        tax_name=billing.tax_name,
        tax_bp=round(billing.tax_percent * 100),
        dispute_for=timedelta(hours=billing.dispute_hours),
        return_url=return_url,
    )


def hooks_of(settings: Settings) -> Sequence[Hook]:
    """It must know where we are, and prove that it is Stripe."""
    secret = settings.stripe.webhook_secret
    if secret is None or settings.web.public_url is None:
        return ()
    hook = Hook(
        source=_SOURCE,
        path=_PATH,
        verify=_verifier(secret.get_secret_value()),
        key_of=event_key,
        job_kind=EVENT_JOB,
    )
    return (hook,)


def _verifier(secret: str) -> Callable[[Mapping[str, str], bytes, datetime], Verdict]:
    def verify(headers: Mapping[str, str], body: bytes, now: datetime) -> Verdict:
        lower = {name.lower(): value for name, value in headers.items()}
        if not is_genuine(secret, lower, body):
            return Verdict.FORGED
        return Verdict.GENUINE if is_fresh(lower, now) else Verdict.STALE

    return verify


def event_handler(
    storage: SqlStorage, events: StripeEvents, desk: PayDesk, clock: Clock
) -> JobHandler[Work]:
    """Handles `ledger.event`: what was delivered is asked for as it stands, then written down."""

    async def handle(job: Job) -> Callable[[Work], None] | None:
        key = job.payload["event"]
        kept = await storage.read(lambda work: work.outside_events.find(key))
        if kept is None:
            return None
        event = await events.read(kept.body)

        def unit(work: Work) -> None:
            if work.outside_events.done(key, clock.now()) and event is not None:
                desk.hear(work, event)

        return unit

    return handle
