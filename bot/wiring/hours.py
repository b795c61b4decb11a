"""Teachers' hours and the world: calendars that are read, and the page that takes hours over."""

from collections.abc import Awaitable, Callable, Mapping

from bot.accounts.tokens import Tokens
from bot.core.clock import Clock
from bot.core.storage import Storage
from bot.flows.availability import CALENDLY_PATH
from bot.flows.feed_jobs import FeedJobs, Unit
from bot.flows.ports import FlowWork
from bot.jobs.model import Job
from bot.scheduling.adapters.calendly import CalendlyApi
from bot.scheduling.adapters.ics_feed import IcsFeed
from bot.scheduling.feeds import REFRESH_JOB
from bot.web.hours_import import HoursImport
from bot.web.server import Handler
from config.settings import Settings


def hours_jobs(
    storage: Storage[FlowWork], clock: Clock
) -> Mapping[str, Callable[[Job], Awaitable[Unit | None]]]:
    """For the worker."""
    return {REFRESH_JOB: FeedJobs(storage, clock, IcsFeed()).refresh}


def hours_pages(
    settings: Settings, storage: Storage[FlowWork], clock: Clock
) -> Mapping[str, tuple[Handler, Handler]]:
    """For our HTTP server; nothing where people have no address to open."""
    if settings.web.public_url is None:
        return {}
    elsewhere = CalendlyApi(settings.calendly.api_url)
    page = HoursImport(storage, clock, Tokens(clock), elsewhere)
    return {CALENDLY_PATH: (page.get, page.post)}
