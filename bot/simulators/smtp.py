"""One SMTP session, from the greeting to QUIT (RFC 5321, RFC 4954 for AUTH PLAIN)."""

import asyncio
import re
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.simulators.faults import Faults

_MAX_LINE = 1_000  # octets; commands are shorter (RFC 5321, 4.5.3.1)
_PATH = re.compile(r"(?i)(?:FROM|TO):\s*<([^<>\s]*)>(.*)")
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
_SIZE = re.compile(r"(?i)\bSIZE=(\d+)")
_SIMPLE = {
    "CONNECT": "220 mailbox.invalid ESMTP",
    "NOOP": "250 2.0.0 OK",
    "VRFY": "252 2.5.2 Send some mail, I will try",
    "QUIT": "221 2.0.0 Bye",
    "TOO-LONG": "500 5.5.2 Line too long",
}


@dataclass(slots=True)
class SmtpRules:
    """What a server asks for.

    Args:
        max_size: of a message in bytes, announced as SIZE.
        credentials: user and password that AUTH PLAIN must show before MAIL; None: none needed.
        refused: addresses (lower case) that have no mailbox here.
    """

    max_size: int
    credentials: tuple[str, str] | None = None
    refused: set[str] = field(default_factory=set)


class _Hangup(Exception):
    """The session ends here, without another word."""


@dataclass(slots=True)
class SmtpSession:
    """One client's connection.

    Args:
        accept: keeps a mail: envelope sender, recipients, and the message.
    """

    rules: SmtpRules
    faults: Faults
    accept: Callable[[str, tuple[str, ...], bytes], None]
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    is_greeted: bool = False
    is_known: bool = False
    sender: str | None = None
    recipients: list[str] = field(default_factory=list)

    async def run(self) -> None:
        try:
            await self._step("CONNECT", "")
            while line := await self._line():
                verb, _, rest = line.partition(" ")
                await self._step(verb.upper(), rest.strip())
        except _Hangup:
            return

    async def _line(self) -> str:
        try:
            line = await self.reader.readline()
        except ValueError:  # longer than the reader's buffer
            return "TOO-LONG"
        if len(line) > _MAX_LINE:
            return "TOO-LONG"
        return line.decode("utf-8", "replace").rstrip("\r\n") or ("NOOP" if line else "")

    async def _step(self, verb: str, rest: str) -> None:
        faults = self.faults
        await faults.hold(verb)
        if faults.take(verb, "drop_before"):
            raise _Hangup
        if faults.take(verb, "rate_limit"):
            await self._say("421 4.7.0 Too many connections, try again later")
            raise _Hangup
        if fault := faults.take(verb, "status"):
            await self._say(f"{fault.status} Failing on command")
            if verb == "CONNECT":
                raise _Hangup
            return
        reply = await self._reply(verb, rest)
        if faults.take(verb, "drop_after"):
            raise _Hangup
        await self._say(reply)
        if verb == "QUIT":
            raise _Hangup

    async def _reply(self, verb: str, rest: str) -> str:
        if simple := _SIMPLE.get(verb):
            return simple
        match verb:
            case "EHLO" | "HELO":
                return self._greet(verb, rest)
            case "AUTH":
                return await self._authenticate(rest)
            case "MAIL":
                return self._mail(rest)
            case "RCPT":
                return self._recipient(rest)
            case "DATA":
                return await self._data(rest)
            case "RSET":
                self._reset()
                return "250 2.0.0 Reset"
        return "502 5.5.1 Command not implemented"

    def _greet(self, verb: str, domain: str) -> str:
        if not domain:
            return "501 5.5.4 Domain required"
        self._reset()
        self.is_greeted = True
        if verb == "HELO":
            return "250 mailbox.invalid"
        lines = ["mailbox.invalid", f"SIZE {self.rules.max_size}", "8BITMIME", "SMTPUTF8"]
        if self.rules.credentials:
            lines.append("AUTH PLAIN")
        return "\r\n".join([*(f"250-{line}" for line in lines), "250 ENHANCEDSTATUSCODES"])

    async def _authenticate(self, rest: str) -> str:
        method, _, response = rest.partition(" ")
        if self.rules.credentials is None or method.upper() != "PLAIN":
            return "504 5.5.4 Unrecognized authentication type"
        if not response:
            await self._say("334 ")
            response = await self._line()
        try:
            _, user, password = b64decode(response, validate=True).decode().split("\0")
        except ValueError:
            return "501 5.5.2 Cannot decode the credentials"
        self.is_known = (user, password) == self.rules.credentials
        if not self.is_known:
            return "535 5.7.8 Authentication credentials invalid"
        return "235 2.7.0 Authentication successful"

    def _mail(self, rest: str) -> str:
        if not self.is_greeted or self.sender is not None:
            return "503 5.5.1 Bad sequence of commands"
        if self.rules.credentials and not self.is_known:
            return "530 5.7.0 Authentication required"
        path = _PATH.fullmatch(rest)
        if not path or not rest.upper().startswith("FROM"):
            return "501 5.5.4 Syntax: MAIL FROM:<address>"
        size = _SIZE.search(path[2])
        if size and int(size[1]) > self.rules.max_size:
            return "552 5.3.4 Message too big for this system"
        if path[1] and not _ADDRESS.fullmatch(path[1]):
            return "553 5.1.7 Sender address is not valid"
        self.sender = path[1]
        return "250 2.1.0 Sender OK"

    def _recipient(self, rest: str) -> str:
        if self.sender is None:
            return "503 5.5.1 Bad sequence of commands"
        path = _PATH.fullmatch(rest)
        if not path or not rest.upper().startswith("TO"):
            return "501 5.5.4 Syntax: RCPT TO:<address>"
        if not _ADDRESS.fullmatch(path[1]):
            return "553 5.1.3 Recipient address is not valid"
        if path[1].lower() in self.rules.refused:
            return "550 5.1.1 No such mailbox here"
        self.recipients.append(path[1])
        return "250 2.1.5 Recipient OK"

    async def _data(self, rest: str) -> str:
        if rest:
            return "501 5.5.4 Syntax: DATA"
        if not self.recipients or self.sender is None:
            return "503 5.5.1 Bad sequence of commands"
        await self._say("354 End data with <CR><LF>.<CR><LF>")
        raw = await self._message()
        sender, recipients = self.sender, tuple(self.recipients)
        self._reset()
        if len(raw) > self.rules.max_size:
            return "552 5.3.4 Message too big for this system"
        self.accept(sender, recipients, raw)
        return "250 2.0.0 Message accepted"

    async def _message(self) -> bytes:
        """Lines up to the lone dot, leading dots unstuffed; too much is read but not kept."""
        lines: list[bytes] = []
        size = 0
        while (line := await self.reader.readuntil(b"\r\n")) != b".\r\n":
            line = line.removeprefix(b".")
            size += len(line)
            if size - len(line) <= self.rules.max_size:
                lines.append(line)
        return b"".join(lines)

    def _reset(self) -> None:
        self.sender = None
        self.recipients.clear()

    async def _say(self, reply: str) -> None:
        self.writer.write(f"{reply}\r\n".encode())
        await self.writer.drain()
