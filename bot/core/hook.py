"""How a vendor's webhook is proved and named; who serves it is somebody else's business."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

Document = Mapping[str, Any]


class Verdict(StrEnum):
    """What a signature and its time prove."""

    GENUINE = "genuine"
    FORGED = "forged"
    STALE = "stale"


def _no_answer(_: Document) -> Document | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """How one vendor's deliveries are proved and named.

    Args:
        source: the vendor's name as in settings; in front of every key.
        path: where it delivers, e.g. "/webhooks/zoom".
        verify: of headers (in whatever case), the raw body and real time. Compares in constant
            time, and believes the age only where the signature covers it.
        key_of: the vendor's own identity of the event, up to 80 characters; None for an event
            that is none of ours.
        job_kind: put with payload `event`, the key under which the event is kept.
        answer: what is to be answered there and then in place of storing, e.g. a challenge.
    """

    source: str
    path: str
    verify: Callable[[Mapping[str, str], bytes, datetime], Verdict]
    key_of: Callable[[Document], str | None]
    job_kind: str
    answer: Callable[[Document], Document | None] = _no_answer
