"""A long history leaves in numbered parts, each of which opens by itself."""

import io
import os
import zipfile
from datetime import UTC, datetime

import pytest

from bot.accounts.archive import DOCUMENT
from bot.app import App
from bot.storage.work import Work
from bot.voice.session import Turn, TurnState
from tests.discord_stage import DiscordStage, a_discord_app, a_discord_stage
from tests.discord_visitors import DiscordVisitor
from tests.stage import an_app
from tests.visitors import Anybody, Visitor, register, talk_once, user_of

RECORDING_BYTES = 250_000


async def keep_recordings(app: App, visitor: Anybody, count: int) -> None:
    """As many long voice notes as a keen learner has after some months."""
    user = await user_of(app, visitor)

    def keep(work: Work) -> None:
        session, now = work.voice_sessions.of_user(user.id)[0], datetime.now(UTC)
        for position in range(100, 100 + count):
            data = b"OggS" + os.urandom(RECORDING_BYTES)
            work.turns.add(
                Turn(
                    session_id=session.id,
                    user_id=user.id,
                    cause=f"note {position}",
                    position=position,
                    is_spoken=True,
                    state=TurnState.ANSWERED,
                    audio_id=work.blobs.add(user.id, "audio/ogg", data, now, expires_at=None),
                    created_at=now,
                )
            )

    await app.storage.write(keep)


def recordings_in(parts: list[bytes]) -> list[str]:
    """Names of the recordings; every part opens, and one of them holds the document."""
    names = []
    for part in parts:
        with zipfile.ZipFile(io.BytesIO(part)) as archive:
            assert archive.testzip() is None
            names += archive.namelist()
    assert names.count(DOCUMENT) == 1
    return [name for name in names if name != DOCUMENT]


async def on_discord(stage: DiscordStage, url: str) -> list[tuple[str, bytes]]:
    tom = DiscordVisitor(stage.discord.person(2001, "Tom", locale="en-US"))
    async with a_discord_app(stage, url) as app:
        await register(tom)
        await tom.pane.run("talk")
        await tom.hears()
        await keep_recordings(app, tom, 96)
        await tom.pane.run("export")
        await tom.reads("Part 3 of 3")
    return [
        (message.content, stage.discord.file(file))
        for message in tom.pane.messages
        for file in message.attachments
        if file.filename.endswith(".zip")
    ]


async def on_telegram(stage: DiscordStage, url: str) -> list[tuple[str, bytes]]:
    tom = Visitor(stage.telegram.person(user_id=1001, name="Tom", language="en"))
    async with an_app(stage, url) as app:
        await register(tom)
        await talk_once(tom.person)
        await keep_recordings(app, tom, 190)
        await tom.say("/export", then="Part 2 of 2")
    return [
        (m.text, m.file.data) for m in tom.person.chat.messages if m.kind == "document" and m.file
    ]


@pytest.mark.parametrize(
    ("export", "parts", "count", "limit"),
    [(on_discord, 3, 96, 10 * 1024 * 1024), (on_telegram, 2, 190, 50_000_000)],
)
async def test_what_is_too_large_for_one_file_comes_in_parts(
    sqlite_url, export, parts, count, limit
):
    async with a_discord_stage() as stage:
        sent = await export(stage, sqlite_url)

    assert all(f"Part {number} of {parts}" in text for number, (text, _) in enumerate(sent, 1))
    assert all(len(data) <= limit for _, data in sent)
    assert len(sent) == parts
    assert len(recordings_in([data for _, data in sent])) >= count
