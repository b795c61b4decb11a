"""What a look at one part of the installation found, and how it is shown."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, SecretStr

from config.logging import redact
from config.settings import Settings

_SHORTEST_SECRET = 4


class Status(StrEnum):
    """`FAIL` stops something that is switched on; `WARN` is worth a look."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's.

    Args:
        check: what was looked at, e.g. "telegram.webhook".
        detail: what was found.
        remedy: what to do next; empty where nothing is to be done.
    """

    check: str
    status: Status
    detail: str
    remedy: str = ""


class Scrubber:
    """Takes every secret of the settings out of texts, whoever put it there."""

    def __init__(self, settings: Settings | None) -> None:
        found = set(_secrets(settings)) if settings else set()
        self._secrets = sorted((s for s in found if len(s) >= _SHORTEST_SECRET), key=len)[::-1]

    def clean(self, finding: Finding) -> Finding:
        return replace(
            finding, detail=self._without(finding.detail), remedy=self._without(finding.remedy)
        )

    def _without(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "<secret>")
        return redact(text)


def _secrets(settings: Settings) -> Iterator[str]:
    yield from _passwords(settings.database_url)
    for secret in _secret_fields(settings):
        yield secret
        yield from secret.split(",")
        yield from _passwords(secret)


def _secret_fields(model: BaseModel) -> Iterator[str]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, SecretStr):
            yield value.get_secret_value()
        elif isinstance(value, BaseModel):
            yield from _secret_fields(value)


def _passwords(text: str) -> Iterator[str]:
    """The password in an address, as it is written and as it is meant."""
    if "://" in text:
        _, _, password = urlsplit(text).netloc.rpartition("@")[0].partition(":")
        yield from (password, unquote(password))


def render_json(findings: Sequence[Finding]) -> str:
    """A list of objects."""
    return json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2)


def render_table(findings: Sequence[Finding]) -> str:
    """A line for each finding, its remedy below it, and the sum of it all."""
    width = max((len(finding.check) for finding in findings), default=0)
    lines = [line for finding in findings for line in render_lines(finding, width)]
    counts = {status: sum(f.status is status for f in findings) for status in Status}
    total = f"{counts[Status.FAIL]} wrong, {counts[Status.WARN]} to look at, {counts[Status.OK]} ok"
    return "\n".join([*lines, "", total])


def render_lines(finding: Finding, width: int = 0) -> list[str]:
    """The finding, and what to do."""
    mark = finding.status.value.upper() if finding.status is Status.FAIL else finding.status.value
    lines = [f"{mark:4}  {finding.check:{width}}  {finding.detail}"]
    if finding.remedy:
        lines.append(f"{'':4}  {'':{width}}  -> {finding.remedy}")
    return lines
