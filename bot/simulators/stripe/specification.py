"""Checks requests and objects against the description of Stripe's API, where it is at hand."""

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec as find_module
from pathlib import Path
from typing import Any

_SPEC = Path("shared/specs/stripe/openapi-subset.json")
_FORM = "application/x-www-form-urlencoded"
_BOOLEANS = {"true": True, "false": False}

Schema = Mapping[str, Any]


def find_spec() -> Path | None:
    """`../shared/specs/stripe/openapi-subset.json` beside the repository.

    None where it, or the package that reads such files, is not at hand.
    """
    if find_module("jsonschema") is None:
        return None
    roots = (Path.cwd(), Path(__file__).resolve().parents[3])
    found = (root.parent / _SPEC for root in roots)
    return next((path for path in found if path.is_file()), None)


class Specification:
    """The requests and objects of one version of the API."""

    def __init__(self, path: Path) -> None:
        self._document = _read(path)
        self._named: Mapping[str, Schema] = self._document["components"]["schemas"]

    def problems_of_request(self, method: str, path: str, body: Mapping[str, Any]) -> list[str]:
        """What is wrong with a request.

        Args:
            path: as the description writes it, `/v1/customers/{customer}`.
            body: all values as text.
        """
        operation = self._document["paths"].get(path, {}).get(method.lower())
        if operation is None:
            return [f"{method} {path}: no such operation"]
        if "requestBody" in operation:
            schema = operation["requestBody"]["content"][_FORM]["schema"]
        else:
            schema = operation.get("x-query-schema", {"properties": {}})
        return self._problems(schema, self._typed(schema, body), f"{method} {path}")

    def problems_of_object(self, value: Mapping[str, Any]) -> list[str]:
        """What is wrong with an object of ours, by its own `object`."""
        name = value["object"]
        return self._problems({"$ref": f"#/components/schemas/{name}"}, value, name)

    def _problems(self, schema: Schema, value: Any, where: str) -> list[str]:
        jsonschema: Any = import_module("jsonschema")
        rooted = {**schema, "components": self._document["components"]}
        validator = jsonschema.Draft202012Validator(rooted)
        return [
            f"{where}: {'.'.join(map(str, error.absolute_path))}: {error.message[:200]}"
            for error in validator.iter_errors(value)
        ]

    def _typed(self, schema: Schema, value: Any) -> Any:
        """The value with the numbers and booleans that a form can only spell."""
        schema = self._resolved(schema)
        if "anyOf" in schema and not isinstance(value, str):
            fitting = [self._resolved(each) for each in schema["anyOf"]]
            wanted = "array" if isinstance(value, list) else "object"
            schema = next((each for each in fitting if each.get("type") == wanted), schema)
        if isinstance(value, dict):
            known, others = schema.get("properties", {}), schema.get("additionalProperties")
            return {
                name: self._typed(known.get(name) or others or {}, each)
                for name, each in value.items()
            }
        if isinstance(value, list):
            return [self._typed(schema.get("items", {}), each) for each in value]
        return _spelt(schema, value)

    def _resolved(self, schema: Schema) -> Schema:
        while True:
            if "$ref" in schema:
                schema = self._named[schema["$ref"].rsplit("/", 1)[-1]]
            elif len(schema.get("allOf", ())) == 1:
                schema = schema["allOf"][0]
            else:
                return schema


def _spelt(schema: Schema, value: str) -> Any:
    kinds = {schema.get("type"), *(each.get("type") for each in schema.get("anyOf", ()))}
    if "boolean" in kinds and value in _BOOLEANS:
        return _BOOLEANS[value]
    if "integer" in kinds and value.lstrip("-").isdigit():
        return int(value)
    return value


@lru_cache
def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
