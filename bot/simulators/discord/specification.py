"""Checks requests against Discord's OpenAPI document."""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.simulators.discord.call import Call
from bot.simulators.discord.schema import Schema, Schemas

_SPEC = Path("shared/specs/discord/openapi.json")
_JSON = "application/json"
# Documented in words (application-commands.mdx), or sent by discord.py and taken.
_TOLERATED = frozenset({"nsfw", "tts"})
_DIGITS = frozenset({"allow", "deny"})
_TOLERATED_QUERY = {"use_nested_fields"}
_TOLERATED_PROBLEMS = {("create_thread", "body: unknown member type")}  # of a forum post


def find_spec() -> Path | None:
    """`../shared/specs/discord/openapi.json` beside the repository; None where it is missing."""
    roots = (Path.cwd(), Path(__file__).resolve().parents[3])
    found = (root.parent / _SPEC for root in roots)
    return next((path for path in found if path.is_file()), None)


class Specification:
    """The operations and schemas of openapi.json, asked by `operationId`."""

    def __init__(self, path: Path) -> None:
        self._operations, self._schemas = _read(path)

    def has(self, operation: str) -> bool:
        """Whether there is an operation of this name."""
        return operation in self._operations

    def problems_of_call(self, call: Call) -> list[str]:
        """What is wrong with parameters and body; empty when nothing is."""
        operation = self._operations[call.operation]
        problems = self._query(operation, call)
        content = operation.get("requestBody", {}).get("content", {})
        if not content:
            return problems + (["takes no body"] if call.body else [])
        if call.uploads and "multipart/form-data" not in content:
            problems.append("takes no files")
        problems += self._schemas.problems(content[_JSON]["schema"], call.body, "body")
        return [each for each in problems if (call.operation, each) not in _TOLERATED_PROBLEMS]

    def problems_of_answer(self, operation: str, status: int, body: Any) -> list[str]:
        """What is wrong with an answer of ours; empty when nothing is."""
        described = self._operations[operation]["responses"].get(str(status))
        if described is None:
            return [f"status {status} is none of this operation"]
        content = described.get("content", {})
        if not content:
            return [] if body is None else ["answers with no body"]
        return self._schemas.problems(content[_JSON]["schema"], body, "answer")

    def _query(self, operation: Schema, call: Call) -> list[str]:
        known = {
            each["name"]: each["schema"]
            for each in operation.get("parameters", ())
            if each["in"] == "query"
        }
        unknown = call.query.keys() - known.keys() - _TOLERATED_QUERY
        return [f"unknown parameter {name}" for name in sorted(unknown)]


@lru_cache(maxsize=2)
def _read(path: Path) -> tuple[Mapping[str, Schema], Schemas]:
    """Operations by name, each with the parameters of its path as well."""
    document = json.loads(path.read_text(encoding="utf-8"))
    operations: dict[str, Schema] = {}
    for methods in document["paths"].values():
        shared = methods.get("parameters", [])
        for method, operation in methods.items():
            if method != "parameters":
                parameters = [*shared, *operation.get("parameters", [])]
                operations[operation["operationId"]] = operation | {"parameters": parameters}
    return operations, Schemas(document["components"]["schemas"], _TOLERATED, _DIGITS)
