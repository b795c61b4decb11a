"""What the doctor looks at: settings, sound, voice engines and mail."""

import asyncio
import math
import os
from array import array
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from io import StringIO
from pathlib import Path

from dotenv.parser import parse_stream

from bot.cli.env_file import read_text, setting_names
from bot.cli.findings import Finding, Status
from bot.core.errors import DomainError, ServiceFailure
from bot.messaging.adapters.smtp_mail import SmtpMessenger
from bot.voice.adapters.codec import PyAvCodec
from bot.voice.model import Pcm
from bot.voice.ports import VoiceEngine
from bot.wiring.voice import engines_of
from config.settings import PREFIX, Settings, WrongSettings

ENV_FILE = Path(".env")
_OTHER_NAMES = {"LINGUAFLEX_CRASH_AT", "LINGUAFLEX_CRASH_LOG"}  # for tests, see bot/core/crash.py
_RATE, _BEEP_SECONDS, _LONGEST_BEEP = 16_000, 0.5, 5.0
_CLOSE_ENOUGH_SECONDS = 0.1
_ENGINE_REMEDIES = {
    "hume": "see LINGUAFLEX_HUME__API_KEY and LINGUAFLEX_HUME__API_URL, or choose another engine"
    " with LINGUAFLEX_VOICE__ENGINE",
    "cascade": "see the keys and addresses that begin with LINGUAFLEX_OPENAI__",
    "local": 'pip install "linguaflex[local]"',
}


def wrong_settings(error: WrongSettings) -> list[Finding]:
    """A finding for every setting that cannot be used."""
    remedy = "config/example.env tells what each setting may be"
    return [Finding("settings", Status.FAIL, line, remedy) for line in str(error).splitlines()]


def check_names(environment: Mapping[str, str], env_file: Path = ENV_FILE) -> list[Finding]:
    """Names nobody reads, lines nobody can read, and a file too many can read."""
    bindings = list(parse_stream(StringIO(read_text(env_file))))
    findings = [
        Finding("settings", Status.WARN, f"{env_file} line {b.original.line} cannot be read", "")
        for b in bindings
        if b.error
    ]
    written = {(b.key or "").upper() for b in bindings} | {name.upper() for name in environment}
    known = setting_names()
    groups = {name.partition("__")[0] for name in known}
    for name in sorted(n for n in written if n.startswith(PREFIX)):
        if name not in {*known, *groups, *_OTHER_NAMES}:
            near = get_close_matches(name, known, n=1)
            remedy = f"is {near[0]} meant?" if near else "config/example.env lists them all"
            findings.append(Finding("settings", Status.WARN, f"{name} is no setting", remedy))
    if os.name == "posix" and env_file.is_file() and env_file.stat().st_mode & 0o077:
        detail = f"{env_file} can be read by others"
        findings.append(Finding("settings", Status.WARN, detail, f"chmod 600 {env_file}"))
    return findings or [Finding("settings", Status.OK, f"{len(known)} settings, all understood")]


async def check_sound(_: Settings) -> Sequence[Finding]:
    """A beep, made into a voice note and read back (PyAV must bring libopus)."""
    codec = PyAvCodec()
    remedy = "pip install --force-reinstall av"
    try:
        voice = await codec.encode(beep())
        heard = await codec.decode(voice.ogg, max_seconds=_LONGEST_BEEP)
    except (ServiceFailure, DomainError) as error:
        return [Finding("sound", Status.FAIL, str(error), remedy)]
    finally:
        await codec.aclose()
    if abs(heard.seconds - _BEEP_SECONDS) > _CLOSE_ENOUGH_SECONDS or not any(heard.data):
        return [Finding("sound", Status.FAIL, "a beep came back as something else", remedy)]
    return [Finding("sound", Status.OK, "voice notes can be read and made")]


def beep() -> Pcm:
    """Half a second of A4."""
    count = round(_RATE * _BEEP_SECONDS)
    wave = (round(8000 * math.sin(2 * math.pi * 440 * n / _RATE)) for n in range(count))
    return Pcm(array("h", wave).tobytes(), _RATE)


async def check_engines(settings: Settings) -> Sequence[Finding]:
    """The engine of choice and its fallback, each asked by itself."""
    engines = engines_of(settings)
    try:
        return await asyncio.gather(
            *(_engine(engine, is_fallback=number > 0) for number, engine in enumerate(engines))
        )
    finally:
        await asyncio.gather(*(engine.aclose() for engine in engines))


async def _engine(engine: VoiceEngine, *, is_fallback: bool) -> Finding:
    health = await engine.check()
    role = "fallback" if is_fallback else "answers"
    if health.is_ok:
        detail = f"{role}: {health.detail or 'ready'}"
        return Finding(f"voice.{engine.name}", Status.OK, detail)
    status = Status.WARN if is_fallback else Status.FAIL
    remedy = _ENGINE_REMEDIES.get(engine.name, "")
    return Finding(f"voice.{engine.name}", status, f"{role}: {health.detail}", remedy)


async def check_mail(settings: Settings) -> Sequence[Finding]:
    """Connect to the mail server and sign in."""
    mail = settings.mail
    if mail.smtp_url is None:
        detail = "LINGUAFLEX_MAIL__SMTP_URL is not set: mail is off, addresses stay unproved"
        return [Finding("mail", Status.WARN, detail, "`linguaflex init` asks for it")]
    if mail.sender is None:
        detail = "LINGUAFLEX_MAIL__FROM is not set"
        return [Finding("mail", Status.FAIL, detail, "set the address our mails come from")]
    remedy = "see LINGUAFLEX_MAIL__SMTP_URL: smtp://user:password@host:587"
    try:
        await SmtpMessenger(mail.smtp_url.get_secret_value(), mail.sender).check()
    except ServiceFailure as failure:
        return [Finding("mail", Status.FAIL, str(failure), remedy)]
    except ValueError as error:
        return [Finding("mail", Status.FAIL, f"LINGUAFLEX_{error}", remedy)]
    return [Finding("mail", Status.OK, "the mail server lets us in")]
