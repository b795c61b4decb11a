"""Faults on command, as they reach a bot over REST."""

import aiohttp
import pytest

from bot.simulators.faults import Fault


async def test_a_request_cut_before_it_was_done_did_nothing(sim, rest, tom):
    sim.faults.add(Fault("drop_before", match="create_message"))
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await rest.send(tom.dm().channel_id)
    assert (tom.dm().messages, sim.statuses[0]) == ([], 1)


async def test_an_answer_lost_is_found_again_by_its_nonce(sim, rest, tom):
    sim.faults.add(Fault("drop_after", match="create_message"))
    once = {"nonce": "n1", "enforce_nonce": True}
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await rest.send(tom.dm().channel_id, **once)
    again = await rest.send(tom.dm().channel_id, **once)
    (message,) = tom.dm().messages
    assert again.body["id"] == str(message.message_id)


@pytest.mark.parametrize(("status", "code"), [(500, 0), (503, 0), (403, 50013), (401, 0)])
async def test_any_answer_can_be_commanded(sim, rest, tom, status, code):
    sim.faults.add(Fault("status", match="create_message", status=status, times=3))
    answers = [await rest.send(tom.dm().channel_id) for _ in range(4)]
    assert [answer.status for answer in answers] == [status] * 3 + [200]
    assert (answers[0].code, sim.statuses[status]) == (code, 3)
    assert sim.invalid_requests == (3 if status in (401, 403) else 0)


async def test_a_slow_answer_is_slow(sim, rest, tom):
    sim.faults.add(Fault("delay", match="create_message", seconds=0.05))
    with pytest.raises(TimeoutError):
        await rest.call(
            "POST",
            f"/channels/{tom.dm().channel_id}/messages",
            {"content": "x"},
            timeout=aiohttp.ClientTimeout(total=0.01),
        )


async def test_downloads_fail_as_well(bot, sim, tom):
    sim.faults.add(Fault("status", match="download", status=503))
    await tom.dm().send_file(b"data", "a.txt")
    await bot.until(lambda: bot.heard)
    (attachment,) = bot.heard[0].attachments
    with pytest.raises(Exception, match="503"):
        await attachment.read()
    assert await attachment.read() == b"data"


async def test_a_missing_heartbeat_ack_is_noticed(sim, session):
    sim.faults.add(Fault("drop_before", match="gateway:HEARTBEAT"))
    async with session.ws_connect(sim.gateway_url) as socket:
        assert (await socket.receive_json())["op"] == 10
        await socket.send_json({"op": 1, "d": None})
        await socket.send_json({"op": 1, "d": None})
        assert await socket.receive_json() == {"op": 11}
        with pytest.raises(TimeoutError):
            await socket.receive(timeout=0.02)


async def test_events_can_change_places(bot, sim, tom):
    sim.faults.add(Fault("reorder", match="event:MESSAGE_CREATE"))
    said = await tom.dm().send("first")
    await tom.dm().edit(said, "second")
    await bot.until(lambda: bot.heard)
    names = [name for name, _ in bot.events if name in ("message", "raw_message_edit")]
    assert names == ["raw_message_edit", "message"]
