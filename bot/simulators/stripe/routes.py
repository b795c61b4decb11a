"""Which request does what."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.simulators.stripe.checkout import Checkout
from bot.simulators.stripe.connect import Connect
from bot.simulators.stripe.errors import Refused
from bot.simulators.stripe.payments import Payments
from bot.simulators.stripe.portal import Portal
from bot.simulators.stripe.server import Route
from bot.simulators.stripe.state import Object, State
from bot.simulators.stripe.subscriptions import Subscriptions

Names = Mapping[str, str]
Asked = Mapping[str, Any]

_NO_TYPES = "payment_method_types_no_longer_supported"


def routes(
    state: State,
    payments: Payments,
    checkout: Checkout,
    connect: Connect,
    subscriptions: Subscriptions,
    portal: Portal,
) -> Sequence[Route]:
    """Everything this simulator serves."""
    return [
        *_people(state, payments, subscriptions),
        *_money(state, payments),
        *_after_payment(state, payments),
        *_pages(checkout),
        *_teachers(state, connect),
        *_plans(state, subscriptions, portal),
        Route("GET", "/v1/account", "account.get", lambda _, __: _own_account(state)),
        Route("GET", "/v1/events", "events.list", lambda _, asked: _events(state, asked)),
        Route("GET", "/v1/events/{id}", "events.get", lambda n, _: state.get("event", n["id"])),
    ]


def _people(state: State, payments: Payments, subscriptions: Subscriptions) -> Sequence[Route]:
    def forget(names: Names, _: Asked) -> Object:
        subscriptions.forget_customer(names["customer"])
        return payments.delete_customer(names["customer"])

    customer, method = "/v1/customers/{customer}", "/v1/payment_methods/{payment_method}"
    return [
        Route(
            "POST", "/v1/customers", "customers.create", lambda _, a: payments.create_customer(a)
        ),
        Route("GET", "/v1/customers", "customers.list", lambda _, a: _customers(state, a)),
        Route("GET", customer, "customers.get", lambda n, _: state.get("customer", n["customer"])),
        Route(
            "POST",
            customer,
            "customers.update",
            lambda n, a: payments.update_customer(n["customer"], a),
        ),
        Route(
            "DELETE",
            customer,
            "customers.delete",
            forget,
        ),
        Route(
            "GET",
            f"{customer}/payment_methods",
            "customers.payment_methods",
            lambda n, a: payments.cards_of(n["customer"], a),
        ),
        Route(
            "GET",
            method,
            "payment_methods.get",
            lambda n, _: state.get("payment_method", n["payment_method"]),
        ),
        Route(
            "POST",
            f"{method}/detach",
            "payment_methods.detach",
            lambda n, _: payments.detach(n["payment_method"]),
        ),
    ]


def _money(state: State, payments: Payments) -> Sequence[Route]:
    intent = "/v1/payment_intents/{intent}"
    return [
        Route(
            "POST",
            "/v1/payment_intents",
            "payment_intents.create",
            lambda _, a: payments.create_intent(_typed_rightly(a)),
        ),
        Route("GET", "/v1/payment_intents", "payment_intents.list", lambda _, a: _of(state, a)),
        Route(
            "GET",
            intent,
            "payment_intents.get",
            lambda n, a: _expanded(state, state.get("payment_intent", n["intent"]), a),
        ),
        Route(
            "POST",
            f"{intent}/confirm",
            "payment_intents.confirm",
            lambda n, a: payments.confirm(n["intent"], a),
        ),
        Route(
            "POST",
            f"{intent}/cancel",
            "payment_intents.cancel",
            lambda n, a: payments.cancel(n["intent"], a),
        ),
    ]


def _after_payment(state: State, payments: Payments) -> Sequence[Route]:
    return [
        Route(
            "GET",
            "/v1/setup_intents/{intent}",
            "setup_intents.get",
            lambda n, _: state.get("setup_intent", n["intent"]),
        ),
        Route(
            "GET",
            "/v1/charges/{charge}",
            "charges.get",
            lambda n, _: state.get("charge", n["charge"]),
        ),
        Route(
            "GET",
            "/v1/disputes/{dispute}",
            "disputes.get",
            lambda n, _: state.get("dispute", n["dispute"]),
        ),
        Route("POST", "/v1/refunds", "refunds.create", lambda _, a: payments.refund(a)),
        Route("GET", "/v1/refunds", "refunds.list", lambda _, a: payments.refunds(a)),
        Route(
            "GET",
            "/v1/refunds/{refund}",
            "refunds.get",
            lambda n, _: state.get("refund", n["refund"]),
        ),
    ]


def _pages(checkout: Checkout) -> Sequence[Route]:
    session = "/v1/checkout/sessions/{session}"
    return [
        Route(
            "POST",
            "/v1/checkout/sessions",
            "checkout.create",
            lambda _, a: checkout.create(_typed_rightly(a)),
        ),
        Route("GET", session, "checkout.get", lambda n, _: checkout.find(n["session"])),
        Route(
            "POST",
            f"{session}/expire",
            "checkout.expire",
            lambda n, _: checkout.expire(n["session"]),
        ),
    ]


def _plans(state: State, subscriptions: Subscriptions, portal: Portal) -> Sequence[Route]:
    subscription = "/v1/subscriptions/{subscription_exposed_id}"
    return [
        Route(
            "GET", "/v1/subscriptions", "subscriptions.list", lambda _, a: subscriptions.listed(a)
        ),
        Route(
            "GET",
            subscription,
            "subscriptions.get",
            lambda n, _: subscriptions.find(n["subscription_exposed_id"]),
        ),
        Route(
            "DELETE",
            subscription,
            "subscriptions.cancel",
            lambda n, _: subscriptions.call_off(n["subscription_exposed_id"], at_once=True),
        ),
        Route(
            "GET",
            "/v1/prices/{price}",
            "prices.get",
            lambda n, _: state.get("price", n["price"]),
        ),
        Route(
            "POST",
            "/v1/billing_portal/sessions",
            "billing_portal.create",
            lambda _, a: portal.create(a),
        ),
    ]


def _teachers(state: State, connect: Connect) -> Sequence[Route]:
    return [
        Route("POST", "/v1/accounts", "accounts.create", lambda _, a: connect.create_account(a)),
        Route(
            "GET",
            "/v1/accounts/{account}",
            "accounts.get",
            lambda n, _: state.get("account", n["account"]),
        ),
        Route(
            "POST", "/v1/account_links", "account_links.create", lambda _, a: connect.create_link(a)
        ),
        Route("POST", "/v1/transfers", "transfers.create", lambda _, a: connect.transfer(a)),
        Route(
            "GET",
            "/v1/transfers",
            "transfers.list",
            lambda _, a: state.page(_transfers(state, a), a, "/v1/transfers"),
        ),
        Route(
            "GET",
            "/v1/transfers/{transfer}",
            "transfers.get",
            lambda n, _: state.get("transfer", n["transfer"]),
        ),
        Route(
            "POST",
            "/v1/transfers/{id}/reversals",
            "transfers.reverse",
            lambda n, a: connect.reverse(n["id"], a),
        ),
    ]


def _typed_rightly(asked: Asked) -> Asked:
    """Raises Refused for a parameter that this version of the API no longer takes."""
    if "payment_method_types" in asked:
        message = "The parameter `payment_method_types` is no longer supported."
        raise Refused(message, code=_NO_TYPES, param="payment_method_types")
    return asked


def _expanded(state: State, intent: Object, asked: Asked) -> Object:
    if "latest_charge" in asked.get("expand", ()) and intent["latest_charge"]:
        return {**intent, "latest_charge": state.get("charge", intent["latest_charge"])}
    return intent


def _customers(state: State, asked: Asked) -> Object:
    found = [each for each in state.all("customer") if asked.get("email") in {None, each["email"]}]
    return state.page(found, asked, "/v1/customers")


def _of(state: State, asked: Asked) -> Object:
    found = [
        each
        for each in state.all("payment_intent")
        if asked.get("customer") in {None, each["customer"]}
    ]
    return state.page(found, asked, "/v1/payment_intents")


def _transfers(state: State, asked: Asked) -> list[Object]:
    return [
        each
        for each in state.all("transfer")
        if all(each[n] == asked[n] for n in ("destination", "transfer_group") if n in asked)
    ]


def _events(state: State, asked: Asked) -> Object:
    wanted = set(asked.get("types", ())) or ({asked["type"]} if "type" in asked else None)
    since = int(asked.get("created", {}).get("gte", 0)) if "created" in asked else 0
    found = [
        each
        for each in state.all("event")
        if (wanted is None or each["type"] in wanted) and each["created"] >= since
    ]
    return state.page(found, asked, "/v1/events")


def _own_account(state: State) -> Object:
    return {
        "id": "acct_platform",
        "object": "account",
        "charges_enabled": True,
        "country": "US",
        "created": state.seconds(),
        "default_currency": "usd",
        "details_submitted": True,
        "payouts_enabled": True,
    }
