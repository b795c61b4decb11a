"""Who is let in: tokens that are stale, revoked, forged or used twice, and how often one asks."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.accounts.api_model import Limit
from bot.accounts.api_tokens import ACCESS_LIFETIME, ApiTokens
from bot.accounts.model import UserStatus
from bot.i18n.catalog import texts_in
from bot.storage.engine import SqlStorage
from bot.storage.work import Work
from bot.web.api.admission import ApiLimits, address_of
from config.logging import redact
from tests.web.api.stage import ANA, BEN, CONVERSATIONS, PLENTY, TOKENS, Answer, Desk, a_desk

EN = texts_in("en")
SECOND = timedelta(seconds=1)
FEW = Limit(burst=3, every=timedelta(seconds=10))


async def exchange(desk: Desk, refresh: str) -> Answer:
    return await desk.ask("POST", TOKENS, None, json={"refreshToken": refresh})


async def find(desk: Desk, authorization: str | None, **headers: str) -> Answer:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if authorization is not None:
        sent["Authorization"] = authorization
    return await desk.ask("GET", CONVERSATIONS, None, headers=sent)


async def a_refresh_token(desk: Desk, person: str = ANA) -> str:
    tokens = ApiTokens(desk.clock)
    return await desk.storage.write(lambda work: tokens.issue(work, person, "My script"))


async def test_a_refresh_token_is_exchanged_and_the_pair_works(desk: Desk) -> None:
    answer = await exchange(desk, await a_refresh_token(desk))
    assert answer.status == 201
    assert (answer.body["tokenType"], answer.body["expiresIn"]) == ("Bearer", 900)
    assert answer.headers["Cache-Control"] == "no-store"
    assert (await find(desk, f"Bearer {answer.body['accessToken']}")).status == 200
    assert (await exchange(desk, answer.body["refreshToken"])).status == 201


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "Bearer",
        "Bearer ",
        "Bearer lfa_" + "A" * 43,
        "Basic YW5hOmFuYQ==",
        "Bearer ñ",
        "Bearer " + "x" * 4000,
    ],
)
async def test_without_a_token_of_ours_nobody_is_let_in(
    desk: Desk, authorization: str | None
) -> None:
    answer = await find(desk, authorization)
    assert (answer.status, answer.code) == (401, "unauthorized")
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="linguaflex"')
    assert answer.body["detail"] == EN("apikey.problem.unauthorized.detail")


async def test_a_stale_access_token_is_refused_and_says_so(desk: Desk) -> None:
    pair = await desk.pair(ANA)
    desk.clock.at += ACCESS_LIFETIME
    answer = await find(desk, f"Bearer {pair.access}")
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].endswith('error="invalid_token"')


async def test_a_token_of_one_sort_is_refused_where_the_other_is_wanted(desk: Desk) -> None:
    pair = await desk.pair(ANA)
    assert (await find(desk, f"Bearer {pair.refresh}")).status == 401
    assert (await exchange(desk, pair.access)).status == 401


async def test_a_revoked_key_is_refused_at_once(desk: Desk) -> None:
    pair = await desk.pair(ANA)
    assert (await find(desk, f"Bearer {pair.access}")).status == 200

    def revoke(work: Work) -> None:
        tokens = ApiTokens(desk.clock)
        for key in tokens.list_keys(work, ANA):
            tokens.revoke(work, key.id)

    await desk.storage.write(revoke)
    assert (await find(desk, f"Bearer {pair.access}")).status == 401
    assert (await exchange(desk, pair.refresh)).status == 401


async def test_a_refresh_token_shown_twice_ends_its_key_and_its_person_is_told_once(
    desk: Desk,
) -> None:
    refresh = await a_refresh_token(desk)
    pair = (await exchange(desk, refresh)).body
    with capture_logs() as logs:
        refused = [await exchange(desk, refresh) for _ in range(2)]
    assert [each.status for each in refused] == [401, 401]
    assert refused[0].body["detail"] == EN("apikey.problem.unauthorized.refresh")
    assert (await find(desk, f"Bearer {pair['accessToken']}")).status == 401
    assert (await exchange(desk, pair["refreshToken"])).status == 401
    assert desk.told == [(ANA, EN("apikey.reused", label="My script"))]
    assert [log["event"] for log in logs] == ["api.token_reused"]
    assert refresh not in str(logs)


async def test_of_two_who_exchange_at_once_none_has_a_token_that_works(desk: Desk) -> None:
    refresh = await a_refresh_token(desk)
    answers = await asyncio.gather(*(exchange(desk, refresh) for _ in range(2)))
    assert sorted(each.status for each in answers) == [201, 401]
    won = next(each for each in answers if each.status == 201)
    assert (await find(desk, f"Bearer {won.body['accessToken']}")).status == 401


async def test_whose_account_is_gone_is_let_in_no_more(desk: Desk) -> None:
    pair = await desk.pair(BEN)

    def forget(work: Work) -> None:
        work.api.keys.remove_of_user(BEN)

    await desk.storage.write(forget)
    assert (await find(desk, f"Bearer {pair.access}")).status == 401


async def test_whoever_closed_their_account_is_let_in_no_more(desk: Desk) -> None:
    pair = await desk.pair(BEN)

    def close(work: Work) -> None:
        work.users.save(replace(work.users.get(BEN), status=UserStatus.CLOSED))

    await desk.storage.write(close)
    assert (await find(desk, f"Bearer {pair.access}")).status == 401


async def test_a_key_that_asks_too_often_waits_as_long_as_it_is_told(
    sqlite_storage: SqlStorage,
) -> None:
    async with a_desk(sqlite_storage, ApiLimits(address=PLENTY.address, key=FEW)) as desk:
        mine, other = await desk.pair(ANA), await desk.pair(ANA)
        answers = [await find(desk, f"Bearer {mine.access}") for _ in range(4)]
        assert [each.status for each in answers] == [200, 200, 200, 429]
        assert (answers[3].code, answers[3].headers["Retry-After"]) == ("too_many", "10")
        assert "10 seconds" in answers[3].body["detail"]
        assert (await exchange(desk, mine.refresh)).status == 429
        assert (await find(desk, f"Bearer {other.access}")).status == 200

        desk.clock.at += timedelta(seconds=10)
        assert (await exchange(desk, mine.refresh)).status == 201  # it was not used up


async def test_limits_outlive_the_process(sqlite_storage: SqlStorage) -> None:
    limits = ApiLimits(address=FEW, key=PLENTY.key, wrong_costs=1)
    async with a_desk(sqlite_storage, limits) as desk:
        statuses = [(await find(desk, None)).status for _ in range(4)]
        await desk.restart(limits)
        assert [*statuses, (await find(desk, None)).status] == [401, 401, 401, 429, 429]


async def test_guessing_ends_soon_and_nobody_else_is_held_up(sqlite_storage: SqlStorage) -> None:
    limits = ApiLimits(address=Limit(burst=25, every=SECOND), key=PLENTY.key)
    async with a_desk(sqlite_storage, limits) as desk:
        pair = await desk.pair(ANA)
        guesses = [
            (await find(desk, f"Bearer lfa_{number}", X_Forwarded_For="203.0.113.7")).status
            for number in range(5)
        ]
        assert guesses == [401, 401, 401, 429, 429]
        right = await find(desk, f"Bearer {pair.access}", X_Forwarded_For="203.0.113.7")
        other = await find(desk, f"Bearer {pair.access}", X_Forwarded_For="203.0.113.8")
        assert (right.status, other.status) == (429, 200)


async def test_no_token_is_ever_logged(desk: Desk) -> None:
    pair = await desk.pair(ANA)
    with capture_logs() as logs:
        await find(desk, f"Bearer {pair.access}")
        await find(desk, "Bearer lfa_guess")
        await exchange(desk, pair.refresh)
        await exchange(desk, "lfr_guess")
    assert logs == []


async def test_a_library_that_would_log_a_token_is_kept_from_it(desk: Desk) -> None:
    pair = await desk.pair(ANA)
    assert redact(f"Bearer {pair.access}, then {pair.refresh}") == "Bearer <key>, then <key>"


async def test_limits_hold_across_processes(storage: SqlStorage) -> None:
    limits = ApiLimits(address=FEW, key=PLENTY.key, wrong_costs=1)
    async with a_desk(storage, limits) as desk:
        statuses = await asyncio.gather(*(find(desk, None) for _ in range(8)))
        assert sorted(each.status for each in statuses) == [*[401] * 3, *[429] * 5]


@pytest.mark.parametrize(
    ("peer", "told", "counted"),
    [
        ("8.8.4.4", "", "8.8.4.4"),
        ("8.8.4.4", "198.51.100.1", "8.8.4.4"),
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.2", "1.1.1.1, 198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "1.1.1.1|198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "nonsense", "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("2606:4700:1:2:3:4:5:6", "", "2606:4700:1:2::/64"),
        ("::1", "2606:4700:1:2::9", "2606:4700:1:2::/64"),
        (None, "198.51.100.1", "unknown"),
    ],
)
def test_an_address_is_that_of_whoever_reached_us_first_hand(
    peer: str | None, told: str, counted: str
) -> None:
    assert address_of(peer, [line for line in told.split("|") if line]) == counted
