"""Languages as BCP 47 tags, and levels of the Common European Framework (CEFR)."""

from enum import StrEnum


class Level(StrEnum):
    """CEFR level of a learner in one language."""

    A1 = "A1"
    A2 = "A2"
    B1 = "B1"
    B2 = "B2"
    C1 = "C1"
    C2 = "C2"

    @property
    def band(self) -> "Band":
        return _BAND_OF[self.value[0]]


class Band(StrEnum):
    """The three bands shown to people; content is written per band."""

    BEGINNER = "beginner"
    INTERMEDIATE = "intermediate"
    ADVANCED = "advanced"


_BAND_OF = {"A": Band.BEGINNER, "B": Band.INTERMEDIATE, "C": Band.ADVANCED}


def base_language(tag: str) -> str:
    """The language subtag alone: "pt" for "pt-BR", lower case."""
    return tag.replace("_", "-").split("-", 1)[0].lower()
