"""Becoming a teacher, offering and finding, on every platform with the same words."""

from collections.abc import AsyncIterator

import pytest

from bot.app import App
from tests.discord_stage import DiscordStage, a_discord_app, a_discord_stage
from tests.discord_visitors import DiscordVisitor
from tests.teaching_stage import become_verified, make_gig, publish
from tests.visitors import Anybody, Visitor, register, user_of

BOTH = frozenset({"telegram", "discord"})
ADMINS = "telegram:9001,discord:9001"


@pytest.fixture
async def stage() -> AsyncIterator[DiscordStage]:
    async with a_discord_stage() as running:
        yield running


@pytest.fixture
async def app(stage: DiscordStage, sqlite_url: str) -> AsyncIterator[App]:
    async with a_discord_app(stage, sqlite_url, admins=ADMINS, parts=BOTH) as running:
        yield running


def somebody(stage: DiscordStage, platform: str, number: int, name: str) -> Anybody:
    if platform == "discord":
        return DiscordVisitor(stage.discord.person(number, name, locale="en-US"))
    return Visitor(stage.telegram.person(user_id=number, name=name, language="en"))


@pytest.mark.parametrize(
    ("teachers", "students"), [("discord", "telegram"), ("discord", "discord")]
)
async def test_a_student_finds_a_teacher_and_their_conversation_opens(
    stage: DiscordStage, app: App, teachers: str, students: str
) -> None:
    ana = somebody(stage, teachers, 1001, "Ana")
    admin = somebody(stage, teachers, 9001, "Olga")
    bob = somebody(stage, students, 1002, "Bob")
    await become_verified(ana, admin)
    await make_gig(ana)
    await publish(ana)
    await register(bob)
    await bob.say("/teachers", then="Spanish for travellers")
    await bob.press("1. Spanish for travellers", then="Conversation with a native")
    await bob.press("✉️ Write to Ana", then="Ana")
    student, teacher = await user_of(app, bob), await user_of(app, ana)
    thread = await app.storage.read(
        lambda work: work.chat.threads.find_pair(student.id, teacher.id)
    )
    assert thread is not None
