"""The settings that money needs."""

from dataclasses import dataclass
from datetime import timedelta

from bot.billing.model import Rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingRules:
    """Values from the settings; all have the defaults of the product.

    Args:
        rounding: how met time becomes billed time.
        commission_bp: the platform's share, in hundredths of a percent of the price without tax.
        tax_name, tax_bp: contained in every price; None: no tax is shown.
        dispute_for: how long after the bill it can be disputed; until then nothing is paid out.
        remind_after: when an unpaid student is reminded, counted from the failed charge.
        page_lives: how long a page of the gateway can be used; the gateway allows a day at most.
        seat_page_lives: the same where a seat is paid; the gateway allows no less than half an
            hour, and the page is closed as soon as the seat is not held any more.
        return_url: where its pages lead back to.
    """

    rounding: Rounding = Rounding.STARTED_MINUTE
    commission_bp: int = 1500
    tax_name: str | None = None
    tax_bp: int = 0
    dispute_for: timedelta = timedelta(hours=72)
    remind_after: tuple[timedelta, ...] = (timedelta(days=1), timedelta(days=3), timedelta(days=7))
    page_lives: timedelta = timedelta(hours=23)
    seat_page_lives: timedelta = timedelta(hours=1)
    return_url: str = "https://t.me"
