"""A server on Discord in which live conversations are announced and met in."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from bot.app import App
from bot.live.draft import Draft
from bot.live.model import LiveConversation, RoomKind
from bot.meetings.attendance import Attendance
from bot.simulators.discord import (
    EVERYONE,
    Channel,
    Message,
    Pane,
    Permission,
)
from bot.simulators.discord.manager import GuildManager
from bot.storage.work import Work
from tests.discord_stage import DiscordStage
from tests.discord_visitors import plain
from tests.live_stage import later
from tests.message_builders import HandClock
from tests.rights.cast import answered
from tests.stage import PATIENCE_SECONDS
from tests.visitors import Anybody, user_of

RIGHTS = EVERYONE | Permission.CREATE_EVENTS | Permission.MANAGE_CHANNELS
HERE, STOP = "📣 Announce live conversations here", "Stop announcing here"


@dataclass
class School:
    """Ana runs a server on Discord and hosts; Ben and Cleo take part."""

    app: App
    stage: DiscordStage
    clock: HandClock
    server: GuildManager
    news: Channel
    ana: Anybody
    ben: Anybody

    @property
    def pane(self) -> Pane:
        """The channel as somebody sees it to whom nothing is whispered."""
        return self.ben.person.at(self.news)

    async def set_up(self) -> None:
        """Run /setup there, and choose announcements."""
        pane = self.ana.person.at(self.news)
        await pane.run("setup")
        offer = await pane.wait(lambda m: labelled(m, HERE), PATIENCE_SECONDS)
        await pane.press(offer, label=HERE)
        await pane.wait(lambda m: "are announced in this channel" in plain(m), PATIENCE_SECONDS)

    async def plan(self, minutes: float = 20, **changes: object) -> LiveConversation:
        """One that begins in so many minutes, for two, in a voice room."""
        starts_at = self.clock.now() + timedelta(minutes=minutes)
        draft = Draft(
            **{
                "title": "Coffee and verbs",
                "language": "es",
                "starts_at": starts_at,
                "ends_at": starts_at + timedelta(hours=1),
                "zone": "Europe/Madrid",
                "seats": 2,
                "room": RoomKind.DISCORD_VOICE,
                **changes,
            }
        )
        host = await user_of(self.app, self.ana)
        planning = self.app.product.live.planning
        made = await self.app.storage.write(lambda work: planning.create(work, draft, host))
        await self.done()
        return made

    async def book(self, conversation: LiveConversation, person: Anybody) -> None:
        user, seats = await user_of(self.app, person), self.app.product.live.seats
        await self.app.storage.write(lambda work: seats.book(work, conversation.id, user.id))
        await self.pass_by(seconds=6)

    async def pass_by(self, **by: float) -> None:
        """Time passes, and what is due then is done, on Discord too."""
        await later(self.app, self.clock, **by)
        await self.done()

    async def done(self) -> None:
        """Every promise that is due is kept, one that was begun elsewhere too, and all is sent."""
        for _ in range(2):
            await answered(self.app)
            async with asyncio.timeout(PATIENCE_SECONDS):
                while self.app.worker._running:  # noqa: ASYNC110 - nobody rings for that
                    await asyncio.sleep(0.01)
        await answered(self.app)

    async def posted(self, part: str) -> Message:
        """What stands there of a conversation, once it says this."""
        return await self.pane.wait(lambda m: part in plain(m), PATIENCE_SECONDS)

    async def meeting(self, **changes: object) -> tuple[LiveConversation, Channel]:
        """A conversation that is about to begin, Ben's seat in it, and its open room."""
        await self.set_up()
        conversation = await self.plan(**changes)
        await self.posted("Coffee and verbs")
        await self.book(conversation, self.ben)
        await self.pass_by(minutes=6)
        await self.pass_by(minutes=14)
        room = self.server.channel(f"Coffee and verbs · {conversation.id[-6:]}")
        return conversation, room

    async def told(self) -> None:
        """What the gateway told is worked off: it tells in order."""
        await self.ana.say("/help", then="/live")
        await answered(self.app)

    async def seen(self, conversation: LiveConversation) -> Attendance:
        meetings = self.app.meetings.desk.service

        def find(work: Work) -> Attendance:
            return meetings.seen(work, conversation.id) or Attendance()

        return await self.app.storage.read(find)


def labelled(message: Message, label: str) -> bool:
    return any(button.label == label for button in message.buttons)
