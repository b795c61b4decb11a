"""What the page is told: everything at first, then each change."""

from collections.abc import Callable, Sequence
from datetime import datetime

from bot.simulators.mailbox import page_mail
from bot.simulators.page.assets import Sample
from bot.simulators.page.checkout import CheckoutPages
from bot.simulators.page.discord_view import DiscordView
from bot.simulators.page.meetings import Meetings
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
        self._discord = DiscordView(world)
        self._meetings = Meetings(world, now)
        self._checkout = CheckoutPages(world, now)

    def state(self, student: str) -> Json:
        """Everything the page shows, with the Telegram of this student."""
        world, person = self._world, self._world.students[student]
        chat, bot = person.chat, world.telegram.bot
        accounts = {bot.user_id: bot, person.account.user_id: person.account}
        return {
            **self.clock(),
            **self.blocked(student),
            **self._commands(student),
            **world.status_json(),
            **self._meetings.shown(),
            **self._checkout.shown(),
            "type": "state",
            "bot": {"name": bot.name, "username": bot.username},
            "student": student,
            "students": [
                {"who": who, "name": each.account.name} for who, each in world.students.items()
            ],
            "messages": [page_message(one, accounts[one.sender_id]) for one in chat.messages],
            "discord": self._discord.desks(),
            "mails": [page_mail(mail) for mail in world.mailbox.messages],
            "notices": self._notices,
            "samples": self._samples,
        }

    def shown(self, event: Json, student: str) -> list[Json]:
        """The event as the page gets it; [] when it is about somebody else's chat."""
        match event["type"]:
            case "discord":
                return self._discord.shown(event["event"], event["data"])
            case "zoom":
                return [self._meetings.shown()]
            case "stripe":
                return [self._checkout.shown()]
            case "commands":
                return [self._commands(student)]
            case "status" if self._world.is_ready("bot"):  # its slash commands are there
                return [event, *self._discord.desks()]
        chat_id = self._world.students[student].chat.chat_id
        return [event] if event.get("chat_id", chat_id) == chat_id else []

    def clock(self) -> Json:
        return {"type": "clock", "now": self._now().isoformat()}

    def blocked(self, student: str) -> Json:
        return {"type": "blocked", "blocked": self._world.students[student].chat.is_blocked}

    def _commands(self, student: str) -> Json:
        account = self._world.students[student].account
        menu = self._world.telegram.commands_for(account.user_id, account.language)
        return {"type": "commands", "commands": menu}
