"""Every setting, read once from the environment and `.env` (DESIGN section 6)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "LINGUAFLEX_"
HUME_URL = "wss://api.hume.ai/v0/evi"
OPENAI_URL = "https://api.openai.com/v1"
TELEGRAM_URL = "https://api.telegram.org"
ZOOM_URL = "https://api.zoom.us/v2"
STRIPE_URL = "https://api.stripe.com"
DISCORD_URL = "https://discord.com/api/v10"

Engine = Literal["hume", "cascade", "local"]


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TelegramSettings(_Group):
    """Telegram. `messages_per_second` 0 switches pacing off (for simulators and benchmarks)."""

    token: SecretStr | None = None
    api_url: str = TELEGRAM_URL
    webhook_url: str | None = None
    webhook_secret: SecretStr | None = None
    messages_per_second: float = Field(default=27.0, ge=0)
    poll_seconds: int = Field(default=30, ge=0, le=50)


class DiscordSettings(_Group):
    """Discord. 0 for `messages_per_second` and `identify_seconds` is for servers of our own."""

    token: SecretStr | None = None
    api_url: str = DISCORD_URL
    gateway_url: str | None = None
    guild_id: int | None = None
    message_content: bool = False
    messages_per_second: float = Field(default=45.0, ge=0)
    identify_seconds: float = Field(default=5.0, ge=0)


class VoiceSettings(_Group):
    """Which engine answers, and the limits of a turn."""

    engine: Literal["auto", "hume", "cascade", "local"] = "auto"
    fallback: Engine | Literal["none"] = "local"
    models: Path | None = None
    cache: Path | None = None
    max_seconds: float = Field(default=300.0, gt=0, le=1800)
    guest_turns: int = Field(default=3, ge=0)
    idle_minutes: float = Field(default=60.0, gt=0)
    recording_days: int = Field(default=30, ge=1)


class HumeSettings(_Group):
    """Hume EVI, or any endpoint that speaks its protocol; `languages` where it speaks others."""

    api_key: SecretStr | None = None
    api_url: str = HUME_URL
    config_id: str | None = None
    pace: float = Field(default=1.0, ge=0)
    languages: Annotated[frozenset[str] | None, NoDecode] = None

    @field_validator("languages", mode="before")
    @classmethod
    def _split_languages(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return frozenset(part.strip().lower() for part in value.split(",") if part.strip())


class OpenAISettings(_Group):
    """Three OpenAI-compatible addresses; each may have its own key."""

    api_key: SecretStr | None = None
    realtime_url: str = "wss://api.openai.com/v1/realtime"
    stt_url: str = OPENAI_URL
    stt_key: SecretStr | None = None
    stt_model: str = "gpt-transcribe"
    stt_format: Literal["ogg", "wav16k"] = "ogg"
    chat_url: str = OPENAI_URL
    chat_key: SecretStr | None = None
    chat_model: str = "gpt-6-luna"
    tts_url: str = OPENAI_URL
    tts_key: SecretStr | None = None
    tts_model: str = "gpt-4o-mini-tts"
    tts_voice: str | None = None

    @property
    def is_set(self) -> bool:
        """A key is set, or one of the addresses is not the default."""
        urls = (self.stt_url, self.chat_url, self.tts_url)
        return self.api_key is not None or any(url != OPENAI_URL for url in urls)


class MailSettings(_Group):
    """The mail server: `smtp://user:password@host:587`, `smtps://` for TLS from the start."""

    smtp_url: SecretStr | None = None
    sender: str | None = Field(default=None, alias="from")


class SupabaseSettings(_Group):
    """Supabase Auth, for operators whose users live there: it sends and checks e-mailed codes."""

    url: str | None = None
    key: SecretStr | None = None

    @property
    def is_set(self) -> bool:
        return self.url is not None and self.key is not None


class CalendlySettings(_Group):
    """Calendly, where teachers may keep hours already; each gives a token of their own."""

    api_url: str = "https://api.calendly.com"


class ZoomSettings(_Group):
    """Zoom, by a Server-to-Server OAuth app; `hosts` are users that may lead lessons, by commas."""

    account_id: str | None = None
    client_id: str | None = None
    client_secret: SecretStr | None = None
    webhook_secret: SecretStr | None = None
    hosts: Annotated[tuple[str, ...] | None, NoDecode] = None
    api_url: str = ZOOM_URL
    oauth_url: str = "https://zoom.us/oauth/token"

    @field_validator("hosts", mode="before")
    @classmethod
    def _split_hosts(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(dict.fromkeys(part.strip() for part in value.split(",") if part.strip()))

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of the settings without which no meeting can be made."""
        wanted = ("account_id", "client_id", "client_secret", "hosts")
        return tuple(name for name in wanted if not getattr(self, name))

    @property
    def is_set(self) -> bool:
        return not self.missing


class StripeSettings(_Group):
    """Stripe: students' cards, and payouts to teachers. Without a key nothing is charged.

    `webhook_secret` may name several, by commas: each endpoint has its own.
    """

    api_key: SecretStr | None = None
    webhook_secret: SecretStr | None = None
    api_url: str = STRIPE_URL


class LessonSettings(_Group):
    """What students see before they book: until when calling off is free, what it costs later."""

    free_hours: int = Field(default=12, ge=0, le=168)
    late_percent: int = Field(default=50, ge=0, le=100)
    no_show_percent: int = Field(default=100, ge=0, le=100)


class LiveSettings(_Group):
    """Live conversations: seats, what leaving a paid one costs, how long people may take."""

    seats: int = Field(default=8, ge=1, le=500)
    most_seats: int = Field(default=200, ge=1, le=500)
    free_hours: int = Field(default=12, ge=0, le=168)
    late_percent: int = Field(default=50, ge=0, le=100)
    offer_minutes: int = Field(default=30, ge=1, le=1440)
    hold_minutes: int = Field(default=30, ge=1, le=1440)
    longest_minutes: int = Field(default=180, ge=15, le=720)
    horizon_days: int = Field(default=90, ge=1, le=365)
    turn_seconds: int = Field(default=90, ge=15, le=3600)
    host_away_minutes: int = Field(default=5, ge=1, le=120)


class BillingSettings(_Group):
    """Money: one rounding rule, what the platform keeps, the tax in prices, time to disagree."""

    rounding: Literal["started_minute", "nearest_minute", "full_minute", "second"] = (
        "started_minute"
    )
    commission_percent: float = Field(default=15.0, ge=0, le=100, multiple_of=0.01)
    tax_name: str | None = None
    tax_percent: float = Field(default=0.0, ge=0, le=50, multiple_of=0.01)
    currency: str = Field(default="EUR", pattern="^[A-Z]{3}$")
    dispute_hours: int = Field(default=72, ge=1, le=720)
    lesson_rails: str = Field(
        default="telegram=card,discord=card", pattern=r"^\s*(\w+=(card|none)\s*(,\s*|$))*$"
    )

    @property
    def rails(self) -> Mapping[str, str]:
        """How a lesson may be paid, by platform."""
        pairs = (part.partition("=") for part in self.lesson_rails.split(",") if part.strip())
        return {platform.strip(): rail.strip() for platform, _, rail in pairs}


def _unlimited(value: object) -> object:
    return None if value == "unlimited" else value


Allowance = Annotated[int | None, Field(ge=0), BeforeValidator(_unlimited)]
"""A whole number, or "unlimited"."""

Prices = Annotated[str, Field(pattern=r"^\s*([A-Z]{3}=\d+(\.\d{1,3})?\s*(,\s*|$))*$")]
PriceIds = Annotated[str, Field(pattern=r"^\s*([A-Z]{3}=\w+\s*(,\s*|$))*$")]


class PlanSettings(_Group):
    """One plan: what it gives, and what it costs a month. "unlimited" is a number, too.

    `prices` are by currency ("EUR=9.99"), `stripe_prices` Stripe's names of them
    ("EUR=price_123"); without both a plan is not sold. `booking_days` and `recording_days` that
    are not set leave it to teachers and to `VOICE__RECORDING_DAYS`.
    """

    ai_minutes_day: Allowance = 20
    ai_minutes_month: Allowance = None
    group_seats: Allowance = 0
    group_minutes: Allowance = None
    lessons: Allowance = 0
    booking_days: int | None = Field(default=None, ge=0)
    recording_days: int | None = Field(default=None, ge=0)
    prices: Prices = ""
    stripe_prices: PriceIds = ""


_PREMIUM = PlanSettings(ai_minutes_day=60, group_seats=4, booking_days=7, recording_days=30)
_PRO = PlanSettings(
    ai_minutes_day=180,
    group_seats=None,
    group_minutes=1_000,
    lessons=4,
    booking_days=14,
    recording_days=90,
)


class TiersSettings(_Group):
    """Plans people can be on, packs beside them ("ai_minutes:60:4.99 EUR"), and where both are
    sold ("discord=card"): nowhere, unless it is said, for platforms have rules of their own.
    """

    free: PlanSettings = PlanSettings()
    premium: PlanSettings = _PREMIUM
    pro: PlanSettings = _PRO
    packs: str = Field(
        default="",
        pattern=r"^\s*((ai_minutes|group_seat):\d+:\d+(\.\d{1,3})? [A-Z]{3}\s*(,\s*|$))*$",
    )
    rails: str = Field(default="", pattern=r"^\s*(\w+=(card|none)\s*(,\s*|$))*$")
    grace_days: int = Field(default=3, ge=0, le=30)
    warn_minutes: int = Field(default=2, ge=0)

    @field_validator("premium", mode="before")
    @classmethod
    def _on_premium(cls, value: object) -> object:
        return _over(_PREMIUM, value)

    @field_validator("pro", mode="before")
    @classmethod
    def _on_pro(cls, value: object) -> object:
        return _over(_PRO, value)


def _over(defaults: PlanSettings, value: object) -> object:
    """What is set of a plan, on that plan's own defaults."""
    return {**defaults.model_dump(), **value} if isinstance(value, dict) else value


class WebSettings(_Group):
    """Our own HTTP server."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: str | None = None


class Settings(BaseSettings):
    """All settings; `LINGUAFLEX_TELEGRAM__TOKEN` is `telegram.token`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        frozen=True,
        extra="ignore",
    )

    database_url: str = "sqlite+aiosqlite:///linguaflex.db"
    encryption_keys: SecretStr | None = None
    admins: Annotated[frozenset[str], NoDecode] = frozenset()
    minimum_age: int = Field(default=16, ge=13, le=99)
    telegram: TelegramSettings = TelegramSettings()
    discord: DiscordSettings = DiscordSettings()
    voice: VoiceSettings = VoiceSettings()
    hume: HumeSettings = HumeSettings()
    openai: OpenAISettings = OpenAISettings()
    mail: MailSettings = MailSettings()
    supabase: SupabaseSettings = SupabaseSettings()
    calendly: CalendlySettings = CalendlySettings()
    zoom: ZoomSettings = ZoomSettings()
    stripe: StripeSettings = StripeSettings()
    lessons: LessonSettings = LessonSettings()
    billing: BillingSettings = BillingSettings()
    tiers: TiersSettings = TiersSettings()
    live: LiveSettings = LiveSettings()
    web: WebSettings = WebSettings()
    log_format: Literal["text", "json"] = "text"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("admins", mode="before")
    @classmethod
    def _split_admins(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        names = frozenset(part.strip() for part in value.split(",") if part.strip())
        for name in names:
            platform, _, number = name.partition(":")
            if not platform or not number:
                raise ValueError(f"{name!r} is not platform:id, e.g. telegram:123456")
        return names

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if not value.startswith(("sqlite+aiosqlite://", "postgresql+asyncpg://")):
            raise ValueError("must begin with sqlite+aiosqlite:// or postgresql+asyncpg://")
        return value


class WrongSettings(Exception):
    """Settings that cannot be used; each line names one and what it should be."""


def load_settings(env_file: Path | str | None = ".env", **changes: object) -> Settings:
    """Settings from the environment and a file; `changes` win over both.

    Raises:
        WrongSettings: naming every wrong setting as it is written in the environment.
    """
    try:
        return Settings(_env_file=env_file, **changes)  # type: ignore[arg-type] # checked by pydantic
    except ValidationError as error:
        lines = [
            f"{PREFIX}{'__'.join(str(part) for part in problem['loc']).upper()}: {problem['msg']}"
            for problem in error.errors()
        ]
        raise WrongSettings("\n".join(lines)) from error
