"""Real models on real recordings: what is heard, what is not, and what is said."""

import csv
import re
import struct
from collections.abc import AsyncIterator
from math import pi, sin
from pathlib import Path
from random import Random

import pytest
import pytest_asyncio

from bot.voice.adapters.codec import PyAvCodec
from bot.voice.adapters.local.espeak import spoken_languages
from bot.voice.adapters.local.speech import SpeechProcess
from bot.voice.adapters.sound import level_dbfs
from bot.voice.model import Pcm

DATA = Path(__file__).parents[2] / "data"
RATE = 16_000

pytestmark = [
    pytest.mark.model,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(not spoken_languages(), reason="the extra [local] is not installed"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def speech() -> AsyncIterator[SpeechProcess]:
    speech = SpeechProcess()
    yield speech
    await speech.aclose()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def codec() -> AsyncIterator[PyAvCodec]:
    codec = PyAvCodec()
    yield codec
    await codec.aclose()


async def test_clear_learners_are_understood(speech: SpeechProcess, codec: PyAvCodec) -> None:
    with (DATA / "learner-speech" / "labels.csv").open(newline="") as labels:
        clear = [row for row in csv.DictReader(labels) if float(row["accuracy"]) >= 8]
    wrong = total = 0
    for row in clear:
        note = (DATA / "learner-speech" / f"{row['utterance']}.ogg").read_bytes()
        pcm = await codec.decode(note, max_seconds=60)
        heard = await speech.transcribe(pcm, languages=["en", "zh"])
        asked = words_of(row["text"])
        wrong += len(asked) - len(set(asked) & set(words_of(heard.text)))
        total += len(asked)
        assert heard.language == "en"
        assert all(0 <= word.start <= word.end <= pcm.seconds + 0.5 for word in heard.words)

    assert len(clear) == 5
    assert wrong / total < 0.2


@pytest.mark.parametrize("languages", [["es", "en"], ["en", "es"]])
async def test_the_language_is_one_of_the_pair(
    speech: SpeechProcess, codec: PyAvCodec, languages: list[str]
) -> None:
    note = (DATA / "synthetic" / "market.ogg").read_bytes()

    heard = await speech.transcribe(await codec.decode(note, max_seconds=60), languages=languages)

    assert heard.language == "es"
    assert words_of(heard.text) == words_of("Ayer yo fui al mercado con mi hermana y compré pan.")


async def test_what_is_said_is_understood_again(speech: SpeechProcess, codec: PyAvCodec) -> None:
    said = {
        "en": "Could you bring me the bill, please?",
        "es": "Quiero un café con leche, por favor.",
        "fr": "Je voudrais un bon vin blanc.",
    }
    for language, text in said.items():
        voice = await codec.encode(await speech.synthesize(text, language=language))
        pcm = await codec.decode(voice.ogg, max_seconds=60)
        heard = await speech.transcribe(pcm, languages=[language])

        assert words_of(heard.text) == words_of(text)


async def test_slower_speech_takes_longer(speech: SpeechProcess) -> None:
    text = "Tell me about your day."

    natural = await speech.synthesize(text, language="en")
    slow = await speech.synthesize(text, language="en", speed=0.8)

    assert slow.seconds > natural.seconds * 1.1


async def test_voices_differ(speech: SpeechProcess) -> None:
    hers = await speech.synthesize("Hello there.", language="en", voice="af_heart")
    his = await speech.synthesize("Hello there.", language="en", voice="am_michael")

    assert hers != his
    assert min(level_dbfs(hers), level_dbfs(his)) > -40


async def test_a_language_without_a_natural_voice_is_spoken_simply(speech: SpeechProcess) -> None:
    pcm = await speech.synthesize("Guten Tag, wie geht es Ihnen?", language="de")

    assert pcm.rate == 22_050
    assert pcm.seconds > 1


@pytest.mark.parametrize(
    "name", ["silence", "whisper of noise", "noise", "loud noise", "hum", "clicks", "beeps"]
)
async def test_where_nobody_speaks_nothing_is_understood(speech: SpeechProcess, name: str) -> None:
    heard = await speech.transcribe(Pcm(without_speech(name), RATE), languages=["en", "es"])

    assert (heard.text, heard.words) == ("", ())


async def test_words_are_not_invented_in_the_silence_after_speech(
    speech: SpeechProcess, codec: PyAvCodec
) -> None:
    note = (DATA / "learner-speech" / "028970039.ogg").read_bytes()
    pcm = await codec.decode(note, max_seconds=60)

    heard = await speech.transcribe(
        Pcm(pcm.data + without_speech("noise") * 2, RATE), languages=["en"]
    )

    assert words_of(heard.text)[-3:] == ["lose", "their", "job"]


def words_of(text: str) -> list[str]:
    return re.sub(r"[^\w' ]", "", text.lower()).split()


def without_speech(name: str, seconds: int = 4) -> bytes:
    """Sound in which nobody speaks, signed 16-bit mono at `RATE`."""
    random = Random(name)
    count = seconds * RATE
    makers = {
        "silence": lambda _: 0.0,
        "whisper of noise": lambda _: random.gauss(0, 20),
        "noise": lambda _: random.gauss(0, 1_000),
        "loud noise": lambda _: random.gauss(0, 9_000),
        "hum": lambda n: 9_000 * sin(2 * pi * 100 * n / RATE),
        "clicks": lambda _: 30_000.0 if random.random() < 0.001 else 0.0,
        "beeps": lambda n: 9_000 * sin(2 * pi * 880 * n / RATE) * (n // 4_000 % 2),
    }
    samples = (max(-32_768, min(32_767, int(makers[name](n)))) for n in range(count))
    return struct.pack(f"<{count}h", *samples)
