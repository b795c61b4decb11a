"""The bot's answers to interactions: the callback, and what follows it."""

from typing import Any

from bot.simulators.discord import changes
from bot.simulators.discord.call import Call
from bot.simulators.discord.commands import CHAT, MESSAGE, USER, check_choice
from bot.simulators.discord.components import check_modal
from bot.simulators.discord.content import read_changes, read_message
from bot.simulators.discord.errors import invalid, refusal, too_long
from bot.simulators.discord.interaction import Callback, Interaction, Kind
from bot.simulators.discord.message_wire import message_json
from bot.simulators.discord.model import Channel, Json, Message, MessageFlag
from bot.simulators.discord.snowflake import parse_id
from bot.simulators.discord.wire import user_json
from bot.simulators.discord.world import World


def create_interaction_response(world: World, call: Call) -> Json | None:
    """The first answer to an interaction; with `with_response` the message it made comes back."""
    interaction = world.interactions.to_answer(
        parse_id(call.path["interaction_id"]), call.path["interaction_token"]
    )
    callback = _callback(interaction, call.fields)
    data = call.fields.get("data") or {}
    message = _ANSWERS[callback](world, interaction, data, call)
    interaction.answer = callback
    channel = world.channels.get(interaction.channel_id)
    world.show("INTERACTION_ANSWERED", {"id": str(interaction.interaction_id)}, channel)
    if call.query.get("with_response", "false").lower() not in ("true", "1"):
        return None
    return _with_response(world, interaction, callback, message)


def execute_webhook(world: World, call: Call) -> Json:
    """A follow-up; the first one after a deferred answer takes its place."""
    interaction, channel = _follow_up(world, call)
    original = channel.find(interaction.original_id or 0)
    if original and original.is_thinking:
        return _fill(world, channel, original, call)
    message = _post(world, interaction, call.fields, call)
    return message_json(world, message)


def get_webhook_message(world: World, call: Call) -> Json:
    """The first answer ("@original"), or a follow-up."""
    interaction, channel = _follow_up(world, call)
    return message_json(world, _answered(interaction, channel, call))


def update_webhook_message(world: World, call: Call) -> Json:
    """Change an answer; one that was only promised is filled in."""
    interaction, channel = _follow_up(world, call)
    message = _answered(interaction, channel, call)
    if message.is_thinking:
        return _fill(world, channel, message, call)
    changed = changes.edit(world, message, **read_changes(world, message, call.fields, call))
    return message_json(world, changed)


def delete_webhook_message(world: World, call: Call) -> None:
    """Take an answer back."""
    interaction, channel = _follow_up(world, call)
    changes.delete(world, _answered(interaction, channel, call))


def _callback(interaction: Interaction, body: Json) -> Callback:
    try:
        callback = Callback(body.get("type", 0))
    except ValueError:
        reason = "Value must be one of (4, 5, 6, 7, 8, 9)."
        raise invalid("type", "BASE_TYPE_CHOICES", reason) from None
    if not interaction.allows(callback):
        reason = f"Type {callback.value} does not answer an interaction of type {interaction.kind}"
        raise invalid("type", "INTERACTION_CALLBACK_INVALID_TYPE", reason)
    return callback


def _message(world: World, interaction: Interaction, data: Json, call: Call) -> Message:
    message = _post(world, interaction, data, call)
    interaction.original_id = message.message_id
    return message


def _deferred(world: World, interaction: Interaction, data: Json, _: Call) -> Message:
    """Only the ephemeral flag counts."""
    is_ephemeral = _is_ephemeral(data)
    flags = MessageFlag.LOADING | (MessageFlag.EPHEMERAL if is_ephemeral else MessageFlag(0))
    message = _add(world, interaction, {"flags": flags}, is_ephemeral=is_ephemeral)
    interaction.original_id = message.message_id
    return message


def _deferred_update(_: World, interaction: Interaction, __: Json, ___: Call) -> None:
    interaction.original_id = interaction.message_id


def _update(world: World, interaction: Interaction, data: Json, call: Call) -> Message:
    channel = world.channel(interaction.channel_id)
    message = channel.find(interaction.message_id or 0)
    if message is None:
        raise refusal(10008)
    interaction.original_id = message.message_id
    return changes.edit(world, message, **read_changes(world, message, data, call))


def _choices(_: World, interaction: Interaction, data: Json, __: Call) -> None:
    choices = data.get("choices")
    if not isinstance(choices, list) or len(choices) > 25:
        raise too_long("data.choices", 25)
    for index, choice in enumerate(choices):
        check_choice(choice, f"data.choices.{index}")
    interaction.choices = choices


def _modal(world: World, interaction: Interaction, data: Json, _: Call) -> None:
    screen = world.screen(interaction.user_id)
    screen.modal = (check_modal(data), interaction)
    shown = {"user_id": str(interaction.user_id), "modal": data}
    world.show("MODAL_OPENED", shown, world.channels.get(interaction.channel_id))


_KINDS = {CHAT: 20, USER: 23, MESSAGE: 23}  # of messages that answer commands

_ANSWERS: dict[Callback, Any] = {
    Callback.MESSAGE: _message,
    Callback.DEFERRED_MESSAGE: _deferred,
    Callback.DEFERRED_UPDATE: _deferred_update,
    Callback.UPDATE: _update,
    Callback.CHOICES: _choices,
    Callback.MODAL: _modal,
}


def _post(world: World, interaction: Interaction, body: Json, call: Call) -> Message:
    channel = world.channel(interaction.channel_id)
    is_ephemeral = _is_ephemeral(body)
    read = read_message(world, channel, body, call, is_answer=True)
    if is_ephemeral:
        read["flags"] |= MessageFlag.EPHEMERAL
    return _add(world, interaction, read, is_ephemeral=is_ephemeral)


def _add(
    world: World, interaction: Interaction, read: dict[str, Any], *, is_ephemeral: bool
) -> Message:
    asked_by = _metadata(world, interaction)
    is_first = interaction.original_id is None and interaction.kind is Kind.COMMAND
    return changes.post(
        world,
        world.channel(interaction.channel_id),
        world.bot.user_id,
        kind=_KINDS[interaction.data["type"]] if is_first else 0,
        asked_by=asked_by,
        seen_by=interaction.user_id if is_ephemeral else None,
        **read,
    )


def _metadata(world: World, interaction: Interaction) -> Json:
    """Which interaction a message answers, and what had led to that one."""
    data: Json = {
        "id": str(interaction.interaction_id),
        "type": int(interaction.kind),
        "user": user_json(world.accounts[interaction.user_id]),
        "authorizing_integration_owners": {},
    }
    if "target_id" in interaction.data:
        data["target_message_id"] = interaction.data["target_id"]
    if interaction.kind is Kind.COMPONENT:
        data["interacted_message_id"] = str(interaction.message_id)
    if interaction.opened_by is not None:
        data["triggering_interaction_metadata"] = _metadata(world, interaction.opened_by)
    return data


def _fill(world: World, channel: Channel, message: Message, call: Call) -> Json:
    """The promised answer itself; it is no edit to those who read it."""
    read = read_message(world, channel, call.fields, call, is_answer=True)
    if message.is_ephemeral:
        read["flags"] |= MessageFlag.EPHEMERAL
    return message_json(world, changes.edit(world, message, is_silent=True, **read))


def _follow_up(world: World, call: Call) -> tuple[Interaction, Channel]:
    if parse_id(call.path["webhook_id"]) != world.bot.user_id:
        raise refusal(10015)
    interaction = world.interactions.to_follow_up(call.path["webhook_token"])
    return interaction, world.channel(interaction.channel_id)


def _answered(interaction: Interaction, channel: Channel, call: Call) -> Message:
    """The message an address names, which must be an answer to this interaction."""
    name = call.path.get("message_id", "@original")
    is_original = name == "@original"
    message = channel.find((interaction.original_id if is_original else parse_id(name)) or 0)
    if message is None:
        raise refusal(10008)
    of_this = (message.asked_by or {}).get("id") == str(interaction.interaction_id)
    if not of_this and message.message_id != interaction.message_id:
        raise refusal(10008)
    return message


def _is_ephemeral(data: Json) -> bool:
    return bool(int(data.get("flags") or 0) & MessageFlag.EPHEMERAL)


def _with_response(
    world: World, interaction: Interaction, callback: Callback, message: Message | None
) -> Json:
    told: Json = {"id": str(interaction.interaction_id), "type": int(interaction.kind)}
    if message is None:
        return {"interaction": told}
    told |= {
        "response_message_id": str(message.message_id),
        "response_message_loading": message.is_thinking,
        "response_message_ephemeral": message.is_ephemeral,
    }
    if callback is Callback.DEFERRED_MESSAGE:
        return {"interaction": told}
    made = {"type": int(callback), "message": message_json(world, message)}
    return {"interaction": told, "resource": made}
