"""The tutors one can choose: voice, accent, manner; data in avatars.toml."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from bot.core.language import base_language

_FILE = Path(__file__).with_name("avatars.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Avatar:
    """A tutor.

    Args:
        gender: "female" or "male".
        picture: an emoji that stands for a portrait; `colour` is its background.
        accents: BCP 47 tags, its own first.
        persona: one sentence for generative engines.
        about: one sentence for people, by language of the interface.
        voices: engine name to that engine's voice id.
    """

    id: str
    name: str
    gender: str
    picture: str
    colour: str
    accents: tuple[str, ...]
    persona: str
    about: Mapping[str, str]
    voices: Mapping[str, str]

    @property
    def languages(self) -> frozenset[str]:
        """Base languages that are its own; generative engines let it speak others too."""
        return frozenset(base_language(accent) for accent in self.accents)


class Choice(NamedTuple):
    """The nearest avatar there is; `is_exact` tells whether it is all that was wished for."""

    avatar: Avatar
    is_exact: bool


@cache
def list_avatars(language: str | None = None) -> tuple[Avatar, ...]:
    """All avatars, or those whose own language this is."""
    data = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    avatars = tuple(
        Avatar(**{**entry, "id": key, "accents": tuple(entry["accents"])})
        for key, entry in data.items()
    )
    if language is None:
        return avatars
    return tuple(avatar for avatar in avatars if base_language(language) in avatar.languages)


def find_avatar(avatar_id: str | None) -> Avatar | None:
    """The avatar with this id, None when there is none."""
    return next((avatar for avatar in list_avatars() if avatar.id == avatar_id), None)


def closest(language: str, accent: str | None = None, gender: str | None = None) -> Choice:
    """The avatar nearest to what was wished for: language before accent before gender.

    Args:
        language: base language or tag.
        accent: BCP 47 tag such as "en-GB"; None when any will do, and so is `gender`.
    """

    def fit(avatar: Avatar) -> tuple[bool, bool, bool]:
        return (
            base_language(language) in avatar.languages,
            accent is None or accent.lower() in {own.lower() for own in avatar.accents},
            gender is None or gender == avatar.gender,
        )

    best = max(list_avatars(), key=fit)
    return Choice(best, all(fit(best)))


def voice_of(engine: str, avatar_id: str | None, language: str) -> str | None:
    """The engine's voice id for an avatar, None for the engine's default.

    The local engine's voices speak one language each: an avatar of another language has none.
    """
    avatar = find_avatar(avatar_id)
    if avatar is None:
        return None
    if engine == "local" and base_language(language) not in avatar.languages:
        return None
    return avatar.voices.get(engine)
