"""Menus, name and descriptions: in each language, and only when they changed."""

from dataclasses import replace

import pytest

from bot.core.errors import Cause, ServiceFailure
from bot.handlers.telegram.menus import About, Menus, publish
from bot.simulators.faults import Fault

MENUS = Menus(
    commands={
        "en": [("start", "Begin"), ("talk", "Speak with the tutor")],
        "es-419": [("start", "Empezar"), ("talk", "Hablar con el tutor")],
    },
    group_commands={"start"},
    admin_commands={"en": [("admin", "Run the school")]},
    admin_rooms=["7", "99"],
    about={"en": About(name="LinguaFlex", description="d" * 600, short_description="Speak.")},
)


class Seen(dict[str, str]):
    """Remembers in memory. Implements `SeenHashes`."""

    async def get(self, key, /):
        return super().get(key)

    async def set(self, key, value, /):
        self[key] = value


@pytest.fixture
async def bot(platform, telegram):
    await telegram.person(7).send_text("/start")
    return platform.application.bot


def published(telegram) -> list[str]:
    return [r.method for r in telegram.requests if r.method.startswith("setMy")]


async def test_everybody_sees_the_menu_of_their_language(bot, telegram):
    await publish(bot, MENUS, seen=Seen())

    assert [c["description"] for c in telegram.commands_for(8, "es")] == [
        "Empezar",
        "Hablar con el tutor",
    ]
    assert [c["description"] for c in telegram.commands_for(8, "fr")] == [
        "Begin",
        "Speak with the tutor",
    ]


async def test_an_administrator_sees_more(bot, telegram):
    await publish(bot, MENUS, seen=Seen())

    assert [c["command"] for c in telegram.commands_for(7, "en")] == ["start", "talk", "admin"]


async def test_what_did_not_change_is_not_set_again(bot, telegram):
    seen = Seen()
    await publish(bot, MENUS, seen=seen)
    before = len(published(telegram))
    changed = replace(MENUS, commands=MENUS.commands | {"en": [("start", "Go")]}, admin_rooms=[])

    assert await publish(bot, replace(MENUS, admin_rooms=["7"]), seen=seen) == 0
    assert await publish(bot, changed, seen=seen) == 2
    assert published(telegram)[before:] == ["setMyCommands"] * 2


async def test_a_flood_limit_stops_and_the_next_time_goes_on(bot, telegram):
    seen = Seen()
    telegram.faults.add(Fault("rate_limit", "setMyName", retry_after=60))

    with pytest.raises(ServiceFailure) as caught:
        await publish(bot, MENUS, seen=seen)

    assert (caught.value.cause, caught.value.retry_after) == (Cause.BUSY, 60)
    assert await publish(bot, replace(MENUS, admin_rooms=["7"]), seen=seen) == 3
    assert published(telegram)[-3:] == ["setMyName", "setMyDescription", "setMyShortDescription"]
