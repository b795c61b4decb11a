"""In which language a request is answered."""

from collections.abc import Mapping

from aiohttp import web

from bot.core.language import base_language
from bot.i18n.catalog import SOURCE_LANGUAGE, Texts, texts_in, ui_languages

TEXTS = web.RequestKey("texts", Texts)
_MOST_ASKED = 10


def texts_for(headers: Mapping[str, str], person: str | None = None) -> Texts:
    """Of `Accept-Language` (RFC 9110, 12.5.4) where we speak one of them, else the person's."""
    asked = headers.get("Accept-Language", "").split(",")[:_MOST_ASKED]
    wanted = sorted(filter(None, map(_weighed, asked)), key=lambda each: -each[0])
    known = next((tag for _, tag in wanted if tag in ui_languages()), None)
    return texts_in(known or person or SOURCE_LANGUAGE)


def _weighed(asked: str) -> tuple[float, str] | None:
    """A language with its weight; None: it is not wanted, or nothing of the kind."""
    tag, _, params = asked.strip().partition(";")
    name, _, value = params.strip().partition("=")
    try:
        weight = float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return None
    return (weight, base_language(tag.strip())) if 0 < weight <= 1 else None
