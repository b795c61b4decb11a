"""Long polling: offsets, conflicts, redelivery, and what goes wrong on the way."""

import asyncio

import aiohttp
import pytest

from bot.simulators.faults import Fault
from bot.simulators.telegram import TelegramSimulator


def _texts(updates) -> list[str]:
    return [next(v for k, v in u.items() if k != "update_id")["text"] for u in updates]


async def test_updates_come_again_until_an_offset_confirms_them(api, ana, sim):
    confirmed = sim.updates_confirmed
    for text in ("one", "two", "three"):
        await ana.send_text(text)
    assert _texts(await api.updates(limit=2)) == ["one", "two"]
    first = (await api.updates())[0]["update_id"]
    assert _texts(await api.updates(first + 2)) == ["three"]
    assert sim.updates_confirmed == confirmed + 2
    assert _texts(await api.updates()) == ["three"]


async def test_ids_grow_by_one(api, ana):
    for text in "abc":
        await ana.send_text(text)
    ids = [update["update_id"] for update in await api.updates()]
    assert ids == [ids[0], ids[0] + 1, ids[0] + 2]


async def test_a_negative_offset_keeps_only_the_last_updates(api, ana):
    for text in "abc":
        await ana.send_text(text)
    assert _texts(await api.updates(-1)) == ["c"]
    assert _texts(await api.updates()) == ["c"]


async def test_a_long_poll_ends_with_the_first_update(api, ana):
    poll = asyncio.create_task(api.updates(timeout=50))
    await asyncio.sleep(0)
    await ana.send_text("hello")
    assert _texts(await poll) == ["hello"]


async def test_a_second_poller_ends_the_first_with_409(api, ana, sim):
    first = asyncio.create_task(api.call("getUpdates", timeout=50))
    second = asyncio.create_task(_after_first_is_polling(api, sim))
    envelope = await first
    assert (envelope["error_code"], envelope["description"][:9]) == (409, "Conflict:")
    await ana.send_text("hello")
    assert _texts(await second) == ["hello"]
    assert sim.count_409 == 1


async def _after_first_is_polling(api, sim):
    await sim.until(lambda: sim.is_polled)
    return await api.updates(timeout=50)


async def test_only_the_wanted_kinds_of_updates_are_kept(api, ana):
    await api.updates(allowed_updates=["edited_message", "message_reaction"])
    sent = await api.send()
    mine = await ana.send_text("first")
    await ana.edit_text(mine, "second")
    await ana.react(sent, "👍")
    updates = await api.updates()
    assert [set(u) - {"update_id"} for u in updates] == [{"edited_message"}, {"message_reaction"}]


async def test_reactions_come_only_when_asked_for(api, ana):
    await ana.react(await api.send(), "👍")
    assert await api.updates() == []
    assert ana.chat.messages[-1].reactions == ("👍",)


async def test_updates_nobody_fetched_in_a_day_are_gone(api, ana, time):
    await ana.send_text("old")
    time.passed += 24 * 3600 + 1
    await ana.send_text("new")
    assert _texts(await api.updates()) == ["new"]


async def test_confirmed_updates_can_be_delivered_again(api, ana, sim):
    await ana.send_text("once")
    (update,) = await api.updates()
    assert await api.updates(update["update_id"] + 1) == []
    sim.redeliver(1)
    assert await api.updates(update["update_id"] + 1) == [update]
    assert await api.updates(update["update_id"] + 1) == []


async def test_a_server_that_never_hears_the_bot_repeats_everything(api, ana, sim):
    await ana.send_text("again")
    sim.never_acks = True
    (update,) = await api.updates()
    for _ in range(3):
        assert await api.updates(update["update_id"] + 1) == [update]
    sim.never_acks = False
    assert await api.updates(update["update_id"] + 1) == []


async def test_a_duplicated_update_comes_twice_with_one_id(api, ana, sim):
    sim.faults.add(Fault("duplicate", match="update:message"))
    await ana.send_text("twice")
    await ana.send_text("then once")
    updates = await api.updates()
    assert _texts(updates) == ["twice", "twice", "then once"]
    assert updates[0] == updates[1]


async def test_a_reordered_edit_is_followed_by_its_message(api, ana, sim):
    sim.faults.add(Fault("reorder", match="update:message"))
    mine = await ana.send_text("first")
    await ana.edit_text(mine, "second")
    updates = await api.updates()
    assert [set(u) - {"update_id"} for u in updates] == [{"edited_message"}, {"message"}]
    assert _texts(updates) == ["second", "first"]
    assert updates[0]["update_id"] < updates[1]["update_id"]


async def test_a_delayed_update_comes_late(api, ana, sim):
    sim.faults.add(Fault("delay", match="update:message", seconds=0.01))
    await ana.send_text("late")
    assert await api.updates() == []
    assert _texts(await api.updates(timeout=10)) == ["late"]


@pytest.mark.parametrize(("kind", "messages"), [("drop_before", 0), ("drop_after", 1)])
async def test_a_cut_connection_hides_whether_the_message_was_sent(
    api, ana, sim: TelegramSimulator, kind, messages: int
):
    sim.faults.add(Fault(kind, match="sendMessage"))
    with pytest.raises(aiohttp.ClientConnectionError):
        await api.send("hello")
    assert sum(m.from_bot for m in ana.chat.messages) == messages
    assert [(r.method, r.status) for r in sim.requests][-1] == ("sendMessage", 0)
    await api.send("again")


async def test_errors_on_command_strike_as_often_as_told(api, ana, sim):
    sim.faults.add(
        Fault("status", match="send*", status=502, times=2, skip=1),
        Fault("rate_limit", match="sendMessage", retry_after=7, skip=1),
    )

    async def outcome() -> int:
        envelope = await api.call("sendMessage", chat_id=1001, text="x")
        return 200 if envelope["ok"] else int(envelope["error_code"])

    assert [await outcome() for _ in range(5)] == [200, 502, 502, 429, 200]
    assert sim.faults.fired == {"status": 2, "rate_limit": 1}
    assert sim.count_429 == 1


async def test_chance_faults_repeat_with_the_seed(api, ana, sim):
    async def run() -> list[bool]:
        simulator = TelegramSimulator(flood=False, seed=7)
        simulator.faults.add(Fault("status", times=None, probability=0.3))
        return [simulator.faults.take("x", "status") is not None for _ in range(50)]

    first, second = await run(), await run()
    assert first == second
    assert 5 < sum(first) < 25
