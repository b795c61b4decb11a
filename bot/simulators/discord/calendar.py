"""A guild's scheduled events over REST (guild-scheduled-event.mdx)."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bot.simulators.discord.call import Call
from bot.simulators.discord.errors import invalid, missing, refusal, too_long
from bot.simulators.discord.gatherings import ALLOWED, Entity, ScheduledEvent, Status
from bot.simulators.discord.model import ChannelKind, Guild, Json
from bot.simulators.discord.permissions import Permission
from bot.simulators.discord.snowflake import parse_id
from bot.simulators.discord.wire import event_json
from bot.simulators.discord.world import Event, World

_MOST_OPEN = 100
_PRIVACY = 2  # of the members alone, the only one there is
_PLACES = {Entity.VOICE: ChannelKind.VOICE, Entity.STAGE: ChannelKind.STAGE}


def list_events(world: World, call: Call) -> list[Json]:
    """Those that are to come or go on."""
    guild = world.guild(call.path["guild_id"])
    events = (event.at(world.now()) for event in guild.events.values())
    return [event_json(event) for event in events if event.is_open]


def get_event(world: World, call: Call) -> Json:
    """One of them, over or not."""
    return event_json(_event(world, call))


def create_event(world: World, call: Call) -> Json:
    """Needs CREATE_EVENTS; the hundred and first is refused (30038)."""
    guild, body = world.guild(call.path["guild_id"]), call.fields
    _require(world, guild, Permission.CREATE_EVENTS)
    if sum(event.at(world.now()).is_open for event in guild.events.values()) >= _MOST_OPEN:
        raise refusal(30038)
    if body.get("privacy_level") != _PRIVACY:
        raise invalid("privacy_level", "BASE_TYPE_CHOICES", "Value must be one of (2,).")
    for name in ("name", "scheduled_start_time", "entity_type"):
        if body.get(name) is None:
            raise missing(name)
    made = ScheduledEvent(
        event_id=world.new_id(),
        guild_id=guild.guild_id,
        creator_id=world.bot.user_id,
        name="",
        entity=_entity(body["entity_type"]),
        starts_at=world.now(),
    )
    event = _changed(world, guild, made, body)
    if event.starts_at <= world.now():
        text = "Cannot schedule event in the past."
        raise invalid("scheduled_start_time", "GUILD_SCHEDULED_EVENT_SCHEDULE_PAST", text)
    return _put(world, guild, event, "GUILD_SCHEDULED_EVENT_CREATE")


def update_event(world: World, call: Call) -> Json:
    """Change, begin, end or cancel; one's own needs CREATE_EVENTS, others' MANAGE_EVENTS."""
    event, body = _event(world, call), call.fields
    guild = world.guilds[event.guild_id]
    _require_change(world, guild, event)
    if not event.is_open:
        raise refusal(180000)
    if body.get("entity_type") is not None:
        event = replace(event, entity=_entity(body["entity_type"]))
    event = _changed(world, guild, event, body)
    if body.get("status") is not None:
        event = _moved(event, body["status"])
    return _put(world, guild, event, "GUILD_SCHEDULED_EVENT_UPDATE")


def delete_event(world: World, call: Call) -> None:
    """Take it out of the calendar."""
    event = _event(world, call)
    guild = world.guilds[event.guild_id]
    _require_change(world, guild, event)
    del guild.events[event.event_id]
    _tell(world, guild, event, "GUILD_SCHEDULED_EVENT_DELETE")


def _event(world: World, call: Call) -> ScheduledEvent:
    guild = world.guild(call.path["guild_id"])
    found = guild.events.get(parse_id(call.path["guild_scheduled_event_id"]) or 0)
    if found is None:
        raise refusal(10070)
    return found.at(world.now())


def _require(world: World, guild: Guild, *needed: Permission) -> None:
    granted = world.guild_rights(world.bot.user_id, guild)
    if not any(permission in granted for permission in needed):
        raise refusal(50013)


def _require_change(world: World, guild: Guild, event: ScheduledEvent) -> None:
    own = event.creator_id == world.bot.user_id
    _require(world, guild, Permission.MANAGE_EVENTS, *([Permission.CREATE_EVENTS] if own else ()))


def _entity(value: Any) -> Entity:
    if value not in set(Entity):
        raise invalid("entity_type", "BASE_TYPE_CHOICES", "Value must be one of (1, 2, 3).")
    return Entity(value)


def _moved(event: ScheduledEvent, status: Any) -> ScheduledEvent:
    if status not in set(Status):
        raise invalid("status", "BASE_TYPE_CHOICES", "Value must be one of (1, 2, 3, 4).")
    if status != event.status and Status(status) not in ALLOWED[event.status]:
        raise refusal(180000)
    return replace(event, status=Status(status))


def _changed(world: World, guild: Guild, event: ScheduledEvent, body: Json) -> ScheduledEvent:
    """With what the body says; what does not belong together is refused."""
    if "name" in body:
        event = replace(event, name=_text(body, "name", 100, 1) or "")
    if "description" in body:
        event = replace(event, description=_text(body, "description", 1000, 0))
    if "scheduled_start_time" in body:
        event = replace(event, starts_at=_time(body, "scheduled_start_time"))
    if body.get("scheduled_end_time") is not None:
        event = replace(event, ends_at=_time(body, "scheduled_end_time"))
    if event.ends_at is not None and event.ends_at <= event.starts_at:
        text = "Cannot schedule event to end before it starts."
        raise invalid("scheduled_end_time", "GUILD_SCHEDULED_EVENT_SCHEDULE_INVALID", text)
    if event.entity is Entity.EXTERNAL:
        return _outside(event, body)
    return _inside(world, guild, event, body)


def _outside(event: ScheduledEvent, body: Json) -> ScheduledEvent:
    place = (body.get("entity_metadata") or {}).get("location", event.location)
    if not isinstance(place, str) or not 1 <= len(place) <= 100:
        raise too_long("entity_metadata.location", 100, 1)
    if event.ends_at is None:
        raise missing("scheduled_end_time")
    if body.get("channel_id") is not None:
        raise invalid("channel_id", "GUILD_SCHEDULED_EVENT_INVALID_CHANNEL", "Must be null.")
    return replace(event, location=place, channel_id=None)


def _inside(world: World, guild: Guild, event: ScheduledEvent, body: Json) -> ScheduledEvent:
    channel_id = parse_id(body.get("channel_id")) or event.channel_id
    if channel_id is None:
        raise missing("channel_id")
    channel = world.channels.get(channel_id)
    fits = channel is not None and channel.kind is _PLACES[event.entity]
    if channel is None or not fits or channel.guild_id != guild.guild_id:
        raise refusal(10003)
    world.require(channel)
    if body.get("entity_metadata"):
        raise invalid("entity_metadata", "BASE_TYPE_NULL", "Must be null.")
    return replace(event, location=None, channel_id=channel_id)


def _text(body: Json, name: str, longest: int, shortest: int) -> str | None:
    value = body[name]
    if value is None and not shortest:
        return None
    if not isinstance(value, str) or not shortest <= len(value) <= longest:
        raise too_long(name, longest, shortest)
    return value


def _time(body: Json, name: str) -> datetime:
    try:
        return datetime.fromisoformat(str(body[name])).astimezone(UTC)
    except ValueError:
        text = "Could not parse as an ISO 8601 time."
        raise invalid(name, "DATE_TIME_TYPE_PARSE", text) from None


def _put(world: World, guild: Guild, event: ScheduledEvent, name: str) -> Json:
    guild.events[event.event_id] = event
    _tell(world, guild, event, name)
    return event_json(event)


def _tell(world: World, guild: Guild, event: ScheduledEvent, name: str) -> None:
    world.publish(Event(name=name, data=event_json(event), guild_id=guild.guild_id))
