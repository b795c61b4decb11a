"""Scheduled events: the three kinds, how they go on, who may, and what the gateway tells."""

from datetime import timedelta

import discord
import pytest

from bot.simulators.discord import EVERYONE, ChannelKind, Entity, Permission, Status
from tests.contracts.discord_simulator.small_bot import connected

MAY = EVERYONE | Permission.CREATE_EVENTS


@pytest.fixture
def school(sim):
    return sim.guild("School", bot_rights=MAY)


@pytest.fixture
def an_event(time):
    def body(**changes):
        start = time.now() + timedelta(hours=1)
        return {
            "name": "Coffee and verbs",
            "privacy_level": 2,
            "entity_type": 3,
            "entity_metadata": {"location": "Zoom"},
            "scheduled_start_time": start.isoformat(),
            "scheduled_end_time": (start + timedelta(hours=1)).isoformat(),
        } | changes

    return body


def calendar(school):
    return f"/guilds/{school.guild_id}/scheduled-events"


async def test_an_external_event_begins_and_ends_by_itself(rest, school, time, an_event):
    made = await rest.call("POST", calendar(school), an_event())
    seen = [school.events[0].status]
    for _ in range(2):
        time.passed += 3601
        seen.append(school.events[0].status)

    assert made.status == 200
    assert seen == [Status.SCHEDULED, Status.ACTIVE, Status.COMPLETED]
    assert (await rest.call("GET", calendar(school))).body == []


@pytest.mark.parametrize(
    ("kind", "entity"), [(ChannelKind.VOICE, Entity.VOICE), (ChannelKind.STAGE, Entity.STAGE)]
)
async def test_in_a_channel_somebody_begins_and_ends_it(rest, school, an_event, kind, entity):
    room = school.add_channel("talk", kind)
    inside = {
        "entity_type": int(entity),
        "channel_id": str(room.channel_id),
        "entity_metadata": None,
    }
    made = await rest.call("POST", calendar(school), an_event(**inside))
    one = f"{calendar(school)}/{made.body['id']}"
    for status in (Status.ACTIVE, Status.COMPLETED):
        answer = await rest.call("PATCH", one, {"status": int(status)})
        assert answer.body["status"] == status
    again = await rest.call("PATCH", one, {"status": int(Status.ACTIVE)})

    assert (again.status, again.body["code"]) == (400, 180000)


async def test_an_event_outside_moves_into_a_channel(rest, school, an_event):
    made = await rest.call("POST", calendar(school), an_event())
    room = school.add_channel("talk", ChannelKind.VOICE)
    body = {"entity_type": 2, "channel_id": str(room.channel_id), "entity_metadata": None}
    await rest.call("PATCH", f"{calendar(school)}/{made.body['id']}", body)

    (event,) = school.events
    assert (event.entity, event.channel_id) == (Entity.VOICE, room.channel_id)
    assert event.location is None


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": "x" * 101},
        {"description": "x" * 1001},
        {"privacy_level": 1},
        {"entity_type": 4},
        {"entity_metadata": {}},
        {"entity_metadata": {"location": "x" * 101}},
        {"scheduled_end_time": None},
        {"scheduled_start_time": "2020-01-01T00:00:00+00:00"},
        {"scheduled_start_time": "tomorrow"},
        {"scheduled_end_time": "2020-01-01T00:00:00+00:00"},
        {"channel_id": "5"},
        {"entity_type": 2, "entity_metadata": None},
    ],
)
async def test_what_does_not_belong_together_is_refused(sim, rest, school, an_event, changes):
    answer = await rest.call("POST", calendar(school), an_event(**changes))
    sim.violations.clear()

    assert (answer.status, answer.body["code"]) == (400, 50035)
    assert school.events == []


async def test_a_guild_has_room_for_a_hundred(rest, school, an_event):
    for _ in range(100):
        assert (await rest.call("POST", calendar(school), an_event())).status == 200
    full = await rest.call("POST", calendar(school), an_event())
    await rest.call("DELETE", f"{calendar(school)}/{school.events[0].event_id}")

    assert (full.status, full.body["code"]) == (400, 30038)
    assert (await rest.call("POST", calendar(school), an_event())).status == 200


async def test_who_may_not_plan_gets_nowhere(rest, school, an_event):
    made = await rest.call("POST", calendar(school), an_event())
    one = f"{calendar(school)}/{made.body['id']}"
    school.allow_bot(EVERYONE)
    answers = [
        await rest.call("POST", calendar(school), an_event()),
        await rest.call("PATCH", one, {"name": "Other"}),
        await rest.call("DELETE", one),
    ]

    assert [(answer.status, answer.body["code"]) for answer in answers] == [(403, 50013)] * 3


async def test_the_gateway_tells_who_asked_for_it(sim, rest, school, an_event):
    async with connected(sim) as bot:
        await bot.until(lambda: bot.get_guild(school.guild_id))
        made = await rest.call("POST", calendar(school), an_event())
        one = f"{calendar(school)}/{made.body['id']}"
        await rest.call("PATCH", one, {"status": int(Status.CANCELED)})
        await bot.until(lambda: bot.named("scheduled_event_update"))
        await rest.call("DELETE", one)
        await bot.until(lambda: bot.named("scheduled_event_delete"))

        (event,) = bot.named("scheduled_event_create")
        assert (event.name, event.location) == ("Coffee and verbs", "Zoom")
    async with connected(sim, discord.Intents(guilds=True)) as deaf:
        await deaf.until(lambda: deaf.get_guild(school.guild_id))
        await rest.call("POST", calendar(school), an_event())
        school.add_channel("after")
        await deaf.until(lambda: deaf.named("guild_channel_create"))
        assert deaf.named("scheduled_event_create") == []
