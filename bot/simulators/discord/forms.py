"""Forms the bot opens, as a person reads them and as they are sent back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.simulators.discord.components import (
    BUTTON,
    CHECKBOX,
    LABEL,
    OTHER_SELECTS,
    RADIO_GROUP,
    ROW,
    TEXT_INPUT,
    walk,
)
from bot.simulators.discord.model import Json


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a form asks for; `component` is it as the bot sent it."""

    custom_id: str
    label: str
    component: Json


@dataclass(frozen=True, slots=True)
class Modal:
    """The form that is open."""

    title: str
    custom_id: str
    fields: tuple[Field, ...]


def read_modal(data: Json) -> Modal:
    """A form as a person sees it."""
    fields: list[Field] = []
    label = ""
    for _, component in walk(data["components"]):
        if component["type"] == LABEL:
            label = component["label"]
        elif "custom_id" in component and component["type"] != BUTTON:
            name = component.get("label") or label
            fields.append(Field(component["custom_id"], name, component))
    return Modal(data["title"], data["custom_id"], tuple(fields))


def submitted(modal: Json, values: Mapping[str, Any]) -> Json:
    """The `data` of the interaction, from values by custom_id or label.

    Raises:
        ValueError: the client refuses what was filled in.
    """
    given = _by_id(modal, values)
    components: list[Json] = []
    for component in modal["components"]:
        shell = {"type": component["type"], "id": component["id"]}
        if component["type"] == ROW:
            shell["components"] = [_answer(each, given) for each in component["components"]]
        elif component["type"] == LABEL:
            shell["component"] = _answer(component["component"], given)
        components.append(shell)
    return {"custom_id": modal["custom_id"], "components": components}


def option_value(field: Json, chosen: str) -> str:
    """The value of the option with this value or label. Raises ValueError."""
    options = field.get("options") or []
    for option in options:
        if chosen in (option["value"], option["label"]):
            return str(option["value"])
    raise ValueError(f"no such option; there are {[option['label'] for option in options]}")


def _by_id(modal: Json, values: Mapping[str, Any]) -> dict[str, Any]:
    fields = read_modal(modal).fields
    given: dict[str, Any] = {}
    for name, value in values.items():
        found = [field for field in fields if name in (field.custom_id, field.label)]
        if len(found) != 1:
            raise ValueError(f"no field {name!r}; there are {[field.label for field in fields]}")
        given[found[0].custom_id] = value
    return given


def _answer(field: Json, given: Mapping[str, Any]) -> Json:
    kind, value = field["type"], given.get(field["custom_id"])
    answer: Json = {"type": kind, "id": field["id"], "custom_id": field["custom_id"]}
    if kind == TEXT_INPUT:
        return answer | {"value": _text(field, str(value or field.get("value") or ""))}
    if kind == CHECKBOX:
        return answer | {"value": bool(field.get("default") if value is None else value)}
    if kind == RADIO_GROUP:
        (one,) = _chosen(field, [] if value is None else [value], most=1) or (None,)
        return answer | {"value": one}
    most = int(field.get("max_values") or 1)
    return answer | {"values": _chosen(field, list(value or ()), most=most)}


def _chosen(field: Json, chosen: list[Any], *, most: int) -> list[str]:
    """Values of options; users and channels are given as `Person` or by their id."""
    is_required = field.get("required", True)
    fewest = int(field.get("min_values", 1)) if is_required else 0
    if not fewest <= len(chosen) <= most:
        raise ValueError(f"{field['custom_id']}: {fewest} to {most} are to be chosen")
    if field["type"] in OTHER_SELECTS:
        return [str(getattr(each, "user_id", each)) for each in chosen]
    return [option_value(field, each) for each in chosen]


def _text(field: Json, text: str) -> str:
    is_required = field.get("required", True)
    shortest = int(field.get("min_length") or (1 if is_required else 0))
    longest = int(field.get("max_length") or 4000)
    is_left_out = not text and not is_required
    if not is_left_out and not shortest <= len(text) <= longest:
        raise ValueError(f"{field['custom_id']}: {shortest} to {longest} characters")
    return text
