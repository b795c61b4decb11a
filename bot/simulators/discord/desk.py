"""What a person's client shows, as JSON for a web page."""

import re
from dataclasses import dataclass

from bot.simulators.discord import menu
from bot.simulators.discord.forms import Field, read_modal
from bot.simulators.discord.model import Account, Attachment, Channel, ChannelKind, Json, Message
from bot.simulators.discord.permissions import Permission
from bot.simulators.discord.world import World

_MOST_MESSAGES = 200
_ANSWER = 20  # the kind of a message that answers a slash command
_MENTION = re.compile(r"<(?:@[!&]?|#)(\d+)>")
_LISTED = (ChannelKind.TEXT, ChannelKind.FORUM)


@dataclass(frozen=True, slots=True)
class Desk:
    """One person's client. Ids are texts: they are too long for the numbers of a browser."""

    world: World
    account: Account

    def state(self) -> Json:
        """Everything: the channels with their newest messages, and the form that is open."""
        return {
            "id": str(self.account.user_id),
            "name": self.account.name,
            "bot": self.world.bot.name,
            "channels": [self._channel(channel) for channel in self._channels()],
            "modal": self.modal(),
        }

    def sees(self, channel: Channel) -> bool:
        return Permission.VIEW_CHANNEL in self.world.rights(self.account.user_id, channel)

    def message(self, channel_id: int, message_id: int) -> Json | None:
        """A message as it stands; None where this person sees none."""
        channel = self.world.channels.get(channel_id)
        message = channel.find(message_id) if channel and self.sees(channel) else None
        if message is None or message.seen_by not in (None, self.account.user_id):
            return None
        return self._message(message)

    def modal(self) -> Json | None:
        """The form that is open."""
        opened = self.world.screen(self.account.user_id).modal
        if opened is None:
            return None
        form = read_modal(opened[0])
        about = {
            each["component"]["custom_id"]: each.get("description", "")
            for each in opened[0]["components"]
            if "component" in each
        }
        return {
            "title": form.title,
            "fields": [_field(each, about.get(each.custom_id, "")) for each in form.fields],
        }

    def _channels(self) -> list[Channel]:
        """Direct messages, then each channel with the threads this person is in below it."""
        me, world = self.account.user_id, self.world
        found = [world.dm_with(me)]
        for guild in world.guilds.values():
            threads = [world.channels[thread_id] for thread_id in sorted(guild.thread_ids)]
            for channel in (world.channels[each] for each in guild.channel_ids):
                if channel.kind in _LISTED and self.sees(channel):
                    found.append(channel)
                    below = [each for each in threads if each.parent_id == channel.channel_id]
                    found += [each for each in below if self._follows(each)]
        return found

    def _follows(self, thread: Channel) -> bool:
        is_in = thread.thread is not None and self.account.user_id in thread.thread.members
        is_put_away = thread.thread is not None and thread.thread.is_archived
        return is_in and not is_put_away and self.sees(thread)

    def _channel(self, channel: Channel) -> Json:
        seen = [each for each in channel.messages if each.seen_by in (None, self.account.user_id)]
        guild = self.world.guilds.get(channel.guild_id or 0)
        return {
            "id": str(channel.channel_id),
            "kind": _kind(channel),
            "name": self.world.bot.name if channel.is_dm else channel.name,
            "guild": guild.name if guild else None,
            "can_write": self._can_write(channel),
            "commands": [
                _command(each, self.account.locale)
                for each in menu.shown(self.world, self.account, channel)
            ],
            "messages": [self._message(each) for each in seen[-_MOST_MESSAGES:]],
        }

    def _can_write(self, channel: Channel) -> bool:
        needed = Permission.SEND_MESSAGES
        if channel.thread is not None:
            needed = Permission.SEND_MESSAGES_IN_THREADS
        rights = self.world.rights(self.account.user_id, channel)
        return needed in rights and channel.kind is not ChannelKind.FORUM

    def _message(self, message: Message) -> Json:
        author = self.world.accounts[message.author_id]
        asked_by = message.asked_by if message.kind == _ANSWER else None
        return {
            "id": str(message.message_id),
            "channel": str(message.channel_id),
            "author": {"id": str(author.user_id), "name": author.name, "is_bot": author.is_bot},
            "is_mine": message.author_id == self.account.user_id,
            "kind": message.kind,
            "text": message.content,
            "at": message.sent_at.isoformat(),
            "is_edited": message.edited_at is not None,
            "is_thinking": message.is_thinking,
            "is_ephemeral": message.is_ephemeral,
            "is_voice": message.is_voice,
            "reply": self._quoted(message),
            "asked_by": asked_by["user"]["global_name"] if asked_by else None,
            "names": self._names(message),
            "files": [_file(each) for each in message.attachments],
            "reactions": self._reactions(message),
            "components": list(message.components),
        }

    def _quoted(self, message: Message) -> Json | None:
        """What a reply answers; without an author where that is gone."""
        if message.reply_to is None:
            return None
        original = self.world.channels[message.channel_id].find(message.reply_to)
        if original is None:
            return {"id": str(message.reply_to), "name": None, "text": "", "is_voice": False}
        return {
            "id": str(original.message_id),
            "name": self.world.accounts[original.author_id].name,
            "text": original.content[:120],
            "is_voice": original.is_voice,
        }

    def _reactions(self, message: Message) -> list[Json]:
        me = self.account.user_id
        return [
            {"emoji": emoji, "count": len(users), "is_mine": me in users}
            for emoji, users in message.reactions.items()
            if users
        ]

    def _names(self, message: Message) -> dict[str, str]:
        """How the people and channels in the text are called."""
        accounts, channels = self.world.accounts, self.world.channels
        named: dict[str, str] = {}
        for number in _MENTION.findall(message.content):
            holder = accounts.get(int(number)) or channels.get(int(number))
            if holder is not None:
                named[number] = holder.name
        return named


def _kind(channel: Channel) -> str:
    if channel.is_dm:
        return "dm"
    if channel.thread is not None:
        return "thread"
    return "forum" if channel.kind is ChannelKind.FORUM else "text"


def _command(command: menu.Shown, locale: str) -> Json:
    return {
        "name": command.canonical,
        "label": command.name,
        "about": command.description,
        "options": [_option(each, locale) for each in command.options],
    }


def _option(option: Json, locale: str) -> Json:
    names = option.get("name_localizations") or {}
    abouts = option.get("description_localizations") or {}
    return {
        "name": option["name"],
        "label": names.get(locale) or option["name"],
        "about": abouts.get(locale) or option.get("description", ""),
        "type": option["type"],
        "is_required": bool(option.get("required")),
        "is_completed": bool(option.get("autocomplete")),
        "choices": [
            {"name": each["name"], "value": each["value"]} for each in option.get("choices") or ()
        ],
    }


def _file(attachment: Attachment) -> Json:
    return {
        "id": str(attachment.attachment_id),
        "name": attachment.filename,
        "mime": attachment.mime,
        "size": attachment.size,
        "seconds": attachment.seconds,
        "waveform": attachment.waveform,
        "width": attachment.width,
        "height": attachment.height,
    }


def _field(field: Field, about: str) -> Json:
    component = field.component
    return {
        "id": field.custom_id,
        "label": field.label,
        "about": about,
        "type": component["type"],
        "is_long": component.get("style") == 2,
        "is_required": component.get("required", True),
        "value": component.get("value") or "",
        "placeholder": component.get("placeholder") or "",
        "shortest": component.get("min_length") or 0,
        "longest": component.get("max_length") or 4000,
        "options": component.get("options") or [],
    }
