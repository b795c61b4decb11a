"""Checks requests against a machine-readable description of the Bot API."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.simulators.telegram.call import Call

_SPEC = Path("shared/specs/telegram/api.json")
_ADDITIONS = "additions-*.json"
_CONSTANT = re.compile(r"(?:must be|always) [\"“*]?(\w+)[\"”*]?\.?$")
_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}
_ATTACH = "attach://"

Field = dict[str, Any]


def find_spec() -> Path | None:
    """`../shared/specs/telegram/api.json` beside the repository; None where it is not at hand."""
    roots = (Path.cwd(), Path(__file__).resolve().parents[3])
    found = (root.parent / _SPEC for root in roots)
    return next((path for path in found if path.is_file()), None)


class Specification:
    """Methods and types of the Bot API.

    Args:
        path: api.json; files `additions-*.json` beside it (newer versions) are added.
    """

    def __init__(self, path: Path) -> None:
        self._methods, self._types = _read(path)

    def has_method(self, method: str) -> bool:
        return method.lower() in self._methods

    def problems_of_call(self, call: Call) -> list[str]:
        """What is wrong with the call's parameters; empty when nothing is."""
        given = {**call.params, **dict.fromkeys(call.uploads)}
        attached = {
            name for name in call.uploads if _ATTACH + name in json.dumps(dict(call.params))
        }
        fields = {field["name"]: field for field in self._methods[call.method.lower()]}
        problems = [f"unknown parameter {name}" for name in given.keys() - fields - attached]
        for name, field in fields.items():
            if name in call.uploads and name not in attached:
                if "InputFile" not in field["types"]:
                    problems.append(f"{name}: does not take a file")
            elif call.params.get(name) is not None:
                problems += self._parameter(call.params[name], field["types"], name)
            elif field["required"]:
                problems.append(f"missing parameter {name}")
        return sorted(problems)

    def problems_of_object(self, type_name: str, value: Any) -> list[str]:
        """What is wrong with an object of the named type, e.g. "Update"."""
        return list(self._object(type_name, value, type_name))

    def _parameter(self, value: Any, types: list[str], where: str) -> list[str]:
        """Nested values arrive as JSON text in forms; so do numbers and booleans."""
        if isinstance(value, str) and not {"String", "InputFile"} & set(types):
            try:
                value = _BOOLEANS[value.lower()] if types == ["Boolean"] else json.loads(value)
            except (ValueError, KeyError):
                return [f"{where}: not a {' or '.join(types)}"]
        return list(self._any_of(types, value, where))

    def _any_of(self, types: list[str], value: Any, where: str) -> Iterator[str]:
        first: list[str] | None = None
        for type_name in types:
            problems = list(self._value(type_name, value, where))
            if not problems:
                return
            first = problems if first is None else first
        yield from (first or []) if len(types) == 1 else [f"{where}: not a {' or '.join(types)}"]

    def _value(self, type_name: str, value: Any, where: str) -> Iterator[str]:
        if type_name.startswith("Array of "):
            yield from self._array(type_name.removeprefix("Array of "), value, where)
        elif type_name in self._types and type_name != "InputFile":
            yield from self._object(type_name, value, where)
        elif not _is_simple(type_name, value):
            yield f"{where}: not a {type_name}"

    def _array(self, type_name: str, value: Any, where: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"{where}: not an array"
            return
        for index, item in enumerate(value):
            yield from self._value(type_name, item, f"{where}[{index}]")

    def _object(self, type_name: str, value: Any, where: str) -> Iterator[str]:
        described = self._types[type_name]
        if subtypes := described.get("subtypes"):
            if not any(not list(self._object(subtype, value, where)) for subtype in subtypes):
                yield f"{where}: not a {type_name}"
            return
        if type_name == "KeyboardButton" and isinstance(value, str):
            return  # "String can be used instead of this object" (ReplyKeyboardMarkup)
        if not isinstance(value, dict):
            yield f"{where}: not a {type_name}"
            return
        yield from self._members(described.get("fields", []), value, where)

    def _members(self, fields: list[Field], value: dict[str, Any], where: str) -> Iterator[str]:
        known = {field["name"]: field for field in fields}
        for name in value.keys() - known.keys():
            yield f"{where}: unknown member {name}"
        for name, field in known.items():
            if name not in value:
                if field["required"]:
                    yield f"{where}: missing member {name}"
                continue
            yield from self._any_of(field["types"], value[name], f"{where}.{name}")
            constant = _CONSTANT.search(field["description"])
            if constant and field["types"] == ["String"] and value[name] != constant.group(1):
                yield f"{where}.{name}: must be {constant.group(1)}"


@lru_cache(maxsize=2)
def _read(path: Path) -> tuple[Mapping[str, list[Field]], Mapping[str, Mapping[str, Any]]]:
    """Fields of all methods by lower-case name, and all types."""
    described = json.loads(path.read_text(encoding="utf-8"))
    methods: dict[str, list[Field]] = {
        name.lower(): method.get("fields", []) for name, method in described["methods"].items()
    }
    types: dict[str, Mapping[str, Any]] = dict(described["types"])
    for more in sorted(path.parent.glob(_ADDITIONS)):
        _add(json.loads(more.read_text(encoding="utf-8")), methods, types)
    return methods, types


def _add(
    additions: Mapping[str, Any],
    methods: dict[str, list[Field]],
    types: dict[str, Mapping[str, Any]],
) -> None:
    """Names in lower case are methods; what is there already gets more fields."""
    for name, described in additions["new"].items():
        fields = [_with_types(field) for field in described["fields"]]
        if name[0].islower():
            methods[name.lower()] = fields
        else:
            types[name] = {"fields": fields}
    for name, more in additions["fields_added"].items():
        fields = [_with_types(field) for field in more]
        if name.lower() in methods:
            methods[name.lower()] = methods[name.lower()] + fields
        else:
            types[name] = {**types[name], "fields": [*types[name].get("fields", []), *fields]}


def _with_types(field: Field) -> Field:
    """Additions write a union as one string: "Integer or String"."""
    return {**field, "types": field["type"].split(" or ")}


def _is_simple(type_name: str, value: Any) -> bool:
    match type_name:
        case "Integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "Float":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "Boolean":
            return isinstance(value, bool)
        case "String" | "InputFile":
            return isinstance(value, str)
    return False
