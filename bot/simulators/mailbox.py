"""An SMTP server on loopback that keeps every mail it takes."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast

from bot.simulators.bell import Bell
from bot.simulators.faults import Faults
from bot.simulators.loopback import Running
from bot.simulators.smtp import SmtpRules, SmtpSession

MAX_SIZE = 10 * 1024 * 1024
_MAX_BUFFER = 1 << 20  # bytes of one line


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as it arrived.

    Args:
        to: the envelope's recipients.
        sender: the envelope's sender; "" for a notice of failure.
        text, html: the bodies, decoded, lines ending in LF; "" where there is none.
        raw: the message itself, lines ending in CRLF, dots unstuffed.
    """

    to: tuple[str, ...]
    sender: str
    subject: str
    text: str
    html: str
    raw: bytes
    at: datetime

    @property
    def message(self) -> EmailMessage:
        """Everything else: headers, attachments."""
        return _parse(self.raw)


class Mailbox(Running):
    """Takes mail for anybody.

    Faults are armed for "CONNECT" and for commands by name ("MAIL", "RCPT", "DATA", ...):
    "status" answers `status` (451, 550, ...), "rate_limit" answers 421 and closes, "drop_before"
    closes unanswered, "drop_after" closes when done but not answered (after DATA: the mail is
    kept), "delay" waits, "duplicate" keeps the mail twice.

    Args:
        clock: gives the time a mail arrived, aware.
        credentials: user and password that AUTH PLAIN must show before MAIL; None: none needed.
        max_size: largest message in bytes, announced as SIZE.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], datetime] | None = None,
        credentials: tuple[str, str] | None = None,
        max_size: int = MAX_SIZE,
    ) -> None:
        self.messages: list[Mail] = []
        self.faults = Faults()
        self.rules = SmtpRules(max_size, credentials)
        self._now = clock or (lambda: datetime.now(UTC))
        self._bell = Bell()
        self._seen: set[int] = set()
        self._subscribers: set[asyncio.Queue[dict[str, Any]]] = set()
        self._server: asyncio.Server | None = None
        self._sessions: set[asyncio.Task[Any]] = set()
        self._port = 0

    async def start(self, port: int = 0) -> None:
        """Listen on 127.0.0.1; port 0 takes a free one."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, limit=_MAX_BUFFER)
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and end every session; `start(port)` opens it again."""
        if self._server is None:
            return
        self._server.close()
        for session in self._sessions:
            session.cancel()
        await asyncio.gather(*self._sessions, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    @property
    def port(self) -> int:
        return self._port

    @property
    def url(self) -> str:
        """Where mail is taken; without the credentials."""
        return f"smtp://127.0.0.1:{self._port}"

    def refuse(self, address: str) -> None:
        """Answer RCPT for this address with 550: no such mailbox."""
        self.rules.refused.add(address.lower())

    def subscribe(self, queue: asyncio.Queue[dict[str, Any]]) -> None:
        """Put every mail into `queue` from here on, as JSON-able dictionaries."""
        self._subscribers.add(queue)

    def unsubscribe(self, queue: asyncio.Queue[dict[str, Any]]) -> None:
        self._subscribers.discard(queue)

    async def wait(
        self,
        to: str | None = None,
        timeout: float = 10,  # noqa: ASYNC109 - how long to wait is the caller's
    ) -> Mail:
        """The first mail (to this address) that no `wait` returned yet, now or when it comes.

        Raises:
            TimeoutError: none came within `timeout` seconds of real time.
        """

        def find() -> tuple[int, Mail] | None:
            for index, mail in enumerate(self.messages):
                is_theirs = to is None or to.lower() in map(str.lower, mail.to)
                if is_theirs and index not in self._seen:
                    return index, mail
            return None

        index, mail = await self._bell.until(find, timeout)
        self._seen.add(index)
        return mail

    def accept(self, sender: str, recipients: tuple[str, ...], raw: bytes) -> None:
        """Keep a mail and tell whoever waits."""
        parsed = _parse(raw)
        mail = Mail(
            to=recipients,
            sender=sender,
            subject=str(parsed["Subject"] or ""),
            text=_body(parsed, "plain"),
            html=_body(parsed, "html"),
            raw=raw,
            at=self._now(),
        )
        copies = 2 if self.faults.take("DATA", "duplicate") else 1
        for _ in range(copies):
            self.messages.append(mail)
            for queue in self._subscribers:
                queue.put_nowait(page_mail(mail))
        self._bell.ring()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._sessions.add(task)
        try:
            await SmtpSession(self.rules, self.faults, self.accept, reader, writer).run()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the client went away, or sent a line longer than the buffer
        finally:
            self._sessions.discard(task)
            writer.close()


def page_mail(mail: Mail) -> dict[str, Any]:
    """The mail for a web page: JSON values only."""
    return {
        "type": "mail",
        "to": list(mail.to),
        "from": mail.sender,
        "subject": mail.subject,
        "text": mail.text,
        "html": mail.html,
        "at": mail.at.isoformat(),
    }


def _parse(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=policy.default)


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()).replace("\r\n", "\n") if part else ""
