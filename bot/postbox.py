"""Mails and codes as the settings want them; a part of the composition root."""

import httpx

from bot.accounts.adapters.supabase import SupabaseCodes
from bot.accounts.codes import Codes
from bot.accounts.couriers import MAIL, MailedCodes
from bot.accounts.reach import preferred_address
from bot.core.clock import Clock
from bot.i18n.catalog import texts_in
from bot.messaging.adapters.smtp_mail import SmtpMessenger
from bot.messaging.model import MessageKind, Outgoing, Paragraph
from bot.messaging.ports import PacedMessenger
from bot.storage.engine import SqlStorage
from bot.storage.work import Work
from config.settings import MailSettings, Settings, SupabaseSettings, WrongSettings


class Postbox:
    """Our mail server and Supabase Auth, as far as they are configured.

    Raises:
        WrongSettings: naming the setting and the remedy.
    """

    def __init__(self, settings: Settings, storage: SqlStorage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock
        self._mail = _smtp(settings.mail)
        self._supabase = _supabase(settings.supabase)
        courier = self._supabase or MailedCodes(storage.keyring.fingerprint)
        self.codes = Codes(clock, courier)

    @property
    def messengers(self) -> dict[str, PacedMessenger]:
        """By the platform that rows of the outbox name."""
        found: dict[str, PacedMessenger] = {}
        if self._mail is not None:
            found[MAIL] = self._mail
        if self._supabase is not None:
            found[self._supabase.platform] = self._supabase
        return found

    async def trouble(self, message: Outgoing) -> None:
        """A mail could not be sent: say so where the person is, so that they go on without it."""
        if message.user_id is None:
            return
        user_id = message.user_id

        def unit(work: Work) -> None:
            user = work.users.find(user_id)
            address = preferred_address(work.identities.of_user(user_id))
            if user is None or address is None:
                return
            work.outbox.put(
                Outgoing(
                    key=f"{message.key}:trouble",
                    user_id=user_id,
                    to=address,
                    kind=MessageKind.NOTICE,
                    body=(Paragraph(texts_in(user.ui_language)("mail.trouble")),),
                ),
                at=self._clock.now(),
            )

        await self._storage.write(unit)

    async def aclose(self) -> None:
        if self._supabase is not None:
            await self._supabase.aclose()


def _smtp(mail: MailSettings) -> SmtpMessenger | None:
    if mail.smtp_url is None:
        return None
    if mail.sender is None:
        raise WrongSettings("LINGUAFLEX_MAIL__FROM is not set: the address our mails come from")
    try:
        return SmtpMessenger(mail.smtp_url.get_secret_value(), mail.sender)
    except ValueError as error:
        raise WrongSettings(f"LINGUAFLEX_{error}") from error


def _supabase(supabase: SupabaseSettings) -> SupabaseCodes | None:
    if supabase.url is None and supabase.key is None:
        return None
    if supabase.url is None or supabase.key is None:
        raise WrongSettings("LINGUAFLEX_SUPABASE__URL and __KEY are needed together")
    return SupabaseCodes(httpx.AsyncClient(), supabase.url, supabase.key.get_secret_value())
