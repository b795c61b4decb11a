"""Telegram is away, slow, overloaded, forgetful: everybody is answered once, in order."""

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.app import App
from bot.simulators.faults import Fault, FaultKind
from bot.simulators.telegram import ChatMessage, Person, Request
from bot.storage.accounts import identities
from bot.storage.voice import voice_sessions
from bot.voice.session import SessionStatus
from tests.crash.databases import fetch, quiet
from tests.message_builders import HandClock
from tests.stage import Stage, a_note, a_stage, an_app, labels, said

_log = logging.getLogger(__name__)

_PATIENCE_SECONDS = 40.0
_HEARD = "👂"


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with a_stage() as running:
        yield running


@pytest.fixture
async def app(stage: Stage, sqlite_url: str) -> AsyncIterator[App]:
    async with an_app(stage, sqlite_url) as running:
        yield running


@pytest.fixture
async def ana(stage: Stage, app: App) -> Person:
    person = stage.telegram.person(1001, "Ana")
    await stage.meet(person)
    return person


async def _settled(stage: Stage, app: App) -> None:
    await stage.telegram.until(lambda: not stage.telegram.updates_pending, _PATIENCE_SECONDS)
    await quiet(app.settings.database_url, _PATIENCE_SECONDS)


def _after(person: Person, message_id: int) -> list[ChatMessage]:
    return [m for m in person.chat.messages if m.from_bot and m.message_id > message_id]


@pytest.mark.parametrize(
    "method", ["sendMessage", "sendVoice", "getFile", "download", "getUpdates", "sendChatAction"]
)
async def test_a_note_is_answered_once_whatever_fails_on_the_way(
    stage: Stage, app: App, ana: Person, method: str
) -> None:
    kinds: list[FaultKind] = ["drop_before", "status", "rate_limit", "delay"]
    stage.telegram.faults.add(*(Fault(kind, method, seconds=0.3) for kind in kinds))
    note = await ana.send_voice(a_note(), 1.0)
    await ana.wait(lambda m: m.kind == "voice", _PATIENCE_SECONDS, after=note)
    await _settled(stage, app)
    assert [m.kind for m in _after(ana, note)] == ["text", "voice"]
    assert stage.telegram.faults.fired["drop_before"] == 1


async def test_a_file_that_telegram_never_hands_out_is_told_once_and_the_turn_does_not_count(
    stage: Stage, app: App, ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.messaging.fetching._WAITS_SECONDS", (0.01, 0.01))
    stage.telegram.faults.add(Fault("status", "getFile", times=None))
    note = await ana.send_voice(a_note(), 1.0)
    told = await ana.wait(after=note, timeout=_PATIENCE_SECONDS)
    assert "does not count" in told.text
    await _settled(stage, app)
    assert len(_after(ana, note)) == 1


async def test_an_update_that_is_handed_out_again_and_again_is_answered_once(
    stage: Stage, app: App, ana: Person
) -> None:
    lines = [await ana.send_text(f"line {n}") for n in range(5)]
    await ana.wait(lambda m: "line 4" in m.text, _PATIENCE_SECONDS, after=lines[-1])
    for _ in range(3):
        stage.telegram.redeliver(5)
        await stage.telegram.until(lambda: not stage.telegram.updates_pending, _PATIENCE_SECONDS)
    stage.telegram.never_acks = True
    last = await ana.send_text("line 5")
    await ana.wait(lambda m: "line 5" in m.text, _PATIENCE_SECONDS, after=last)
    polls = len(stage.telegram.requests) + 5
    await stage.telegram.until(lambda: len(stage.telegram.requests) >= polls, _PATIENCE_SECONDS)
    stage.telegram.never_acks = False
    await _settled(stage, app)
    answered = [text for text in said(ana) if text.startswith("You said: line")]
    assert [text.split()[3] for text in answered] == ["0", "1", "2", "3", "4", "5"]


async def test_an_edit_is_not_answered_a_second_time(stage: Stage, app: App, ana: Person) -> None:
    line = await ana.send_text("I goed home")
    await ana.edit_text(line, "I went home")
    await ana.edit_text(line, "I went home again")
    await ana.wait(lambda m: "I goed home" in m.text, _PATIENCE_SECONDS, after=line)
    await _settled(stage, app)
    assert len(_after(ana, line)) == 1


async def test_through_a_storm_everybody_is_answered_once_and_in_order(
    stage: Stage, app: App
) -> None:
    people = [stage.telegram.person(2000 + n, f"Learner {n}") for n in range(5)]
    for person in people:
        await stage.meet(person)
    storm: list[FaultKind] = ["status", "drop_before", "rate_limit"]
    stage.telegram.faults.add(
        *(Fault(kind, "[!g]*", times=None, probability=0.1) for kind in storm),
        *(Fault(kind, "getUpdates", times=2) for kind in storm),
    )
    for number in range(6):
        for person in people:
            await person.send_text(f"text {number}")
    for person in people:
        await person.wait(lambda m: "text 5" in m.text, _PATIENCE_SECONDS)
    stage.telegram.faults.clear()
    await _settled(stage, app)
    for person in people:
        answers = [text.split()[3] for text in said(person) if text.startswith("You said: text")]
        assert answers == [str(n) for n in range(6)]
    _log.info("storm: %s", dict(stage.telegram.faults.fired))


async def test_the_sending_limits_are_kept(sqlite_url: str) -> None:
    paced = {"messages_per_second": 27}
    async with a_stage(flood=True) as stage, an_app(stage, sqlite_url, telegram=paced) as app:
        people = [stage.telegram.person(2000 + n, f"Learner {n}") for n in range(8)]
        await asyncio.gather(*(stage.meet(person, _PATIENCE_SECONDS) for person in people))
        for number in range(4):
            for person in people:
                await person.send_text(f"text {number}")
        for person in people:
            await person.wait(lambda m: "text 3 " in m.text, _PATIENCE_SECONDS)
        await _settled(stage, app)
        sent = sum(len(said(person)) for person in people)
        assert stage.telegram.count_429 <= sent / 20  # the way there takes a varying time
        for person in people:
            answers = [text.split()[3] for text in said(person) if text.startswith("You said")]
            assert answers == ["0", "1", "2", "3"]


async def test_what_was_written_while_telegram_could_not_be_reached_is_answered_when_it_can(
    stage: Stage, app: App, ana: Person
) -> None:
    port = int(stage.telegram.url.rpartition(":")[2])
    stage.hume.faults.add(Fault("delay", "assistant_message", seconds=0.2))
    line = await ana.send_text("text 0")
    await stage.telegram.until(lambda: not stage.telegram.updates_pending, _PATIENCE_SECONDS)
    await stage.telegram.stop()
    await ana.send_text("text 1")
    await asyncio.sleep(1.0)
    await stage.telegram.start(port)
    await ana.wait(lambda m: "text 1 " in m.text, _PATIENCE_SECONDS, after=line)
    await _settled(stage, app)
    assert [m.text.split()[3] for m in _after(ana, line)] == ["0", "1"]


async def test_an_answer_lost_on_its_way_back_costs_at_most_a_double_of_that_message(
    stage: Stage, app: App, ana: Person
) -> None:
    stage.telegram.faults.add(Fault("drop_after", "sendMessage", times=None, probability=0.05))
    count = 60
    for number in range(count):
        await ana.send_text(f"text {number}")
    await ana.wait(lambda m: f"text {count - 1} " in m.text, _PATIENCE_SECONDS)
    await _settled(stage, app)
    lost = stage.telegram.faults.fired["drop_after"]
    answers = [text.split()[3] for text in said(ana) if text.startswith("You said: text")]
    assert lost > 0
    assert list(dict.fromkeys(answers)) == [str(n) for n in range(count)]
    assert len(answers) == count + lost
    _log.info("%d of %d answers lost on their way back: as many doubles", lost, count)


async def test_who_blocked_the_bot_is_remembered_and_not_written_to_any_more(
    stage: Stage, sqlite_url: str
) -> None:
    clock = HandClock()
    async with an_app(stage, sqlite_url, clock=clock) as app:
        ana = stage.telegram.person(1001, "Ana")
        await stage.meet(ana)
        line = await ana.send_text("Hello")
        await ana.wait(lambda m: "You said" in m.text, after=line)
        await ana.send_text("And then")
        ana.chat.is_blocked = True  # and no update tells of it
        await stage.telegram.until(lambda: len(_refused(stage)) == 1, _PATIENCE_SECONDS)
        await _settled(stage, app)
        wanted = select(identities.c.blocked_at)
        assert (await fetch(sqlite_url, wanted))[0][0] == clock.now()

        clock.at += timedelta(hours=2)  # the practice would be closed, and its report sent
        await app.worker.run_due()
        statuses = await fetch(sqlite_url, select(voice_sessions.c.status))
        assert [row.status for row in statuses] == [SessionStatus.EXPIRED]
        await _settled(stage, app)
        assert len(_refused(stage)) == 1

        await ana.unblock()
        await ana.send_text("/start")
        await ana.wait(lambda m: "🎙 Talk now" in labels(m), _PATIENCE_SECONDS)
        assert (await fetch(sqlite_url, wanted))[0][0] is None


def _refused(stage: Stage) -> list[Request]:
    requests = stage.telegram.requests
    return [r for r in requests if r.status == 403 and r.method == "sendMessage"]


async def test_a_group_that_became_a_supergroup_is_answered_there(
    stage: Stage, app: App, ana: Person
) -> None:
    group = stage.telegram.group(-500, "Class")
    stage.telegram.faults.add(Fault("delay", "sendMessage", seconds=0.3))
    await ana.send_text("/help@linguaflex_bot", chat=group)
    await stage.telegram.until(lambda: not stage.telegram.updates_pending, _PATIENCE_SECONDS)
    new = group.migrate()
    answer = await ana.wait(lambda m: "/talk" in m.text, _PATIENCE_SECONDS, chat=group)
    assert answer.chat_id == new
    await _settled(stage, app)
    assert sum("/talk" in m.text for m in group.chat.messages) == 1
