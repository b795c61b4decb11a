"""Checks requests against Discord's OpenAPI document."""

from pathlib import Path

from bot.simulators.discord.call import Call

_SPEC = Path("shared/specs/discord/openapi.json")


def find_spec() -> Path | None:
    """`../shared/specs/discord/openapi.json` beside the repository; None where it is missing."""
    roots = (Path.cwd(), Path(__file__).resolve().parents[3])
    found = (root.parent / _SPEC for root in roots)
    return next((path for path in found if path.is_file()), None)


class Specification:
    def __init__(self, path: Path) -> None:
        self._path = path

    def problems_of_call(self, call: Call) -> list[str]:
        return []
