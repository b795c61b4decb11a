"""The people side: persons and groups that use the bot, driven from Python."""

import mimetypes
import re
from collections.abc import Callable
from typing import Any

from bot.simulators.telegram.account import Account
from bot.simulators.telegram.chat import Button, Chat, ChatMessage, MessageKind
from bot.simulators.telegram.files import MediaKind, image_size
from bot.simulators.telegram.groups import Group, put_membership
from bot.simulators.telegram.markup import clean, find_entities, utf16_length
from bot.simulators.telegram.updates import UpdateQueue
from bot.simulators.telegram.wire import chat_json, user_json
from bot.simulators.telegram.world import World

_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LONGEST = 4096  # UTF-16 units; clients split longer texts


class Person:
    """Somebody with a Telegram client. Everything sent returns the message's id."""

    def __init__(self, world: World, updates: UpdateQueue, account: Account) -> None:
        self._world = world
        self._updates = updates
        self._seen: set[tuple[int, int, int]] = set()
        self.account = account
        self.chat = world.private_chat(account)

    async def send_text(
        self,
        text: str,
        *,
        chat: Group | None = None,
        reply_to: int | None = None,
        thread_id: int | None = None,
    ) -> int:
        """Type and send; a text over 4,096 units goes out in pieces, the last one's id returns."""
        text = clean(text).strip()
        if not text:
            raise ValueError("a client does not send an empty text")
        message_id = 0
        for piece in _pieces(text):
            message_id = self._say(
                "text", chat, reply_to, thread_id, text=piece, entities=find_entities(piece)
            )
        return message_id

    async def open_link(self, payload: str) -> int:
        """Follow `t.me/bot?start=payload` and press START."""
        if not _PAYLOAD.fullmatch(payload):
            raise ValueError("a start payload has 1 to 64 of A-Z a-z 0-9 _ -")
        return await self.send_text(f"/start {payload}")

    async def send_voice(
        self, ogg: bytes, seconds: float, size: int | None = None, *, chat: Group | None = None
    ) -> int:
        """A voice note; `seconds` and `size` (in bytes) are what the client claims."""
        return self._send_file("voice", ogg, "audio/ogg", chat, seconds=seconds, size=size)

    async def send_audio(
        self,
        data: bytes,
        seconds: float,
        *,
        filename: str = "audio.mp3",
        caption: str = "",
        chat: Group | None = None,
    ) -> int:
        mime = mimetypes.guess_type(filename)[0] or "audio/mpeg"
        return self._send_file(
            "audio", data, mime, chat, seconds=seconds, filename=filename, caption=caption
        )

    async def send_video_note(
        self, mp4: bytes, seconds: float, *, chat: Group | None = None
    ) -> int:
        return self._send_file(
            "video_note", mp4, "video/mp4", chat, seconds=seconds, dimensions=(240, 240)
        )

    async def send_video(
        self, mp4: bytes, seconds: float, *, caption: str = "", chat: Group | None = None
    ) -> int:
        return self._send_file(
            "video",
            mp4,
            "video/mp4",
            chat,
            seconds=seconds,
            caption=caption,
            dimensions=(640, 360),
        )

    async def send_sticker(self, webp: bytes, *, chat: Group | None = None) -> int:
        """A sticker that does not move."""
        return self._send_file("sticker", webp, "image/webp", chat)

    async def send_photo(
        self, image: bytes, *, caption: str = "", chat: Group | None = None
    ) -> int:
        """A JPEG or PNG; anything else raises ValueError."""
        dimensions = image_size(image)
        if dimensions is None:
            raise ValueError("neither JPEG nor PNG")
        mime = "image/jpeg" if image[:2] == b"\xff\xd8" else "image/png"
        return self._send_file("photo", image, mime, chat, caption=caption, dimensions=dimensions)

    async def send_document(
        self, data: bytes, filename: str, *, caption: str = "", chat: Group | None = None
    ) -> int:
        mime = mimetypes.guess_type(filename)[0] or "application/octet-stream"
        return self._send_file("document", data, mime, chat, filename=filename, caption=caption)

    async def send_contact(self, phone: str, *, user_id: int | None = None) -> int:
        """Share a phone number: one's own, or (`user_id`) somebody else's."""
        account = self.account
        contact = {
            "phone_number": phone,
            "first_name": account.name,
            "user_id": account.user_id if user_id is None else user_id,
        }
        return self._say("contact", None, None, None, contact=contact)

    async def edit_text(self, message_id: int, text: str, *, chat: Group | None = None) -> None:
        room = self._room(chat)
        message = _own(room, message_id, self.account)
        text = clean(text).strip()
        edited = self._world.edit(room, message, text=text, entities=find_entities(text))
        self._updates.put("edited_message", self._world.json(edited))

    async def react(self, message_id: int, emoji: str, *, chat: Group | None = None) -> None:
        """Put one emoji under a message in place of an earlier one; "" takes it away."""
        room = self._room(chat)
        message = _existing(room, message_id)
        old = [given for who, given in message.reacted if who == self.account.user_id]
        new = [emoji] if emoji else []
        self._world.react(room, message, self.account.user_id, new)
        if room.kind == "private" or room.sees_all:
            content = {
                "chat": chat_json(room),
                "message_id": message_id,
                "user": user_json(self.account),
                "date": int(self._world.now().timestamp()),
                "old_reaction": [{"type": "emoji", "emoji": given} for given in old],
                "new_reaction": [{"type": "emoji", "emoji": given} for given in new],
            }
            self._updates.put("message_reaction", content)

    async def press(
        self,
        message_id: int,
        *,
        data: str | None = None,
        label: str | None = None,
        is_forged: bool = False,
        chat: Group | None = None,
    ) -> str:
        """Press the callback button with this data or label; returns the callback's id.

        With `is_forged` the data need not be on the message: a modified client sends anything.

        Raises:
            ValueError: no such button.
        """
        room = self._room(chat)
        message = _existing(room, message_id)
        if not is_forged:
            data = _button(message, data, label).data
        if data is None:
            raise ValueError("not a callback button")
        callback_id = self._world.press(room)
        content = {
            "id": callback_id,
            "from": user_json(self.account),
            "message": self._world.json(message),
            "chat_instance": str(room.chat_id),
            "data": data,
        }
        self._updates.put("callback_query", content)
        return callback_id

    async def tap(self, label: str) -> int:
        """Press a reply keyboard's button: sends its label, or the phone number it asks for."""
        shown = [message for message in self.chat.messages if message.from_bot and message.markup]
        for message in reversed(shown):
            if not message.has_inline_keyboard:
                button = _button(message, None, label)
                phone = f"+1555{self.account.user_id:07d}"
                return await (
                    self.send_contact(phone) if button.asks_contact else self.send_text(label)
                )
        raise ValueError("no reply keyboard is shown")

    async def block(self) -> None:
        """Stop and block the bot: it gets 403 from here on."""
        self.chat.is_blocked = True
        put_membership(self._world, self._updates, self.chat, self.account, "member", "kicked")

    async def unblock(self) -> None:
        self.chat.is_blocked = False
        put_membership(self._world, self._updates, self.chat, self.account, "kicked", "member")

    def forbid_voice(self, *, forbids: bool = True) -> None:
        """Premium's privacy setting: voice and video notes get VOICE_MESSAGES_FORBIDDEN."""
        self.chat.forbids_voice = forbids

    async def wait(
        self,
        predicate: Callable[[ChatMessage], bool] = lambda _: True,
        timeout: float = 10,  # noqa: ASYNC109 - how long to wait is the caller's
        *,
        after: int | None = None,
        chat: Group | None = None,
    ) -> ChatMessage:
        """The bot's first message that fits, now or when it comes; an edit counts as new.

        Args:
            after: look at all messages above this id; None: at those no `wait` returned yet.
            timeout: seconds of real time.

        Raises:
            TimeoutError: none came; says what is in the chat instead.
        """
        room = self._room(chat)

        def find() -> ChatMessage | None:
            for message in room.messages:
                is_due = message.message_id > after if after is not None else self._is_new(message)
                if message.from_bot and is_due and predicate(message):
                    return message
            return None

        try:
            message = await room.bell.until(find, timeout)
        except TimeoutError:
            last = [f"{m.message_id}:{m.kind}:{m.text[:60]!r}" for m in room.messages[-5:]]
            raise TimeoutError(f"no such message in {timeout} s; last: {last}") from None
        self._seen.add(_version(message))
        return message

    def _is_new(self, message: ChatMessage) -> bool:
        return _version(message) not in self._seen

    def _room(self, chat: Group | None) -> Chat:
        return chat.chat if chat else self.chat

    def _send_file(
        self,
        kind: MediaKind,
        data: bytes,
        mime: str,
        chat: Group | None,
        *,
        seconds: float | None = None,
        size: int | None = None,
        filename: str | None = None,
        caption: str = "",
        dimensions: tuple[int, int] = (0, 0),
    ) -> int:
        file = self._world.files.add(
            kind,
            data,
            mime=mime,
            filename=filename,
            seconds=seconds,
            declared_size=size,
            dimensions=dimensions,
        )
        entities = find_entities(caption)
        return self._say(
            kind, chat, None, None, file=file, seconds=seconds, text=caption, entities=entities
        )

    def _say(
        self,
        kind: MessageKind,
        group: Group | None,
        reply_to: int | None,
        thread_id: int | None,
        **content: Any,
    ) -> int:
        room = self._room(group)
        room.is_open = True
        message = self._world.post(
            room, self.account, kind, reply_to=reply_to, thread_id=thread_id, **content
        )
        if not room.is_blocked and self._bot_sees(room, message):
            self._updates.put("message", self._world.json(message))
        return message.message_id

    def _bot_sees(self, room: Chat, message: ChatMessage) -> bool:
        """Privacy mode: in groups only commands, replies to the bot and mentions (Bots FAQ)."""
        if room.kind == "private" or room.sees_all:
            return True
        original = room.find(message.reply_to or 0)
        is_command = any(entity["type"] == "bot_command" for entity in message.entities)
        is_mention = f"@{self._world.bot.username}" in message.text
        return is_command or is_mention or bool(original and original.from_bot)


def _version(message: ChatMessage) -> tuple[int, int, int]:
    return (message.chat_id, message.message_id, message.revision)


def _existing(room: Chat, message_id: int) -> ChatMessage:
    message = room.find(message_id)
    if message is None:
        raise ValueError(f"no message {message_id} in the chat")
    return message


def _own(room: Chat, message_id: int, account: Account) -> ChatMessage:
    message = _existing(room, message_id)
    if message.sender_id != account.user_id:
        raise ValueError("somebody else's message")
    return message


def _button(message: ChatMessage, data: str | None, label: str | None) -> Button:
    for row in message.buttons:
        for button in row:
            if (data is not None and button.data == data) or button.label == label:
                return button
    raise ValueError(f"no such button; there are {message.buttons}")


def _pieces(text: str) -> list[str]:
    pieces, piece, length = [], "", 0
    for character in text:
        width = utf16_length(character)
        if length + width > _LONGEST:
            pieces.append(piece)
            piece, length = "", 0
        piece += character
        length += width
    return [*pieces, piece]
