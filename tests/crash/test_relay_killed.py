"""kill -9 between a student in Telegram and a teacher in Discord: each message arrives once."""

from pathlib import Path

from bot.simulators.discord import Message
from bot.storage.engine import SqlStorage
from tests.crash.instances import needs_fork, some_instances
from tests.crash.scenarios import RELAY
from tests.discord_stage import DiscordStage, a_discord_stage
from tests.discord_visitors import DiscordVisitor
from tests.message_builders import NOW
from tests.relay_stage import acquaint, reads
from tests.stage import PATIENCE_SECONDS, a_note
from tests.visitors import JPEG

pytestmark = needs_fork

_PARTS = "telegram,discord"


async def _acquaint(stage: DiscordStage, url: str, *people: tuple[str, str]) -> None:
    storage: SqlStorage = stage.look_at(url)
    await storage.open()
    await storage.write(lambda work: acquaint(work, RELAY, people[0], people[1], NOW))
    await storage.aclose()


async def test_a_process_killed_in_the_middle_carries_everything_once(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with a_discord_stage() as stage, some_instances(tmp_path) as instances:
        environment = stage.environment(sqlite_url)
        ana = stage.telegram.person(1, "Ana")
        ben = DiscordVisitor(stage.discord.person(2001, "Ben"))
        first = await instances.start(environment, only=_PARTS)
        await ana.send_text("/start")
        await ana.wait(lambda m: bool(m.buttons), PATIENCE_SECONDS)
        await stage.discord.until(lambda: stage.discord.is_connected, PATIENCE_SECONDS)
        await ben.pane.send("hello")
        await ben.pane.wait(lambda m: m.author_id != ben.person.user_id, PATIENCE_SECONDS)
        await first.terminate()
        await _acquaint(stage, sqlite_url, ("telegram", "1"), ("discord", ben.external_id))

        second = await instances.start(environment, only=_PARTS)
        asked = await ana.send_text("When shall we meet?")
        seen = await ben.reads("When shall we meet?")
        await ana.send_voice(a_note(), 1.0)
        await second.kill()
        answered = await ben.pane.send("At five", reply_to=seen)
        await ana.send_photo(JPEG, caption="my homework")
        await ana.edit_text(asked, "When shall we meet today?")

        third = await instances.start(environment, only=_PARTS)
        answer = await reads(ana, "At five")
        await ben.reads("my homework")
        await ben.reads("meet today?")
        await ben.pane.delete(answered)
        await ana.chat.bell.until(
            lambda: ana.chat.find(answer.message_id) is None or None, PATIENCE_SECONDS
        )
        await third.terminate()

        assert answer.reply_to == asked
        relayed = [m for m in ben.pane.messages if _is_of(m, "Ana")]
        assert [bool(m.attachments) for m in relayed] == [False, False, True, True]


def _is_of(message: Message, name: str) -> bool:
    """A message carried for somebody: their name in bold stands first, or it is a voice alone."""
    return message.content.startswith(f"**{name}**") or message.is_voice
