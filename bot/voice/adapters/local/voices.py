"""Which voices there are for which language."""

# Voices of voices.npz by language tag; the first is the default.
_NATURAL = {
    "en-us": ("af_heart", "am_michael"),
    "en-gb": ("bf_emma", "bm_george"),
    "es": ("ef_dora", "em_alex"),
    "fr": ("ff_siwis",),
    "it": ("if_sara", "im_nicola"),
    "pt": ("pf_dora",),
}
NATURAL_LANGUAGES = frozenset({"en", "es", "fr", "it", "pt"})


def voices_of(language: str) -> tuple[str, ...]:
    """Natural voices for a BCP 47 tag, the default first; all accents for a bare "en"."""
    tag = language.replace("_", "-").lower()
    if tag == "en":
        return _NATURAL["en-us"] + _NATURAL["en-gb"]
    base = tag.split("-", 1)[0]
    return _NATURAL.get(tag) or _NATURAL.get("en-us" if base == "en" else base, ())


def voice_for(language: str, wanted: str | None) -> str:
    """The wanted voice where it speaks this language, else the default.

    Raises:
        LookupError: no natural voice speaks it.
    """
    voices = voices_of(language)
    if not voices:
        raise LookupError(language)
    return wanted if wanted in voices else voices[0]
