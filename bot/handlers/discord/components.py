"""Rows of buttons to Discord's components; forms to its modals."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from bot.core.text import is_blank, shorten, split, units
from bot.handlers.discord.translate import FORM_MARK, SELECT_MARK
from bot.messaging.forms import Form, FormField
from bot.messaging.model import Button

_ROW, _BUTTON, _SELECT, _TEXT_INPUT, _LABEL = 1, 2, 3, 4, 18
_SECONDARY, _LINK = 2, 5
_SHORT, _LONG = 1, 2
_WIDTH, _MOST_ROWS, _MOST_OPTIONS = 5, 5, 25
_LABEL_LIMIT, _DATA_LIMIT, _URL_LIMIT = 80, 100, 512
_OPTION_LIMIT = 100
_TITLE_LIMIT, _FIELD_LIMIT, _ABOUT_LIMIT, _VALUE_LIMIT = 45, 45, 100, 4000
_NO_LABEL = "…"
_SENTENCE_END = re.compile(r"[.?!]\s")

Rows = Sequence[Sequence[Button]]
Json = dict[str, Any]


def message_components(rows: Rows) -> list[Json]:
    """Buttons under a message; where there are too many, the options among them become menus.

    Buttons that ask for a contact are left out: Discord has no such thing.

    Raises:
        ValueError: data missing or over 100 characters, or more options than menus can hold:
            bugs of the caller, not of a person.
    """
    shown = [[button for button in row if not button.asks_contact] for row in rows]
    wrapped = [row[at : at + _WIDTH] for row in shown if row for at in range(0, len(row), _WIDTH)]
    packed = _packed(wrapped)
    if len(packed) <= _MOST_ROWS:
        return [_row([_button(button) for button in row]) for row in packed]
    return _with_menus(wrapped)


def _packed(rows: Rows) -> list[list[Button]]:
    """Rows joined from the top until there are few enough; the last one, the way on, stays."""
    packed = [list(row) for row in rows]
    while len(packed) > _MOST_ROWS:
        at = next(
            (i for i in range(len(packed) - 2) if len(packed[i]) + len(packed[i + 1]) <= _WIDTH),
            None,
        )
        if at is None:
            break
        packed[at : at + 2] = [packed[at] + packed[at + 1]]
    return packed


def _with_menus(rows: Rows) -> list[Json]:
    *above, last = rows
    links = [button for row in above for button in row if button.url is not None]
    options = [button for row in above for button in row if button.url is None]
    menus = [options[at : at + _MOST_OPTIONS] for at in range(0, len(options), _MOST_OPTIONS)]
    linked = [links[at : at + _WIDTH] for at in range(0, len(links), _WIDTH)]
    if len(menus) + len(linked) + 1 > _MOST_ROWS:
        raise ValueError(f"{len(options)} options are more than a message can offer")
    buttons = [_row([_button(button) for button in row]) for row in [*linked, last]]
    return [_row([_menu(number, menu)]) for number, menu in enumerate(menus)] + buttons


def _row(components: list[Json]) -> Json:
    return {"type": _ROW, "components": components}


def _button(button: Button) -> Json:
    shown: Json = {"type": _BUTTON, "label": _label(button, _LABEL_LIMIT)}
    if button.url is not None:
        return shown | {"style": _LINK, "url": button.url[:_URL_LIMIT]}
    mark = FORM_MARK if button.opens_form else ""
    return shown | {"style": _SECONDARY, "custom_id": mark + _data(button)}


def _menu(number: int, options: Sequence[Button]) -> Json:
    return {
        "type": _SELECT,
        "custom_id": f"{SELECT_MARK}{number}",
        "options": [
            {"label": _label(button, _OPTION_LIMIT), "value": _data(button)} for button in options
        ],
    }


def _label(button: Button, limit: int) -> str:
    label = shorten(button.label, limit)
    return _NO_LABEL if is_blank(label) else label


def _data(button: Button) -> str:
    if not 0 < len(button.data) < _DATA_LIMIT:
        raise ValueError(f"data of {len(button.data)} characters on {button.label!r}")
    return button.data


def modal(form: Form) -> Json:
    """A form as Discord opens it."""
    return {
        "title": shorten(form.title, _TITLE_LIMIT),
        "custom_id": FORM_MARK + form.data,
        "components": list(_labelled(form.fields)),
    }


def _labelled(fields: Sequence[FormField]) -> Iterator[Json]:
    for field in fields:
        label, rest = _halves(field.label)
        more = {"description": shorten(rest, _ABOUT_LIMIT)} if rest else {}
        yield {"type": _LABEL, "label": label, **more, "component": _text_input(field)}


def _halves(question: str) -> tuple[str, str]:
    """A question as a label and what does not fit there: its second sentence, or its last words."""
    if units(question) <= _FIELD_LIMIT:
        return question, ""
    ends = [end.end() for end in _SENTENCE_END.finditer(question[: _FIELD_LIMIT + 1])]
    at = ends[-1] if ends else split(question, _FIELD_LIMIT, _ABOUT_LIMIT)[0][1]
    return shorten(question[:at], _FIELD_LIMIT), question[at:]


def _text_input(field: FormField) -> Json:
    known = {"value": field.value[:_VALUE_LIMIT]} if field.value else {}
    return {
        "type": _TEXT_INPUT,
        "custom_id": field.name,
        "style": _LONG if field.is_long else _SHORT,
        "required": field.is_required,
    } | known
