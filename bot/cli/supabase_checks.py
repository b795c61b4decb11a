"""What the doctor looks at in Supabase Auth, where codes are sent and checked by it."""

from collections.abc import Sequence

import httpx

from bot.accounts.adapters.supabase import SupabaseCodes
from bot.cli.findings import Finding, Status
from bot.core.errors import ServiceFailure
from config.settings import Settings

_REMEDY = "see LINGUAFLEX_SUPABASE__URL (https://abc.supabase.co) and LINGUAFLEX_SUPABASE__KEY"


async def check_supabase(settings: Settings) -> Sequence[Finding]:
    """Whether the project answers and takes the key; nothing where it is not configured."""
    supabase = settings.supabase
    if supabase.url is None and supabase.key is None:
        return []
    if supabase.url is None or supabase.key is None:
        return [Finding("supabase", Status.FAIL, "one of address and key is not set", _REMEDY)]
    async with httpx.AsyncClient() as http:
        service = SupabaseCodes(http, supabase.url, supabase.key.get_secret_value())
        try:
            await service.check()
        except ServiceFailure as failure:
            return [Finding("supabase", Status.FAIL, str(failure), _REMEDY)]
    return [Finding("supabase", Status.OK, "Supabase Auth sends and checks our codes")]
