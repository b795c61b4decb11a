"""What is asked about hours, one thing at a time, and what an answer makes of a schedule."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from bot.flows.availability_view import today_of
from bot.flows.model import Answers, InvalidAnswer, Layout, Option, Step
from bot.flows.prompts import as_list
from bot.flows.scene import Scene
from bot.flows.steps import text
from bot.i18n.calendar_names import length_name, weekday_name
from bot.scheduling.hours_clock import parse_clock
from bot.scheduling.hours_shown import clock_shown
from bot.scheduling.hours_text import HoursChange, parse_dates, parse_hours
from bot.scheduling.schedule import (
    BUFFERS,
    DAY_MINUTES,
    HORIZONS,
    NOTICES,
    AvailabilityRule,
    DateException,
    Feed,
    Hours,
    Schedule,
)

FIELDS = ("text", "days", "never", "off", "notice", "horizon", "buffer", "feed")
_MINUTE = timedelta(minutes=1)
_HOUR = 60
_EARLIEST = 6 * _HOUR
_LENGTHS: Mapping[str, Sequence[timedelta]] = {
    "notice": NOTICES,
    "horizon": HORIZONS,
    "buffer": BUFFERS,
}
ScheduleOf = Callable[[Scene], Schedule]


def hours_steps(schedule_of: ScheduleOf) -> tuple[Step, ...]:
    """Each of `FIELDS` begins one question or a few; the flow is started at that step."""
    return (
        _typed(schedule_of),
        _weekdays("hours_days", lambda _: range(7), resets=("hours_opens", "hours_closes")),
        _opens(),
        _closes(),
        _weekdays("hours_never", lambda scene: _days_of(schedule_of(scene))),
        _off(schedule_of),
        *(_length(name) for name in _LENGTHS),
        text("hours_feed", _parse_address, is_optional=True, skip_label="flow.button.remove"),
    )


def answered(scene: Scene, schedule: Schedule, field: str, answers: Answers) -> Schedule:
    """The schedule with what was answered.

    Raises:
        NotUnderstood, TooManyHours: the schedule changed since the answer was looked at.
    """
    value, today = answers[f"hours_{field}"], today_of(scene, schedule)
    match field:
        case "text":
            return parse_hours(str(value), today).applied_to(schedule, today)
        case "days":
            return _more(schedule, answers).applied_to(schedule, today)
        case "never":
            never: dict[int, list[Hours]] = {int(day): [] for day in as_list(value)}
            return HoursChange(weekly=never).applied_to(schedule, today)
        case "off":
            first, last = map(date.fromisoformat, as_list(value))
            away = HoursChange(exceptions=[DateException(first, last)])
            return away.applied_to(schedule, today)
        case "feed":
            feed = None if value is None else Feed(url=str(value), due_at=scene.now)
            return replace(schedule, feed=feed, busy=())
    lengths: dict[str, timedelta] = {field: int(str(value)) * _MINUTE}
    return replace(schedule, **lengths)  # type: ignore[arg-type] # all three are lengths


def _more(schedule: Schedule, answers: Answers) -> HoursChange:
    """Hours on top of those the days have."""
    days = [int(day) for day in as_list(answers["hours_days"])]
    if not days:
        return HoursChange()
    hours = Hours(int(str(answers["hours_opens"])), int(str(answers["hours_closes"])))
    return HoursChange(after_midnight=[AvailabilityRule(day, hours) for day in days])


def _typed(schedule_of: ScheduleOf) -> Step:
    def check(scene: Scene, _: Answers, typed: object) -> object:
        schedule = schedule_of(scene)
        today = today_of(scene, schedule)
        parse_hours(str(typed), today).applied_to(schedule, today)
        return typed

    return text("hours_text", str, check=check, is_long=True)


def _weekdays(
    name: str, offered: Callable[[Scene], Sequence[int]], resets: tuple[str, ...] = ()
) -> Step:
    def options(scene: Scene, _: Answers) -> Sequence[Option]:
        return [Option(str(day), weekday_name(day, scene.texts.language)) for day in offered(scene)]

    return Step(
        name=name,
        asks=f"ask.{name}",
        label=f"field.{name}",
        options=options,
        layout=Layout.GRID,
        is_many=True,
        resets=resets,
    )


def _opens() -> Step:
    def options(_: Scene, __: Answers) -> Sequence[Option]:
        return _clocks(range(_EARLIEST, DAY_MINUTES, _HOUR))

    def check(_: Scene, __: Answers, value: object) -> object:
        if int(str(value)) >= DAY_MINUTES:
            raise InvalidAnswer("hours.no_time", part=clock_shown(DAY_MINUTES))
        return value

    return _clock("hours_opens", options, check, resets=("hours_closes",))


def _closes() -> Step:
    def options(_: Scene, answers: Answers) -> Sequence[Option]:
        opens = int(str(answers["hours_opens"]))
        return _clocks(range(opens + _HOUR, DAY_MINUTES + 1, _HOUR))

    def check(_: Scene, answers: Answers, value: object) -> object:
        opens, closes = int(str(answers["hours_opens"])), int(str(value)) or DAY_MINUTES
        if closes <= opens:
            raise InvalidAnswer("hours.backwards", part=clock_shown(closes))
        return str(closes)

    return _clock("hours_closes", options, check)


def _clock(
    name: str,
    options: Callable[[Scene, Answers], Sequence[Option]],
    check: Callable[[Scene, Answers, object], object],
    resets: tuple[str, ...] = (),
) -> Step:
    return Step(
        name=name,
        asks=f"ask.{name}",
        options=options,
        layout=Layout.GRID,
        parse=lambda _, typed: str(parse_clock(typed)),
        check=check,
        when=lambda _, answers: bool(as_list(answers.get("hours_days"))),
        resets=resets,
        is_hidden=True,
    )


def _clocks(times: Sequence[int]) -> Sequence[Option]:
    return [Option(str(minutes), clock_shown(minutes)) for minutes in times]


def _off(schedule_of: ScheduleOf) -> Step:
    def check(scene: Scene, _: Answers, typed: object) -> object:
        today = today_of(scene, schedule_of(scene))
        return [day.isoformat() for day in parse_dates(str(typed), today)]

    return text("hours_off", str, check=check)


def _length(name: str) -> Step:
    """How long before, ahead or between."""

    def options(scene: Scene, _: Answers) -> Sequence[Option]:
        return [
            Option(str(each // _MINUTE), length_name(each, scene.texts.language))
            for each in _LENGTHS[name]
        ]

    step = f"hours_{name}"
    return Step(
        name=step, asks=f"ask.{step}", label=f"field.{step}", options=options, layout=Layout.GRID
    )


def _days_of(schedule: Schedule) -> Sequence[int]:
    return sorted({rule.weekday for rule in schedule.rules})


def _parse_address(typed: str) -> str:
    """The https address of a calendar; webcal is another name for it."""
    address = typed.strip()
    if address.lower().startswith("webcal://"):
        address = "https" + address[len("webcal") :]
    is_short = len(address) <= 1000 and address.isprintable() and " " not in address
    if not is_short or not address.lower().startswith("https://"):
        raise InvalidAnswer("hours.no_address")
    return address
