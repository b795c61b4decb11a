"""What a teacher sees of their hours: the rules, the exceptions, and the next two weeks."""

from collections.abc import Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from bot.flows.scene import Rows, Scene
from bot.flows.zone_asking import time_in
from bot.i18n.calendar_names import day_name, length_name
from bot.i18n.formats import moment
from bot.messaging.model import Button, Paragraph, Style
from bot.scheduling.hours_shown import exception_shown, hours_shown, weekly_shown
from bot.scheduling.schedule import Schedule, merged_hours

PREFIX = "hr"
_DAY = timedelta(days=1)
_PREVIEW = timedelta(days=14)
_MOST_LINES = 15
_EDITS = (("text", "days", "never"), ("off", "notice", "horizon", "buffer"), ("feed",))


def today_of(scene: Scene, schedule: Schedule) -> date:
    """The date where the hours are kept."""
    return scene.now.astimezone(ZoneInfo(schedule.zone)).date()


def hours_view(scene: Scene, schedule: Schedule, *, is_verified: bool) -> Sequence[Paragraph]:
    """The hours, what goes with them, and what comes of them."""
    place = scene.text("hours.zone", zone=schedule.zone, time=time_in(scene, schedule.zone))
    body = [scene.text("hours.title", Style.STRONG), place]
    lines = [*weekly_shown(schedule.rules, scene.texts), *_coming(scene, schedule)]
    if not lines:
        return [*body, scene.text("hours.none"), scene.text("hours.example")]
    body += [Paragraph(_few(scene, lines), Style.QUOTE), _limits(scene, schedule)]
    if schedule.feed is not None:
        body.append(_feed(scene, schedule))
    body += _preview(scene, schedule)
    if not is_verified:
        body.append(scene.text("hours.unverified"))
    return body


def hours_buttons(scene: Scene, schedule: Schedule) -> Rows:
    """What can be done about them."""
    rows = [
        [scene.button(f"hours.button.{name}", f"{PREFIX}:{name}") for name in names]
        for names in _EDITS
    ]
    own = scene.user.time_zone
    if own is not None and own != schedule.zone:
        rows.append([scene.button("hours.button.zone", f"{PREFIX}:zone", zone=own)])
    if schedule.exceptions:
        rows.append([scene.button("hours.button.dates", f"{PREFIX}:dates")])
    if schedule.is_open:
        rows.append([scene.button("hours.button.clear", f"{PREFIX}:clear")])
    return rows


def exception_buttons(scene: Scene, schedule: Schedule) -> Rows:
    """One for each exception that is not over, to take it back."""
    today = today_of(scene, schedule)
    return [
        [Button(f"✖ {exception_shown(each, scene.texts)}", f"{PREFIX}:drop:{schedule.version}:{n}")]
        for n, each in enumerate(schedule.exceptions)
        if each.last >= today
    ][:_MOST_LINES]


def _coming(scene: Scene, schedule: Schedule) -> Sequence[str]:
    today = today_of(scene, schedule)
    return [exception_shown(e, scene.texts) for e in schedule.exceptions if e.last >= today]


def _few(scene: Scene, lines: Sequence[str]) -> str:
    more = len(lines) - _MOST_LINES
    shown = list(lines[:_MOST_LINES])
    return "\n".join([*shown, scene.texts("hours.more", count=more)] if more > 0 else shown)


def _limits(scene: Scene, schedule: Schedule) -> Paragraph:
    said = {
        name: length_name(getattr(schedule, name), scene.texts.language)
        for name in ("notice", "horizon", "buffer")
    }
    return scene.text("hours.limits", **said)


def _feed(scene: Scene, schedule: Schedule) -> Paragraph:
    feed = schedule.feed
    if feed is None or feed.read_at is None:
        return scene.text("hours.feed.waits")
    if feed.trouble is not None:
        return scene.text(f"hours.feed.{feed.trouble}")
    at = moment(feed.read_at, scene.texts.language, scene.user.time_zone)
    return scene.text("hours.feed.read", at=at)


def _preview(scene: Scene, schedule: Schedule) -> Sequence[Paragraph]:
    """The open days of two weeks."""
    today = today_of(scene, schedule)
    days = [today + n * _DAY for n in range(_PREVIEW // _DAY)]
    lines = [
        f"{day_name(day, scene.texts.language)}: {hours_shown(open_hours)}"
        for day in days
        if (open_hours := merged_hours(schedule.hours_on(day)))
    ]
    title = scene.text("hours.preview" if lines else "hours.preview.none")
    return [title, Paragraph("\n".join(lines))] if lines else [title]
