"""The simulated Stripe against the API's description and the vendor's own library."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stripe as library

from bot.simulators.faults import Fault
from bot.simulators.stripe import (
    ASKS_ALWAYS,
    DECLINES_CHARGES,
    GOOD,
    NO_FUNDS,
    Specification,
    StripeSimulator,
    find_spec,
)
from bot.simulators.stripe.errors import Refused
from bot.simulators.stripe.forms import parse_form


@pytest.fixture
async def stripe() -> AsyncIterator[StripeSimulator]:
    async with StripeSimulator() as simulator:
        yield simulator


@pytest.fixture
async def client(stripe: StripeSimulator) -> AsyncIterator[Any]:
    """The vendor's own client; it does not repeat by itself."""
    http = library.HTTPXClient()
    addresses: Any = {"api": stripe.url}
    yield library.StripeClient(
        stripe.key, http_client=http, base_addresses=addresses, max_network_retries=0
    ).v1
    await http.close_async()  # type: ignore[no-untyped-call]  # the library's own


async def _customer(client: Any) -> str:
    made = await client.customers.create_async({"name": "Ana"})
    return str(made.id)


async def _saved_card(client: Any, stripe: StripeSimulator, number: str) -> tuple[str, str]:
    """Customer and payment method."""
    customer = await _customer(client)
    session = await client.checkout.sessions.create_async(
        {
            "mode": "setup",
            "currency": "eur",
            "customer": customer,
            "success_url": "https://lingua.example",
        }
    )
    stripe.complete(session.id, number, is_proved=True)
    cards = await client.customers.payment_methods.list_async(customer)
    return customer, cards.data[0].id


async def test_every_object_fits_the_description(stripe: StripeSimulator, client: Any) -> None:
    spec = find_spec()
    if spec is None:
        pytest.skip("the description of Stripe's API is not at hand")
    customer, card = await _saved_card(client, stripe, GOOD)
    wanted = {"amount": 1840, "currency": "eur", "customer": customer, "payment_method": card}
    intent = await client.payment_intents.create_async(
        {**wanted, "confirm": True, "off_session": True, "metadata": {"invoice_id": "7"}}
    )
    await client.refunds.create_async({"payment_intent": intent.id, "amount": 100})
    account = await client.accounts.create_async(
        {"capabilities": {"transfers": {"requested": True}}}
    )
    stripe.finish_onboarding(account.id)
    transfer = await client.transfers.create_async(
        {"amount": 500, "currency": "eur", "destination": account.id}
    )
    await client.transfers.reversals.create_async(transfer.id, {"amount": 100})
    stripe.dispute(intent.id)
    checked = Specification(spec)
    kinds = [
        "customer", "payment_method", "setup_intent", "payment_intent", "charge", "refund",
        "checkout.session", "account", "transfer", "transfer_reversal", "dispute", "event",
    ]  # fmt: skip
    problems = []
    for kind in kinds:
        objects = stripe.all(kind)
        assert objects, kind
        for found in objects:
            public = {name: value for name, value in found.items() if not name.startswith("_")}
            problems += checked.problems_of_object(public)
    assert problems == []


async def test_a_request_stripe_would_refuse_is_a_violation(client: Any) -> None:
    spec = find_spec()
    if spec is None:
        pytest.skip("the description of Stripe's API is not at hand")
    path = "/v1/payment_intents"
    checked = Specification(spec)
    assert checked.problems_of_request("POST", path, {"amount": "100", "currency": "eur"}) == []
    for wrong in (
        {"currency": "eur"},
        {"amount": "ten", "currency": "eur"},
        {"amount": "100", "currency": "eur", "payment_method_types": ["card"]},
        {"amount": "100", "currency": "eur", "confirm": "perhaps"},
    ):
        assert checked.problems_of_request("POST", path, wrong)


async def test_a_card_error_is_what_the_library_knows(stripe: StripeSimulator, client: Any) -> None:
    for number, code, decline in (
        (DECLINES_CHARGES, "card_declined", "generic_decline"),
        (ASKS_ALWAYS, "authentication_required", "authentication_required"),
    ):
        customer, card = await _saved_card(client, stripe, number)
        wanted = {"amount": 1840, "currency": "eur", "customer": customer, "payment_method": card}
        with pytest.raises(library.CardError) as refusal:
            await client.payment_intents.create_async(
                {**wanted, "confirm": True, "off_session": True}
            )
        error = refusal.value
        assert (error.http_status, error.code) == (402, code)
        assert error.error is not None
        assert error.error.decline_code == decline
        assert error.error.payment_intent is not None
        assert error.error.payment_intent.status == "requires_payment_method"


async def test_a_payment_with_the_student_there_asks_on_the_banks_page(
    stripe: StripeSimulator, client: Any
) -> None:
    customer, card = await _saved_card(client, stripe, ASKS_ALWAYS)
    wanted = {"amount": 1840, "currency": "eur", "customer": customer, "payment_method": card}
    for succeeds, status in ((True, "succeeded"), (False, "requires_payment_method")):
        intent = await client.payment_intents.create_async({**wanted, "confirm": True})
        assert intent.status == "requires_action"
        stripe.prove(intent.id, succeeds=succeeds)
        assert (await client.payment_intents.retrieve_async(intent.id)).status == status


async def test_a_card_without_funds_cannot_be_saved(stripe: StripeSimulator, client: Any) -> None:
    with pytest.raises(Refused, match="insufficient funds"):
        await _saved_card(client, stripe, NO_FUNDS)


async def test_what_this_version_no_longer_takes_is_refused(client: Any) -> None:
    with pytest.raises(library.InvalidRequestError) as refusal:
        await client.payment_intents.create_async(
            {"amount": 100, "currency": "eur", "payment_method_types": ["card"]}
        )
    assert refusal.value.code == "payment_method_types_no_longer_supported"
    with pytest.raises(library.InvalidRequestError):
        await client.payment_intents.create_async(
            {"amount": 100, "currency": "eur", "off_session": True}
        )


@pytest.mark.parametrize(("amount", "currency"), [(49, "usd"), (29, "gbp"), (49, "jpy")])
async def test_an_amount_below_the_minimum_is_refused(
    client: Any, amount: int, currency: str
) -> None:
    with pytest.raises(library.InvalidRequestError) as refusal:
        await client.payment_intents.create_async({"amount": amount, "currency": currency})
    assert refusal.value.code == "amount_too_small"


async def test_a_page_lives_from_half_an_hour_to_a_day(client: Any) -> None:
    now = int(datetime.now(UTC).timestamp())
    for seconds in (60, 25 * 3600):
        with pytest.raises(library.InvalidRequestError) as refusal:
            await client.checkout.sessions.create_async(
                {
                    "mode": "setup",
                    "currency": "eur",
                    "success_url": "https://lingua.example",
                    "expires_at": now + seconds,
                }
            )
        assert refusal.value.param == "expires_at"


async def test_a_page_nobody_finishes_expires_by_itself() -> None:
    at = datetime(2026, 12, 1, tzinfo=UTC)
    moment = [at]
    async with StripeSimulator(clock=lambda: moment[0]) as stripe:
        session = stripe.checkout.create(
            {"mode": "setup", "currency": "eur", "success_url": "https://lingua.example"}
        )
        moment[0] = at + timedelta(hours=24)
        assert stripe.checkout.find(session["id"])["status"] == "expired"
        with pytest.raises(Refused):
            stripe.complete(session["id"], GOOD)


async def test_the_same_key_with_other_words_is_an_error_and_while_it_runs_a_conflict(
    stripe: StripeSimulator, client: Any
) -> None:
    key = {"idempotency_key": "once"}
    await client.customers.create_async({"name": "Ana"}, key)
    with pytest.raises(library.IdempotencyError):
        await client.customers.create_async({"name": "Bo"}, key)
    stripe.faults.add(Fault("delay", "customers.create:running", seconds=0.2))
    first = asyncio.create_task(
        client.customers.create_async({"name": "Cy"}, {"idempotency_key": "slow"})
    )
    await asyncio.sleep(0.05)
    with pytest.raises(library.StripeError) as conflict:
        await client.customers.create_async({"name": "Cy"}, {"idempotency_key": "slow"})
    assert conflict.value.http_status == 409
    made = await first
    again = await client.customers.create_async({"name": "Cy"}, {"idempotency_key": "slow"})
    assert again.id == made.id


async def test_lists_come_in_pages_the_newest_first(client: Any) -> None:
    made = [await _customer(client) for _ in range(5)]
    first = await client.customers.list_async({"limit": 2})
    assert [each.id for each in first.data] == [made[4], made[3]]
    assert first.has_more
    rest = await client.customers.list_async({"limit": 10, "starting_after": made[3]})
    assert [each.id for each in rest.data] == [made[2], made[1], made[0]]
    newer = await client.customers.list_async({"limit": 1, "ending_before": made[2]})
    assert [each.id for each in newer.data] == [made[3]]


async def test_transfers_never_exceed_what_was_earned(stripe: StripeSimulator, client: Any) -> None:
    account = await client.accounts.create_async({})
    stripe.finish_onboarding(account.id)
    with pytest.raises(library.InvalidRequestError) as refusal:
        await client.transfers.create_async(
            {"amount": 1, "currency": "eur", "destination": account.id}
        )
    assert refusal.value.code == "balance_insufficient"


def test_bracketed_names_become_nested_values() -> None:
    pairs = [
        ("amount", "7"),
        ("metadata[booking]", "b"),
        ("line_items[0][price_data][unit_amount]", "5"),
        ("line_items[1][quantity]", "2"),
        ("expand[]", "charge"),
        ("expand[]", "customer"),
    ]
    assert parse_form(pairs) == {
        "amount": "7",
        "metadata": {"booking": "b"},
        "line_items": [{"price_data": {"unit_amount": "5"}}, {"quantity": "2"}],
        "expand": ["charge", "customer"],
    }
