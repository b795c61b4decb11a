"""Checks requests and events against the descriptions of Zoom's API, where they are at hand."""

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec as find_module
from pathlib import Path
from typing import Any

_SPECS = Path("shared/specs/zoom")


def find_spec() -> Path | None:
    """`../shared/specs/zoom` beside the repository.

    None where it, or the package that reads such files, is not at hand.
    """
    if find_module("jsonschema") is None:
        return None
    roots = (Path.cwd(), Path(__file__).resolve().parents[3])
    found = (root.parent / _SPECS for root in roots)
    return next((path for path in found if path.is_dir()), None)


class Specification:
    """The requests of meetings and reports, and the events of meetings."""

    def __init__(self, folder: Path) -> None:
        self._api = _read(folder / "meetings-openapi.json")
        self._events = _read(folder / "webhook-events.schema.json")

    def problems_of_request(
        self, method: str, path: str, query: Mapping[str, str], body: object
    ) -> list[str]:
        """What is wrong with a request; `path` as the description writes it."""
        where = f"{method} {path}"
        operation = self._api["paths"].get(path, {}).get(method.lower())
        if operation is None:
            return [f"{where}: no such operation"]
        known = {each["name"] for each in operation.get("parameters", ())}
        problems = [f"{where}: no parameter {name}" for name in query if name not in known]
        if "requestBody" in operation:
            content = operation["requestBody"]["content"]["application/json"]
            schema = {**content["schema"], "components": self._api["components"]}
            problems += _problems("Draft202012Validator", schema, body, where)
        elif body is not None:
            problems.append(f"{where}: takes no body")
        return problems

    def problems_of_answer(self, method: str, path: str, status: int, body: object) -> list[str]:
        """What is wrong with an answer of ours."""
        answers = self._api["paths"][path][method.lower()]["responses"]
        content = answers.get(str(status), {}).get("content")
        if content is None:
            return [] if str(status) in answers else [f"{method} {path}: never answers {status}"]
        schema = content["application/json"]["schema"]
        rooted = {**schema, "components": self._api["components"]}
        return _problems("Draft202012Validator", rooted, body, f"answer to {method} {path}")

    def problems_of_event(self, document: Mapping[str, Any]) -> list[str]:
        """What is wrong with an event of ours."""
        name = document["event"]
        schema = {
            "$ref": f"#/definitions/{name}",
            "definitions": self._events["definitions"],
        }
        return _problems("Draft7Validator", schema, document, name)


def _problems(draft: str, schema: Mapping[str, Any], value: object, where: str) -> list[str]:
    jsonschema: Any = import_module("jsonschema")
    return [
        f"{where}: {'.'.join(map(str, error.absolute_path))}: {error.message[:200]}"
        for error in getattr(jsonschema, draft)(schema).iter_errors(value)
    ]


@lru_cache
def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
