"""Real learners: what is computed from sound and text alone follows the human raters.

The recordings are those of speechocean762 (Zhang et al. 2021, CC BY 4.0) beside the repository.
"""

import csv
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from bot.voice.adapters.codec import PyAvCodec
from bot.voice.evidence import TurnEvidence
from bot.voice.fluency import score_fluency
from bot.voice.measures import measure
from bot.voice.model import Pcm

DATA = Path(__file__).parents[4] / "shared" / "data" / "learner-speech"
EVERY = 10

pytestmark = pytest.mark.skipif(
    not (DATA / "labels.csv").exists(), reason="no learners' recordings at ../shared"
)


@pytest.fixture
async def codec() -> AsyncIterator[PyAvCodec]:
    codec = PyAvCodec()
    yield codec
    await codec.aclose()


def labels() -> list[dict[str, str]]:
    with (DATA / "labels.csv").open(newline="") as file:
        return list(csv.DictReader(file))[::EVERY]


async def sound_of(codec: PyAvCodec, row: dict[str, str]) -> Pcm:
    path = DATA / "voice-notes" / f"{row['utterance']}.ogg"
    return await codec.decode(path.read_bytes(), max_seconds=60)


def fluency(pcm: Pcm, text: str) -> float:
    turn = TurnEvidence(transcript=text, known_text=text, timing=measure(pcm))
    value = score_fluency([turn], "en").value
    assert value is not None, "no voice was found"
    return value


async def test_fluency_of_a_known_text_follows_the_raters_without_a_recogniser(codec):
    rows = labels()

    computed = [fluency(await sound_of(codec, row), row["text"]) for row in rows]

    human = [float(row["fluency"]) for row in rows]
    assert np.corrcoef(computed, human)[0, 1] > 0.6


async def test_pauses_cut_into_a_recording_cost_fluency(codec):
    fluent = next(row for row in labels() if float(row["fluency"]) == 10)
    pcm = await sound_of(codec, fluent)
    third = len(pcm.data) // 6 * 2
    pause = b"\0\0" * pcm.rate
    halting = pcm.data[:third] + pause + pcm.data[third : 2 * third] + pause + pcm.data[2 * third :]

    assert fluency(Pcm(halting, pcm.rate), fluent["text"]) < fluency(pcm, fluent["text"]) - 1
