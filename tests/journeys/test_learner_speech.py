"""Recordings of real learners go the whole way: Telegram, the bot, the engine on this machine.

The recordings are those of speechocean762 (Zhang et al. 2021, CC BY 4.0): eight in tests/data, many
more beside the repository.
"""

import asyncio
import csv
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import pytest

from bot.i18n.catalog import texts_in
from bot.simulators.telegram import ChatMessage, Person
from bot.simulators.telegram.files import ogg_seconds
from bot.voice.adapters import sound
from bot.voice.adapters.codec import PyAvCodec
from bot.voice.adapters.local.espeak import spoken_languages
from bot.voice.wording import word_error_rate
from tests.conftest import ROOT, SHARED
from tests.stage import Stage, a_stage, an_app

HERE = ROOT / "tests/data/learner-speech"
BESIDE = SHARED / "data/learner-speech"
HEARD = texts_in("en")("voice.heard")
NOTHING_HEARD = texts_in("en")("voice.nothing_heard")
PATIENCE_SECONDS = 120.0

pytestmark = [
    pytest.mark.model,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(not spoken_languages(), reason="the extra [local] is not installed"),
]


@dataclass(frozen=True, slots=True)
class Recording:
    """A note, and the sentence the learner was asked to read."""

    ogg: bytes
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for a recording."""

    recording: Recording
    transcript: str
    reply: ChatMessage

    @property
    def error_rate(self) -> float:
        return word_error_rate(self.recording.text, self.transcript)


@pytest.fixture
async def stage(sqlite_url: str) -> AsyncIterator[Stage]:
    async with a_stage() as stage, an_app(stage, sqlite_url, voice={"engine": "local"}):
        yield stage
        assert stage.telegram.violations == []


def recordings(folder: Path, notes: str = ".") -> list[Recording]:
    with (folder / "labels.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        Recording((folder / notes / f"{row['utterance']}.ogg").read_bytes(), row["text"])
        for row in rows
    ]


async def practise(
    stage: Stage, user_id: int, notes: Sequence[Recording]
) -> tuple[Person, list[Answer]]:
    """One learner sends notes one after the other, each after the reply to the last.

    Returns:
        The learner, and the answers to the notes of which a word was understood.
    """
    person = stage.telegram.person(user_id, f"Learner {user_id}", "en")
    last = await stage.meet(person, PATIENCE_SECONDS)
    answers = []
    for note in notes:
        before = last.message_id
        await person.send_voice(note.ogg, ogg_seconds(note.ogg))
        last = await person.wait(_is_end_of_turn, PATIENCE_SECONDS, after=before)
        told = [m for m in person.chat.messages if m.from_bot and m.message_id > before]
        if last.text == NOTHING_HEARD:
            continue
        assert [m.kind for m in told] == ["text", "voice"]
        assert told[0].text.startswith(HEARD)
        transcript = told[0].text.removeprefix(HEARD).strip().partition("\n")[0]
        answers.append(Answer(note, transcript, last))
    return person, answers


def _is_end_of_turn(message: ChatMessage) -> bool:
    return message.kind == "voice" or message.text == NOTHING_HEARD


async def test_every_learner_is_understood_and_answered_by_a_voice(stage: Stage) -> None:
    _, answers = await practise(stage, 1, recordings(HERE))

    codec = PyAvCodec()
    for answer in answers:
        assert answer.reply.file is not None
        pcm = await codec.decode(answer.reply.file.data, max_seconds=60)
        assert sound.has_speech_level(pcm)
        assert pcm.seconds > 0.02 * len(answer.reply.text)  # nobody speaks fifty letters a second
    await codec.aclose()
    assert len(answers) == 8
    assert mean(answer.error_rate for answer in answers) < 0.4


@pytest.mark.skipif(
    not (BESIDE / "labels.csv").exists(), reason="no learners' recordings at ../shared"
)
async def test_fifty_notes_of_ten_learners_at_once_each_get_their_own_answer(
    stage: Stage,
) -> None:
    every = recordings(BESIDE, "voice-notes")
    chosen = every[:: len(every) // 50][:50]
    groups = [chosen[start : start + 5] for start in range(0, 50, 5)]

    talks = await asyncio.gather(
        *(practise(stage, user_id, group) for user_id, group in enumerate(groups, start=1))
    )

    answers = [answer for _, told in talks for answer in told]
    assert len(answers) >= 48  # some readers were rated 3 of 10: not even a word, at times
    assert mean(answer.error_rate for answer in answers) < 0.5
    mine = [answer.error_rate for answer in answers]
    swapped = [
        word_error_rate(other.recording.text, answer.transcript)
        for answer, other in zip(answers, [*answers[1:], answers[0]], strict=True)
    ]
    is_own = [own < other for own, other in zip(mine, swapped, strict=True)]
    assert mean(is_own) > 0.8  # the rest was not understood at all
