"""Groups the bot is in, and what becomes of the bot in a chat."""

from typing import Any

from bot.simulators.telegram.account import Account
from bot.simulators.telegram.chat import Chat
from bot.simulators.telegram.updates import UpdateQueue
from bot.simulators.telegram.wire import chat_json, user_json
from bot.simulators.telegram.world import World

_SERVICE = Account(777000, "Telegram")  # the account service notices come from


class Group:
    """A group the bot is in."""

    def __init__(self, world: World, updates: UpdateQueue, chat: Chat) -> None:
        self._world = world
        self._updates = updates
        self.chat = chat
        self.ids = {chat.chat_id}

    @property
    def chat_id(self) -> int:
        return self.chat.chat_id

    def migrate(self) -> int:
        """Turn the basic group into a supergroup; returns its id. Writing to the old one fails."""
        old = self.chat
        if old.kind != "group":
            raise ValueError("only a basic group becomes a supergroup")
        new_id = -1_000_000_000_000 + old.chat_id
        new = Chat(chat_id=new_id, kind="supergroup", title=old.title, is_open=True)
        self._world.chats[new_id] = self.chat = new
        self.ids.add(new_id)
        self._announce(old, {"migrate_to_chat_id": new_id})
        self._announce(new, {"migrate_from_chat_id": old.chat_id})
        old.migrated_to = new_id
        return new_id

    def open_topic(self, name: str) -> int:
        """A topic of a forum; returns its thread id. Reopens the one that has this name."""
        for thread_id, known in self.chat.topics.items():
            if known == name:
                self.chat.closed_topics.discard(thread_id)
                return thread_id
        thread_id = len(self.chat.topics) + 2  # 1 is "General"
        self.chat.topics[thread_id] = name
        return thread_id

    def close_topic(self, thread_id: int = 1) -> None:
        """Close a topic ("General" by default); sending into it fails with TOPIC_CLOSED."""
        self.chat.closed_topics.add(thread_id)

    def promote(self, *user_ids: int) -> None:
        """Make people administrators."""
        self.chat.administrators.update(user_ids)

    def remove_bot(self) -> None:
        self.chat.is_blocked = True
        put_membership(self._world, self._updates, self.chat, self._world.bot, "member", "kicked")

    def _announce(self, chat: Chat, service: dict[str, Any]) -> None:
        self._world.accounts[_SERVICE.user_id] = _SERVICE
        message = self._world.post(chat, _SERVICE, "service", service=service)
        self._updates.put("message", self._world.json(message))


def put_membership(
    world: World, updates: UpdateQueue, chat: Chat, actor: Account, old: str, new: str
) -> None:
    """A `my_chat_member` update: what became of the bot in the chat."""

    def member(status: str) -> dict[str, Any]:
        body: dict[str, Any] = {"user": user_json(world.bot), "status": status}
        return body | ({"until_date": 0} if status == "kicked" else {})

    content = {
        "chat": chat_json(chat),
        "from": user_json(actor),
        "date": int(world.now().timestamp()),
        "old_chat_member": member(old),
        "new_chat_member": member(new),
    }
    updates.put("my_chat_member", content)
    world.bell.ring()
