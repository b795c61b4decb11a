"""Ages: what follows from a date of birth."""

from datetime import date

ADULT_YEARS = 18


def years_between(birth: date, today: date) -> int:
    """Whole years; somebody born on 29 February is a year older on 1 March."""
    had_birthday = (today.month, today.day) >= (birth.month, birth.day)
    return today.year - birth.year - (not had_birthday)


def is_minor(birth: date, today: date) -> bool:
    """Below 18: no recording and no emotion measure is ever kept."""
    return years_between(birth, today) < ADULT_YEARS
