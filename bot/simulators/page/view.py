"""What the page is told: everything at first, then each change."""

from collections.abc import Callable, Sequence
from datetime import datetime

from bot.simulators.mailbox import page_mail
from bot.simulators.page.assets import Sample
from bot.simulators.telegram.wire import page_message
from bot.simulators.world import DemoWorld, Json


class View:
    """The world as JSON for the page.

    Args:
        now: the time in the demo; aware.
        notices: lines shown for as long as the page runs.
    """

    def __init__(
        self,
        world: DemoWorld,
        *,
        now: Callable[[], datetime],
        notices: Sequence[str],
        samples: Sequence[Sample],
    ) -> None:
        self._world = world
        self._now = now
        self._notices = list(notices)
        self._samples = [sample.as_json() for sample in samples]

    def state(self) -> Json:
        """Everything the page shows."""
        world = self._world
        chat, bot = world.student.chat, world.telegram.bot
        accounts = {bot.user_id: bot, world.student.account.user_id: world.student.account}
        return {
            **self.clock(),
            **self.blocked(),
            **self._commands(),
            **world.status_json(),
            "type": "state",
            "bot": {"name": bot.name, "username": bot.username},
            "messages": [page_message(one, accounts[one.sender_id]) for one in chat.messages],
            "mails": [page_mail(mail) for mail in world.mailbox.messages],
            "notices": self._notices,
            "samples": self._samples,
        }

    def shown(self, event: Json) -> Json | None:
        """The event as the page gets it; None when it is about somebody else's chat."""
        if event["type"] == "commands":
            return self._commands()
        chat_id = self._world.student.chat.chat_id
        return event if event.get("chat_id", chat_id) == chat_id else None

    def clock(self) -> Json:
        return {"type": "clock", "now": self._now().isoformat()}

    def blocked(self) -> Json:
        return {"type": "blocked", "blocked": self._world.student.chat.is_blocked}

    def _commands(self) -> Json:
        student = self._world.student.account
        menu = self._world.telegram.commands_for(student.user_id, student.language)
        return {"type": "commands", "commands": menu}
