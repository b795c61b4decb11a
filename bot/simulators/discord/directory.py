"""The bot itself, its commands, direct messages, guilds and members over REST."""

from bot.simulators.discord.call import Call
from bot.simulators.discord.errors import refusal
from bot.simulators.discord.model import Account, Json
from bot.simulators.discord.snowflake import parse_id
from bot.simulators.discord.wire import (
    channel_json,
    guild_json,
    member_json,
    role_json,
    user_json,
)
from bot.simulators.discord.world import World


def get_gateway(world: World, _: Call) -> Json:
    """Where the gateway is."""
    return {"url": f"ws://{world.address}/gateway"}


def get_bot_gateway(world: World, _: Call) -> Json:
    """Where the gateway is, and how many shards are advised."""
    sharding = world.sharding
    limit = {
        "total": 1000,
        "remaining": sharding.sessions_left,
        "reset_after": 14_400_000,
        "max_concurrency": sharding.at_once,
    }
    url = f"ws://{world.address}/gateway"
    return {"url": url, "shards": sharding.advised, "session_start_limit": limit}


def get_my_user(world: World, _: Call) -> Json:
    """The bot as it sees itself."""
    return user_json(world.bot) | {
        "verified": True,
        "mfa_enabled": True,
        "email": None,
        "locale": "en-US",
    }


def get_user(world: World, call: Call) -> Json:
    """Anybody."""
    account = world.accounts.get(parse_id(call.path["user_id"]) or 0)
    if account is None:
        raise refusal(10013)
    return user_json(account)


def get_application(world: World, _: Call) -> Json:
    """The application the bot belongs to."""
    bot = world.bot
    owner = user_json(Account(1, "owner", "Owner"))
    return {
        "id": str(bot.user_id),
        "name": bot.name,
        "icon": None,
        "description": "",
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": 1 << 18 if world.content_allowed else 0,
        "flags_new": "0",
        "type": None,
        "owner": owner,
        "team": None,
        "bot": user_json(bot),
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "redirect_uris": [],
        "eligible_oauth2_scopes": [],
        "explicit_content_filter": 0,
        "approximate_guild_count": len(world.guilds),
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
    }


def create_dm(world: World, call: Call) -> Json:
    """Open direct messages with a person."""
    user_id = parse_id(call.fields.get("recipient_id"))
    account = world.accounts.get(user_id or 0)
    if account is None or account.is_bot:
        raise refusal(50033)
    return channel_json(world, world.dm_with(account.user_id))


def list_my_guilds(world: World, _: Call) -> list[Json]:
    """The guilds the bot is in."""
    mine = [guild for guild in world.guilds.values() if world.bot.user_id in guild.members]
    return [
        {
            "id": str(guild.guild_id),
            "name": guild.name,
            "icon": None,
            "banner": None,
            "owner": False,
            "permissions": str(int(world.guild_rights(world.bot.user_id, guild))),
            "features": [],
        }
        for guild in mine
    ]


def get_guild(world: World, call: Call) -> Json:
    """One guild, with `with_counts` also how many are in it."""
    guild = world.guild(call.path["guild_id"])
    counts = {"approximate_member_count": len(guild.members)}
    counts["approximate_presence_count"] = len(guild.members)
    with_counts = call.query.get("with_counts", "").lower() in ("true", "1")
    return guild_json(guild) | (counts if with_counts else {})


def list_guild_channels(world: World, call: Call) -> list[Json]:
    """The channels of a guild, threads not among them."""
    guild = world.guild(call.path["guild_id"])
    return [channel_json(world, world.channels[each]) for each in guild.channel_ids]


def get_guild_member(world: World, call: Call) -> Json:
    """One member."""
    guild = world.guild(call.path["guild_id"])
    member = guild.members.get(parse_id(call.path["user_id"]) or 0)
    if member is None:
        raise refusal(10007)
    return member_json(world, member)


def list_guild_members(world: World, call: Call) -> list[Json]:
    """Needs the privileged GUILD_MEMBERS intent."""
    guild = world.guild(call.path["guild_id"])
    if not world.members_allowed:
        raise refusal(50001)
    after = call.id_in_query("after") or 0
    ids = sorted(user_id for user_id in guild.members if user_id > after)
    limit = call.number("limit", 1, 1, 1000)
    return [member_json(world, guild.members[user_id]) for user_id in ids[:limit]]


def list_guild_roles(world: World, call: Call) -> list[Json]:
    """The roles of a guild."""
    guild = world.guild(call.path["guild_id"])
    return [role_json(role) for role in guild.roles.values()]


def get_channel(world: World, call: Call) -> Json:
    """A channel, thread or DM."""
    channel = world.channel(call.path["channel_id"])
    world.require(channel)
    return channel_json(world, channel)


def list_commands(world: World, call: Call) -> list[Json]:
    """The commands registered in a scope; localisations on demand."""
    guild_id = _scope(world, call)
    found = world.commands.of(guild_id)
    if call.query.get("with_localizations", "").lower() in ("true", "1"):
        return found
    return [
        {name: value for name, value in each.items() if not name.endswith("_localizations")}
        for each in found
    ]


def get_command(world: World, call: Call) -> Json:
    """One command."""
    return world.commands.get(_scope(world, call), parse_id(call.path["command_id"]))


def bulk_set_commands(world: World, call: Call) -> list[Json]:
    """Replace all commands of a scope."""
    guild_id = _scope(world, call)
    if not isinstance(call.body, list):
        raise refusal(50035)
    return world.commands.replace(guild_id, call.body)


def create_command(world: World, call: Call) -> Json:
    """Add a command, or replace the one of that name."""
    return world.commands.put(_scope(world, call), call.fields)


def update_command(world: World, call: Call) -> Json:
    """Change a command."""
    guild_id, command_id = _scope(world, call), parse_id(call.path["command_id"])
    return world.commands.update(guild_id, command_id, call.fields)


def delete_command(world: World, call: Call) -> None:
    """Take a command away."""
    world.commands.remove(_scope(world, call), parse_id(call.path["command_id"]))


def _scope(world: World, call: Call) -> int | None:
    """The guild the address names; None for global commands. Raises ApiError."""
    if parse_id(call.path["application_id"]) != world.bot.user_id:
        raise refusal(20012)
    if "guild_id" not in call.path:
        return None
    guild = world.guilds.get(parse_id(call.path["guild_id"]) or 0)
    if guild is None or world.bot.user_id not in guild.members:
        raise refusal(50001)
    return guild.guild_id
