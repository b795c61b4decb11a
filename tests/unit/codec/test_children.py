"""Child processes are started when needed, asked one thing at a time, and never left behind."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from bot.voice.adapters.children import ChildLost, ChildPool
from bot.voice.adapters.frames import Frame

SCRIPTED = """
import os, sys, time
from bot.voice.adapters.frames import Frame, Refused, serve

def handle(request):
    op = request.header["op"]
    if op == "crash": os._exit(3)
    if op == "hang": time.sleep(60)
    if op == "refuse": raise Refused("unwilling", "today")
    if op == "bug": raise KeyError("secret text")
    if op == "print": print("noise on stdout", file=sys.stdout, flush=True)
    if op == "gate": open(request.header["gate"], "rb").read()
    return Frame({"pid": os.getpid(), "nice": os.nice(0), "secret": os.environ.get("A_SECRET"),
                  "given": os.environ.get("GIVEN")}, request.body)

serve(handle)
"""
COMMAND = (sys.executable, "-c", SCRIPTED)

MakePool = Callable[..., ChildPool]


@pytest.fixture
async def make_pool() -> AsyncIterator[MakePool]:
    pools = []

    def make(command: tuple[str, ...] = COMMAND, **options: object) -> ChildPool:
        pools.append(ChildPool(command, **options))  # type: ignore[arg-type]  # options vary
        return pools[-1]

    yield make
    for pool in pools:
        await pool.aclose()


def ask(pool: ChildPool, op: str, *, priority: int = 0, **header: object) -> "asyncio.Task[Frame]":
    frame = Frame({"op": op, **header}, b"body")
    return asyncio.create_task(pool.ask(frame, within=30.0, priority=priority))


async def test_a_child_answers_again_and_again(make_pool: MakePool) -> None:
    pool = make_pool()

    first, second = await ask(pool, "echo"), await ask(pool, "echo")

    assert first.body == b"body"
    assert first.header["pid"] == second.header["pid"] != os.getpid()


async def test_a_child_yields_to_the_bot(make_pool: MakePool) -> None:
    assert (await ask(make_pool(), "echo")).header["nice"] >= 10


async def test_a_child_sees_none_of_our_secrets(
    make_pool: MakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_SECRET", "token")

    reply = await ask(make_pool(environment={"GIVEN": "yes"}), "echo")

    assert (reply.header["secret"], reply.header["given"]) == (None, "yes")


async def test_a_crash_fails_that_request_only(make_pool: MakePool) -> None:
    pool = make_pool()
    crash, following = ask(pool, "crash"), ask(pool, "echo")

    with pytest.raises(ChildLost) as lost:
        await crash

    assert lost.value.reason == "crashed"
    assert (await following).body == b"body"


async def test_a_child_that_takes_too_long_is_killed_and_replaced(make_pool: MakePool) -> None:
    pool = make_pool()
    before = (await ask(pool, "echo")).header["pid"]

    with pytest.raises(ChildLost) as lost:
        await pool.ask(Frame({"op": "hang"}), within=0.1)

    assert lost.value.reason == "overdue"
    assert (await ask(pool, "echo")).header["pid"] != before
    assert not is_running(before)


async def test_a_child_that_cannot_start_is_told_apart_from_a_crash(make_pool: MakePool) -> None:
    for command in ((sys.executable, "-c", "print('no frame at all')"), ("/no/such/program",)):
        with pytest.raises(ChildLost) as lost:
            await ask(make_pool(command), "echo")
        assert lost.value.reason == "start"


async def test_refusals_and_bugs_of_a_child_are_answers(make_pool: MakePool) -> None:
    pool = make_pool()

    refused, bug = await ask(pool, "refuse"), await ask(pool, "bug")

    assert refused.header == {"error": "unwilling", "detail": "today"}
    assert bug.header == {"error": "internal", "detail": "KeyError"}  # no texts


async def test_what_libraries_print_breaks_nothing(make_pool: MakePool) -> None:
    assert (await ask(make_pool(), "print")).body == b"body"


async def test_bodies_larger_than_a_pipe_go_both_ways(make_pool: MakePool) -> None:
    body = os.urandom(3_000_000)

    reply = await make_pool().ask(Frame({"op": "echo"}, body), within=30.0)

    assert reply.body == body


async def test_two_children_work_at_the_same_time(make_pool: MakePool, tmp_path: object) -> None:
    pool = make_pool(size=2)
    gate = f"{tmp_path}/gate"
    os.mkfifo(gate)
    held = ask(pool, "gate", gate=gate)

    free = await ask(pool, "echo")  # would never come if it had to wait for the first
    await asyncio.to_thread(open_gate, gate)

    assert (await held).header["pid"] != free.header["pid"]


async def test_the_urgent_goes_first(make_pool: MakePool, tmp_path: object) -> None:
    pool = make_pool()
    gate, order = f"{tmp_path}/gate", []
    os.mkfifo(gate)
    held = ask(pool, "gate", gate=gate)
    await asyncio.sleep(0)
    for name, priority in (("last", 2), ("next", 1), ("first", 0)):
        waiting = ask(pool, "echo", priority=priority)
        waiting.add_done_callback(lambda _, name=name: order.append(name))
    await asyncio.to_thread(open_gate, gate)
    await held
    await ask(pool, "echo", priority=3)

    assert order == ["first", "next", "last"]


async def test_a_request_nobody_waits_for_is_not_begun(
    make_pool: MakePool, tmp_path: object
) -> None:
    pool = make_pool()
    gate = f"{tmp_path}/gate"
    os.mkfifo(gate)
    held = ask(pool, "gate", gate=gate)
    await asyncio.sleep(0)
    abandoned = ask(pool, "crash")
    await asyncio.sleep(0)

    abandoned.cancel()
    await asyncio.to_thread(open_gate, gate)

    assert (await held).header["pid"] == (await ask(pool, "echo")).header["pid"]


async def test_cancelling_while_the_child_works_does_not_confuse_the_next_answer(
    make_pool: MakePool, tmp_path: object
) -> None:
    pool = make_pool()
    gate = f"{tmp_path}/gate"
    os.mkfifo(gate)
    before = (await ask(pool, "echo")).header["pid"]
    abandoned = asyncio.create_task(
        pool.ask(Frame({"op": "gate", "gate": gate}, b"old"), within=30.0)
    )
    await asyncio.sleep(0)
    await asyncio.to_thread(open_gate, gate)  # the child has it now

    abandoned.cancel()
    reply = await pool.ask(Frame({"op": "echo"}, b"new"), within=30.0)

    assert (reply.body, reply.header["pid"]) == (b"new", before)


async def test_an_idle_child_is_ended(make_pool: MakePool) -> None:
    pool = make_pool(idle_seconds=0.01)

    first = (await ask(pool, "echo")).header["pid"]
    await asyncio.to_thread(wait_for_end, first)

    assert (await ask(pool, "echo")).header["pid"] != first


async def test_closing_leaves_no_process_and_nobody_waiting(
    make_pool: MakePool, tmp_path: object
) -> None:
    pool = make_pool()
    pid = (await ask(pool, "echo")).header["pid"]
    working, waiting = ask(pool, "hang"), ask(pool, "echo")
    await asyncio.sleep(0)

    await pool.aclose()
    await pool.aclose()

    outcomes = await asyncio.gather(working, waiting, return_exceptions=True)
    assert [str(outcome) for outcome in outcomes] == ["closed", "closed"]
    assert not is_running(pid)
    with pytest.raises(ChildLost):
        await ask(pool, "echo")


def test_a_child_ends_when_its_parent_is_killed() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, SCRIPTED], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())

    parent.kill()
    parent.wait()
    parent.stdout.close()

    wait_for_end(child)


PARENT = """
import asyncio, sys
from bot.voice.adapters.children import ChildPool
from bot.voice.adapters.frames import Frame

async def main():
    pool = ChildPool([sys.executable, "-c", sys.argv[1]])
    reply = await pool.ask(Frame({"op": "echo"}), within=30)
    print(reply.header["pid"], flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


def open_gate(path: str) -> None:
    """Returns once the child has opened the other end."""
    Path(path).open("wb").close()


def wait_for_end(pid: int) -> None:
    """Returns when the process is gone; the test's time limit says when it never goes."""
    while is_running(pid):
        time.sleep(0.005)


def is_running(pid: int) -> bool:
    with suppress(OSError):
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    return False
