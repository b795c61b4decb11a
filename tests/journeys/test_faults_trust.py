"""Deliveries nobody but Telegram may make, buttons of somebody else, and secrets in the logs."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import func, select

from bot.app import App
from bot.handlers.telegram.webhook import SECRET_HEADER
from bot.i18n.catalog import texts_in
from bot.simulators.brain import BrainReply
from bot.simulators.faults import Fault
from bot.simulators.scripted_brain import ScriptedBrain, ScriptedSession
from bot.simulators.telegram import Person
from bot.storage.messaging import inbox
from bot.storage.voice import voice_sessions
from bot.voice.session import SessionStatus
from tests.crash.databases import fetch, quiet
from tests.crash.instances import needs_fork, some_instances
from tests.stage import TOKEN, Stage, a_note, a_stage, an_app

EN = texts_in("en")
_PATIENCE_SECONDS = 30.0
_SECRET = "a-secret-of-the-webhook"
_BOTH = frozenset({"telegram", "web"})


class HelpfulBrain(ScriptedBrain):
    """Offers help with every answer, so that every button of a turn is there."""

    async def open(self, variables: Mapping[str, str], prompt: str, /) -> ScriptedSession:
        session = await super().open(variables, prompt)
        hear = session.hear

        async def with_help(pcm: bytes, rate: int, /) -> BrainReply:
            reply = await hear(pcm, rate)
            offered = {"suggestions": ["ANAS HINT"], "translation": "ANAS TRANSLATION"}
            return replace(reply, tools=[*reply.tools, ("offer_help", offered)])

        session.hear = with_help  # type: ignore[method-assign]  # its other methods stay
        return session


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with a_stage(HelpfulBrain(hears="I goed to ANAS HOUSE")) as running:
        yield running


async def test_only_telegram_itself_can_deliver(
    stage: Stage, sqlite_url: str, unused_tcp_port: int
) -> None:
    url = f"http://127.0.0.1:{unused_tcp_port}/webhooks/telegram"
    hook = {"webhook_url": url, "webhook_secret": _SECRET}
    web = {"port": unused_tcp_port}
    async with an_app(stage, sqlite_url, parts=_BOTH, telegram=hook, web=web):
        stage.telegram.faults.add(Fault("forge", "update:*", times=None))
        ana = stage.telegram.person(1001, "Ana")
        await stage.meet(ana)
        note = await ana.send_voice(a_note(), 1.0)
        await ana.wait(lambda m: m.kind == "voice", _PATIENCE_SECONDS, after=note)
        await quiet(sqlite_url, _PATIENCE_SECONDS)

        genuine = [d for d in stage.telegram.deliveries if not d.forged]
        forged = [d.status for d in stage.telegram.deliveries if d.forged]
        assert len(forged) == len(genuine) == 4
        assert set(forged) == {403}
        assert [d.status for d in genuine] == [200] * 4
        assert await _accepted(url) == 0
        stored = select(func.count()).select_from(inbox)
        assert (await fetch(sqlite_url, stored))[0][0] == 4


async def _accepted(url: str) -> int:
    """How many of many forgeries are taken."""
    update = b'{"update_id": 7, "message": {"message_id": 1, "date": 1, "text": "/end",'
    update += b'"chat": {"id": 1001, "type": "private"},'
    update += b'"from": {"id": 1001, "is_bot": false, "first_name": "Ana"}}}'
    secrets = [
        None, "", " ", _SECRET.upper(), _SECRET[:-1], f"{_SECRET}x", f" {_SECRET}x", "é", TOKEN
    ]  # fmt: skip
    statuses = []
    async with aiohttp.ClientSession() as http:
        for secret in secrets:
            headers = {} if secret is None else {SECRET_HEADER: secret}
            async with http.post(url, data=update, headers=headers) as answer:
                statuses.append(answer.status)
        async with http.post(f"{url}?secret_token={_SECRET}", data=update) as answer:
            statuses.append(answer.status)
        async with http.get(url, headers={SECRET_HEADER: _SECRET}) as answer:
            statuses.append(answer.status)
    return sum(status < 400 for status in statuses)


async def test_nobody_can_press_the_buttons_of_somebody_else(stage: Stage, sqlite_url: str) -> None:
    async with an_app(stage, sqlite_url) as app:
        ana, bob = stage.telegram.person(1001, "Ana"), stage.telegram.person(1002, "Bob")
        await stage.meet(ana)
        bobs = await stage.meet(bob)
        note = await ana.send_voice(a_note(), 1.0)
        await ana.wait(lambda m: m.kind == "voice", _PATIENCE_SECONDS, after=note)
        await ana.send_text("/register")
        await ana.wait(lambda m: "f:" in str(m.buttons), _PATIENCE_SECONDS, after=note)
        owned = sorted(_data(ana) - _data(bob))
        actions = {data.rpartition(":")[2] for data in owned if data.startswith("t:")}
        assert actions >= {"slow", "explain", "hint", "translate", "end", "fix"}

        before = len(ana.chat.messages)
        for data in owned:
            count = len(bob.chat.callback_answers)
            await bob.press(bobs.message_id, data=data, is_forged=True)
            await bob.chat.bell.until(
                lambda n=count: len(bob.chat.callback_answers) > n or None,  # type: ignore[misc] # a lambda's default has no type
                _PATIENCE_SECONDS,
            )
            assert bob.chat.callback_answers[-1].text == EN("button.stale"), data
        await quiet(sqlite_url, _PATIENCE_SECONDS)
        assert len(ana.chat.messages) == before
        assert "ANAS" not in "\n".join(m.text for m in bob.chat.messages)
        assert await _running(app) == 2


def _data(person: Person) -> set[str]:
    """What the buttons in a chat carry that belongs to a turn or to a flow."""
    shown = [b.data for m in person.chat.messages for row in m.buttons for b in row]
    return {data for data in shown if data and data.startswith(("t:", "f:"))}


async def _running(app: App) -> int:
    wanted = select(voice_sessions.c.status)
    rows = await fetch(app.settings.database_url, wanted)
    return [row.status for row in rows].count(SessionStatus.ACTIVE)


@needs_fork
async def test_neither_secrets_nor_what_people_say_stand_in_the_logs_or_open_in_the_file(
    stage: Stage, sqlite_url: str, tmp_path: Path
) -> None:
    key, password, address = "hume-key-canary-1", "smtp-password-canary", "canary@example.org"
    smtp = f"smtp://user:{password}@127.0.0.1:9"
    canaries = ["TYPEDCANARY", "HEARDCANARY", "NAMECANARY"]
    stage.brain.hears = "I goed to HEARDCANARY"
    environment = stage.environment(
        sqlite_url,
        hume={"api_key": key},
        mail={"smtp_url": smtp, "from": address},
        log_level="DEBUG",
        telegram={"token": TOKEN, "webhook_secret": _SECRET},
    )
    async with some_instances(tmp_path) as instances:
        instance = await instances.start(environment)
        ana = stage.telegram.person(1001, "NAMECANARY")
        await stage.meet(ana)
        for method in ("sendMessage", "sendVoice", "getFile", "getUpdates"):
            stage.telegram.faults.add(Fault("status", method), Fault("drop_before", method))
        stage.hume.faults.add(Fault("drop_before", "assistant_message", skip=1))
        line = await ana.send_text("TYPEDCANARY <b>")
        await ana.send_voice(a_note(), 1.0)
        await ana.send_voice(b"not a note HEARDCANARY", 1.0)
        await ana.send_document(b"TYPEDCANARY", "TYPEDCANARY.txt", caption="TYPEDCANARY")
        await ana.wait(lambda m: "TYPEDCANARY" in m.text, _PATIENCE_SECONDS, after=line)
        await stage.telegram.until(lambda: not stage.telegram.updates_pending, _PATIENCE_SECONDS)
        await quiet(sqlite_url, _PATIENCE_SECONDS)
        assert await instance.terminate() == 0

    log = instance.log.read_text()
    assert "telegram.connected" in log
    secrets = [TOKEN, TOKEN.partition(":")[2], key, password, address, _SECRET, stage.keys]
    assert [secret for secret in [*secrets, *canaries] if secret in log] == []
    database = Path(sqlite_url.partition("///")[2])
    stored = b"".join(file.read_bytes() for file in database.parent.glob(f"{database.name}*"))
    assert [word for word in [*canaries, TOKEN, key] if word.encode() in stored] == []
