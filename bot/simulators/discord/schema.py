"""JSON Schema as far as Discord's OpenAPI document uses it, strict about unknown members."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


class Schemas:
    """The named schemas of a document.

    Args:
        named: by their names under `#/components/schemas/`.
        tolerated: members no schema has, which are accepted all the same.
        digits: members that are numbers here and documented as strings of digits.
    """

    def __init__(
        self, named: Mapping[str, Schema], tolerated: frozenset[str], digits: frozenset[str]
    ) -> None:
        self._named = named
        self._tolerated = tolerated
        self._digits = digits

    def problems(self, schema: Schema, value: Any, where: str) -> list[str]:
        """What is wrong with a value; empty when nothing is."""
        return list(self._value(schema, value, where))

    def _value(self, schema: Schema, value: Any, where: str) -> Iterator[str]:
        if "$ref" in schema:
            schema = self._named[schema["$ref"].rsplit("/", 1)[-1]]
        alternatives = schema.get("oneOf") or schema.get("anyOf")
        if alternatives and not _is_constants(alternatives):
            yield from self._best_of(alternatives, value, where)
            return
        yield from self._one(schema, value, where)

    def _best_of(self, schemas: list[Schema], value: Any, where: str) -> list[str]:
        """The problems of the alternative that fits best: its `type` counts before all."""
        fewest: list[str] | None = None
        for schema in schemas:
            problems = self.problems(schema, value, where)
            if not problems:
                return []
            is_closer = fewest is None or _distance(problems, where) < _distance(fewest, where)
            fewest = problems if is_closer else fewest
        return fewest or []

    def _one(self, schema: Schema, value: Any, where: str) -> Iterator[str]:
        value = self._number_in(schema, value, where)
        if not _fits_type(schema, value):
            yield f"{where}: not a {schema['type']}"
            return
        if value is None:
            return
        constants = _constants(schema)
        if constants and value not in constants:
            yield f"{where}: not one of {constants}"
        if isinstance(value, str):
            yield from _text(schema, value, where)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield from _number(schema, value, where)
        elif isinstance(value, list):
            yield from self._array(schema, value, where)
        elif isinstance(value, dict):
            yield from self._object(schema, value, where)

    def _number_in(self, schema: Schema, value: Any, where: str) -> Any:
        """The value, or the number it spells where the document should have said so."""
        is_spelt = (
            isinstance(value, str) and value.isdigit() and "integer" in schema.get("type", ())
        )
        return int(value) if is_spelt and where.rpartition(".")[2] in self._digits else value

    def _array(self, schema: Schema, value: list[Any], where: str) -> Iterator[str]:
        yield from _bounds(len(value), schema, "Items", where)
        if schema.get("uniqueItems") and any(each in value[:i] for i, each in enumerate(value)):
            yield f"{where}: items are repeated"
        for index, item in enumerate(value):
            yield from self._value(schema.get("items", {}), item, f"{where}[{index}]")

    def _object(self, schema: Schema, value: dict[str, Any], where: str) -> Iterator[str]:
        yield from _bounds(len(value), schema, "Properties", where)
        known = schema.get("properties")
        others = schema.get("additionalProperties")
        for name in schema.get("required", ()):
            if name not in value:
                yield f"{where}: missing member {name}"
        for name, member in value.items():
            place = f"{where}.{name}"
            if known and name in known:
                yield from self._value(known[name], member, place)
            elif isinstance(others, dict):
                yield from self._value(others, member, place)
            elif known is not None and name not in self._tolerated:
                yield f"{where}: unknown member {name}"


def _constants(schema: Schema) -> list[Any]:
    """The values a schema names one by one; empty when any are taken."""
    alternatives = schema.get("oneOf") or schema.get("anyOf") or ()
    return list(schema.get("enum") or (each["const"] for each in alternatives))


def _is_constants(alternatives: list[Schema]) -> bool:
    return all("const" in each for each in alternatives)


def _distance(problems: list[str], where: str) -> tuple[int, int]:
    """Alternatives of another `type` are far, however few other problems they have."""
    is_other = any(
        problem.startswith((f"{where}.type:", f"{where}: not a ")) for problem in problems
    )
    return int(is_other), len(problems)


def _fits_type(schema: Schema, value: Any) -> bool:
    types = schema.get("type")
    if types is None:
        return True
    names = [types] if isinstance(types, str) else types
    if schema.get("format") == "snowflake" and isinstance(value, int):
        return True  # taken as well as a string
    if isinstance(value, bool):
        return "boolean" in names
    return any(isinstance(value, _TYPES[name]) for name in names)


def _text(schema: Schema, value: str, where: str) -> Iterator[str]:
    yield from _bounds(len(value), schema, "Length", where)
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{where}: not like {schema['pattern']}"


def _number(schema: Schema, value: float, where: str) -> Iterator[str]:
    if value < schema.get("minimum", value):
        yield f"{where}: less than {schema['minimum']}"
    if value > schema.get("maximum", value):
        yield f"{where}: more than {schema['maximum']}"


def _bounds(size: int, schema: Schema, what: str, where: str) -> Iterator[str]:
    """Such as minLength and maxLength."""
    if size < schema.get(f"min{what}", 0):
        yield f"{where}: fewer than {schema[f'min{what}']} {what.lower()}"
    if size > schema.get(f"max{what}", size):
        yield f"{where}: more than {schema[f'max{what}']} {what.lower()}"
