"""What people ask of the bot: commands, presses and forms become interactions."""

import asyncio
from dataclasses import dataclass
from typing import Any

from bot.simulators.discord.cdn import MAX_FILE
from bot.simulators.discord.interaction import Interaction, Kind
from bot.simulators.discord.message_wire import message_json
from bot.simulators.discord.model import Channel, Json, Message
from bot.simulators.discord.wire import channel_json, member_json, rights_text, user_json
from bot.simulators.discord.world import Event, World

TOASTS = {  # in the words of Discord's client
    Kind.COMMAND: "The application did not respond",
    Kind.COMPONENT: "This interaction failed",
    Kind.AUTOCOMPLETE: "Loading options failed",
    Kind.MODAL: "Something went wrong. Try again.",
}


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody in a channel, about to ask."""

    world: World
    user_id: int
    channel: Channel

    def ask(
        self,
        kind: Kind,
        data: Json,
        message: Message | None = None,
        opened_by: Interaction | None = None,
    ) -> Interaction:
        """Send the interaction to the bot; without an answer in time the person is told so."""
        world = self.world
        interaction = Interaction(
            interaction_id=world.new_id(),
            token=world.interactions.new_token(),
            kind=kind,
            user_id=self.user_id,
            channel_id=self.channel.channel_id,
            at=world.now(),
            data=data,
            message_id=message.message_id if message else None,
            opened_by=opened_by,
        )
        world.interactions.add(interaction)
        event = self._json(interaction)
        if message is not None:
            event["message"] = message_json(world, message)
        world.listener(Event(name="INTERACTION_CREATE", data=event, guild_id=self.channel.guild_id))
        asyncio.get_running_loop().call_later(world.patience, self._give_up, interaction)
        return interaction

    def _give_up(self, interaction: Interaction) -> None:
        if interaction.is_answered:
            return
        interaction.has_failed = True
        text = TOASTS[interaction.kind]
        self.world.screen(self.user_id).toasts.append(text)
        shown: Json = {"user_id": str(self.user_id), "text": text}
        self.world.show("TOAST", shown, self.channel)

    def _json(self, interaction: Interaction) -> Json:
        world, channel = self.world, self.channel
        account = world.accounts[self.user_id]
        rights = rights_text(world.rights(self.user_id, channel))
        data: Json = {
            "id": str(interaction.interaction_id),
            "application_id": str(world.bot.user_id),
            "type": int(interaction.kind),
            "token": interaction.token,
            "version": 1,
            "data": interaction.data,
            "channel_id": str(channel.channel_id),
            "channel": channel_json(world, channel) | {"permissions": rights},
            "locale": account.locale,
            "app_permissions": rights_text(world.rights(world.bot.user_id, channel)),
            "entitlements": [],
            "attachment_size_limit": MAX_FILE,
        }
        return data | (self._guild_part(rights) if channel.guild_id else self._dm_part())

    def _dm_part(self) -> Json:
        return {
            "user": user_json(self.world.accounts[self.user_id]),
            "context": 1,
            "authorizing_integration_owners": {"0": "0"},
        }

    def _guild_part(self, rights: str) -> Json:
        guild = self.world.guilds[self.channel.guild_id or 0]
        guild_id = str(guild.guild_id)
        member = member_json(self.world, guild.members[self.user_id])
        return {
            "guild_id": guild_id,
            "guild": {"id": guild_id, "locale": "en-US", "features": []},
            "guild_locale": "en-US",
            "member": member | {"permissions": rights},
            "context": 0,
            "authorizing_integration_owners": {"0": guild_id},
        }


def resolved(world: World, channel: Channel, user_ids: list[int]) -> dict[str, Any]:
    """The users an option or menu names, as the bot gets them beside their ids."""
    users = {str(user_id): user_json(world.accounts[user_id]) for user_id in user_ids}
    data: Json = {"users": users}
    if channel.guild_id is not None:
        members = world.guilds[channel.guild_id].members
        data["members"] = {
            str(user_id): member_json(world, members[user_id], with_user=False)
            for user_id in user_ids
            if user_id in members
        }
    return data
