"""Logs: ids and causes, as text for people or JSON for machines; secrets never."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Literal

import structlog

_SECRETS = re.compile(
    r"(?P<telegram>\d{6,}:[A-Za-z0-9_-]{30,})"
    r"|(?P<mail>[\w.+-]+@[\w-]+\.[\w.]+)"
    r"|(?P<key>\b(?:sk|rk|whsec|lfa|lfr)_[A-Za-z0-9_-]{8,})"
    r"|(?P<query>(?:api_key|access_token|token|password)=[^&\s'\"]+)"
)
_QUIET = (
    "httpx",
    "httpcore",
    "telegram",
    "discord",
    "apscheduler",
    "websockets",
    "aiosqlite",
    "alembic",
    "stripe",
)


def redact(text: str) -> str:
    """`text` without anything that looks like a token, a key or a mail address."""
    return _SECRETS.sub(lambda match: f"<{match.lastgroup}>", text)


def configure(
    style: Literal["text", "json"] = "text", level: str = "INFO", stream: Any = None
) -> None:
    """Send structlog's and the libraries' logs to one place, redacted."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _redacted,
    ]
    is_tty = bool(getattr(stream or sys.stderr, "isatty", lambda: False)())
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=is_tty)
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    handler.addFilter(_keep_redacted)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _redacted(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = redact(value)
    return event


def _keep_redacted(record: logging.LogRecord) -> bool:
    record.msg, record.args = redact(record.getMessage()), None
    return True
