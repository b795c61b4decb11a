"""Reply markup: what the server refuses, and what a person sees of it."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from bot.simulators.telegram.chat import Button
from bot.simulators.telegram.errors import bad_request

_MAX_BUTTONS = 100
_MAX_IN_ROW = 8
_MAX_DATA = 64  # bytes of UTF-8
_KINDS = ("inline_keyboard", "keyboard", "remove_keyboard", "force_reply")
_INLINE_ACTIONS = {
    "url", "callback_data", "web_app", "login_url", "switch_inline_query",
    "switch_inline_query_current_chat", "switch_inline_query_chosen_chat", "copy_text",
    "callback_game", "pay",
}  # fmt: skip

Rows = tuple[tuple[Button, ...], ...]


def read_keyboard(markup: Mapping[str, Any], *, is_private: bool) -> Rows:
    """The buttons of a `reply_markup`; none for "remove_keyboard" and "force_reply".

    Raises:
        ApiError: the server would refuse it.
    """
    if not markup:
        return ()
    kind = next((kind for kind in _KINDS if kind in markup), None)
    if kind is None:
        raise bad_request("object expected as reply markup")
    if kind in ("remove_keyboard", "force_reply"):
        return ()
    rows = markup[kind]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request("can't parse keyboard: Field must be of type Array")
    if sum(map(len, rows)) > _MAX_BUTTONS or any(len(row) > _MAX_IN_ROW for row in rows):
        raise bad_request("reply markup is too long")
    if kind == "inline_keyboard":
        return tuple(tuple(_inline(button) for button in row) for row in rows)
    return tuple(tuple(_reply(button, is_private) for button in row) for row in rows)


def _inline(button: Any) -> Button:
    label = _label(button)
    actions = _INLINE_ACTIONS & button.keys()
    if not actions:
        raise bad_request(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    if len(actions) > 1:
        raise bad_request("can't parse inline keyboard button: exactly one action is allowed")
    data, url = button.get("callback_data"), button.get("url")
    if data is not None and not 1 <= len(str(data).encode()) <= _MAX_DATA:
        raise bad_request("BUTTON_DATA_INVALID")
    if url is not None and not _opens(str(url)):
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
    return Button(label, data, url)


def _reply(button: Any, is_private: bool) -> Button:
    if isinstance(button, str):
        button = {"text": button}
    label = _label(button)
    asks_contact = button.get("request_contact") is True
    if asks_contact and not is_private:
        raise bad_request("phone number can be requested in private chats only")
    return Button(label, asks_contact=asks_contact)


def _label(button: Any) -> str:
    if not isinstance(button, dict):
        raise bad_request("can't parse keyboard button: expected an object")
    label = button.get("text")
    if not isinstance(label, str) or not label.strip():
        raise bad_request("can't parse keyboard button: text must be non-empty")
    return label


def _opens(url: str) -> bool:
    """Whether a client could open it: a host with a dot, or Telegram's own scheme."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
    except ValueError:
        return False
    if parts.scheme in ("tg", "ton"):
        return True
    host = parts.hostname or ""
    return parts.scheme in ("http", "https") and ("." in host or ":" in host)
