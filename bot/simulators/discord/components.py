"""Buttons, menus and forms: what Discord refuses, and how to find one again."""

from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from itertools import count

from bot.simulators.discord.errors import Json, invalid, missing, too_long

ROW, BUTTON, STRING_SELECT, TEXT_INPUT = 1, 2, 3, 4
OTHER_SELECTS = (5, 6, 7, 8)  # user, role, mentionable, channel
TEXT_DISPLAY, LABEL, FILE_UPLOAD, RADIO_GROUP, CHECKBOX_GROUP, CHECKBOX = 10, 18, 19, 21, 22, 23
_LINK, _PREMIUM = 5, 6
_ONLY_V2 = {9, TEXT_DISPLAY, 11, 12, 13, 14, 17}  # from sections to containers
_CHOICES = {FILE_UPLOAD, RADIO_GROUP, CHECKBOX_GROUP, CHECKBOX}
_IN_LABEL = {STRING_SELECT, TEXT_INPUT, *OTHER_SELECTS, *_CHOICES}
_MOST_ROWS, _MOST_V2, _MOST_IN_MODAL = 5, 40, 5


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a message: one with a `custom_id` asks the bot, one with a `url` opens it."""

    label: str
    custom_id: str | None
    url: str | None
    style: int
    is_disabled: bool


def buttons_in(components: Iterable[Json]) -> Iterator[Button]:
    """The buttons among components, in reading order."""
    for _, component in walk(list(components)):
        if component["type"] == BUTTON:
            yield Button(
                label=component.get("label") or (component.get("emoji") or {}).get("name") or "",
                custom_id=component.get("custom_id"),
                url=component.get("url"),
                style=component["style"],
                is_disabled=bool(component.get("disabled")),
            )


def texts_in(components: Iterable[Json]) -> list[str]:
    """What the text displays among components say, in reading order."""
    everything = walk(list(components))
    return [each["content"] for _, each in everything if each["type"] == TEXT_DISPLAY]


def walk(components: object, where: str = "components") -> Iterator[tuple[str, Json]]:
    """Every component with its place, parents first."""
    if not isinstance(components, list | tuple):
        raise invalid(where, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
    for index, component in enumerate(components):
        place = f"{where}.{index}"
        yield from _walk_one(component, place)


def _walk_one(component: object, place: str) -> Iterator[tuple[str, Json]]:
    if not isinstance(component, dict) or not isinstance(component.get("type"), int):
        raise missing(f"{place}.type")
    yield place, component
    if "components" in component:
        yield from walk(component["components"], f"{place}.components")
    for name in ("accessory", "component"):
        if name in component:
            yield from _walk_one(component[name], f"{place}.{name}")


def check_message_components(components: object, *, is_v2: bool) -> tuple[Json, ...]:
    """The components of a message with an `id` each. Raises ApiError 50035."""
    checked = deepcopy(components)
    everything = list(walk(checked))
    if is_v2 and len(everything) > _MOST_V2:
        raise invalid("components", "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", "At most 40")
    if not is_v2:
        _check_rows(everything)
    for place, component in everything:
        _check(component, place)
        component.pop("required", None)  # means something in forms alone
    _check_ids(everything)
    return tuple(checked) if isinstance(checked, list) else ()


def check_modal(data: Json) -> Json:
    """A form to open, its components with an `id` each. Raises ApiError 50035."""
    _check_length(data, "title", "data", 45, 1)
    _check_length(data, "custom_id", "data", 100, 1)
    checked = deepcopy(data)
    components = checked.get("components")
    if not isinstance(components, list) or not 1 <= len(components) <= _MOST_IN_MODAL:
        raise too_long("data.components", _MOST_IN_MODAL, 1)
    everything = list(walk(components, "data.components"))
    for place, component in everything:
        if component["type"] == TEXT_INPUT:
            _check_text_input(component, place)
        else:
            _check(component, place)
        if component["type"] == LABEL:
            _check_label(component, place)
    _check_ids(everything)
    return checked


def _check_rows(everything: list[tuple[str, Json]]) -> None:
    """Without layouts a message has up to five rows, and nothing beside them."""
    if sum(place.count(".") == 1 for place, _ in everything) > _MOST_ROWS:
        raise too_long("components", _MOST_ROWS, 1)
    for place, component in everything:
        is_top = place.count(".") == 1
        if component["type"] in _ONLY_V2 or is_top != (component["type"] == ROW):
            reason = "The specified component type is invalid in this context"
            raise invalid(f"{place}.type", "COMPONENT_TYPE_INVALID", reason)


def _check(component: Json, place: str) -> None:
    kind = component["type"]
    if kind == ROW:
        _check_row(component, place)
    elif kind == BUTTON:
        _check_button(component, place)
    elif kind == STRING_SELECT or kind in OTHER_SELECTS:
        _check_select(component, place)
    elif kind == TEXT_INPUT:
        reason = "The specified component type is invalid in this context"
        raise invalid(f"{place}.type", "COMPONENT_TYPE_INVALID", reason)
    elif kind == TEXT_DISPLAY:
        _check_length(component, "content", place, 4000, 1)


def _check_row(row: Json, place: str) -> None:
    children = row.get("components")
    if not isinstance(children, list) or not 1 <= len(children) <= 5:
        raise too_long(f"{place}.components", 5, 1)
    kinds = [child.get("type") for child in children]
    if any(kind != BUTTON for kind in kinds) and len(kinds) > 1:
        reason = "The specified component exceeds the maximum width"
        raise invalid(f"{place}.components", "COMPONENT_LAYOUT_WIDTH_EXCEEDED", reason)


def _check_button(button: Json, place: str) -> None:
    _check_length(button, "label", place, 80)
    style = button.get("style")
    if style not in range(1, 7):
        raise invalid(f"{place}.style", "BASE_TYPE_CHOICES", "Value must be one of (1, ..., 6).")
    if style in (_LINK, _PREMIUM):
        if "custom_id" in button:
            reason = "A custom id and url cannot both be specified"
            raise invalid(f"{place}.custom_id", "BUTTON_COMPONENT_CUSTOM_ID_URL_EXCLUSIVE", reason)
        if style == _LINK:
            _check_length(button, "url", place, 512, 1)
        return
    if not button.get("custom_id"):
        raise invalid(f"{place}.custom_id", "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED", "Required")
    if not button.get("label") and not button.get("emoji"):
        raise invalid(f"{place}.label", "BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED", "Required")


def _check_select(select: Json, place: str) -> None:
    if not select.get("custom_id"):
        raise missing(f"{place}.custom_id")
    _check_length(select, "placeholder", place, 150)
    lowest, highest = select.get("min_values", 1), select.get("max_values", 1)
    if not 0 <= lowest <= 25 or not 1 <= highest <= 25 or lowest > highest:
        raise invalid(f"{place}.min_values", "NUMBER_TYPE_MAX", "Out of bounds")
    if select["type"] == STRING_SELECT:
        _check_options(select.get("options"), f"{place}.options")


def _check_options(options: object, place: str) -> None:
    if not isinstance(options, list) or not 1 <= len(options) <= 25:
        raise too_long(place, 25, 1)
    values: set[str] = set()
    for index, option in enumerate(options):
        for name, shortest in (("label", 1), ("value", 1), ("description", 0)):
            _check_length(option, name, f"{place}.{index}", 100, shortest)
        if option["value"] in values:
            reason = "The specified option value is already used"
            raise invalid(
                f"{place}.{index}.value", "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", reason
            )
        values.add(option["value"])


def _check_label(label: Json, place: str) -> None:
    _check_length(label, "label", place, 45, 1)
    _check_length(label, "description", place, 100)
    if label.get("component", {}).get("type") not in _IN_LABEL:
        raise missing(f"{place}.component")


def _check_text_input(field: Json, place: str) -> None:
    if not field.get("custom_id"):
        raise missing(f"{place}.custom_id")
    _check_length(field, "label", place, 45)
    _check_length(field, "placeholder", place, 100)
    _check_length(field, "value", place, 4000)
    if field.get("style") not in (1, 2):
        raise invalid(f"{place}.style", "BASE_TYPE_CHOICES", "Value must be one of (1, 2).")
    for name, lowest in (("min_length", 0), ("max_length", 1)):
        value = field.get(name)
        if value is not None and not lowest <= value <= 4000:
            raise invalid(f"{place}.{name}", "NUMBER_TYPE_MAX", "Out of bounds")


def _check_ids(everything: list[tuple[str, Json]]) -> None:
    """Each `custom_id` occurs once; each component gets an `id` where it brought none."""
    seen: set[str] = set()
    numbers = count(1)
    for place, component in everything:
        component.setdefault("id", next(numbers))
        custom_id = component.get("custom_id")
        if custom_id is None:
            continue
        if not isinstance(custom_id, str) or not 1 <= len(custom_id) <= 100:
            raise too_long(f"{place}.custom_id", 100, 1)
        if custom_id in seen:
            reason = "Component custom id cannot be duplicated"
            raise invalid(f"{place}.custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", reason)
        seen.add(custom_id)


def _check_length(holder: Json, name: str, place: str, longest: int, shortest: int = 0) -> None:
    value = holder.get(name)
    if value is None and shortest:
        raise missing(f"{place}.{name}")
    if value is not None and not (isinstance(value, str) and shortest <= len(value) <= longest):
        raise too_long(f"{place}.{name}", longest, shortest)
