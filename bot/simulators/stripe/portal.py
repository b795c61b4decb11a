"""The customer portal: where people call a plan off, go on, change it, or change the card."""

import secrets
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from aiohttp import web

from bot.simulators.stripe.cards import DECLINES_CHARGES, GOOD
from bot.simulators.stripe.errors import Refused
from bot.simulators.stripe.pages import closed_page, framed, money_text
from bot.simulators.stripe.payments import Payments
from bot.simulators.stripe.state import Object, State
from bot.simulators.stripe.subscriptions import Subscriptions

Asked = Mapping[str, Any]

_CONFIRM = "subscription_update_confirm"


class Portal:
    """Sessions of the portal, and what a person does there.

    Args:
        url: gives the simulator's own address.
    """

    def __init__(
        self,
        state: State,
        payments: Payments,
        subscriptions: Subscriptions,
        url: Callable[[], str],
    ) -> None:
        self._state = state
        self._payments = payments
        self._subscriptions = subscriptions
        self._url = url

    def create(self, asked: Asked) -> Object:
        customer = self._state.get("customer", asked.get("customer", ""))
        flow = asked.get("flow_data")
        if flow is not None and flow.get("type") == _CONFIRM:
            self._check(flow[_CONFIRM], customer["id"])
        made = self._state.new(
            "billing_portal.session",
            configuration="bpc_default",
            customer=customer["id"],
            return_url=asked.get("return_url"),
        )
        made["_flow"] = flow
        made["url"] = f"{self._url()}/portal/{secrets.token_urlsafe(12)}"
        return made

    def add_to(self, router: web.UrlDispatcher) -> None:
        router.add_get("/portal/{code}", self._show)
        router.add_post("/portal/{code}", self._press)

    async def _show(self, request: web.Request) -> web.Response:
        session = self._session(request)
        if session is None:
            return _html(closed_page("This page has expired"), 404)
        return _html(self._page(session))

    async def _press(self, request: web.Request) -> web.Response:
        session = self._session(request)
        if session is None:
            return _html(closed_page("This page has expired"), 404)
        form = await request.post()
        action, about = str(form.get("do", "")), str(form.get("subscription", ""))
        try:
            self.act(session, action, about)
        except Refused as refusal:
            return _html(self._page(session, str(refusal)), 402)
        if action == "confirm" and session["return_url"]:
            raise web.HTTPSeeOther(session["return_url"])
        return _html(self._page(session))

    def act(self, session: Object, action: str, subscription_id: str) -> None:
        """One press of a person. Raises Refused."""
        if action == "confirm":
            change = session["_flow"][_CONFIRM]
            self._subscriptions.change(change["subscription"], change["items"][0]["price"])
        elif action in {GOOD, DECLINES_CHARGES}:
            method = self._payments.card(action, session["customer"])
            self._subscriptions.use_card(session["customer"], method)
        else:
            mine = {each["id"] for each in self._subscriptions.of_customer(session["customer"])}
            if subscription_id not in mine:
                raise Refused("There is no such plan of yours.")
            press = {"cancel": self._subscriptions.call_off, "resume": self._subscriptions.go_on}
            press[action](subscription_id)

    def _check(self, change: Asked, customer_id: str) -> None:
        found = self._subscriptions.find(change["subscription"])
        items = {item["id"] for item in found["items"]["data"]}
        if found["customer"] != customer_id or change["items"][0].get("id") not in items:
            raise Refused("The subscription does not belong to this customer.")
        self._state.get("price", change["items"][0]["price"])

    def _session(self, request: web.Request) -> Object | None:
        address = f"{self._url()}/portal/{request.match_info['code']}"
        sessions = self._state.all("billing_portal.session")
        return next((each for each in sessions if each["url"] == address), None)

    def _page(self, session: Object, problem: str = "") -> str:
        flow = session["_flow"]
        told = f'<p class="problem" role="alert">{escape(problem)}</p>' if problem else ""
        if flow is not None and flow.get("type") == _CONFIRM:
            return framed("Change your plan", told + self._confirmation(flow[_CONFIRM]))
        plans = self._subscriptions.of_customer(session["customer"])
        rows = "".join(self._row(each) for each in plans) or "<p>No plan is running.</p>"
        cards = "".join(
            f'<button class="card" name="do" value="{number}">{words}</button>'
            for number, words in (
                (GOOD, "Use a card that works"),
                (DECLINES_CHARGES, "Use a card that is declined"),
            )
        )
        back = session["return_url"]
        link = f'<p><a id="return" href="{escape(back)}">Return</a></p>' if back else ""
        body = f'{told}{rows}<form method="post">{cards}</form>{link}'
        return framed("Your plan", f"<h1>Your plan</h1>{body}")

    def _confirmation(self, change: Asked) -> str:
        found = self._subscriptions.find(change["subscription"])
        price = self._state.get("price", change["items"][0]["price"])
        today = self._subscriptions.cost_of_change(found, price)
        return f"""<h1>{escape(self._name(price))}</h1>
<p>{money_text(price["unit_amount"], price["currency"])} a month,
{money_text(today, price["currency"])} due today</p>
<form method="post"><button id="confirm" name="do" value="confirm">Confirm</button></form>"""

    def _row(self, found: Object) -> str:
        price = found["items"]["data"][0]["price"]
        is_ending = found["cancel_at_period_end"]
        action, words = ("resume", "Go on") if is_ending else ("cancel", "Cancel plan")
        return f"""<form method="post"><p>{escape(self._name(price))},
{money_text(price["unit_amount"], price["currency"])} a month, {escape(found["status"])}</p>
<input type="hidden" name="subscription" value="{found["id"]}">
<button id="{action}" name="do" value="{action}">{words}</button></form>"""

    def _name(self, price: Object) -> str:
        return str(self._state.get("product", price["product"])["name"])


def _html(page: str, status: int = 200) -> web.Response:
    return web.Response(text=page, status=status, content_type="text/html")
