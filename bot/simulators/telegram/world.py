"""The simulated Telegram: its accounts, chats and messages, and who watches them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from bot.simulators.bell import Bell
from bot.simulators.telegram.account import Account
from bot.simulators.telegram.chat import CallbackAnswer, Chat, ChatAction, ChatMessage, MessageKind
from bot.simulators.telegram.errors import bad_request
from bot.simulators.telegram.files import Files
from bot.simulators.telegram.profile import BotProfile
from bot.simulators.telegram.wire import Json, message_json, page_message

CALLBACK_LIFETIME = timedelta(seconds=60)  # how long a press waits; the true time is not published
_KEPT_NOTES = 1_000


@dataclass(slots=True)
class Press:
    """A pressed button that waits for its answer."""

    chat: Chat
    at: datetime


class World:
    """Everything there is, changed by people on one side and by the bot on the other.

    Every change is published to the subscribers and rings the bell.

    Args:
        now: the time shown on messages; aware.
    """

    def __init__(self, bot: Account, now: Callable[[], datetime], bell: Bell) -> None:
        self.bot = bot
        self.now = now
        self.bell = bell
        self.accounts: dict[int, Account] = {bot.user_id: bot}
        self.chats: dict[int, Chat] = {}
        self.files = Files(now)
        self.profile = BotProfile()
        self.subscribers: set[asyncio.Queue[Json]] = set()
        self._presses: dict[str, Press] = {}
        self._press_ids = count(4_000_000_000_000_001)
        self._private_ids = count(1)  # one sequence for all private chats and basic groups
        self._group_ids: dict[int, count[int]] = {}

    def private_chat(self, account: Account) -> Chat:
        """The chat of this person with the bot; made, still silent, where there is none."""
        self.accounts[account.user_id] = account
        chat = self.chats.get(account.user_id)
        if chat is None:
            chat = Chat(
                chat_id=account.user_id,
                kind="private",
                title=account.name,
                username=account.username,
            )
            self.chats[account.user_id] = chat
        return chat

    def post(self, chat: Chat, sender: Account, kind: MessageKind, **content: Any) -> ChatMessage:
        """Add a message; `content` are members of `ChatMessage`."""
        message = ChatMessage(
            message_id=self._next_id(chat),
            chat_id=chat.chat_id,
            sender_id=sender.user_id,
            from_bot=sender.is_bot,
            kind=kind,
            date=self.now(),
            **content,
        )
        chat.put(message)
        self._publish_message("message", message)
        return message

    def edit(self, chat: Chat, message: ChatMessage, **changes: Any) -> ChatMessage:
        edited = replace(message, **changes, revision=message.revision + 1, edited_at=self.now())
        chat.put(edited)
        self._publish_message("edit", edited)
        return edited

    def delete(self, chat: Chat, message_id: int) -> None:
        chat.remove(message_id)
        self.publish({"type": "delete", "chat_id": chat.chat_id, "message_id": message_id})

    def react(self, chat: Chat, message: ChatMessage, who: int, emojis: list[str]) -> None:
        """Replace this account's reactions to the message."""
        others = tuple(pair for pair in message.reacted if pair[0] != who)
        changed = replace(message, reacted=others + tuple((who, emoji) for emoji in emojis))
        chat.put(changed)
        self._publish_message("reaction", changed)

    def show_action(self, chat: Chat, action: str) -> None:
        chat.actions.append(ChatAction(action, self.now()))
        del chat.actions[:-_KEPT_NOTES]
        self.publish({"type": "action", "chat_id": chat.chat_id, "action": action})

    def press(self, chat: Chat) -> str:
        """Note a pressed button; returns the callback's id."""
        callback_id = str(next(self._press_ids))
        self._presses[callback_id] = Press(chat, self.now())
        return callback_id

    def answer_press(self, callback_id: str, text: str, *, show_alert: bool) -> None:
        """Show the answer to a press, once and in time.

        Raises:
            ApiError: unknown, answered already, or a minute old.
        """
        press = self._presses.pop(callback_id, None)
        if press is None or self.now() - press.at > CALLBACK_LIFETIME:
            raise bad_request(
                "query is too old and response timeout expired or query ID is invalid"
            )
        answer = CallbackAnswer(callback_id, text, show_alert, self.now())
        press.chat.callback_answers.append(answer)
        del press.chat.callback_answers[:-_KEPT_NOTES]
        shown = {"callback_id": callback_id, "text": text, "show_alert": show_alert}
        self.publish({"type": "callback_answer", "chat_id": press.chat.chat_id, **shown})

    def json(self, message: ChatMessage) -> Json:
        """The message as a `Message` of the Bot API."""
        return message_json(message, self.chats[message.chat_id], self.accounts)

    def publish(self, event: Json) -> None:
        for queue in self.subscribers:
            queue.put_nowait(event)
        self.bell.ring()
        if chat := self.chats.get(event["chat_id"]):
            chat.bell.ring()

    def _publish_message(self, kind: str, message: ChatMessage) -> None:
        page = page_message(message, self.accounts[message.sender_id])
        self.publish({"type": kind, "chat_id": message.chat_id, "message": page})

    def _next_id(self, chat: Chat) -> int:
        if chat.kind == "supergroup":
            return next(self._group_ids.setdefault(chat.chat_id, count(1)))
        return next(self._private_ids)
