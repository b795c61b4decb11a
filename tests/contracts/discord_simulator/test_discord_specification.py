"""Requests are checked against the published description; some things it does not know."""

from io import BytesIO

import aiohttp
import pytest

from bot.simulators.discord import DiscordSimulator, Specification, find_spec
from bot.simulators.discord.routes import all_routes

SPEC = find_spec()
needs_spec = pytest.mark.skipif(
    SPEC is None, reason="../shared/specs/discord/openapi.json is not here: requests go unchecked"
)


async def test_without_a_specification_the_simulator_says_it_checks_nothing():
    simulator = DiscordSimulator()
    assert not simulator.is_checked
    assert simulator.violations == []


@needs_spec
def test_every_operation_is_one_of_the_document():
    spec = Specification(SPEC)
    assert [route.name for route in all_routes() if not spec.has(route.name)] == []


@needs_spec
@pytest.mark.parametrize(
    ("body", "violation"),
    [
        ({"content": "x", "contents": "y"}, "body: unknown member contents"),
        ({"content": "x", "tts": "yes"}, "body.tts: not a ['boolean', 'null']"),
        ({"content": "x", "nonce": "n" * 26}, "body.nonce: more than 25 length"),
        ({"content": "x", "allowed_mentions": {"parse": ["all"]}}, "not one of"),
        ({"content": "x", "message_reference": {}}, "missing member message_id"),
        ({"content": "x", "components": [{"type": 1}]}, "missing member components"),
    ],
)
async def test_what_the_document_does_not_allow_is_noted(sim, rest, tom, body, violation):
    await rest.call("POST", f"/channels/{tom.dm().channel_id}/messages", body)
    assert len(sim.violations) == 1
    assert violation in sim.violations[0]
    sim.violations.clear()


@needs_spec
async def test_unknown_parameters_and_bodies_are_noted(sim, rest, tom):
    messages = f"/channels/{tom.dm().channel_id}/messages"
    await rest.call("GET", f"{messages}?newest=1")
    await rest.call("POST", f"/channels/{tom.dm().channel_id}/typing", {"now": True})
    assert sim.violations == [
        "list_messages: unknown parameter newest",
        "trigger_typing_indicator: takes no body",
    ]
    sim.violations.clear()


async def test_an_unknown_address_and_a_missing_user_agent_are_noted(sim, rest, session):
    assert (await rest.call("GET", "/nowhere")).status == 404
    headers = {"Authorization": f"Bot {sim.token}", "User-Agent": "curl"}
    async with session.get(f"{sim.api_url}/users/@me", headers=headers) as answer:
        assert answer.status == 200
    assert len(sim.violations) == 2
    sim.violations.clear()


async def test_bodies_are_json_and_said_to_be(sim, rest, session, tom):
    url = f"{sim.api_url}/channels/{tom.dm().channel_id}/messages"
    headers = {"Authorization": f"Bot {sim.token}", "User-Agent": "DiscordBot (x, 1)"}
    async with session.post(url, data=b"{}", headers=headers) as answer:
        assert (answer.status, (await answer.json())["code"]) == (400, 50035)
    headers["Content-Type"] = "application/json"
    async with session.post(url, data=b"{", headers=headers) as answer:
        assert (answer.status, (await answer.json())["code"]) == (400, 50109)
        assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("megabytes", [(10.1,), (9, 9, 9)])
async def test_large_files_and_requests_are_refused(sim, session, tom, megabytes):
    form = aiohttp.FormData(quote_fields=False)
    form.add_field("payload_json", "{}", content_type="application/json")
    for number, size in enumerate(megabytes):
        content = BytesIO(bytes(int(size * 1024 * 1024)))
        form.add_field(f"files[{number}]", content, filename="big.bin")
    url = f"{sim.api_url}/channels/{tom.dm().channel_id}/messages"
    headers = {"Authorization": f"Bot {sim.token}", "User-Agent": "DiscordBot (x, 1)"}
    async with session.post(url, data=form, headers=headers) as answer:
        assert (answer.status, (await answer.json())["code"]) == (413, 40005)


async def test_the_wrong_token_is_counted(sim, rest):
    assert (await rest.call("GET", "/users/@me", token="wrong")).status == 401
    assert sim.invalid_requests == 1
