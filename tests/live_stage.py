"""Live conversations on a stage: people of both platforms, and the ways they go most often."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.app import App
from bot.core.errors import NotFound
from bot.live.draft import Draft
from bot.live.model import LiveConversation, Seat
from bot.storage.work import Work
from tests.discord_stage import DiscordStage
from tests.discord_visitors import DiscordVisitor
from tests.message_builders import NOW, HandClock
from tests.rights.cast import settle_in
from tests.visitors import Anybody, Visitor, user_of

ADMINS = "telegram:9001,discord:9001"
BOTH = frozenset({"telegram", "discord"})
OTHER: Mapping[str, str] = {"telegram": "discord", "discord": "telegram"}


async def a_person(stage: DiscordStage, app: App, platform: str, number: int, name: str) -> Anybody:
    """Somebody registered, in Madrid, whose mother tongue is Spanish, and who has said hello."""
    await app.storage.write(lambda work: settle_in(work, (platform, str(number)), name))
    person = a_stranger(stage, platform, number, name)
    await person.say("/live", then="Live conversations")
    return person


def a_stranger(stage: DiscordStage, platform: str, number: int, name: str) -> Anybody:
    """Somebody whom nobody knows."""
    if platform == "discord":
        return DiscordVisitor(stage.discord.person(number, name, locale="en-US"))
    return Visitor(stage.telegram.person(user_id=number, name=name, language="en"))


async def live(person: Anybody, what: str, then: str) -> None:
    """Send /live with something after it."""
    if isinstance(person, DiscordVisitor):
        await person.pane.run("live", what=what)
    else:
        await person.person.send_text(f"/live {what}")
    await person.reads(then)


async def make(
    host: Anybody,
    title: str = "Spanish over coffee",
    start: str = "tomorrow 18:00",
    seats: str = "8",
    access: str = "Everybody can find it",
) -> None:
    """Make a conversation the shortest way, up to its card."""
    await live(host, "new", then="What shall the conversation be called?")
    await host.say(title, then="What kind of conversation")
    await host.press("👥 Group conversation", then="In which language?")
    await host.press("🇪🇸 Spanish", then="For which level")
    await host.press("🔵 B1", then="When does it begin?")
    await host.say(start, then="How long does it last?")
    await host.press("60 minutes", then="How many people")
    await host.say(seats, then="Where do you meet?")
    await host.press("🎙 Voice notes in turns, here in the chat", then="Who can join?")
    await host.press(access, then="in a few sentences")
    await host.say("We talk and drink coffee.", then="which materials")
    await host.press("None, we will find something to talk about", then="Is everything right?")
    await host.press("Confirm", then="Made!")
    await host.reads("Share this with whoever shall come")


async def planned(
    app: App, host: Anybody, title: str = "Spanish over coffee", hours: float = 29, **more: Any
) -> LiveConversation:
    """A conversation that was made without a word, so many hours from the stage's start."""
    user = await user_of(app, host)
    start = NOW + timedelta(hours=hours)
    draft = Draft(
        title=title,
        language="es",
        level="B1",
        starts_at=start,
        ends_at=start + timedelta(hours=1),
        zone="Europe/Madrid",
        **more,
    )
    return await app.storage.write(
        lambda work: app.product.live.planning.create(work, draft, work.users.get(user.id))
    )


async def look(person: Anybody, title: str = "🇪🇸 Spanish over coffee") -> None:
    """Open a conversation from the list."""
    await person.say("/live", then="Everything that is coming up")
    await person.press(f"1. {title}", then="Led by")


async def conversations_of(app: App, host: Anybody) -> list[LiveConversation]:
    user = await user_of(app, host)
    return list(await app.storage.read(lambda work: work.live.conversations.of_person(user.id)))


async def seat_of(app: App, person: Anybody, conversation: LiveConversation) -> Seat:
    user = await user_of(app, person)

    def find(work: Work) -> Seat:
        seat = work.live.seats.find_of(conversation.id, user.id)
        if seat is None:
            raise NotFound
        return seat

    return await app.storage.read(find)


async def later(app: App, clock: HandClock, **by: float) -> None:
    """Move the clock; what is due then is done."""
    clock.move(**by)
    await app.worker.run_due()


def times_read(person: Anybody, part: str) -> int:
    """How many messages say this."""
    return sum(part in text for text in person.texts)


def data_of(person: Anybody) -> list[str]:
    """What all the buttons carry that somebody sees."""
    if isinstance(person, DiscordVisitor):
        buttons = [b.custom_id for message in person.pane.messages for b in message.buttons]
        return [data for data in buttons if data]
    return sorted(person.data)
