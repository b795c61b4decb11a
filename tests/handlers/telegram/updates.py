"""Updates as Telegram sends them."""

from typing import Any

DATE = 1_795_341_600  # 2026-11-22 10:00 UTC
ANA = {"id": 7, "is_bot": False, "first_name": "Ana", "last_name": "Ruiz", "language_code": "es"}
PRIVATE = {"id": 7, "type": "private", "first_name": "Ana"}
GROUP = {"id": -1001, "type": "supergroup", "title": "Class"}


def message(**content: Any) -> dict[str, Any]:
    """A message of Ana's in her private chat, unless `content` says otherwise."""
    place = {"message_id": 5, "date": DATE, "chat": PRIVATE, "from": ANA}
    return {name: value for name, value in (place | content).items() if value is not None}


def update(**kind: Any) -> dict[str, Any]:
    return {"update_id": 900, **kind}
