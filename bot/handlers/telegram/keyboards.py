"""Rows of buttons to Telegram's keyboards."""

from collections.abc import Sequence
from functools import lru_cache

from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    ReplyKeyboardMarkup,
)

from bot.core.text import is_blank, shorten
from bot.messaging.model import Button

_LABEL_LIMIT = 64  # the Bot API names none; longer ones are unreadable on a phone
_DATA_LIMIT_BYTES = 64
_ROW_LIMIT = 8
_TOTAL_LIMIT = 100
_NO_LABEL = "…"

Rows = Sequence[Sequence[Button]]


def asks_contact(rows: Rows) -> bool:
    """Does any of them share the person's phone number?"""
    return any(button.asks_contact for row in rows for button in row)


def inline_keyboard(rows: Rows) -> InlineKeyboardMarkup | None:
    """Buttons under a message; rows longer than Telegram allows are wrapped. None without buttons.

    Those that open a form are left out: Telegram has none.

    Raises:
        ValueError: data missing or over 64 bytes, more than 100 buttons, or one that asks for a
            contact: bugs of the caller, not of a person.
    """
    if asks_contact(rows):
        raise ValueError("only a sent message can ask for a contact")
    if sum(map(len, rows)) > _TOTAL_LIMIT:
        raise ValueError(f"more than {_TOTAL_LIMIT} buttons")
    shown = [[button for button in row if not button.opens_form] for row in rows]
    wrapped = [
        [_inline(button) for button in row[at : at + _ROW_LIMIT]]
        for row in shown
        for at in range(0, len(row), _ROW_LIMIT)
    ]
    return InlineKeyboardMarkup(wrapped) if wrapped else None


def contact_keyboard(rows: Rows) -> ReplyKeyboardMarkup:
    """Buttons in place of the person's keyboard; those that ask for a contact share the number."""
    return ReplyKeyboardMarkup(
        [
            [
                KeyboardButton(_label(button), request_contact=button.asks_contact or None)
                for button in row
                if not button.opens_form
            ]
            for row in rows
        ],
        one_time_keyboard=True,
        resize_keyboard=True,
    )


@lru_cache(maxsize=1_000)
def _inline(button: Button) -> InlineKeyboardButton:
    if button.url is not None:
        return InlineKeyboardButton(_label(button), url=button.url)
    if not 0 < len(button.data.encode()) <= _DATA_LIMIT_BYTES:
        raise ValueError(f"button data must be 1 to {_DATA_LIMIT_BYTES} bytes")
    return InlineKeyboardButton(_label(button), callback_data=button.data)


def _label(button: Button) -> str:
    label = shorten(button.label, _LABEL_LIMIT)
    return _NO_LABEL if is_blank(label) else label
