"""The operations this API knows: method, address, and what answers them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bot.simulators.discord import answering, calendar, channels, directory, messages, threads
from bot.simulators.discord.call import Call
from bot.simulators.discord.world import World

Handler = Callable[[World, Call], Any]

_CHANNEL = "/channels/{channel_id}"
_MEMBERS = f"{_CHANNEL}/thread-members"
_ARCHIVED = f"{_CHANNEL}/threads/archived"
_MESSAGES = f"{_CHANNEL}/messages"
_MESSAGE = f"{_MESSAGES}/{{message_id}}"
_REACTION = f"{_MESSAGE}/reactions/{{emoji_name}}"
_EVENTS = "/guilds/{guild_id}/scheduled-events"
_EVENT = f"{_EVENTS}/{{guild_scheduled_event_id}}"
_APPLICATION = "/applications/{application_id}"
_WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}"
_MAKING = {"create_guild_channel", "create_thread", "create_thread_from_message"}  # answer 201


@dataclass(frozen=True, slots=True)
class Route:
    """An operation.

    Args:
        name: its `operationId` in the OpenAPI document; faults and limits are named by it.
        status: of an answer with a body.
        needs_token: whether the bot's token is asked for; interaction tokens are in the address.
    """

    method: str
    path: str
    name: str
    handler: Handler
    needs_token: bool = True
    status: int = 200


_WITH_TOKEN: list[tuple[str, str, str, Handler]] = [
    ("GET", "/gateway", "get_gateway", directory.get_gateway),
    ("GET", "/gateway/bot", "get_bot_gateway", directory.get_bot_gateway),
    ("GET", "/users/@me", "get_my_user", directory.get_my_user),
    ("GET", "/users/@me/guilds", "list_my_guilds", directory.list_my_guilds),
    ("POST", "/users/@me/channels", "create_dm", directory.create_dm),
    ("GET", "/users/{user_id}", "get_user", directory.get_user),
    ("GET", "/applications/@me", "get_my_application", directory.get_application),
    ("GET", "/oauth2/applications/@me", "get_my_oauth2_application", directory.get_application),
    ("GET", "/guilds/{guild_id}", "get_guild", directory.get_guild),
    ("GET", "/guilds/{guild_id}/channels", "list_guild_channels", directory.list_guild_channels),
    ("GET", "/guilds/{guild_id}/roles", "list_guild_roles", directory.list_guild_roles),
    ("GET", "/guilds/{guild_id}/members", "list_guild_members", directory.list_guild_members),
    ("GET", "/guilds/{guild_id}/members/{user_id}", "get_guild_member", directory.get_guild_member),
    ("GET", "/channels/{channel_id}", "get_channel", directory.get_channel),
    ("POST", "/channels/{channel_id}/typing", "trigger_typing_indicator", messages.trigger_typing),
    ("POST", _MESSAGES, "create_message", messages.create_message),
    ("GET", _MESSAGES, "list_messages", messages.list_messages),
    ("GET", _MESSAGE, "get_message", messages.get_message),
    ("PATCH", _MESSAGE, "update_message", messages.update_message),
    ("DELETE", _MESSAGE, "delete_message", messages.delete_message),
    ("GET", _REACTION, "list_message_reactions_by_emoji", messages.list_reactions),
    ("PUT", f"{_REACTION}/@me", "add_my_message_reaction", messages.add_reaction),
    ("DELETE", f"{_REACTION}/@me", "delete_my_message_reaction", messages.delete_own_reaction),
    (
        "DELETE",
        f"{_REACTION}/{{user_id}}",
        "delete_user_message_reaction",
        messages.delete_user_reaction,
    ),
]
_OF_CHANNELS: list[tuple[str, str, str, Handler]] = [
    (
        "POST",
        "/guilds/{guild_id}/channels",
        "create_guild_channel",
        channels.create_guild_channel,
    ),
    ("PATCH", _CHANNEL, "update_channel", channels.update_channel),
    ("DELETE", _CHANNEL, "delete_channel", channels.delete_channel),
    (
        "PUT",
        f"{_CHANNEL}/permissions/{{overwrite_id}}",
        "set_channel_permission_overwrite",
        channels.set_overwrite,
    ),
    (
        "DELETE",
        f"{_CHANNEL}/permissions/{{overwrite_id}}",
        "delete_channel_permission_overwrite",
        channels.delete_overwrite,
    ),
    ("POST", f"{_CHANNEL}/threads", "create_thread", threads.create_thread),
    (
        "POST",
        f"{_MESSAGE}/threads",
        "create_thread_from_message",
        threads.create_thread_from_message,
    ),
    ("GET", f"{_ARCHIVED}/public", "list_public_archived_threads", threads.list_public_archived),
    ("GET", f"{_ARCHIVED}/private", "list_private_archived_threads", threads.list_private_archived),
    (
        "GET",
        f"{_CHANNEL}/users/@me/threads/archived/private",
        "list_my_private_archived_threads",
        threads.list_my_private_archived,
    ),
    (
        "GET",
        "/guilds/{guild_id}/threads/active",
        "get_active_guild_threads",
        threads.get_active_threads,
    ),
    ("GET", _MEMBERS, "list_thread_members", threads.list_thread_members),
    ("PUT", f"{_MEMBERS}/@me", "join_thread", threads.join_thread),
    ("DELETE", f"{_MEMBERS}/@me", "leave_thread", threads.leave_thread),
    ("GET", f"{_MEMBERS}/{{user_id}}", "get_thread_member", threads.get_thread_member),
    ("PUT", f"{_MEMBERS}/{{user_id}}", "add_thread_member", threads.add_thread_member),
    ("DELETE", f"{_MEMBERS}/{{user_id}}", "delete_thread_member", threads.delete_thread_member),
]

_OF_EVENTS: list[tuple[str, str, str, Handler]] = [
    ("GET", _EVENTS, "list_guild_scheduled_events", calendar.list_events),
    ("POST", _EVENTS, "create_guild_scheduled_event", calendar.create_event),
    ("GET", _EVENT, "get_guild_scheduled_event", calendar.get_event),
    ("PATCH", _EVENT, "update_guild_scheduled_event", calendar.update_event),
    ("DELETE", _EVENT, "delete_guild_scheduled_event", calendar.delete_event),
]

_BY_TOKEN_IN_ADDRESS: list[tuple[str, str, str, Handler]] = [
    (
        "POST",
        "/interactions/{interaction_id}/{interaction_token}/callback",
        "create_interaction_response",
        answering.create_interaction_response,
    ),
    ("POST", _WEBHOOK, "execute_webhook", answering.execute_webhook),
    (
        "GET",
        f"{_WEBHOOK}/messages/@original",
        "get_original_webhook_message",
        answering.get_webhook_message,
    ),
    (
        "PATCH",
        f"{_WEBHOOK}/messages/@original",
        "update_original_webhook_message",
        answering.update_webhook_message,
    ),
    (
        "DELETE",
        f"{_WEBHOOK}/messages/@original",
        "delete_original_webhook_message",
        answering.delete_webhook_message,
    ),
    (
        "GET",
        f"{_WEBHOOK}/messages/{{message_id}}",
        "get_webhook_message",
        answering.get_webhook_message,
    ),
    (
        "PATCH",
        f"{_WEBHOOK}/messages/{{message_id}}",
        "update_webhook_message",
        answering.update_webhook_message,
    ),
    (
        "DELETE",
        f"{_WEBHOOK}/messages/{{message_id}}",
        "delete_webhook_message",
        answering.delete_webhook_message,
    ),
]


def all_routes() -> Iterator[Route]:
    """In the order in which addresses are to be tried."""
    for method, path, name, handler in (
        *_WITH_TOKEN,
        *_OF_CHANNELS,
        *_OF_EVENTS,
        *_command_routes(),
    ):
        yield Route(method, path, name, handler, status=201 if name in _MAKING else 200)
    for method, path, name, handler in _BY_TOKEN_IN_ADDRESS:
        yield Route(method, path, name, handler, needs_token=False)


def _command_routes() -> Iterator[tuple[str, str, str, Handler]]:
    scopes = ((_APPLICATION, "application"), (f"{_APPLICATION}/guilds/{{guild_id}}", "guild"))
    for base, scope in scopes:
        one = "application_command" if scope == "application" else "guild_application_command"
        many, single = f"{base}/commands", f"{base}/commands/{{command_id}}"
        yield "GET", many, f"list_{one}s", directory.list_commands
        yield "PUT", many, f"bulk_set_{one}s", directory.bulk_set_commands
        yield "POST", many, f"create_{one}", directory.create_command
        yield "GET", single, f"get_{one}", directory.get_command
        yield "PATCH", single, f"update_{one}", directory.update_command
        yield "DELETE", single, f"delete_{one}", directory.delete_command
