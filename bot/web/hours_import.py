"""The page where a teacher gives a Calendly token and chooses which hours to take over.

A link works once and for ten minutes. The token goes to Calendly and nowhere else: it is neither
stored nor logged, and never written in a chat. Between the two steps the hours lie in the page.
"""

from collections.abc import Sequence
from dataclasses import replace
from html import escape
from zoneinfo import ZoneInfo

import structlog
from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from bot.accounts.model import User
from bot.accounts.tokens import Tokens
from bot.core.clock import Clock
from bot.core.errors import DomainError, ServiceFailure
from bot.core.storage import Storage
from bot.flows.availability_view import PREFIX
from bot.flows.ports import FlowWork
from bot.flows.slot_waits import look_for_waiting
from bot.flows.telling import tell
from bot.i18n.catalog import Texts, texts_in
from bot.messaging.model import Button, Paragraph
from bot.scheduling.calendly import HoursElsewhere, OfferedHours
from bot.scheduling.hours_shown import exception_shown, weekly_shown
from bot.scheduling.schedule import Schedule

PATH = "/hours/calendly/{key}"
_OFFERED = TypeAdapter(tuple[OfferedHours, ...])
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self';"
    " frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_STYLE = "body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:2rem auto;padding:0 1rem}"
_GONE = 410
_log = structlog.get_logger()


class HoursImport:
    """Serves the page."""

    def __init__(
        self, storage: Storage[FlowWork], clock: Clock, tokens: Tokens, elsewhere: HoursElsewhere
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._tokens = tokens
        self._elsewhere = elsewhere

    async def get(self, request: web.Request) -> web.Response:
        """Ask for the token. Looking, as previews do, uses nothing up."""
        person = await self._person(request)
        return _gone() if person is None else _token_form(texts_in(person.ui_language))

    async def post(self, request: web.Request) -> web.Response:
        """With a token: show the hours; with hours: take them over."""
        person = await self._person(request)
        if person is None:
            return _gone()
        texts, form = texts_in(person.ui_language), await request.post()
        if "chosen" in form:
            return await self._take(request, texts, str(form.get("hours")), str(form["chosen"]))
        try:
            offered = await self._elsewhere.schedules(str(form.get("token", "")).strip())
        except DomainError as wrong:
            return _token_form(texts, texts(wrong.key, **wrong.params))
        except ServiceFailure as failure:
            _log.warning("hours_import.failed", cause=str(failure))
            return _token_form(texts, texts("hours.import.away"))
        return _choice(texts, offered)

    async def _take(
        self, request: web.Request, texts: Texts, hours: str, chosen: str
    ) -> web.Response:
        try:
            wanted = _OFFERED.validate_json(hours)[int(chosen)]
        except (ValidationError, ValueError, IndexError):
            return _gone(texts)
        key, now = request.match_info["key"], self._clock.now()

        def unit(work: FlowWork) -> bool:
            user_id = self._tokens.redeem_page(work, key)
            if user_id is None:
                return False
            person, found = work.users.get(user_id), work.schedules.find(user_id)
            today = now.astimezone(ZoneInfo(wanted.zone)).date()
            known = found or Schedule(teacher_id=user_id, zone=wanted.zone)
            changed = wanted.applied_to(known, today)
            if found is None:
                work.schedules.add(changed)
            else:
                work.schedules.save(changed)
            look_for_waiting(work, user_id, now)
            if person.time_zone is None:
                work.users.save(replace(person, time_zone=wanted.zone))
            _tell(work, person, key=f"hours.import:{changed.id}:{now.isoformat()}", at=self._clock)
            return True

        try:
            is_done = await self._storage.write(unit)
        except DomainError as wrong:
            return _page(texts, f"<p>{escape(texts(wrong.key, **wrong.params))}</p>")
        if not is_done:
            return _gone(texts)
        return _page(texts, f"<p>{escape(texts('hours.import.done'))}</p>")

    async def _person(self, request: web.Request) -> User | None:
        key = request.match_info["key"]

        def find(work: FlowWork) -> User | None:
            user_id = self._tokens.whose_page(work, key)
            return None if user_id is None else work.users.find(user_id)

        return await self._storage.read(find)


def _tell(work: FlowWork, person: User, *, key: str, at: Clock) -> None:
    tell(
        work,
        person,
        key,
        at.now(),
        lambda texts: [Paragraph(texts("hours.import.told"))],
        lambda texts: [[Button(texts("hours.button.back"), f"{PREFIX}:show")]],
    )


def _token_form(texts: Texts, trouble: str | None = None) -> web.Response:
    said = f"<p role=alert><b>{escape(trouble)}</b></p>" if trouble else ""
    return _page(
        texts,
        f"{said}<p>{escape(texts('hours.import.how'))}</p><form method=post>"
        f"<p><label>{escape(texts('hours.import.token'))}<br>"
        "<input type=password name=token required autocomplete=off size=40></label></p>"
        f"<p><button>{escape(texts('hours.import.show'))}</button></p></form>",
    )


def _choice(texts: Texts, offered: Sequence[OfferedHours]) -> web.Response:
    if not offered:
        return _token_form(texts, texts("hours.import.none"))
    hours = escape(_OFFERED.dump_json(tuple(offered)).decode(), quote=True)
    choices = "".join(
        f"<p><label><input type=radio name=chosen value={number}{' checked' * (number == 0)}> "
        f"<b>{escape(each.name)}</b> ({escape(each.zone)})<br>{_lines(texts, each)}</label></p>"
        for number, each in enumerate(offered)
    )
    return _page(
        texts,
        f"<p>{escape(texts('hours.import.choose'))}</p><form method=post>"
        f'<input type=hidden name=hours value="{hours}">{choices}'
        f"<p><button>{escape(texts('hours.import.save'))}</button></p></form>",
    )


def _lines(texts: Texts, offered: OfferedHours) -> str:
    dates = [exception_shown(each, texts) for each in offered.exceptions]
    return "<br>".join(map(escape, [*weekly_shown(offered.rules, texts), *dates]))


def _gone(texts: Texts | None = None) -> web.Response:
    """The same for every key that opens nothing."""
    known = texts or texts_in("en")
    return _page(known, f"<p>{escape(known('hours.import.gone'))}</p>", status=_GONE)


def _page(texts: Texts, body: str, status: int = 200) -> web.Response:
    title = escape(texts("hours.import.title"))
    text = (
        f"<!doctype html><html lang={texts.language}><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width'>"
        f"<title>{title}</title><style>{_STYLE}</style><h1>{title}</h1>{body}</html>"
    )
    return web.Response(text=text, content_type="text/html", headers=_HEADERS, status=status)
