"""Live conversations put together: their limits, from the settings."""

from datetime import timedelta

from bot.live.policy import LivePolicy
from config.settings import LiveSettings


def live_policy(settings: LiveSettings) -> LivePolicy:
    """The operator's values; what has no setting keeps the product's."""
    return LivePolicy(
        seats=min(settings.seats, settings.most_seats),
        most_seats=settings.most_seats,
        free_hours=settings.free_hours,
        late_percent=settings.late_percent,
        offer=timedelta(minutes=settings.offer_minutes),
        hold=timedelta(minutes=settings.hold_minutes),
        longest=timedelta(minutes=settings.longest_minutes),
        horizon=timedelta(days=settings.horizon_days),
    )
