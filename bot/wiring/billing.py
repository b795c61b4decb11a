"""Payments put together: what lessons cost, and who collects it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.billing.documents import Document
from bot.billing.gateway import GatewayEvent
from bot.billing.model import Rounding
from bot.billing.ports import LessonFacts, PaymentGateway
from bot.billing.rules import BillingRules
from bot.core.clock import Clock
from bot.core.hook import Hook
from bot.flows.pay_desk import PayDesk, PayingParts
from bot.flows.ports import FlowWork
from bot.jobs.model import Job
from bot.jobs.ports import JobHandler
from bot.storage.engine import SqlStorage
from bot.storage.work import Work
from bot.tiers.gateway import TierEvent
from bot.tiers.jobs import heard_jobs
from bot.tiers.ports import SubscriptionGateway
from config.settings import BillingSettings, Settings

EVENT_JOB = "ledger.event"
Handlers = Mapping[str, JobHandler[Work]]
RETURN_URL = "https://t.me"


@dataclass(frozen=True, slots=True)
class Connected:
    """A payment gateway as it was connected.

    Args:
        read: a stored delivery in our terms; None: none of ours.
        hooks: its deliveries, where they are configured.
        plans: the same account, where it collects plans.
        tier_event: what a stored delivery tells of plans; None: nothing.
    """

    gateway: PaymentGateway
    read: Callable[[bytes], Awaitable[GatewayEvent | None]]
    hooks: Sequence[Hook]
    aclose: Callable[[], Awaitable[None]]
    plans: SubscriptionGateway
    tier_event: Callable[[bytes], TierEvent | None]


@dataclass(frozen=True, slots=True)
class BillingParts:
    """What the rest takes of payments.

    Args:
        money: for the conversation; None: lessons cost nothing here.
    """

    money: PayingParts | None = None
    gateway: Connected | None = None

    @property
    def hooks(self) -> Sequence[Hook]:
        return () if self.gateway is None else self.gateway.hooks

    async def aclose(self) -> None:
        if self.gateway is not None:
            await self.gateway.aclose()

    def handlers(self, storage: SqlStorage, desk: PayDesk | None, clock: Clock) -> Handlers:
        """For the worker, besides those of the conversation."""
        if self.gateway is None or desk is None:
            return {}
        return {EVENT_JOB: event_handler(storage, self.gateway, desk, clock)}


class _Printer:
    """Loads its heavy library with the first receipt. Implements `Printer`."""

    def pdf(self, document: Document, /) -> bytes:
        from bot.billing.adapters.pdf import PdfPrinter

        return PdfPrinter().pdf(document)


def billing_parts(
    settings: Settings, facts: LessonFacts[FlowWork], gateway: Connected | None
) -> BillingParts:
    """Payments of lessons; without a gateway nothing is charged."""
    if gateway is None:
        return BillingParts()
    money = PayingParts(
        gateway=gateway.gateway,
        facts=facts,
        printer=_Printer(),
        rules=rules_of(settings.billing, settings.web.public_url or RETURN_URL),
        currency=settings.billing.currency,
        rails=settings.billing.rails,
        has_webhooks=bool(gateway.hooks),
    )
    return BillingParts(money, gateway)


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


def event_handler(
    storage: SqlStorage, gateway: Connected, desk: PayDesk, clock: Clock
) -> JobHandler[Work]:
    """Handles `ledger.event`: what was delivered is asked for as it stands, then written down."""

    async def handle(job: Job) -> Callable[[Work], None] | None:
        key = job.payload["event"]
        kept = await storage.read(lambda work: work.outside_events.find(key))
        if kept is None:
            return None
        event, of_plans = await gateway.read(kept.body), gateway.tier_event(kept.body)

        def unit(work: Work) -> None:
            if not work.outside_events.done(key, clock.now()):
                return
            if event is not None:
                desk.hear(work, event)
            if of_plans is not None:
                work.jobs.put(*heard_jobs(of_plans, key, clock.now()))

        return unit

    return handle
