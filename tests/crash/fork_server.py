"""Starts `linguaflex run` in a moment, as often as it is asked to: imports once, then forks.

Run as a program of its own, with neither a loop nor threads. Each line of its input is a JSON
object {"env", "folder", "log", "arguments", "clock"}; it answers {"pid"} for each, and
{"pid", "status"} when that process has ended (a negative status is the signal that ended it).
"""

import contextlib
import json
import os
import selectors
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from bot.__main__ import main
from bot.core import crash
from tests.crash.clocked_run import run_by

_IMPORTED_WHEN_RUN = ("bot.cli.run", "bot.app", "bot.serving", "alembic.command", "asyncpg")


def serve() -> None:
    """Start what is asked for until the input ends; then end what still runs."""
    for name in _IMPORTED_WHEN_RUN:
        import_module(name)
    bell, ringer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(ringer)
    children: set[int] = set()
    orders = os.fdopen(0, "rb", buffering=0)
    with selectors.DefaultSelector() as selector:
        selector.register(orders, selectors.EVENT_READ)
        selector.register(bell, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is not orders:
                    os.read(bell, 4096)
                    _report(children)
                    continue
                line = orders.readline()
                if not line:
                    _end(children)
                    return
                _start(json.loads(line), children)


def _start(order: dict[str, Any], children: set[int]) -> None:
    pid = os.fork()
    if pid == 0:
        _be_a_bot(order)
    children.add(pid)
    _say({"pid": pid})


def _be_a_bot(order: dict[str, Any]) -> NoReturn:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.chdir(order["folder"])  # no `.env` there
    os.environ.update(order["env"])
    crash.arm()
    status = 70
    try:
        clock = order["clock"]
        status = main(order["arguments"]) if clock is None else run_by(clock, order["arguments"])
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _report(children: set[int]) -> None:
    for pid in list(children):
        with contextlib.suppress(ChildProcessError):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                children.discard(pid)
                _say({"pid": pid, "status": os.waitstatus_to_exitcode(status)})


def _end(children: set[int]) -> None:
    for pid in children:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _say(words: dict[str, int]) -> None:
    os.write(1, json.dumps(words).encode() + b"\n")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    serve()
