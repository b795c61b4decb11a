"""Whoever runs a guild: makes channels and roles, lets people in, gives and takes permissions."""

from bot.simulators.discord import changes, voices
from bot.simulators.discord.gatherings import ScheduledEvent
from bot.simulators.discord.model import (
    Account,
    Channel,
    ChannelKind,
    Guild,
    Json,
    Member,
    Message,
    Overwrite,
    Role,
)
from bot.simulators.discord.people import Person
from bot.simulators.discord.permissions import EVERYONE, NOTHING, Permission
from bot.simulators.discord.wire import channel_json, guild_create_json, member_json, role_json
from bot.simulators.discord.world import Event, World


class GuildManager:
    """A guild from its owner's side. Every change reaches the bot as an event."""

    def __init__(self, world: World, name: str, owner: Account) -> None:
        self._world = world
        self.guild = Guild(guild_id=world.new_id(), name=name, owner_id=owner.user_id)
        self.guild.roles[self.guild_id] = Role(self.guild_id, "@everyone", EVERYONE, position=0)
        self.guild.members[owner.user_id] = Member(owner.user_id, world.now())
        world.guilds[self.guild_id] = self.guild

    @property
    def guild_id(self) -> int:
        return self.guild.guild_id

    def invite_bot(self, rights: Permission = EVERYONE) -> None:
        """Let the bot in, with a role of its own that has these permissions."""
        world, bot = self._world, self._world.bot
        role = Role(world.new_id(), bot.name, rights, is_managed=True)
        self.guild.roles[role.role_id] = role
        self.guild.members[bot.user_id] = Member(bot.user_id, world.now(), {role.role_id})
        self._tell("GUILD_CREATE", guild_create_json(world, self.guild))

    def kick_bot(self) -> None:
        member = self.guild.members.pop(self._world.bot.user_id)
        for role_id in member.roles:
            del self.guild.roles[role_id]
        self._tell("GUILD_DELETE", {"id": str(self.guild_id)})

    def allow_bot(self, rights: Permission) -> None:
        """Replace the permissions of the bot's role. What @everyone may, it may as well."""
        member = self.guild.members[self._world.bot.user_id]
        role = next(self.guild.roles[role_id] for role_id in member.roles)
        self.set_role(role, rights)

    def add(self, *people: Person) -> None:
        """Let people in."""
        for person in people:
            self._join(person)

    def remove(self, person: Person) -> None:
        voices.leave(self._world, person.user_id, self.guild)
        del self.guild.members[person.user_id]
        for thread_id in self.guild.thread_ids:
            thread = self._world.channels[thread_id].thread
            if thread:
                thread.members.pop(person.user_id, None)
        data: Json = {"guild_id": str(self.guild_id), "user": {"id": str(person.user_id)}}
        data["user"] = member_json(self._world, Member(person.user_id, self._world.now()))["user"]
        self._tell("GUILD_MEMBER_REMOVE", data)

    def add_channel(
        self,
        name: str,
        kind: ChannelKind = ChannelKind.TEXT,
        *,
        parent: Channel | None = None,
    ) -> Channel:
        channel = Channel(
            channel_id=self._world.new_id(),
            kind=kind,
            name=name,
            guild_id=self.guild_id,
            parent_id=parent.channel_id if parent else None,
            position=len(self.guild.channel_ids),
        )
        self._world.channels[channel.channel_id] = channel
        self.guild.channel_ids.append(channel.channel_id)
        changes.announce_channel(self._world, "CHANNEL_CREATE", channel)
        return channel

    def channel(self, name: str) -> Channel:
        """A channel or thread by its name. Raises KeyError."""
        for channel_id in (*self.guild.channel_ids, *self.guild.thread_ids):
            if self._world.channels[channel_id].name == name:
                return self._world.channels[channel_id]
        raise KeyError(name)

    def delete_channel(self, channel: Channel) -> None:
        """A channel with its threads, or one thread."""
        changes.delete_channel(self._world, channel)

    def purge(self, channel: Channel, *messages: Message) -> None:
        """Remove messages in bulk."""
        changes.purge(self._world, channel, [message.message_id for message in messages])

    @property
    def events(self) -> list[ScheduledEvent]:
        """The calendar as it stands, what is over or cancelled too."""
        now = self._world.now()
        return [event.at(now) for event in self.guild.events.values()]

    def inside(self, channel: Channel) -> list[int]:
        """Ids of those who are in a voice or stage channel."""
        voices = self.guild.voices.values()
        return [each.user_id for each in voices if each.channel_id == channel.channel_id]

    def archive(self, thread: Channel, *, is_locked: bool = False) -> None:
        changes.archive(self._world, thread, is_locked=is_locked)

    def add_role(self, name: str, rights: Permission = NOTHING) -> Role:
        role = Role(self._world.new_id(), name, rights, position=len(self.guild.roles))
        self.guild.roles[role.role_id] = role
        self._tell("GUILD_ROLE_CREATE", self._role(role))
        return role

    def set_role(self, role: Role, rights: Permission) -> None:
        role.permissions = rights
        self._tell("GUILD_ROLE_UPDATE", self._role(role))

    def allow_everyone(self, rights: Permission) -> None:
        """Replace what every member may."""
        self.set_role(self.guild.roles[self.guild_id], rights)

    def give_role(self, person: Person, role: Role) -> None:
        member = self.guild.members[person.user_id]
        member.roles.add(role.role_id)
        data = member_json(self._world, member) | {"guild_id": str(self.guild_id)}
        self._tell("GUILD_MEMBER_UPDATE", data)

    def overwrite(
        self,
        channel: Channel,
        target: Person | Role | None,
        *,
        allow: Permission = NOTHING,
        deny: Permission = NOTHING,
    ) -> None:
        """Set what a person, a role or (None) the bot may and may not do in one channel."""
        is_member = not isinstance(target, Role)
        if target is None:
            target_id = self._world.bot.user_id
        else:
            target_id = target.role_id if isinstance(target, Role) else target.user_id
        channel.overwrites[target_id] = Overwrite(target_id, is_member, allow, deny)
        data = channel_json(self._world, channel)
        self._tell("CHANNEL_UPDATE", data)

    def _join(self, person: Person) -> None:
        member = Member(person.user_id, self._world.now())
        self.guild.members[person.user_id] = member
        data = member_json(self._world, member) | {"guild_id": str(self.guild_id)}
        self._tell("GUILD_MEMBER_ADD", data)

    def _role(self, role: Role) -> Json:
        return {"guild_id": str(self.guild_id), "role": role_json(role)}

    def _tell(self, name: str, data: Json) -> None:
        """The bot hears of a guild while it is in it, and that it was removed."""
        is_in = self._world.bot.user_id in self.guild.members or name == "GUILD_DELETE"
        if is_in:
            self._world.publish(Event(name=name, data=data, guild_id=self.guild_id))
