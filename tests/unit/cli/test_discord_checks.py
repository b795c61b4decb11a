"""What the doctor says about Discord: the token, what may be read, what may be done."""

import pytest

from bot.cli.discord_checks import PERMISSIONS, check_discord
from bot.cli.findings import Finding, Status
from bot.simulators.discord import EVERYONE, DiscordSimulator, Intent, Permission
from bot.simulators.faults import Fault
from config.settings import load_settings

TOKEN = "canary-of-a-discord-token"


@pytest.fixture
async def sim():
    async with DiscordSimulator(TOKEN, limits=False) as simulator:
        yield simulator


async def look(sim: DiscordSimulator, **more: object) -> dict[str, Finding]:
    discord = {"token": TOKEN, "api_url": sim.api_url, **more}
    findings = await check_discord(load_settings(None, discord=discord))
    assert TOKEN not in repr(findings)
    return {finding.check: finding for finding in findings}


async def test_a_bot_with_all_it_needs_is_fine(sim):
    rights = Permission(sum(PERMISSIONS.values()))
    sim.guild("School", bot_rights=rights)

    found = await look(sim, message_content=True)

    assert found["discord.token"].detail.startswith("Discord knows it as linguaflex")
    assert {finding.status for finding in found.values()} == {Status.OK}
    assert len(found) == 3


async def test_without_a_token_discord_is_off():
    (finding,) = await check_discord(load_settings(None))

    assert (finding.check, finding.status) == ("discord.token", Status.WARN)
    assert "LINGUAFLEX_DISCORD__TOKEN is not set" in finding.detail


async def test_a_refused_token_is_a_failure(sim):
    found = await look(sim, token="another")

    assert found["discord.token"].status is Status.FAIL
    assert "refused" in found["discord.token"].detail


async def test_a_server_that_fails_is_named(sim):
    sim.faults.add(Fault("status", match="get_my_user", status=500))

    found = await look(sim)

    assert found["discord.token"].status is Status.FAIL
    assert "LINGUAFLEX_DISCORD__API_URL" in found["discord.token"].remedy


async def test_content_that_discord_does_not_allow_is_told():
    async with DiscordSimulator(TOKEN, limits=False, privileged=Intent(0)) as sim:
        found = await look(sim, message_content=True)

    assert found["discord.intents"].status is Status.FAIL
    assert "Message Content Intent" in found["discord.intents"].remedy


async def test_missing_permissions_are_named_with_the_invitation(sim):
    sim.guild("School", bot_rights=EVERYONE)

    found = await look(sim)

    lacks = "lacks: Manage Channels, Manage Threads, Create Events"
    assert lacks in found["discord.servers"].detail
    assert "permissions=" in found["discord.servers"].remedy


async def test_a_bot_in_no_server_is_told_how_to_get_into_one(sim):
    assert "oauth2/authorize" in (await look(sim))["discord.servers"].remedy
