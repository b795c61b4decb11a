"""What a person does in one channel: writes, reacts, runs commands, presses and chooses."""

import base64
import mimetypes
from typing import Any

from bot.simulators.discord import changes, menu
from bot.simulators.discord.asking import Asker, resolved
from bot.simulators.discord.commands import MESSAGE
from bot.simulators.discord.components import BUTTON, OTHER_SELECTS, STRING_SELECT, walk
from bot.simulators.discord.forms import option_value
from bot.simulators.discord.interaction import Interaction, Kind
from bot.simulators.discord.mentions import read_pings
from bot.simulators.discord.message_wire import message_json
from bot.simulators.discord.model import (
    NO_FLAGS,
    Account,
    Attachment,
    Channel,
    ChannelKind,
    Json,
    Message,
    MessageFlag,
)
from bot.simulators.discord.permissions import Permission
from bot.simulators.discord.thread_life import add_member, open_thread, remove_member, rename
from bot.simulators.discord.view import View, id_of
from bot.simulators.discord.world import World
from bot.simulators.telegram.files import image_size

_LONGEST = 2000
_LINK = 5


class Pane(View):
    """A person in a channel. What is sent comes back as the message it became."""

    def __init__(self, world: World, account: Account, channel: Channel) -> None:
        super().__init__(world, account, channel)
        self._asker = Asker(world, account.user_id, channel)

    @property
    def commands(self) -> list[menu.Shown]:
        """What "/" offers here, in the person's language where the bot has it."""
        return menu.shown(self._world, self._account, self.channel)

    async def send(
        self, text: str, *, reply_to: Message | int | None = None, ping_on_reply: bool = True
    ) -> Message:
        """Type and send; `reply_to` notifies its author unless `ping_on_reply` is off."""
        text = text.strip()
        if not 1 <= len(text) <= _LONGEST:
            raise ValueError("a client sends 1 to 2,000 characters")
        return self._say(text, reply_to=id_of(reply_to), pings_author=ping_on_reply)

    async def send_voice(
        self, ogg: bytes, seconds: float, waveform: bytes = bytes(64), *, size: int | None = None
    ) -> Message:
        """A voice message; `seconds`, `waveform` and `size` are what the client claims."""
        attachment = self._upload(
            ogg,
            "voice-message.ogg",
            "audio/ogg",
            seconds=seconds,
            waveform=base64.b64encode(waveform).decode(),
            size=len(ogg) if size is None else size,
        )
        return self._say("", files=(attachment,), flags=MessageFlag.IS_VOICE_MESSAGE)

    async def send_file(self, data: bytes, filename: str, text: str = "") -> Message:
        """A picture, or any other file, with a text."""
        mime = mimetypes.guess_type(filename)[0] or "application/octet-stream"
        width, height = image_size(data) or (None, None)
        attachment = self._upload(data, filename, mime, width=width, height=height)
        return self._say(text, files=(attachment,))

    async def edit(self, message: Message | int, text: str) -> Message:
        """Raises ValueError for somebody else's message, and for a voice message."""
        original = self._own(message)
        if original.is_voice:
            raise ValueError("voice messages cannot be edited")
        pings = read_pings(self._world, text, None)
        return changes.edit(self._world, original, content=text.strip(), **pings)

    async def delete(self, message: Message | int) -> None:
        """Raises ValueError for somebody else's message, unless the person manages messages."""
        found = self._existing(message)
        if Permission.MANAGE_MESSAGES not in self._rights or self.channel.is_dm:
            found = self._own(message)
        changes.delete(self._world, found)

    async def react(self, message: Message | int, emoji: str) -> None:
        changes.react(self._world, self._existing(message), self._account.user_id, emoji)

    async def unreact(self, message: Message | int, emoji: str) -> None:
        changes.unreact(self._world, self._existing(message), self._account.user_id, emoji)

    async def start_thread(
        self, name: str, *, start: Message | int | None = None, is_private: bool = False
    ) -> Channel:
        """Open a thread here, from a message or without one."""
        kind = ChannelKind.PRIVATE_THREAD if is_private else ChannelKind.PUBLIC_THREAD
        needed = (
            Permission.CREATE_PRIVATE_THREADS if is_private else Permission.CREATE_PUBLIC_THREADS
        )
        if needed not in self._rights or self.channel.is_dm:
            raise PermissionError(f"{self._account.name} cannot open threads here")
        message = None if start is None else self._existing(start)
        me = self._account.user_id
        return open_thread(self._world, self.channel, me, name, kind=kind, start=message)

    async def start_post(self, title: str, text: str) -> Channel:
        """Write a post in a forum."""
        if self.channel.kind is not ChannelKind.FORUM or not self._rights:
            raise PermissionError("this is no forum")
        me = self._account.user_id
        thread = open_thread(self._world, self.channel, me, title)
        pings = read_pings(self._world, text, None)
        changes.post(self._world, thread, me, message_id=thread.channel_id, content=text, **pings)
        return thread

    async def bring_in(self, user_id: int) -> None:
        """Add somebody to this thread."""
        self._may_write()
        add_member(self._world, self.channel, user_id, by=self._account.user_id)

    async def rename(self, name: str) -> None:
        """Give this thread another name. Raises PermissionError to others than its owner."""
        owns = self.channel.thread and self.channel.thread.owner_id == self._account.user_id
        if not owns and Permission.MANAGE_THREADS not in self._rights:
            raise PermissionError("not one's own thread")
        rename(self._world, self.channel, name, by=self._account.user_id)

    async def leave(self) -> None:
        """Leave this thread."""
        remove_member(self._world, self.channel, self._account.user_id)

    async def run(self, command: str, /, **options: Any) -> Interaction:
        """Run a slash command, "lesson book" for a subcommand, by a name in either language.

        Args:
            options: by their registered names. Users are a `Person`, channels a `Channel`.

        Raises:
            ValueError: there is no such command or option here, or the client refuses a value.
        """
        registered, path = menu.find(self._world, self._account, self.channel, command)
        filled = menu.fill(registered, path, options)
        data = filled.data
        if filled.user_ids:
            data["resolved"] = resolved(self._world, self.channel, filled.user_ids)
        return self._asker.ask(Kind.COMMAND, data)

    async def use(self, entry: str, /, target: Message | int) -> Interaction:
        """Choose an entry of the bot in the menu under a message, "Report" for instance.

        Raises:
            ValueError: no such message or entry.
        """
        found = self._existing(target)
        data = menu.entry(self._world, self._account, self.channel, entry, MESSAGE)
        target_id = str(found.message_id)
        data["target_id"] = target_id
        data["resolved"] = {"messages": {target_id: message_json(self._world, found)}}
        return self._asker.ask(Kind.COMMAND, data)

    async def complete(
        self, command: str, option: str, typed: str = "", /, **options: Any
    ) -> list[Json]:
        """The choices offered while `typed` stands in `option`: `name` and `value` each.

        Raises:
            TimeoutError: none came in time ("Loading options failed").
        """
        registered, path = menu.find(self._world, self._account, self.channel, command)
        known = {each["name"]: each for each in path[-1].get("options") or ()}
        if not known.get(option, {}).get("autocomplete"):
            raise ValueError(f"{option} is not completed")
        filled = menu.fill(registered, path, {**options, option: typed}, focused=option)
        asked = self._asker.ask(Kind.AUTOCOMPLETE, filled.data)
        await self.channel.bell.until(lambda: asked.is_answered or asked.has_failed or None, None)
        if asked.has_failed:
            raise TimeoutError("Loading options failed")
        return asked.choices

    async def press(
        self,
        message: Message | int,
        *,
        label: str | None = None,
        custom_id: str | None = None,
        is_forged: bool = False,
    ) -> Interaction:
        """Press a button, named by its label or custom_id.

        With `is_forged` the custom_id need not be on the message: a modified client sends anything.

        Raises:
            ValueError: no such button, or it cannot be pressed.
        """
        found = self._existing(message)
        if not is_forged:
            button = _find(found, (BUTTON,), label, custom_id)
            if button.get("disabled") or button["style"] == _LINK:
                raise ValueError("the button is disabled, or a link")
            custom_id = button["custom_id"]
        data = {"component_type": BUTTON, "custom_id": custom_id}
        return self._asker.ask(Kind.COMPONENT, data, found)

    async def choose(
        self, message: Message | int, *chosen: Any, custom_id: str | None = None
    ) -> Interaction:
        """Choose in a menu: values or labels, or `Person`s in a menu of users.

        Args:
            custom_id: of the menu; None where there is only one.

        Raises:
            ValueError: no such menu or option, or too few or too many.
        """
        found = self._existing(message)
        select = _find(found, (STRING_SELECT, *OTHER_SELECTS), None, custom_id)
        if not select.get("min_values", 1) <= len(chosen) <= select.get("max_values", 1):
            raise ValueError("too few or too many chosen")
        data: Json = {"component_type": select["type"], "custom_id": select["custom_id"]}
        if select["type"] == STRING_SELECT:
            data["values"] = [option_value(select, each) for each in chosen]
        else:
            ids = [each.user_id for each in chosen]
            data["values"] = [str(user_id) for user_id in ids]
            data["resolved"] = resolved(self._world, self.channel, ids)
        return self._asker.ask(Kind.COMPONENT, data, found)

    def _say(
        self,
        text: str,
        *,
        reply_to: int | None = None,
        pings_author: bool = True,
        files: tuple[Attachment, ...] = (),
        flags: MessageFlag = NO_FLAGS,
    ) -> Message:
        self._may_write()
        pings = read_pings(self._world, text, None)
        if reply_to is not None and pings_author:
            original = self._existing(reply_to)
            pings["pinged"] = tuple(dict.fromkeys((*pings["pinged"], original.author_id)))
        return changes.post(
            self._world,
            self.channel,
            self._account.user_id,
            content=text,
            kind=0 if reply_to is None else 19,
            reply_to=reply_to,
            attachments=files,
            flags=flags,
            **pings,
        )

    def _may_write(self) -> None:
        """A client offers no input where this is not given. Raises PermissionError."""
        if self.channel.kind is ChannelKind.FORUM:
            raise PermissionError("in a forum one writes in its posts")
        is_thread = self.channel.thread is not None
        needed = Permission.SEND_MESSAGES_IN_THREADS if is_thread else Permission.SEND_MESSAGES
        if Permission.VIEW_CHANNEL not in self._rights or needed not in self._rights:
            raise PermissionError(f"{self._account.name} cannot write in {self.channel.name}")
        if self.channel.thread:
            add_member(self._world, self.channel, self._account.user_id)
            changes.wake(self._world, self.channel)

    def _upload(self, data: bytes, filename: str, mime: str, **more: Any) -> Attachment:
        attachment = Attachment(
            attachment_id=self._world.new_id(),
            filename=filename,
            mime=mime,
            **({"size": len(data)} | more),
        )
        self._world.cdn.keep(attachment.attachment_id, data)
        return attachment


def _find(
    message: Message, kinds: tuple[int, ...], label: str | None, custom_id: str | None
) -> Json:
    found = [each for _, each in walk(message.components) if each["type"] in kinds]
    fitting = [
        each
        for each in found
        if (custom_id is None or each.get("custom_id") == custom_id)
        and (label is None or each.get("label") == label)
    ]
    if len(fitting) != 1:
        names = [each.get("label") or each.get("custom_id") for each in found]
        raise ValueError(f"not one such component; there are {names}")
    return fitting[0]
