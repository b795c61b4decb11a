"""The API for people's own programs, on the services of the chat."""

from aiohttp import web

from bot.core.clock import Clock
from bot.core.storage import Storage
from bot.flows.conversation import Product
from bot.flows.ports import FlowWork
from bot.web.api.application import api_application
from bot.web.api.conversations import LiveParts
from config.settings import Settings


def api_part(
    settings: Settings, storage: Storage[FlowWork], clock: Clock, product: Product
) -> web.Application:
    """For our HTTP server; seats are paid over it where somebody collects money."""
    desk = product.paying.desk
    parts = LiveParts(
        storage=storage,
        clock=clock,
        planning=product.live.planning,
        seats=product.live.seats,
        currency=settings.billing.currency,
        payment_page=None if desk is None else desk.seat_page,
    )
    return api_application(parts)
