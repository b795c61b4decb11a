"""The simulated Stripe's webhooks, read by our side and by the vendor's own library."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stripe as library
from aiohttp import web

from bot.billing.adapters.stripe_events import StripeEvents, event_key, is_fresh, is_genuine
from bot.billing.adapters.stripe_gateway import StripeGateway
from bot.billing.gateway import (
    AccountChanged,
    CardRemoved,
    CardSaved,
    Chargeback,
    GatewayEvent,
    PageExpired,
    PaymentChanged,
    PaymentStatus,
    RefundChanged,
    TransferReversed,
)
from bot.core.money import Money
from bot.simulators.faults import Fault
from bot.simulators.stripe import GOOD, StripeSimulator, find_spec, signature

SECRET = "whsec_test_secret"


class Listener:
    """An address of ours that takes what is proved."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.bodies: list[bytes] = []
        self.refused = 0
        self.statuses: list[int] = []

    async def receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        if self.statuses:
            return web.Response(status=self.statuses.pop(0))
        if not is_genuine(SECRET, request.headers, body):
            self.refused += 1
            return web.Response(status=401)
        library.Webhook.construct_event(body, request.headers["Stripe-Signature"], SECRET)
        self.taken.append(json.loads(body))
        self.bodies.append(body)
        return web.Response()

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.taken]


@pytest.fixture
async def listener() -> AsyncIterator[tuple[Listener, str]]:
    made = Listener()
    app = web.Application()
    app.router.add_post("/webhooks/stripe", made.receive)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield made, f"http://127.0.0.1:{runner.addresses[0][1]}/webhooks/stripe"
    await runner.cleanup()


@pytest.fixture
async def stripe(listener: tuple[Listener, str]) -> AsyncIterator[StripeSimulator]:
    async with StripeSimulator(spec=find_spec(), pause=0.01) as simulator:
        simulator.send_webhooks_to(listener[1], SECRET)
        yield simulator
        assert simulator.violations == []


@pytest.fixture
async def gateway(stripe: StripeSimulator) -> AsyncIterator[StripeGateway]:
    made = StripeGateway(stripe.key, stripe.url)
    yield made
    await made.aclose()


async def _story(stripe: StripeSimulator, gateway: StripeGateway) -> None:
    """A lesson is paid and given back in part, a teacher is paid, the student's bank disputes."""
    customer = await gateway.customer("party", name="Ana", email=None)
    late = await _page(gateway, customer, "late")
    await gateway.expire_page(late)
    page = await _page(gateway, customer, "page")
    stripe.complete(page, GOOD)
    card = await gateway.saved_card(page)
    assert card is not None
    amount = Money(1840, "EUR")
    made = await gateway.intent("7", amount, customer_id=customer, card_id=card.id, key="invoice:7")
    await gateway.confirm(made.id, card_id=card.id)
    await gateway.refund(made.id, Money(840, "EUR"), key="refund:1")
    account = await gateway.account("teacher", email=None)
    stripe.finish_onboarding(account)
    await gateway.transfer(account, Money(500, "EUR"), key="payout:1")
    stripe.decide_dispute(stripe.dispute(made.id)["id"], is_won=False)
    await stripe.delivered()


async def _page(gateway: StripeGateway, customer: str, key: str) -> str:
    page = await gateway.card_page(
        customer,
        key=key,
        currency="EUR",
        return_url="https://lingua.example",
        expires_at=datetime.now(UTC) + timedelta(minutes=31),
    )
    return page.id


async def test_the_worked_example_of_a_signature() -> None:
    body = (
        b'{"id":"evt_1","object":"event","type":"payment_intent.succeeded","data":{"object":'
        b'{"id":"pi_1","object":"payment_intent"}}}'
    )
    wanted = "fed7fe30a29ef7555c8eed696e36c4699d9eaf9903f61828cb88ea202b23f0cb"
    header = f"t=1764612002,v1={wanted}"
    assert signature(SECRET, body, 1764612002) == header
    assert is_genuine(SECRET, {"Stripe-Signature": header}, body)
    assert is_genuine(SECRET, {"stripe-signature": f"t=1764612002,v1=00,v1={wanted}"}, body)
    assert not is_genuine(SECRET, {"Stripe-Signature": header}, body + b" ")
    assert not is_genuine("whsec_other", {"Stripe-Signature": header}, body)
    assert not is_genuine(SECRET, {"Stripe-Signature": f"t=1764612003,v1={wanted}"}, body)
    for strange in ("", "t=", "v1=", f"v1={wanted}", "t=ü,v1=ü", "t=1,v1=" + "0" * 64):
        assert not is_genuine(SECRET, {"Stripe-Signature": strange}, body)


async def test_a_signature_is_good_for_five_minutes() -> None:
    header = {"Stripe-Signature": "t=1764612002,v1=00"}
    at = datetime.fromtimestamp(1764612002, UTC)
    assert is_fresh(header, at + timedelta(seconds=300))
    assert not is_fresh(header, at + timedelta(seconds=301))
    assert not is_fresh(header, at - timedelta(seconds=301))
    assert not is_fresh({}, at)


async def test_every_event_of_a_payment_is_delivered_in_order_and_read(
    stripe: StripeSimulator, gateway: StripeGateway, listener: tuple[Listener, str]
) -> None:
    await _story(stripe, gateway)
    events = StripeEvents(gateway)
    bodies = [body for body in listener[0].bodies if event_key(json.loads(body))]
    read = [await events.read(body) for body in bodies]
    await gateway.remove_card(stripe.all("payment_method")[0]["id"])
    await stripe.delivered()
    read.append(await events.read(listener[0].bodies[-1]))
    assert [await events.read(body) for body in bodies if b"checkout.session.comp" in body] == [
        None
    ]
    kinds = {type(each) for each in read if each is not None}
    assert kinds == {
        PageExpired,
        CardSaved,
        PaymentChanged,
        RefundChanged,
        AccountChanged,
        Chargeback,
        CardRemoved,
    }
    payment = next(each for each in read if isinstance(each, PaymentChanged)).payment
    assert (payment.status, payment.invoice_id) == (PaymentStatus.SUCCEEDED, "7")
    chargebacks = [each for each in read if isinstance(each, Chargeback)]
    assert {each.is_won for each in chargebacks} == {False}
    assert chargebacks[0].amount == Money(1000, "EUR")


async def test_a_transfer_that_comes_back_is_told(
    stripe: StripeSimulator, gateway: StripeGateway
) -> None:
    event: GatewayEvent | None = await StripeEvents(gateway).read(
        b'{"id":"evt_1","type":"transfer.reversed","data":{"object":{"id":"tr_1"}}}'
    )
    assert event == TransferReversed("tr_1")


async def test_events_come_twice_late_and_in_another_order_as_told(
    stripe: StripeSimulator, gateway: StripeGateway, listener: tuple[Listener, str]
) -> None:
    taken = listener[0]
    stripe.faults.add(
        Fault("duplicate", "webhook:charge.refunded"),
        Fault("reorder", "webhook:charge.succeeded"),
        Fault("drop_before", "webhook:transfer.created"),
        Fault("drop_after", "webhook:refund.created"),
    )
    await _story(stripe, gateway)
    assert taken.types.count("charge.refunded") == 2
    assert taken.types.count("refund.created") == 2
    assert taken.types.count("transfer.created") == 0
    assert taken.types.index("charge.succeeded") > taken.types.index("payment_intent.succeeded")


async def test_what_is_not_taken_is_sent_again(
    stripe: StripeSimulator, gateway: StripeGateway, listener: tuple[Listener, str]
) -> None:
    listener[0].statuses = [503, 503]
    await gateway.customer("party", name="Ana", email=None)
    await stripe.until(lambda: "customer.created" in listener[0].types)
    assert [each.status for each in stripe.deliveries] == [503, 503, 200]


async def test_a_forged_event_is_refused_and_the_true_one_is_taken(
    stripe: StripeSimulator, gateway: StripeGateway, listener: tuple[Listener, str]
) -> None:
    stripe.faults.add(Fault("forge", "webhook:customer.created"))
    await gateway.customer("party", name="Ana", email=None)
    await stripe.delivered()
    assert (listener[0].refused, listener[0].types) == (1, ["customer.created"])
    assert [each.status for each in stripe.deliveries if each.is_forged] == [401]
