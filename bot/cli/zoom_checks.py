"""What the doctor looks at in Zoom; `--probe` makes a meeting, tries what is needed, removes it."""

from collections.abc import Sequence
from datetime import timedelta

from bot.cli.findings import Finding, Status
from bot.cli.web_checks import is_deliverable, is_within_reach
from bot.core.clock import SystemClock
from bot.core.entity import new_id
from bot.core.errors import Cause, ServiceFailure
from bot.core.timespan import Timespan
from bot.meetings.adapters.zoom import ZoomMeetings
from bot.meetings.ports import Guest, Subject
from bot.wiring.meetings import hooks_of, zoom_of
from config.settings import PREFIX, Settings

_PROBE_IN, _PROBE_LENGTH = timedelta(days=7), timedelta(minutes=15)
_KEYS = "see LINGUAFLEX_ZOOM__ACCOUNT_ID, _CLIENT_ID and _CLIENT_SECRET, and the app's scopes"
_PLAN = (
    "registration and the list of who was there need licensed hosts; docs/lessons.md names every"
    " scope the app needs"
)


async def check_zoom(settings: Settings) -> Sequence[Finding]:
    """Credentials, hosts, and how we hear of who is in a meeting."""
    zoom = settings.zoom
    if not zoom.is_set:
        wanted = ", ".join(f"{PREFIX}ZOOM__{name.upper()}" for name in zoom.missing)
        is_begun = bool(zoom.account_id or zoom.client_id or zoom.client_secret or zoom.hosts)
        detail = f"{wanted} not set: teachers are asked for links of their own"
        status = Status.FAIL if is_begun else Status.WARN
        return [
            Finding("zoom", status, detail, "marketplace.zoom.us: a Server-to-Server OAuth app")
        ]
    service = zoom_of(zoom, SystemClock())
    try:
        found = await service.check()
    except ServiceFailure as failure:
        remedy = _KEYS if failure.cause is Cause.MISCONFIGURED else "is Zoom reachable from here?"
        return [Finding("zoom", Status.FAIL, str(failure), remedy)]
    finally:
        await service.aclose()
    return [*_hosts(found), hearing(settings)]


async def probe_zoom(settings: Settings) -> Sequence[Finding]:
    """Prove the plan: a meeting a week ahead, a guest's link for it, who was there, its end."""
    if not settings.zoom.is_set:
        return []
    service = zoom_of(settings.zoom, SystemClock())
    try:
        for host in service.hosts:
            await _probe(service, host)
    except ServiceFailure as failure:
        return [Finding("zoom.probe", Status.FAIL, str(failure), _PLAN)]
    finally:
        await service.aclose()
    detail = "a meeting could be made, registered for, asked who was there, and removed"
    return [Finding("zoom.probe", Status.OK, detail)]


async def _probe(service: ZoomMeetings, host: str) -> None:
    subject = Subject(
        id=new_id(),
        title="LinguaFlex doctor",
        span=Timespan.of(SystemClock().now() + _PROBE_IN, _PROBE_LENGTH),
        host_user_id="doctor",
        guests=(),
        is_on=True,
    )
    made = await service.create(subject, host)
    try:
        await service.register(made.provider_id, Guest("doctor", "Doctor"))
        await service.may_ask_who_was_there(made.provider_id)
    finally:
        await service.remove(made.provider_id)


def _hosts(found: dict[str, bool]) -> Sequence[Finding]:
    missing = [host for host, is_there in found.items() if not is_there]
    if missing:
        detail = f"Zoom knows no user {', '.join(missing)}"
        return [Finding("zoom.hosts", Status.FAIL, detail, f"see {PREFIX}ZOOM__HOSTS")]
    detail = f"hosts: {len(found)}, so many lessons at once, and {100 * len(found)} a day"
    return [Finding("zoom.hosts", Status.OK, detail)]


def hearing(settings: Settings) -> Finding:
    """Whether Zoom can tell us who comes and goes, as far as the settings show."""
    hooks = hooks_of(settings)
    if not hooks:
        detail = "no webhooks: Zoom is asked every five minutes who was there"
        remedy = f"set {PREFIX}WEB__PUBLIC_URL and {PREFIX}ZOOM__WEBHOOK_SECRET"
        return Finding("zoom.webhooks", Status.WARN, detail, remedy)
    url = f"{(settings.web.public_url or '').rstrip('/')}{hooks[0].path}"
    if not is_deliverable(url):
        return Finding(
            "zoom.webhooks", Status.FAIL, f"{url} is not https", "Zoom takes https alone"
        )
    if not is_within_reach(url, settings.zoom.api_url):
        detail = f"{url} leads here from this machine alone: Zoom's own service cannot reach it"
        remedy = f"set {PREFIX}WEB__PUBLIC_URL to an https address, or unset it: then Zoom is asked"
        return Finding("zoom.webhooks", Status.WARN, detail, remedy)
    detail = f"Zoom shall deliver to {url}"
    events = "meeting.participant_joined, meeting.participant_left and meeting.ended"
    return Finding("zoom.webhooks", Status.OK, detail, f"subscribe the app there to {events}")
