"""People's visits to Stripe's pages, over HTTP."""

from aiohttp import web

from bot.simulators.stripe.checkout import Checkout
from bot.simulators.stripe.connect import Connect
from bot.simulators.stripe.errors import Refused
from bot.simulators.stripe.pages import (
    checkout_page,
    closed_page,
    onboarding_page,
    proof_page,
)
from bot.simulators.stripe.payments import Payments
from bot.simulators.stripe.state import State

_ASKS = "authentication_required"


class Visits:
    """Serves the pages and does what is pressed on them."""

    def __init__(
        self, state: State, payments: Payments, checkout: Checkout, connect: Connect
    ) -> None:
        self._state = state
        self._payments = payments
        self._checkout = checkout
        self._connect = connect

    def add_to(self, router: web.UrlDispatcher) -> None:
        router.add_get("/checkout/{session}", self._show_checkout)
        router.add_post("/checkout/{session}", self._submit_checkout)
        router.add_get("/authenticate/{intent}", self._show_proof)
        router.add_post("/authenticate/{intent}", self._prove)
        router.add_get("/onboarding/{code}", self._show_onboarding)
        router.add_post("/onboarding/{code}", self._finish_onboarding)

    async def _show_checkout(self, request: web.Request) -> web.Response:
        try:
            session = self._checkout.find(request.match_info["session"])
        except Refused as refusal:
            return _html(closed_page(str(refusal)), 404)
        if session["status"] != "open":
            words = "This page has expired" if session["status"] == "expired" else "All done"
            return _html(closed_page(words), 410)
        return _html(checkout_page(session))

    async def _submit_checkout(self, request: web.Request) -> web.Response:
        form = await request.post()
        session_id = request.match_info["session"]
        number = str(form.get("number", "")).replace(" ", "")
        proof = form.get("proof")
        try:
            session = self._checkout.complete(
                session_id, number, is_proved=None if proof is None else proof == "yes"
            )
        except Refused as refusal:
            error = refusal.body["error"]
            if error.get("code") == _ASKS and proof is None:
                return _html(proof_page(error["message"], {"number": number}))
            session = self._checkout.find(session_id)
            if session["status"] != "open":
                return _html(closed_page(error["message"]), 410)
            return _html(checkout_page(session, error["message"]), 402)
        raise web.HTTPSeeOther(self._checkout.return_address(session))

    async def _show_proof(self, request: web.Request) -> web.Response:
        try:
            intent = self._state.get("payment_intent", request.match_info["intent"])
        except Refused as refusal:
            return _html(closed_page(str(refusal)), 404)
        if intent["status"] != "requires_action":
            return _html(closed_page("Nothing is asked here"), 410)
        return _html(proof_page("Is this payment yours?", {}))

    async def _prove(self, request: web.Request) -> web.Response:
        intent_id = request.match_info["intent"]
        form = await request.post()
        try:
            intent = self._state.get("payment_intent", intent_id)
            action = (intent["next_action"] or {}).get("redirect_to_url", {})
            self._payments.authenticate(intent_id, succeeds=form.get("proof") == "yes")
        except Refused as refusal:
            return _html(closed_page(str(refusal)), 410)
        if action.get("return_url"):
            raise web.HTTPSeeOther(action["return_url"])
        return _html(closed_page("All done"))

    async def _show_onboarding(self, request: web.Request) -> web.Response:
        code = request.match_info["code"]
        try:
            link = self._connect.open_link(code)
        except Refused as refusal:
            return _html(closed_page(str(refusal)), 404)
        if link is None:
            raise web.HTTPSeeOther(self._connect.address_after(code, "refresh_url"))
        return _html(onboarding_page(self._state.get("account", link["account"])))

    async def _finish_onboarding(self, request: web.Request) -> web.Response:
        form = await request.post()
        code = request.match_info["code"]
        try:
            if form.get("finish") == "yes":
                self._connect.finish_onboarding(self._connect.address_after(code, "account"))
            back = self._connect.address_after(code, "return_url")
        except Refused as refusal:
            return _html(closed_page(str(refusal)), 404)
        raise web.HTTPSeeOther(back)


def _html(page: str, status: int = 200) -> web.Response:
    return web.Response(text=page, status=status, content_type="text/html")
