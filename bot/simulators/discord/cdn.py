"""Attachments and the signed, expiring addresses they are fetched from."""

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import quote

from bot.simulators.discord.model import Attachment

LIFETIME = timedelta(hours=24)
MAX_FILE = 10 * 1024 * 1024
MAX_REQUEST = 25 * 1024 * 1024
_KEPT_BYTES = 512 * 1024 * 1024


class Cdn:
    """Keeps the bytes of attachments, the newest 512 MB of them.

    Args:
        now: addresses expire by it.
        base: where the server answers, e.g. "http://127.0.0.1:8080"; set once it listens.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.base = ""
        self._now = now
        self._bytes: dict[int, bytes] = {}
        self._size = 0
        self._key = b"simulated"

    def keep(self, attachment_id: int, data: bytes) -> None:
        self._bytes[attachment_id] = data
        self._size += len(data)
        while self._size > _KEPT_BYTES:
            self._size -= len(self._bytes.pop(next(iter(self._bytes))))

    def data(self, attachment_id: int) -> bytes:
        """Raises KeyError when there is none."""
        return self._bytes[attachment_id]

    def url(self, channel_id: int, attachment: Attachment) -> str:
        """A fresh address, good for 24 hours."""
        path = f"/attachments/{channel_id}/{attachment.attachment_id}/{quote(attachment.filename)}"
        issued = int(self._now().timestamp())
        expires = issued + int(LIFETIME.total_seconds())
        signature = self._sign(channel_id, attachment.attachment_id, f"{expires:x}", f"{issued:x}")
        return f"{self.base}{path}?ex={expires:x}&is={issued:x}&hm={signature}"

    def fetch(
        self, channel_id: str, attachment_id: str, expires: str, issued: str, signature: str
    ) -> bytes | None:
        """What is behind an address, or None if it was never given out or has expired."""
        try:
            expected = self._sign(int(channel_id), int(attachment_id), expires, issued)
            is_late = int(expires, 16) <= self._now().timestamp()
        except ValueError:
            return None
        if is_late or not hmac.compare_digest(expected, signature):
            return None
        return self._bytes.get(int(attachment_id))

    def _sign(self, channel_id: int, attachment_id: int, expires: str, issued: str) -> str:
        text = f"{channel_id}/{attachment_id}/{expires}/{issued}"
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()
