"""What a tutor says to let its voice be heard; data in samples.toml."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from bot.core.language import Level, base_language
from bot.voice.avatars import Avatar
from bot.voice.model import SessionSpec
from bot.voice.persona import Practice, session_instructions, variables

_FILE = Path(__file__).with_name("samples.toml")


def sample_line(avatar: Avatar, language: str) -> str:
    """The tutor's words in a language; its bare name where nobody has written any."""
    return _lines().get(base_language(language), "{name}.").format(name=avatar.name)


def sample_spec(avatar: Avatar, language: str) -> SessionSpec:
    """A conversation for the sample alone."""
    practice = Practice(language=base_language(language), level=Level.B1, avatar=avatar)
    own = next((a for a in avatar.accents if base_language(a) == practice.language), None)
    return SessionSpec(
        prompt=session_instructions(practice),
        variables=variables(practice),
        reply_language=own or practice.language,
        spoken_languages=(practice.language,),
    )


@cache
def _lines() -> Mapping[str, str]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
