"""Hours as people type them, in English and Spanish."""

from contextlib import suppress
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.i18n.catalog import texts_in, ui_languages
from bot.scheduling.hours_shown import exception_shown, weekly_shown
from bot.scheduling.hours_text import parse_hours
from bot.scheduling.hours_words import NotUnderstood
from bot.scheduling.schedule import AvailabilityRule, DateException, Hours, Schedule, merged_rules

_TODAY = date(2026, 11, 22)  # a Sunday
_EMPTY = Schedule(teacher_id="ana", zone="Europe/Madrid")


def _weekly(text: str, schedule: Schedule = _EMPTY) -> str:
    """What the text makes of a week, in the form the product shows."""
    changed = parse_hours(text, _TODAY).applied_to(schedule, _TODAY)
    return "; ".join(weekly_shown(changed.rules, texts_in("en")))


def _exceptions(text: str) -> list[str]:
    found = parse_hours(text, _TODAY).exceptions
    return [exception_shown(each, texts_in("en")) for each in found]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("mon-fri 18:00-21:00", "Mon–Fri 18:00–21:00"),
        ("lun-vie 18-21", "Mon–Fri 18:00–21:00"),
        ("lunes a viernes de 18 a 21", "Mon–Fri 18:00–21:00"),
        ("de lunes a viernes de 18h a 21h", "Mon–Fri 18:00–21:00"),
        ("Monday to Friday from 6pm to 9 p.m.", "Mon–Fri 18:00–21:00"),
        ("mon-fri 6-9pm", "Mon–Fri 18:00–21:00"),
        ("mon - fri 6 pm – 9", "Mon–Fri 18:00–21:00"),
        ("weekdays 18.00-21.00", "Mon–Fri 18:00–21:00"),
        ("sat 9-12:30", "Sat 9:00–12:30"),
        ("sáb 9-12:30", "Sat 9:00–12:30"),
        ("SABADO 9–12h30", "Sat 9:00–12:30"),
        ("sa\u0301b 9-12:30", "Sat 9:00–12:30"),
        ("mar 9-12, mié 9-12", "Tue–Wed 9:00–12:00"),
        ("tues, thurs 10-1pm", "Tue 10:00–13:00; Thu 10:00–13:00"),
        ("mon and wed 9-12 and 14-16", "Mon 9:00–12:00, 14:00–16:00; Wed 9:00–12:00, 14:00–16:00"),
        ("mon wed 9-12 14-16", "Mon 9:00–12:00, 14:00–16:00; Wed 9:00–12:00, 14:00–16:00"),
        ("lunes y miércoles 9-12", "Mon 9:00–12:00; Wed 9:00–12:00"),
        ("sat-mon 8-9", "Mon 8:00–9:00; Sat–Sun 8:00–9:00"),
        ("weekend 12am-12pm\nfri 12pm-12am", "Fri 12:00–24:00; Sat–Sun 0:00–12:00"),
        ("every day 0-24", "Mon–Sun 0:00–24:00"),
        ("todos los días 10-11", "Mon–Sun 10:00–11:00"),
        ("fin de semana 10-11", "Sat–Sun 10:00–11:00"),
        ("fri 22-2", "Fri 22:00–24:00; Sat 0:00–2:00"),
        ("sun 10pm-1am", "Mon 0:00–1:00; Sun 22:00–24:00"),
        ("mondays 9-10, 10-11", "Mon 9:00–11:00"),
    ],
)
def test_weekly_hours(typed: str, meant: str) -> None:
    assert _weekly(typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("off 24 dec - 2 jan", ["off 24 Dec 2026 – 2 Jan 2027"]),
        ("libre 24 dic - 2 ene", ["off 24 Dec 2026 – 2 Jan 2027"]),
        ("libre del 24 de diciembre al 2 de enero", ["off 24 Dec 2026 – 2 Jan 2027"]),
        ("off dec 24-26", ["off 24 Dec 2026 – 26 Dec 2026"]),
        ("off 24-26 december", ["off 24 Dec 2026 – 26 Dec 2026"]),
        ("off 2026-12-24 to 2027-01-02", ["off 24 Dec 2026 – 2 Jan 2027"]),
        ("off 24 dec 2027", ["off 24 Dec 2027"]),
        ("off today", ["off 22 Nov 2026"]),
        ("libre mañana", ["off 23 Nov 2026"]),
        ("off 29 feb", ["off 29 Feb 2028"]),
        ("off 1st march - 3rd march", ["off 1 Mar 2027 – 3 Mar 2027"]),
        ("only fri 10-11", ["only 27 Nov 2026 10:00–11:00"]),
        ("solo vie 10-11", ["only 27 Nov 2026 10:00–11:00"]),
        ("only sun 10-11", ["only 22 Nov 2026 10:00–11:00"]),
        ("only mar 24 10-11", ["only 24 Mar 2027 10:00–11:00"]),
        ("solo mar 10-11", ["only 24 Nov 2026 10:00–11:00"]),
        ("extra 24 dec 9-10 12-13", ["extra 24 Dec 2026 9:00–10:00, 12:00–13:00"]),
        ("only mon-wed 10-11", ["only 23 Nov 2026 – 25 Nov 2026 10:00–11:00"]),
        (
            "only fri 10-11, 22-1",
            [
                "only 27 Nov 2026 10:00–11:00",
                "extra 27 Nov 2026 22:00–24:00",
                "extra 28 Nov 2026 0:00–1:00",
            ],
        ),
    ],
)
def test_exceptions_for_dates(typed: str, meant: list[str]) -> None:
    assert _exceptions(typed) == meant


def test_days_that_are_named_get_other_hours_and_the_rest_stay() -> None:
    schedule = parse_hours("mon-fri 18-21, sat 9-12", _TODAY).applied_to(_EMPTY, _TODAY)
    assert _weekly("wed 8-9", schedule) == (
        "Mon–Tue 18:00–21:00; Wed 8:00–9:00; Thu–Fri 18:00–21:00; Sat 9:00–12:00"
    )
    assert _weekly("never mon-fri", schedule) == "Sat 9:00–12:00"
    assert _weekly("nunca sáb", schedule) == "Mon–Fri 18:00–21:00"


def test_what_is_over_or_overruled_is_not_kept() -> None:
    over = DateException(date(2026, 11, 1), date(2026, 11, 21))
    within = DateException(date(2026, 12, 25), date(2026, 12, 25), (Hours(0, 60),))
    schedule = Schedule(teacher_id="ana", zone="UTC", exceptions=(over, within))
    change = parse_hours("off 24 dec - 2 jan", _TODAY)
    assert change.applied_to(schedule, _TODAY).exceptions == tuple(change.exceptions)


@pytest.mark.parametrize(
    ("typed", "key", "part"),
    [
        ("", "hours.nothing", "…"),
        (" , \n", "hours.nothing", "…"),
        ("mon-fri", "hours.no_hours", "mon - fri"),
        ("mon 18:00", "hours.no_end", "18:00"),
        ("mon 9-25", "hours.no_time", "25"),
        ("mon 9-12:75", "hours.no_time", "12:75"),
        ("mon 13pm-14", "hours.no_time", "13pm"),
        ("mon 0900-1200", "hours.no_time", "0900"),
        ("mon 12-9", "hours.backwards", "12 - 9"),
        ("mon 9-9", "hours.backwards", "9 - 9"),
        ("mon 9-12, blursday 9-12", "hours.no_days", "blursday 9 - 12"),
        ("mon 9-12 please", "hours.no_hours", "please"),
        ("mon-xyz 9-12", "hours.no_days", "xyz 9 - 12"),
        ("9-12", "hours.no_days", "9 - 12"),
        ("off", "hours.no_date", "off"),
        ("off 30 feb", "hours.no_date", "30 feb"),
        ("off 24", "hours.no_date", "24"),
        ("off 2026-13-01", "hours.no_date", "2026-13-01"),
        ("off 9999-12-31", "hours.no_dates", "9999-12-31"),
        ("off 24 dec 2020", "hours.no_dates", "24 dec 2020"),
        ("off 24 dec 2026 - 1 dec 2026", "hours.no_dates", "24 dec 2026 - 1 dec 2026"),
        ("off 24 dec 10-11", "hours.not_understood", "10 - 11"),
        ("only 24 dec", "hours.no_hours", "only 24 dec"),
        ("x" * 1001, "hours.too_long", "x" * 60),
    ],
)
def test_what_is_not_understood_is_named(typed: str, key: str, part: str) -> None:
    with pytest.raises(NotUnderstood) as raised:
        parse_hours(typed, _TODAY)
    assert (raised.value.key, raised.value.params["part"]) == (key, part)


_WORDS = st.sampled_from(
    [
        *("mon", "fri", "vie", "sáb", "mar", "only", "off", "solo", "extra", "never", "every"),
        *("today", "mañana", "weekend", "dec", "29", "feb", "2028", "0000", "9999", "99999"),
        *("2026-12-24", "9999-12-31", "0001-01-01", "to", "a", "-", "–", ",", "\n", ".", ":"),
        *("9", "24", "12:30", "6pm", "25", "am", "²", "١٢", "12h", "h", "º", "1st", "9" * 30),
    ]
)


@given(st.one_of(st.text(max_size=60), st.lists(_WORDS, max_size=12).map(" ".join)))
def test_whatever_is_typed_is_hours_or_said_not_to_be(typed: str) -> None:
    with suppress(NotUnderstood):
        parse_hours(typed, _TODAY).applied_to(_EMPTY, _TODAY)


_HOURS = st.tuples(st.integers(0, 1439), st.integers(1, 1440)).map(
    lambda pair: Hours(min(pair[0], pair[1] - 1), max(pair[0] + 1, pair[1]))
)
_RULES = st.lists(st.builds(AvailabilityRule, st.integers(0, 6), _HOURS), max_size=20)
_DATES = st.tuples(st.integers(0, 800), st.integers(0, 300)).map(
    lambda n: (_TODAY + timedelta(days=n[0]), _TODAY + timedelta(days=sum(n)))
)


@given(rules=_RULES, language=st.sampled_from(ui_languages()))
def test_weekly_hours_that_are_shown_can_be_typed(
    rules: list[AvailabilityRule], language: str
) -> None:
    merged = merged_rules(rules)
    shown = "\n".join(weekly_shown(merged, texts_in(language)))
    if shown:
        typed = parse_hours(shown, _TODAY).applied_to(_EMPTY, _TODAY)
        assert typed.rules == tuple(merged)


@given(
    dates=_DATES,
    hours=st.lists(_HOURS, max_size=3, unique=True),
    is_extra=st.booleans(),
    language=st.sampled_from(ui_languages()),
)
def test_exceptions_that_are_shown_can_be_typed(
    dates: tuple[date, date], hours: list[Hours], is_extra: bool, language: str
) -> None:
    exception = DateException(*dates, tuple(hours), is_extra and bool(hours))
    shown = exception_shown(exception, texts_in(language))
    typed = parse_hours(shown, _TODAY).applied_to(_EMPTY, _TODAY)
    expected = Schedule(teacher_id="", zone="UTC", exceptions=(exception,))
    days = [dates[0] + timedelta(days=n) for n in range((dates[1] - dates[0]).days + 1)]
    assert all(list(typed.hours_on(day)) == list(expected.hours_on(day)) for day in days)
