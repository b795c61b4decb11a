"""Names of files that are safe on whatever machine they are saved."""

import re
from pathlib import PurePosixPath

from bot.core.text import clean

_LIMIT = 100
_SUFFIX_LIMIT = 16
_NO_NAME = "file"
_FORBIDDEN = re.compile(r'[<>:"|?*\n]')
_DEVICES = re.compile(r"(?i)^(con|prn|aux|nul|com\d|lpt\d)(?=\.|$)")


def safe_filename(name: str) -> str:
    """The last part of `name` without what a file system or a multipart header trips over."""
    last = clean(name).replace("\\", "/").rsplit("/", 1)[-1]
    bare = _FORBIDDEN.sub("_", last).strip(" .")
    bare = _DEVICES.sub(r"_\1", bare)
    suffix = PurePosixPath(bare).suffix[:_SUFFIX_LIMIT]
    if len(bare) > _LIMIT:
        bare = bare[: _LIMIT - len(suffix)] + suffix
    return bare or _NO_NAME
