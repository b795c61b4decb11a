"""Voice engines put together: the one of choice, and its fallback."""

from collections.abc import Callable, Mapping, Sequence

import httpx
from pydantic import SecretStr

from bot.voice.adapters.cascade import CascadeEngine, Endpoint
from bot.voice.adapters.hume_evi import LANGUAGES as HUME_LANGUAGES
from bot.voice.adapters.hume_evi import HumeEngine
from bot.voice.adapters.local.engine import LocalEngine
from bot.voice.adapters.local.speech import SpeechProcess
from bot.voice.ports import VoiceEngine
from config.settings import HUME_URL, Settings


def engines_of(settings: Settings) -> Sequence[VoiceEngine]:
    """The engine of choice, then the fallback (DESIGN section 4)."""
    names = [chosen_engine(settings)]
    if settings.voice.fallback not in {"none", names[0]}:
        names.append(settings.voice.fallback)
    return [_ENGINES[name](settings) for name in names]


def chosen_engine(settings: Settings) -> str:
    """What `auto` means here: Hume when it is configured, else the cascade, else local."""
    if settings.voice.engine != "auto":
        return settings.voice.engine
    if settings.hume.api_key is not None or settings.hume.api_url != HUME_URL:
        return "hume"
    return "cascade" if settings.openai.is_set else "local"


def _hume(settings: Settings) -> VoiceEngine:
    hume = settings.hume
    return HumeEngine(
        url=hume.api_url,
        api_key=hume.api_key.get_secret_value() if hume.api_key else None,
        config_id=hume.config_id,
        pace=hume.pace,
        languages=hume.languages or HUME_LANGUAGES,
    )


def _cascade(settings: Settings) -> VoiceEngine:
    openai = settings.openai

    def endpoint(url: str, own: SecretStr | None, model: str, voice: str | None) -> Endpoint:
        key = own or openai.api_key
        return Endpoint(url, key.get_secret_value() if key else None, model, voice)

    return CascadeEngine(
        http=httpx.AsyncClient(timeout=httpx.Timeout(60.0, connect=10.0)),
        stt=endpoint(openai.stt_url, openai.stt_key, openai.stt_model, None),
        chat=endpoint(openai.chat_url, openai.chat_key, openai.chat_model, None),
        tts=endpoint(openai.tts_url, openai.tts_key, openai.tts_model, openai.tts_voice),
        stt_format=openai.stt_format,
    )


def _local(settings: Settings) -> VoiceEngine:
    voice = settings.voice
    return LocalEngine(SpeechProcess(models=voice.models, cache=voice.cache))


_ENGINES: Mapping[str, Callable[[Settings], VoiceEngine]] = {
    "hume": _hume,
    "cascade": _cascade,
    "local": _local,
}
