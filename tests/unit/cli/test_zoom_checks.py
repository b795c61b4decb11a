"""The doctor's look at Zoom, and its probe."""

from collections.abc import AsyncIterator

import pytest

from bot.cli.doctor import all_checks
from bot.cli.findings import Status
from bot.cli.zoom_checks import check_zoom, hearing, probe_zoom
from bot.simulators.faults import Fault
from bot.simulators.zoom import ZoomSimulator
from config.settings import Settings, load_settings

HOSTS = ("first@example.com", "second@example.com")


@pytest.fixture
async def zoom() -> AsyncIterator[ZoomSimulator]:
    async with ZoomSimulator(*HOSTS) as running:
        yield running


def configured(
    zoom: ZoomSimulator, web: dict[str, object] | None = None, **more: object
) -> Settings:
    values = {
        "account_id": zoom.account_id,
        "client_id": zoom.client_id,
        "client_secret": zoom.client_secret,
        "webhook_secret": "secret",
        "hosts": ",".join(HOSTS),
        "api_url": zoom.api_url,
        "oauth_url": zoom.oauth_url,
        **more,
    }
    return load_settings(None, zoom=values, web=web or {"public_url": "https://school.example"})


async def looked_at(settings: Settings) -> dict[str, Status]:
    return {finding.check: finding.status for finding in await check_zoom(settings)}


async def test_without_zoom_it_is_said_what_happens_instead() -> None:
    [finding] = await check_zoom(load_settings(None))

    assert finding.status is Status.WARN
    assert "links of their own" in finding.detail
    assert await probe_zoom(load_settings(None)) == []


async def test_half_of_the_settings_is_found(zoom: ZoomSimulator) -> None:
    [finding] = await check_zoom(configured(zoom, hosts=""))

    assert finding.status is Status.FAIL
    assert "LINGUAFLEX_ZOOM__HOSTS" in finding.detail


async def test_all_is_well(zoom: ZoomSimulator) -> None:
    assert await looked_at(configured(zoom)) == {
        "zoom.hosts": Status.OK,
        "zoom.webhooks": Status.OK,
    }


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"client_secret": "wrong"}, {"zoom": Status.FAIL}),
        ({"hosts": "nobody@example.com"}, {"zoom.hosts": Status.FAIL, "zoom.webhooks": Status.OK}),
        ({"webhook_secret": None}, {"zoom.hosts": Status.OK, "zoom.webhooks": Status.WARN}),
        ({"api_url": "http://127.0.0.1:9/v2"}, {"zoom": Status.FAIL}),
    ],
)
async def test_what_is_wrong_is_named(
    zoom: ZoomSimulator, changes: dict[str, object], found: dict[str, Status]
) -> None:
    assert await looked_at(configured(zoom, **changes)) == found


async def test_an_address_zoom_would_not_take_is_found(zoom: ZoomSimulator) -> None:
    settings = configured(zoom, {"public_url": "http://school.example"})

    assert (await looked_at(settings))["zoom.webhooks"] is Status.FAIL


async def test_the_probe_leaves_nothing_behind(zoom: ZoomSimulator) -> None:
    [finding] = await probe_zoom(configured(zoom))

    assert finding.status is Status.OK
    assert zoom.meetings == []
    assert zoom.requests.count("registrants.create") == len(HOSTS)


async def test_deliveries_on_this_machine_need_no_https(zoom: ZoomSimulator) -> None:
    settings = configured(zoom, {"public_url": "http://127.0.0.1:8080"})

    assert (await looked_at(settings))["zoom.webhooks"] is Status.OK


@pytest.mark.parametrize("refused", ["registrants.create", "past.instances", "past.participants"])
async def test_a_plan_that_does_not_allow_it_is_found_and_nothing_left_behind(
    zoom: ZoomSimulator, refused: str
) -> None:
    zoom.faults.add(Fault("status", refused, status=400))
    [finding] = await probe_zoom(configured(zoom))

    assert finding.status is Status.FAIL
    assert zoom.meetings == []


def test_probing_is_for_those_who_ask_for_it() -> None:
    assert "zoom.probe" not in [check.name for check in all_checks()]
    assert "zoom.probe" in [check.name for check in all_checks(probes=True)]


def test_zooms_own_service_cannot_deliver_to_this_machine_by_its_inner_name() -> None:
    zoom = {"account_id": "a", "client_id": "c", "client_secret": "s", "webhook_secret": "w"}
    web = {"public_url": "http://127.0.0.1:8080"}
    finding = hearing(load_settings(None, zoom={**zoom, "hosts": HOSTS[0]}, web=web))

    assert finding.status is Status.WARN
    assert "WEB__PUBLIC_URL" in finding.remedy
