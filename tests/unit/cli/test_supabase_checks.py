"""The doctor's look at Supabase Auth."""

import pytest

from bot.cli.findings import Status
from bot.cli.supabase_checks import check_supabase
from bot.simulators.supabase import SupabaseSimulator
from config.settings import load_settings


async def test_nothing_is_said_where_it_is_not_used() -> None:
    assert await check_supabase(load_settings(None)) == []


@pytest.mark.parametrize(("key", "status"), [("right", Status.OK), ("wrong", Status.FAIL)])
async def test_a_wrong_key_is_found(key: str, status: Status) -> None:
    async with SupabaseSimulator("right") as simulator:
        settings = load_settings(None, supabase={"url": simulator.url, "key": key})
        assert [finding.status for finding in await check_supabase(settings)] == [status]


async def test_half_a_setting_is_found() -> None:
    settings = load_settings(None, supabase={"url": "https://abc.supabase.co"})
    assert [finding.status for finding in await check_supabase(settings)] == [Status.FAIL]
