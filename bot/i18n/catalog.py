"""Texts by key in the reader's language, from gettext catalogs (.po) compiled by Babel."""

import gettext
import io
from functools import cache
from pathlib import Path
from typing import Protocol

import structlog
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from bot.core.language import base_language

_log = structlog.get_logger()

LOCALES = Path(__file__).parent / "locales"
SOURCE_LANGUAGE = "en"


class Texts(Protocol):
    """Text of one language: `texts("flow.cancelled")`, `texts("report.words", count=3)`."""

    @property
    def language(self) -> str: ...

    def __call__(self, key: str, /, **params: object) -> str: ...


class CatalogTexts:
    """Texts of one interface language; a key it lacks is taken from English, and logged."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._translations = _translations(language)

    def __call__(self, key: str, /, **params: object) -> str:
        """The text of `key` with `{params}` filled in; `count` chooses the plural form.

        A key that no catalog has comes back as itself: visible, and never an exception in front
        of a person. A test proves that every key used exists in every language.
        """
        count = params.get("count")
        if isinstance(count, int):
            found = self._translations.ngettext(key, key, count)
        else:
            found = self._translations.gettext(key)
        if found == key:
            if self.language != SOURCE_LANGUAGE:
                return texts_in(SOURCE_LANGUAGE)(key, **params)
            _log.error("i18n.missing", key=key)
        return found.format_map(params) if params else found


@cache
def texts_in(language: str) -> CatalogTexts:
    """Texts of an interface language, of the nearest one we have, or English."""
    known = ui_languages()
    base = base_language(language)
    return CatalogTexts(base if base in known else SOURCE_LANGUAGE)


@cache
def ui_languages() -> tuple[str, ...]:
    """The interface languages: every folder under `locales`."""
    return tuple(sorted(folder.name for folder in LOCALES.iterdir() if any(folder.glob("*.po"))))


@cache
def keys(language: str) -> frozenset[str]:
    """All keys a language has a text for."""
    return frozenset(
        str(message.id[0] if isinstance(message.id, tuple) else message.id)
        for message in _catalog(language)
        if message.id and message.string
    )


def _catalog(language: str) -> Catalog:
    """One catalog out of the language's files, one file an area."""
    whole = Catalog(locale=language)
    for file in sorted((LOCALES / language).glob("*.po")):
        with file.open("rb") as source:
            for message in read_po(source, locale=language):
                if message.id:
                    whole[message.id] = message
    return whole


@cache
def _translations(language: str) -> gettext.GNUTranslations:
    compiled = io.BytesIO()
    write_mo(compiled, _catalog(language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
