"""Sending limits, as published."""

import pytest

from bot.simulators.telegram import TelegramSimulator


async def _refused(api, chat_id: int) -> int:
    """Seconds to wait, 0 when the message was taken."""
    envelope = await api.call("sendMessage", chat_id=chat_id, text="x")
    return 0 if envelope["ok"] else int(envelope["parameters"]["retry_after"])


async def test_a_chat_takes_a_short_burst_and_then_one_message_a_second(api, ana, sim, time):
    assert [await _refused(api, 1001) for _ in range(6)] == [0, 0, 0, 0, 0, 1]
    time.passed += 1
    assert [await _refused(api, 1001) for _ in range(2)] == [0, 1]
    assert sim.count_429 == 2


async def test_one_chats_limit_stops_no_other_chat(api, ana, sim):
    await sim.person(1002, "Bo").send_text("/start")
    for _ in range(6):
        await api.call("sendMessage", chat_id=1001, text="x")
    assert await _refused(api, 1002) == 0


async def test_a_group_takes_20_messages_a_minute(api, sim, time):
    sim.group(-100777, "Room")
    for _ in range(20):
        time.passed += 1
        assert await _refused(api, -100777) == 0
    time.passed += 1
    assert await _refused(api, -100777) == 40
    time.passed += 40
    assert await _refused(api, -100777) == 0


async def test_all_chats_together_take_30_messages_a_second(api, sim, time):
    for user_id in range(2000, 2031):
        await sim.person(user_id, "P").send_text("/start")
    waits = [await _refused(api, user_id) for user_id in range(2000, 2031)]
    assert waits == [0] * 30 + [1]


async def test_a_bot_that_waits_as_told_loses_nothing(api, ana, sim, time):
    sent = 0
    while sent < 20:
        wait = await _refused(api, 1001)
        sent += wait == 0
        time.passed += wait
    assert sum(message.from_bot for message in ana.chat.messages) == 20
    assert time.passed == 15


@pytest.mark.parametrize("method", ["sendChatAction", "getChat"])
async def test_what_shows_no_message_is_not_limited(api, ana, method: str):
    params = {"action": "typing"} if method == "sendChatAction" else {}
    for _ in range(40):
        await api.result(method, chat_id=1001, **params)


async def test_the_limits_can_be_switched_off(api, ana, sim: TelegramSimulator):
    sim.flood = False
    assert [await _refused(api, 1001) for _ in range(50)] == [0] * 50
