"""Our Stripe adapter against the simulated Stripe: cards, charges, refunds, payouts, failures."""

from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import pytest

from bot.billing.adapters.stripe_gateway import StripeGateway
from bot.billing.gateway import Page, PageStatus, PaymentStatus, RefundStatus, SavedCard
from bot.core.errors import Cause, ServiceFailure
from bot.core.money import Money
from bot.simulators.faults import Fault
from bot.simulators.stripe import (
    ASKS_ALWAYS,
    ASKS_WHEN_SAVED,
    DECLINES_CHARGES,
    GOOD,
    REFUSED,
    StripeSimulator,
    find_spec,
)
from tests.message_builders import NOW, HandClock

EUROS = Money(1840, "EUR")


@pytest.fixture
async def stripe() -> AsyncIterator[StripeSimulator]:
    async with StripeSimulator(clock=HandClock().now, spec=find_spec()) as simulator:
        yield simulator
        assert simulator.violations == []


@pytest.fixture
async def gateway(stripe: StripeSimulator) -> AsyncIterator[StripeGateway]:
    made = StripeGateway(stripe.key, stripe.url)
    yield made
    await made.aclose()


async def _card_page(gateway: StripeGateway, customer: str, key: str = "card:1") -> Page:
    expires_at = NOW + timedelta(minutes=30)
    return await gateway.card_page(
        customer,
        key=key,
        currency="EUR",
        return_url="https://lingua.example",
        expires_at=expires_at,
    )


async def _saved(stripe: StripeSimulator, gateway: StripeGateway, number: str) -> SavedCard:
    customer = await gateway.customer("party", name="Ana", email="ana@example.com")
    page = await _card_page(gateway, customer)
    stripe.complete(page.id, number, is_proved=True)
    card = await gateway.saved_card(page.id)
    assert card is not None
    return card


async def _intent(gateway: StripeGateway, card: SavedCard, key: str = "invoice:7"):  # type: ignore[no-untyped-def] # its values say it
    return await gateway.intent("7", EUROS, customer_id=card.customer_id, card_id=card.id, key=key)


async def test_a_card_is_saved_on_stripes_page_and_we_see_its_last_digits_only(
    stripe: StripeSimulator, gateway: StripeGateway
) -> None:
    customer = await gateway.customer("party", name="Ana", email=None)
    page = await _card_page(gateway, customer)
    assert await gateway.page_status(page.id) is PageStatus.OPEN
    assert await gateway.saved_card(page.id) is None
    async with aiohttp.ClientSession() as person:
        async with person.get(page.url) as shown:
            assert "Save your card" in await shown.text()
        form = {"number": GOOD}
        async with person.post(page.url, data=form, allow_redirects=False) as done:
            assert (done.status, done.headers["Location"]) == (303, "https://lingua.example")
    card = await gateway.saved_card(page.id)
    assert card is not None
    assert (card.customer_id, card.label) == (customer, "Visa ··4242")
    assert await gateway.page_status(page.id) is PageStatus.COMPLETE


async def test_the_same_person_and_the_same_key_give_the_same_thing(
    stripe: StripeSimulator, gateway: StripeGateway
) -> None:
    card = await _saved(stripe, gateway, GOOD)
    again = await gateway.customer("party", name="Ana", email="ana@example.com")
    assert again == card.customer_id
    first, second = await _intent(gateway, card), await _intent(gateway, card)
    assert first.id == second.id
    assert len(stripe.all("payment_intent")) == 1


async def test_nothing_is_charged_before_it_is_confirmed_and_then_once(
    stripe: StripeSimulator, gateway: StripeGateway
) -> None:
    card = await _saved(stripe, gateway, GOOD)
    made = await _intent(gateway, card)
    assert made.status is PaymentStatus.NEEDS_CONFIRMATION
    assert made.invoice_id == "7"
    assert stripe.all("charge") == []
    for _ in range(2):
        payment = await gateway.confirm(made.id, card_id=card.id)
        assert (payment.status, payment.amount) == (PaymentStatus.SUCCEEDED, EUROS)
    assert [charge["amount"] for charge in stripe.all("charge")] == [1840]


async def test_an_answer_lost_after_the_charge_does_not_charge_again(
    stripe: StripeSimulator, gateway: StripeGateway
) -> None:
    card = await _saved(stripe, gateway, GOOD)
    made = await _intent(gateway, card)
    stripe.faults.add(Fault("drop_after", "payment_intents.confirm", times=3))
    with pytest.raises(ServiceFailure) as failure:
        await gateway.confirm(made.id, card_id=card.id)
    assert failure.value.cause is Cause.UNREACHABLE
    assert (await gateway.confirm(made.id, card_id=card.id)).status is PaymentStatus.SUCCEEDED
    assert len(stripe.all("charge")) == 1


async def test_a_declined_card_and_a_bank_that_asks_are_answers(
    stripe: StripeSimulator, gateway: StripeGateway
) -> None:
    for number, status, reason in (
        (DECLINES_CHARGES, PaymentStatus.NEEDS_CARD, "generic_decline"),
        (ASKS_ALWAYS, PaymentStatus.NEEDS_STUDENT, "authentication_required"),
        (ASKS_WHEN_SAVED, PaymentStatus.SUCCEEDED, None),
    ):
        customer = await gateway.customer(number, name="Ana", email=None)
        page = await _card_page(gateway, customer, f"card:{number}")
        stripe.complete(page.id, number, is_proved=True)
        card = await gateway.saved_card(page.id)
        assert card is not None
        made = await _intent(gateway, card, f"invoice:{number}")
        payment = await gateway.confirm(made.id, card_id=card.id)
        assert (payment.status, payment.reason) == (status, reason)


async def test_a_declined_charge_goes_through_with_another_card_on_the_same_payment(
    stripe: StripeSimulator, gateway: StripeGateway
) -> None:
    bad = await _saved(stripe, gateway, DECLINES_CHARGES)
    made = await _intent(gateway, bad)
    await gateway.confirm(made.id, card_id=bad.id)
    page = await _card_page(gateway, bad.customer_id, "card:2")
    stripe.complete(page.id, GOOD)
    good = await gateway.saved_card(page.id)
    assert good is not None
    payment = await gateway.confirm(made.id, card_id=good.id)
    assert (payment.id, payment.status) == (made.id, PaymentStatus.SUCCEEDED)


async def test_a_student_pays_on_a_page_and_a_refused_card_can_be_typed_again(
    stripe: StripeSimulator, gateway: StripeGateway
) -> None:
    customer = await gateway.customer("party", name="Ana", email=None)
    page = await gateway.payment_page(
        "7",
        EUROS,
        customer_id=customer,
        key="page:7",
        title="Lesson with Bo",
        return_url="https://lingua.example",
        expires_at=NOW + timedelta(hours=1),
    )
    assert await gateway.page_payment(page.id) is None
    async with aiohttp.ClientSession() as person:
        async with person.post(page.url, data={"number": REFUSED}) as refused:
            assert refused.status == 402
            assert "declined" in await refused.text()
        async with person.post(page.url, data={"number": ASKS_ALWAYS}) as asked:
            assert "Your bank asks" in await asked.text()
        form = {"number": ASKS_ALWAYS, "proof": "yes"}
        async with person.post(page.url, data=form, allow_redirects=False) as done:
            assert done.status == 303
    payment = await gateway.page_payment(page.id)
    assert payment is not None
    assert (payment.status, payment.invoice_id) == (PaymentStatus.SUCCEEDED, "7")
    assert (payment.amount, payment.page_id) == (EUROS, page.id)


async def test_a_page_is_closed_by_us_and_says_complete_where_somebody_was_faster(
    stripe: StripeSimulator, gateway: StripeGateway
) -> None:
    customer = await gateway.customer("party", name="Ana", email=None)
    slow, fast = [await _card_page(gateway, customer, f"card:{n}") for n in range(2)]
    assert await gateway.expire_page(slow.id) is PageStatus.EXPIRED
    assert await gateway.expire_page(slow.id) is PageStatus.EXPIRED
    stripe.complete(fast.id, GOOD)
    assert await gateway.expire_page(fast.id) is PageStatus.COMPLETE
    async with aiohttp.ClientSession() as person, person.get(slow.url) as shown:
        assert shown.status == 410


async def test_refunds_in_part_and_in_full_and_never_more(
    stripe: StripeSimulator, gateway: StripeGateway
) -> None:
    card = await _saved(stripe, gateway, GOOD)
    payment = await gateway.confirm((await _intent(gateway, card)).id, card_id=card.id)
    part = Money(840, "EUR")
    for _ in range(2):
        outcome = await gateway.refund(payment.id, part, key="refund:1")
        assert outcome.status is RefundStatus.SUCCEEDED
    await gateway.refund(payment.id, Money(1000, "EUR"), key="refund:2")
    assert [refund["amount"] for refund in stripe.all("refund")] == [840, 1000]
    with pytest.raises(ServiceFailure) as failure:
        await gateway.refund(payment.id, Money(1, "EUR"), key="refund:3")
    assert failure.value.cause is Cause.REJECTED


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ("payment_intents.create", "payment_intent"),
        ("refunds.create", "refund"),
        ("transfers.create", "transfer"),
    ],
)
async def test_a_key_that_remembers_a_failure_of_stripes_own_is_not_in_the_way(
    stripe: StripeSimulator, gateway: StripeGateway, operation: str, kind: str
) -> None:
    card = await _saved(stripe, gateway, GOOD)
    paid = await gateway.confirm((await _intent(gateway, card)).id, card_id=card.id)
    account = await gateway.account("teacher", email=None)
    stripe.finish_onboarding(account)
    before = len(stripe.all(kind))
    stripe.faults.add(Fault("status", operation, status=500))
    if kind == "payment_intent":
        await _intent(gateway, card, "invoice:8")
    elif kind == "refund":
        await gateway.refund(paid.id, Money(100, "EUR"), key="refund:8")
    else:
        await gateway.transfer(account, Money(100, "EUR"), key="payout:8")
    assert len(stripe.all(kind)) == before + 1


async def test_what_was_made_is_found_after_stripe_forgot_its_key() -> None:
    clock = HandClock()
    async with StripeSimulator(clock=clock.now, spec=find_spec()) as stripe:
        gateway = StripeGateway(stripe.key, stripe.url)
        card = await _saved(stripe, gateway, GOOD)
        paid = await gateway.confirm((await _intent(gateway, card)).id, card_id=card.id)
        account = await gateway.account("teacher", email=None)
        stripe.finish_onboarding(account)
        for _ in range(2):
            await gateway.refund(paid.id, Money(100, "EUR"), key="refund:8")
            await gateway.transfer(account, Money(100, "EUR"), key="payout:8")
            clock.move(hours=30)
        await gateway.aclose()
        assert len(stripe.all("refund")) == len(stripe.all("transfer")) == 1


async def test_a_teacher_is_paid_once_their_account_is_ready(
    stripe: StripeSimulator, gateway: StripeGateway
) -> None:
    card = await _saved(stripe, gateway, GOOD)
    await gateway.confirm((await _intent(gateway, card)).id, card_id=card.id)
    account = await gateway.account("teacher", email="bo@example.com")
    assert not (await gateway.account_status(account)).can_be_paid
    with pytest.raises(ServiceFailure):
        await gateway.transfer(account, Money(1500, "EUR"), key="payout:1")
    link = await gateway.onboarding_link(account, return_url="https://lingua.example/back")
    async with aiohttp.ClientSession() as teacher:
        async with teacher.get(link) as shown:
            assert "Get paid" in await shown.text()
        async with teacher.get(link, allow_redirects=False) as again:
            assert again.headers["Location"] == "https://lingua.example/back"
        async with teacher.post(link, data={"finish": "yes"}, allow_redirects=False) as done:
            assert done.status == 303
    assert (await gateway.account_status(account)).can_be_paid
    for _ in range(2):
        await gateway.transfer(account, Money(1500, "EUR"), key="payout:1")
    assert [transfer["amount"] for transfer in stripe.all("transfer")] == [1500]


async def test_what_was_paid_meanwhile_is_found_without_a_webhook(
    stripe: StripeSimulator, gateway: StripeGateway
) -> None:
    card = await _saved(stripe, gateway, GOOD)
    made = await _intent(gateway, card)
    assert await gateway.payments_since(NOW - timedelta(hours=1)) == []
    await gateway.confirm(made.id, card_id=card.id)
    found = await gateway.payments_since(NOW - timedelta(hours=1))
    assert [(each.id, each.status) for each in found] == [(made.id, PaymentStatus.SUCCEEDED)]
    assert await gateway.payments_since(NOW + timedelta(hours=1)) == []


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        (Fault("rate_limit", "account.get", times=None), Cause.BUSY),
        (Fault("status", "account.get", times=None, status=503), Cause.BUSY),
        (Fault("drop_before", "account.get", times=None), Cause.UNREACHABLE),
    ],
)
async def test_trouble_of_stripe_is_told_in_our_terms(
    stripe: StripeSimulator, gateway: StripeGateway, fault: Fault, cause: Cause
) -> None:
    stripe.faults.add(fault)
    with pytest.raises(ServiceFailure) as failure:
        await gateway.check()
    assert failure.value.cause is cause


async def test_a_wrong_key_is_a_matter_of_configuration(stripe: StripeSimulator) -> None:
    gateway = StripeGateway("sk_test_of_somebody_else", stripe.url)
    with pytest.raises(ServiceFailure) as failure:
        await gateway.check()
    assert failure.value.cause is Cause.MISCONFIGURED
    assert "sk_test" not in str(failure.value)
    await gateway.aclose()


async def test_what_is_gone_already_is_no_trouble_to_remove(
    stripe: StripeSimulator, gateway: StripeGateway
) -> None:
    card = await _saved(stripe, gateway, GOOD)
    await gateway.remove_card(card.id)
    await gateway.remove_card("pm_of_nobody")
    for _ in range(2):
        await gateway.remove_customer(card.customer_id)
    assert stripe.all("customer") == []
