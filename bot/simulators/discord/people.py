"""Somebody with a Discord client, driven from Python."""

from dataclasses import dataclass
from typing import Any

from bot.simulators.discord.asking import Asker
from bot.simulators.discord.components import BUTTON, LABEL, ROW, STRING_SELECT, TEXT_INPUT, walk
from bot.simulators.discord.interaction import Interaction, Kind
from bot.simulators.discord.model import Account, Channel, Json
from bot.simulators.discord.pane import Pane, option_value
from bot.simulators.discord.world import World


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


class Person:
    """A user with a client in some language."""

    def __init__(self, world: World, account: Account) -> None:
        self.account = account
        self._world = world
        self._panes: dict[int, Pane] = {}

    @property
    def user_id(self) -> int:
        return self.account.user_id

    @property
    def mention(self) -> str:
        return f"<@{self.user_id}>"

    @property
    def toasts(self) -> list[str]:
        """Errors the client showed, oldest first: "This interaction failed"."""
        return self._world.screen(self.user_id).toasts

    @property
    def modal(self) -> Modal | None:
        """The form the bot opened, until it is submitted or closed."""
        opened = self._world.screen(self.user_id).modal
        return read_modal(opened[0]) if opened else None

    @property
    def threads(self) -> list[Channel]:
        """Threads the person is a member of and can see, archived ones too."""
        return [
            channel
            for channel in self._world.channels.values()
            if channel.thread
            and self.user_id in channel.thread.members
            and self._world.rights(self.user_id, channel)
        ]

    def dm(self) -> Pane:
        """The direct messages with the bot."""
        return self.at(self._world.dm_with(self.user_id))

    def at(self, channel: Channel) -> Pane:
        """A channel or thread as this person sees it."""
        if channel.channel_id not in self._panes:
            pane = Pane(self._world, self.account, channel)
            self._panes[channel.channel_id] = pane
        return self._panes[channel.channel_id]

    async def submit(self, values: dict[str, Any]) -> Interaction:
        """Send the open form; `values` by custom_id or label of its fields.

        Raises:
            ValueError: no form is open, or the client refuses what was filled in.
        """
        screen = self._world.screen(self.user_id)
        if screen.modal is None:
            raise ValueError("no form is open")
        modal, opened_by = screen.modal
        data = {"custom_id": modal["custom_id"], "components": _submitted(modal, values)}
        channel = self._world.channels[opened_by.channel_id]
        message = channel.find(opened_by.message_id or 0)
        screen.modal = None
        asker = Asker(self._world, self.user_id, channel)
        return asker.ask(Kind.MODAL, data, message, opened_by)

    def close_modal(self) -> None:
        """Dismiss the form; the bot is told nothing."""
        self._world.screen(self.user_id).modal = None

    def close_dms(self) -> None:
        """Take no direct messages: the bot gets 50007."""
        self.account.takes_dms = False

    def open_dms(self) -> None:
        self.account.takes_dms = True

    def block(self) -> None:
        """Block the bot: it gets 50007."""
        self.account.has_blocked = True

    def unblock(self) -> None:
        self.account.has_blocked = False


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


def _submitted(modal: Json, values: dict[str, Any]) -> list[Json]:
    """The components of a submission. Raises ValueError."""
    given = _by_id(modal, values)
    submitted: list[Json] = []
    for component in modal["components"]:
        shell = {"type": component["type"], "id": component["id"]}
        if component["type"] == ROW:
            fields = [_answer(each, given) for each in component["components"]]
            submitted.append(shell | {"components": fields})
        elif component["type"] == LABEL:
            submitted.append(shell | {"component": _answer(component["component"], given)})
        else:
            submitted.append(shell)
    return submitted


def _by_id(modal: Json, values: dict[str, Any]) -> dict[str, Any]:
    fields = read_modal(modal).fields
    given: dict[str, Any] = {}
    for name, value in values.items():
        found = [field for field in fields if name in (field.custom_id, field.label)]
        if len(found) != 1:
            raise ValueError(f"no field {name!r}; there are {[field.label for field in fields]}")
        given[found[0].custom_id] = value
    return given


def _answer(field: Json, given: dict[str, Any]) -> Json:
    custom_id = field["custom_id"]
    answer: Json = {"type": field["type"], "id": field["id"], "custom_id": custom_id}
    if field["type"] == TEXT_INPUT:
        return answer | {
            "value": _text(field, str(given.get(custom_id) or field.get("value") or ""))
        }
    if field["type"] == STRING_SELECT:
        chosen = given.get(custom_id, [])
        return answer | {"values": [option_value(field, each) for each in chosen]}
    value = given.get(custom_id)
    return answer | ({"values": value} if isinstance(value, list) else {"value": value})


def _text(field: Json, text: str) -> str:
    shortest = int(field.get("min_length") or (1 if field.get("required", True) else 0))
    longest = int(field.get("max_length") or 4000)
    is_left_out = not text and not field.get("required", True)
    if not is_left_out and not shortest <= len(text) <= longest:
        raise ValueError(f"{field['custom_id']}: {shortest} to {longest} characters")
    return text
