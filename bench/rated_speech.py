"""Recordings with human scores: labels, sound and what the recogniser hears, kept for the next run.

The corpus is speechocean762 (Zhang et al. 2021, CC BY 4.0), as voice notes with `labels.csv`.
"""

import asyncio
import csv
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bot.voice.adapters.codec import PyAvCodec
from bot.voice.adapters.local.ports import Recognition
from bot.voice.evidence import TurnEvidence
from bot.voice.measures import measure
from bot.voice.model import Word
from bot.voice.ports import AudioCodec

CORPUS = "speechocean762"
SOURCE = "Zhang et al. 2021, arXiv 2104.01378, OpenSLR 101, CC BY 4.0"
LANGUAGE = "en"
DATA = Path(__file__).parents[2] / "shared" / "data" / "learner-speech"
CACHE = Path(__file__).parents[1] / "var" / "learner-speech"

_LONGEST_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RatedNote:
    """A voice note, who spoke it, and the experts' scores (0 to 10) by name."""

    speaker: str
    human: dict[str, float]
    turn: TurnEvidence


async def load(data: Path, cache: Path) -> list[RatedNote]:
    """All notes of a folder; recognition is done once and kept in `cache`."""
    with (data / "labels.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    heard = await _recognised(data, cache / "heard.jsonl", [row["utterance"] for row in rows])
    codec = PyAvCodec()
    try:
        return [await _note(data, codec, row, heard[row["utterance"]]) for row in rows]
    finally:
        await codec.aclose()


async def _note(
    data: Path, codec: AudioCodec, row: dict[str, str], heard: Recognition
) -> RatedNote:
    sound = (_path(data, row["utterance"])).read_bytes()
    pcm = await codec.decode(sound, max_seconds=_LONGEST_SECONDS)
    turn = TurnEvidence(
        transcript=heard.text, known_text=row["text"], timing=measure(pcm), words=heard.words
    )
    human = {name: float(row[name]) for name in ("accuracy", "fluency", "prosody", "total")}
    return RatedNote(speaker=row["speaker"], human=human, turn=turn)


async def _recognised(data: Path, kept: Path, names: Sequence[str]) -> dict[str, Recognition]:
    heard = _read(kept)
    missing = [name for name in names if name not in heard]
    if not missing:
        return heard
    # Speech models are asked for only where something is not in the cache.
    from bot.voice.adapters.local.speech import SpeechProcess

    kept.parent.mkdir(parents=True, exist_ok=True)
    codec, speech = PyAvCodec(), SpeechProcess()
    try:
        with kept.open("a", buffering=1) as file:
            for number, name in enumerate(missing, start=1):
                sound = _path(data, name).read_bytes()
                pcm = await codec.decode(sound, max_seconds=_LONGEST_SECONDS)
                heard[name] = await speech.transcribe(pcm, languages=(LANGUAGE,))
                file.write(json.dumps({"name": name, **asdict(heard[name])}) + "\n")
                print(f"\rrecognising {number}/{len(missing)}", end="", file=sys.stderr)
    finally:
        await speech.aclose()
        await codec.aclose()
        print(file=sys.stderr)
    return heard


def _read(kept: Path) -> dict[str, Recognition]:
    if not kept.exists():
        return {}
    rows = [json.loads(line) for line in kept.read_text().splitlines()]
    return {
        row["name"]: Recognition(
            text=row["text"],
            language=row["language"],
            language_probability=row["language_probability"],
            words=tuple(Word(**word) for word in row["words"]),
        )
        for row in rows
    }


def _path(data: Path, name: str) -> Path:
    return data / "voice-notes" / f"{name}.ogg"


def load_now(data: Path, cache: Path) -> list[RatedNote]:
    """`load` for scripts without an event loop."""
    return asyncio.run(load(data, cache))
