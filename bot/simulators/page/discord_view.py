"""What the page is told of Discord: each member's client, and what changes in it."""

from collections.abc import Callable, Mapping

from bot.simulators.world import DemoWorld, Json

_MESSAGES = frozenset(
    {"MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_REACTION_ADD", "MESSAGE_REACTION_REMOVE"}
)
_PLACES = ("CHANNEL_", "THREAD_", "GUILD_")


class DiscordView:
    """Events of the simulated Discord, as each member's client shows them."""

    def __init__(self, world: DemoWorld) -> None:
        self._members = world.members
        self._bot_name = world.discord.bot.name  # applications have no global name
        self._tellers: Mapping[str, Callable[[Json], list[Json]]] = {
            **dict.fromkeys(_MESSAGES, self._changed),
            "MESSAGE_DELETE": self._deleted,
            "TYPING_START": self._typing,
            "TOAST": self._toast,
            "MODAL_OPENED": self._opened,
            "INTERACTION_ANSWERED": lambda _: [{"type": "discord.answered"}],
        }

    def desks(self) -> list[Json]:
        """Every member's client as a whole."""
        return [
            {"type": "discord.desk", "who": who, **member.desk.state()}
            for who, member in self._members.items()
        ]

    def shown(self, name: str, data: Json) -> list[Json]:
        """One event as the page gets it."""
        if name in self._tellers:
            return self._tellers[name](data)
        return self.desks() if name.startswith(_PLACES) else []

    def _changed(self, data: Json) -> list[Json]:
        """The message as it is by now; nothing where it has gone meanwhile."""
        channel_id, message_id = int(data["channel_id"]), int(data.get("message_id") or data["id"])
        told = []
        for who, member in self._members.items():
            message = member.desk.message(channel_id, message_id)
            if message is not None:
                told.append({"type": "discord.message", "who": who, "message": message})
        return told

    def _deleted(self, data: Json) -> list[Json]:
        return [{"type": "discord.delete", "channel": data["channel_id"], "id": data["id"]}]

    def _typing(self, data: Json) -> list[Json]:
        user = data["user"]
        name = user["global_name"] or self._bot_name
        return [
            {
                "type": "discord.typing",
                "channel": data["channel_id"],
                "author": user["id"],
                "name": name,
            }
        ]

    def _toast(self, data: Json) -> list[Json]:
        who = self._who(data["user_id"])
        return [{"type": "discord.toast", "who": who, "text": data["text"]}] if who else []

    def _opened(self, data: Json) -> list[Json]:
        who = self._who(data["user_id"])
        if who is None:
            return []
        return [{"type": "discord.modal", "who": who, "modal": self._members[who].desk.modal()}]

    def _who(self, user_id: str) -> str | None:
        found = (who for who, each in self._members.items() if str(each.user_id) == user_id)
        return next(found, None)
