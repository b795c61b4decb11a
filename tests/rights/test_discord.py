"""The same rights on Discord: commands in the menu, and forms that a modified client sends."""

from collections.abc import AsyncIterator, Mapping

import pytest
from structlog.testing import capture_logs

from bot.app import App
from bot.core.entity import short_id
from bot.flows.prompts import PREFIX as FLOW_PREFIX
from bot.flows.scene import COMMAND_PREFIX
from bot.simulators.discord import Interaction, Message, Pane
from bot.simulators.discord.asking import Asker
from bot.simulators.discord.components import LABEL, TEXT_INPUT
from bot.simulators.discord.interaction import Kind
from tests.discord_stage import DiscordStage, a_discord_app, a_discord_stage
from tests.discord_visitors import DiscordVisitor, plain
from tests.rights.cast import all_rows, answered
from tests.rights.test_commands import EN, IDS, SAID, TABLE, populate
from tests.stage import PATIENCE_SECONDS
from tests.visitors import to_the_name, user_of

_MARKS = str.maketrans("", "", "\\*|`")
_WORDS = {text.translate(_MARKS): word for text, word in SAID.items()}


@pytest.fixture
async def stage() -> AsyncIterator[DiscordStage]:
    async with a_discord_stage() as running:
        yield running


@pytest.fixture
async def app(stage: DiscordStage, sqlite_url: str) -> AsyncIterator[App]:
    async with a_discord_app(stage, sqlite_url) as running:
        await running.storage.write(lambda work: populate(work, "discord", IDS))
        yield running


async def test_a_command_of_the_menu_does_what_the_table_says(
    stage: DiscordStage, app: App
) -> None:
    panes = {role: stage.discord.person(ids, role).dm() for role, ids in IDS.items()}
    listed = [command.name for command in app.product.commands.offered("discord")]
    told = {name: await ask(app, panes, name) for name in listed}
    columns = {name: TABLE[name] for name in listed}
    assert told == {name: {role: row[role] for role in IDS} for name, row in columns.items()}


async def test_in_a_server_nobody_else_reads_an_answer(stage: DiscordStage, app: App) -> None:
    admin, onlooker = stage.discord.person(IDS["admin"], "admin"), stage.discord.person(99, "Bob")
    school = stage.discord.guild("School", owner=admin)
    school.add(onlooker)
    lobby = school.add_channel("lobby")
    for command in app.product.commands.offered("discord"):
        told = await ask(app, {"admin": admin.at(lobby)}, command.name)
        wanted = "private" if command.name == "write" else "yes"
        assert told == {"admin": wanted}, command.name
    (card,) = onlooker.at(lobby).messages  # /setup puts it there for every teacher
    assert "Receive my students here" in {button.label for button in card.buttons}
    offered = {command.canonical for command in onlooker.at(lobby).commands}
    assert offered == {command.name for command in app.product.commands.offered("discord")} - {
        "setup"
    }


async def test_a_form_of_somebody_else_or_of_nobody_is_refused(
    stage: DiscordStage, app: App
) -> None:
    ana = DiscordVisitor(stage.discord.person(1001, "Ana"))
    mallory = DiscordVisitor(stage.discord.person(666, "Mallory"))
    await to_the_name(ana)
    await to_the_name(mallory)
    anas, own = await flow_of(app, ana), await flow_of(app, mallory)
    name = {"name": "Mallory"}
    forged: list[tuple[str, Mapping[str, str]]] = [
        (f"f:{anas}:name:m", name),
        (f"f:{anas}:name:y", name),
        (f"f:{own}:email:m", {"email": "mallory@example.org"}),
        (f"f:{own}:summary:m", {"summary": "y"}),
        (f"f:{own}:name:m", {"role": "admin", "summary": "y"}),
        (f"f:{own}:name:y", name),
        (f"f:{own}:name:x", name),
        (f"q:approve:{anas}:0", name),
        ("c:admin", name),
        *((noise, name) for noise in ("f", "f:", "f:::m", "f:x:name:m", ":", "²", "x" * 100)),
    ]
    before = await all_rows(app)
    with capture_logs() as logs:
        for custom_id, fields in forged:
            await submit(mallory, custom_id, fields)
            await answered(app)
            assert await all_rows(app) == before, custom_id
    noted = [log for log in logs if log["event"] == "rights.refused"]
    assert [log["why"] for log in noted] == ["button.stale"] * len(forged)
    assert "Mallory" not in str(noted)
    assert sum(EN("button.stale_menu") in text for text in mallory.texts) == len(forged)


async def test_a_made_up_button_does_nothing(stage: DiscordStage, app: App) -> None:
    admin = DiscordVisitor(stage.discord.person(IDS["admin"], "admin"))
    await acknowledged(admin.pane, await admin.pane.run("support"))
    await answered(app)
    prefixes = {*app.product.conversation.presses, COMMAND_PREFIX, FLOW_PREFIX, "zz"}
    made_up = [f"{prefix}:{rest}" for prefix in sorted(prefixes) for rest in ("", "²", "x" * 90)]
    before = await all_rows(app)
    with capture_logs() as logs:
        for data in made_up:
            await acknowledged(admin.pane, await admin.forge(data))
        await answered(app)
    assert await all_rows(app) == before
    noted = [log for log in logs if log["event"] == "rights.refused"]
    assert [log["what"] for log in noted] == [
        "unknown" if prefix == "zz" else prefix for prefix in sorted(prefixes) for _ in range(3)
    ]


async def test_a_form_counts_once(stage: DiscordStage, app: App) -> None:
    ana = DiscordVisitor(stage.discord.person(1001, "Ana"))
    await to_the_name(ana)
    own = await flow_of(app, ana)
    await submit(ana, f"f:{own}:name:m", {"name": "Ana García", "email": ""})
    await ana.reads("own language")
    before = await all_rows(app)
    await submit(ana, f"f:{own}:name:m", {"name": "Berta", "email": "berta@example.org"})
    await ana.reads("That button belongs to an older message")
    assert await all_rows(app) == before


async def flow_of(app: App, visitor: DiscordVisitor) -> str:
    """What the buttons of the question name that is being asked."""
    user = await user_of(app, visitor)
    state = await app.storage.read(lambda work: work.flow_states.find_of_user(user.id))
    assert state is not None
    return short_id(state.id)


async def submit(visitor: DiscordVisitor, custom_id: str, fields: Mapping[str, str]) -> None:
    """Send a form that was never opened."""
    components = [
        {
            "type": LABEL,
            "id": number,
            "component": {
                "type": TEXT_INPUT,
                "id": 100 + number,
                "custom_id": name,
                "value": value,
            },
        }
        for number, (name, value) in enumerate(fields.items(), 1)
    ]
    pane = visitor.pane
    shown = next(m for m in pane.messages if m.author_id != visitor.person.user_id)
    asker = Asker(visitor.person._world, visitor.person.user_id, pane.channel)
    data = {"custom_id": custom_id, "components": components}
    await acknowledged(pane, asker.ask(Kind.MODAL, data, shown))


async def acknowledged(pane: Pane, asked: Interaction) -> None:
    await pane.channel.bell.until(lambda: asked.is_answered or None, PATIENCE_SECONDS)


async def ask(app: App, panes: Mapping[str, Pane], command: str) -> Mapping[str, str]:
    """What a command says to each of these people: a word of the table."""
    before = {role: _shown(pane) for role, pane in panes.items()}
    for pane in panes.values():
        await acknowledged(pane, await pane.run(command))
    await answered(app)
    after = {role: _shown(pane) for role, pane in panes.items()}
    assert all(after[role] != before[role] for role in panes), f"/{command} says nothing"
    return {
        role: _word([text for text in after[role] if text not in before[role]]) for role in panes
    }


def _shown(pane: Pane) -> list[tuple[int, str]]:
    return [(m.message_id, plain(m)) for m in pane.messages if _is_ours(m)]


def _is_ours(message: Message) -> bool:
    return message.author_id not in {*IDS.values(), 99}


def _word(said: list[tuple[int, str]]) -> str:
    return next((_WORDS[text] for _, text in said if text in _WORDS), "yes")
