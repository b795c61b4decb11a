"""The pages people see at Stripe: saving a card, paying, proving who they are, onboarding."""

from collections.abc import Mapping
from html import escape
from typing import Any

from bot.simulators.stripe.cards import (
    ASKS_ALWAYS,
    ASKS_WHEN_SAVED,
    DECLINES_CHARGES,
    GOOD,
    NO_FUNDS,
    REFUSED,
)

_CARDS = {
    GOOD: "works",
    ASKS_WHEN_SAVED: "asks who you are, once",
    ASKS_ALWAYS: "asks who you are, every time",
    DECLINES_CHARGES: "can be saved, then every charge is declined",
    NO_FUNDS: "no funds",
    REFUSED: "declined",
}
_SUBMIT = {"setup": "Save card", "payment": "Pay", "subscription": "Subscribe"}
_ZERO_DECIMAL = {"jpy", "krw", "vnd", "clp", "pyg", "xaf", "xof"}

_FRAME = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }}
body {{ max-width: 26rem; margin: 3rem auto; padding: 0 1rem; }}
small {{ opacity: .7; }}
label {{ display: block; margin: .8rem 0 .2rem; }}
input {{ width: 100%; box-sizing: border-box; padding: .5rem; font: inherit; }}
button {{ margin: 1rem .5rem 0 0; padding: .6rem 1.2rem; font: inherit; cursor: pointer; }}
button.card {{ display: block; width: 100%; margin: .3rem 0 0; text-align: left; }}
.problem {{ color: #b00020; }}
</style></head><body>
<small>Simulated Stripe, test mode: no money moves</small>
{body}
</body></html>"""


def checkout_page(session: Mapping[str, Any], problem: str = "") -> str:
    """Where a card is typed."""
    is_setup = session["mode"] == "setup"
    title = "Save your card" if is_setup else f"Pay {amount_text(session)}"
    if session["mode"] == "subscription":
        title = f"Subscribe for {amount_text(session)} a month"
    cards = "".join(
        f'<button class="card" type="button" data-number="{number}"'
        " onclick=\"document.getElementById('number').value=this.dataset.number\">"
        f"{number[:4]} … {number[-4:]}: {escape(about)}</button>"
        for number, about in _CARDS.items()
    )
    body = f"""<h1>{escape(title)}</h1>{_problem(problem)}
<form method="post">
<label for="number">Card number</label>
<input id="number" name="number" inputmode="numeric" autocomplete="off" required>
<label for="expiry">Expiry and CVC</label>
<input id="expiry" value="12 / 34   123" readonly>
<button id="submit">{_SUBMIT[session["mode"]]}</button>
{_cancel(session)}
</form><p>Test cards</p>{cards}"""
    return framed(title, body)


def proof_page(problem: str, fields: Mapping[str, str]) -> str:
    """Where the bank asks."""
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in fields.items()
    )
    body = f"""<h1>Your bank asks</h1><p>{escape(problem)}</p>
<form method="post">{hidden}
<button id="complete" name="proof" value="yes">Complete</button>
<button id="fail" name="proof" value="no">Fail</button></form>"""
    return framed("Your bank asks", body)


def onboarding_page(account: Mapping[str, Any]) -> str:
    """Where a teacher says who they are."""
    wanted = "".join(
        f"<li>{escape(name)}</li>" for name in account["requirements"]["currently_due"]
    )
    body = f"""<h1>Get paid</h1><p>Still needed:</p><ul>{wanted}</ul>
<form method="post"><button id="finish" name="finish" value="yes">Give all of it</button>
<button id="later" name="finish" value="no">Return without</button></form>"""
    return framed("Get paid", body)


def closed_page(words: str) -> str:
    """Where nothing can be done any more."""
    return framed("Closed", f"<h1>{escape(words)}</h1><p>Go back to the chat and ask again.</p>")


def amount_text(session: Mapping[str, Any]) -> str:
    """The amount of a page, "12.50 EUR"."""
    return money_text(session["amount_total"], session["currency"])


def money_text(minor: int, currency: str) -> str:
    """An amount, "12.50 EUR"."""
    if currency in _ZERO_DECIMAL:
        return f"{minor} {currency.upper()}"
    return f"{minor // 100}.{minor % 100:02d} {currency.upper()}"


def _cancel(session: Mapping[str, Any]) -> str:
    address = session.get("cancel_url")
    return f'<a id="cancel" href="{escape(address)}">Cancel</a>' if address else ""


def _problem(words: str) -> str:
    return f'<p class="problem" role="alert">{escape(words)}</p>' if words else ""


def framed(title: str, body: str) -> str:
    """A whole page around `body`, which is HTML already."""
    return _FRAME.format(title=escape(title), body=body)
