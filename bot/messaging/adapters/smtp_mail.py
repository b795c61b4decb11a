"""Mail by SMTP. A mail is an outbox row like every other message; its room is the address."""

from email.message import EmailMessage
from email.utils import make_msgid
from typing import Any
from urllib.parse import unquote, urlsplit

import aiosmtplib

from bot.core.errors import Cause, ServiceFailure
from bot.messaging.model import Address, Attachment, IncomingMedia, Indication, Outgoing
from bot.messaging.ports import Pace, Undeliverable

PLATFORM = "mail"
_TIMEOUT_SECONDS = 20.0
_PORTS = {"smtp": 587, "smtps": 465}


class SmtpMessenger:
    """Implements `PacedMessenger` for mail.

    Args:
        url: `smtp://user:password@host:port`, or `smtps://` for TLS from the start. STARTTLS is
            used where the server offers it.
        sender: the From address.
    """

    platform = PLATFORM
    pace = Pace(per_second=5.0, burst=10)

    def __init__(self, url: str, sender: str) -> None:
        self._url = urlsplit(url)
        if self._url.scheme not in _PORTS or not self._url.hostname:
            raise ValueError("MAIL__SMTP_URL must look like smtp://user:password@host:587")
        self._sender = sender

    def room_pace(self, _: Address, /) -> Pace:
        return Pace(per_second=1.0, burst=3)

    async def send(self, message: Outgoing, content: bytes | None, /) -> str | None:
        mail = EmailMessage()
        mail["From"] = self._sender
        mail["To"] = message.to.room
        mail["Subject"] = message.subject or ""
        # The same row is the same mail: a double after a crash is one for the mail program too.
        mail["Message-ID"] = make_msgid(message.key.replace(":", "."), "linguaflex.invalid")
        mail.set_content(message.text)
        if message.attachment is not None and content is not None:
            _attach(mail, message.attachment, content)
        try:
            await aiosmtplib.send(mail, **self._connection())
        except aiosmtplib.SMTPRecipientsRefused as error:
            if any(_is_for_now(refused.code) for refused in error.recipients):
                raise ServiceFailure("mail", Cause.BUSY, "recipient refused for now") from error
            raise Undeliverable("recipient refused") from error
        except aiosmtplib.SMTPAuthenticationError as error:
            raise ServiceFailure("mail", Cause.MISCONFIGURED, "authentication") from error
        except aiosmtplib.SMTPResponseException as error:
            cause = Cause.BUSY if _is_for_now(error.code) else Cause.REJECTED
            raise ServiceFailure("mail", cause, str(error.code)) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise ServiceFailure("mail", Cause.UNREACHABLE, type(error).__name__) from error
        return None

    async def check(self) -> None:
        """Connect and sign in. Raises ServiceFailure."""
        client = aiosmtplib.SMTP(**self._connection())
        try:
            async with client:
                await client.noop()
        except aiosmtplib.SMTPAuthenticationError as error:
            raise ServiceFailure("mail", Cause.MISCONFIGURED, "authentication") from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise ServiceFailure("mail", Cause.UNREACHABLE, type(error).__name__) from error

    async def indicate(self, _: Address, __: Indication, /) -> None:
        """A mailbox shows no signs of life."""

    async def fetch(self, _: IncomingMedia, /, *, max_bytes: int) -> bytes:
        raise ServiceFailure("mail", Cause.REJECTED, f"nothing to fetch (up to {max_bytes} bytes)")

    def _connection(self) -> dict[str, Any]:
        url = self._url
        return {
            "hostname": url.hostname,
            "port": url.port or _PORTS[url.scheme],
            "username": unquote(url.username) if url.username else None,
            "password": unquote(url.password) if url.password else None,
            "use_tls": url.scheme == "smtps",
            "timeout": _TIMEOUT_SECONDS,
        }


def _attach(mail: EmailMessage, file: Attachment, content: bytes) -> None:
    """A calendar entry with a method is a second way to say the mail, which programs show as an
    invitation (RFC 6047, 2.4); as a file it goes along for those that do not.
    """
    mime, _, method = file.mime.partition("; method=")
    if method:
        params = {"method": method, "component": "VEVENT"}
        mail.add_alternative(content.decode(), subtype="calendar", params=params)
        mime = "application/ics"
    kind, _, subtype = mime.partition("/")
    mail.add_attachment(content, maintype=kind, subtype=subtype, filename=file.filename)


def _is_for_now(code: int) -> bool:
    """4xx asks to come again, as greylisting does; 5xx is final (RFC 5321, 4.2.1)."""
    return code < 500
