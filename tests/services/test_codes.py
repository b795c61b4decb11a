"""One-time codes against guessing, on a real database."""

import random
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

import pytest

from bot.accounts.codes import (
    MOST_A_DAY_BY_IDENTITY,
    MOST_A_DAY_FOR_ADDRESS,
    MOST_AN_HOUR,
    MOST_TRIES,
    OPENING,
    Codes,
    TooManyCodes,
    asker,
)
from bot.accounts.couriers import MailedCodes
from bot.accounts.model import CodePurpose, Identity, OneTimeCode
from bot.core.storage import Storage
from bot.messaging.model import Address
from bot.storage.engine import SqlStorage
from bot.storage.work import Work
from tests.message_builders import NOW, HandClock

ADDRESS = "ana@example.org"
OWN = CodePurpose.EMAIL
LONG_AGO = NOW - timedelta(days=365)
ALL = tuple(CodePurpose)


class Guesser:
    """A courier that counts what it is asked, before the true one answers."""

    def __init__(self, storage: SqlStorage) -> None:
        self._mailed = MailedCodes(storage.keyring.fingerprint)
        self.evaluated = 0

    def letter_box(self, address: str, /) -> Address:
        return self._mailed.letter_box(address)

    async def is_right(self, code: OneTimeCode, address: str, typed: str, /) -> bool:
        self.evaluated += 1
        return await self._mailed.is_right(code, address, typed)


class Desk:
    """Codes with their storage, one call a step."""

    def __init__(self, storage: SqlStorage) -> None:
        self.clock = HandClock()
        self.guesser = Guesser(storage)
        self.codes = Codes(self.clock, self.guesser)
        self._storage: Storage[Work] = storage

    async def issue(
        self,
        who: str,
        address: str = ADDRESS,
        purpose: CodePurpose = OWN,
        identity: str = "1",
    ) -> str:
        def unit(work: Work) -> str:
            asked_by = asker(work, _identity(identity))
            return self.codes.issue(work, who, address, purpose, asked_by)

        return await self._storage.write(unit)

    async def guess(
        self, who: str, typed: str, address: str = ADDRESS, purpose: CodePurpose = OWN
    ) -> bool:
        """As a person's typed digits are dealt with: counted, evaluated, used up."""
        code = await self._storage.write(
            lambda work: self.codes.begin_try(work, who, address, purpose)
        )
        if code is None or not await self.guesser.is_right(code, address, typed):
            return False
        return await self._storage.write(lambda work: self.codes.use_up(work, code))

    async def guess_all(
        self, who: str, typed: Sequence[str], address: str, purpose: CodePurpose
    ) -> int:
        """How many of so many guesses were right; counted in one unit, to be quick."""

        def unit(work: Work) -> list[OneTimeCode | None]:
            return [self.codes.begin_try(work, who, address, purpose) for _ in typed]

        tries = zip(await self._storage.write(unit), typed, strict=True)
        return sum(
            [await self.guesser.is_right(code, address, each) for code, each in tries if code]
        )


def _forget(who: str, work: Work) -> None:
    work.codes.remove_of_user(who)


def _identity(external_id: str) -> Identity:
    return Identity(platform="telegram", external_id=external_id, user_id="")


@pytest.fixture
def desk(storage: SqlStorage) -> Desk:
    return Desk(storage)


async def test_the_right_code_works_once_and_only_for_its_person_and_address(desk: Desk) -> None:
    digits = await desk.issue("ana")
    assert not await desk.guess("bob", digits)
    assert not await desk.guess("ana", digits, "other@example.org")
    assert await desk.guess("ana", f" {digits} ", "ANA@example.org")
    assert not await desk.guess("ana", digits)


async def test_a_code_opens_nothing_it_was_not_made_for(desk: Desk) -> None:
    digits = await desk.issue("ana")
    assert not await desk.guess("ana", digits, purpose=CodePurpose.RECOVER)


async def test_codes_and_addresses_are_not_stored_readably(desk: Desk, storage: SqlStorage) -> None:
    digits = await desk.issue("ana", purpose=CodePurpose.LINK, identity="770011223344")
    stored = repr(await storage.read(lambda work: work.codes.since(ALL, LONG_AGO)))
    assert not any(each in stored for each in (digits, ADDRESS, "770011223344"))


async def test_a_code_too_old_is_not_even_looked_at(desk: Desk) -> None:
    digits = await desk.issue("ana")
    desk.clock.move(minutes=10)
    assert (await desk.guess("ana", digits), desk.guesser.evaluated) == (False, 0)


async def test_of_all_guesses_only_the_allowed_ones_are_looked_at(desk: Desk) -> None:
    draw, refused = random.Random(1), 0
    for _ in range(MOST_AN_HOUR + 2):
        desk.clock.move(seconds=61)
        try:
            right = await desk.issue("ana")
        except TooManyCodes:
            refused += 1
            continue
        for _ in range(20):
            guess = f"{draw.randrange(10**6):06d}"
            if guess != right:
                assert not await desk.guess("ana", guess)
        assert not await desk.guess("ana", right)
    assert (desk.guesser.evaluated, refused) == (MOST_AN_HOUR * MOST_TRIES, 2)


async def test_one_address_cannot_be_flooded_by_many_accounts(desk: Desk) -> None:
    for number in range(MOST_AN_HOUR):
        await desk.issue(f"person-{number}")
    with pytest.raises(TooManyCodes):
        await desk.issue("one-more")


async def test_an_address_gets_so_many_opening_codes_a_day_whoever_asks(desk: Desk) -> None:
    sent = 0
    for number in range(2 * MOST_A_DAY_FOR_ADDRESS):
        desk.clock.move(minutes=30)
        try:
            await desk.issue(f"p{number}", purpose=CodePurpose.RECOVER, identity=str(number))
            sent += 1
        except TooManyCodes:
            continue
    assert sent == MOST_A_DAY_FOR_ADDRESS


async def test_starting_anew_gets_nobody_around_the_limit_of_an_identity(
    desk: Desk, storage: SqlStorage
) -> None:
    for number in range(MOST_A_DAY_BY_IDENTITY):
        who = f"life-{number}"
        await desk.issue(who, f"{number}@example.org", CodePurpose.LINK)
        await storage.write(partial(_forget, who))
    with pytest.raises(TooManyCodes):
        await desk.issue("one-more-life", ADDRESS, CodePurpose.LINK)


@pytest.mark.parametrize(
    ("accounts", "guesses_each"),
    [
        pytest.param(20, 50, id="short"),
        pytest.param(1_000, 1_000, id="whole", marks=pytest.mark.soak),
    ],
)
async def test_of_guesses_over_many_accounts_by_one_identity_only_the_allowed_ones_count(
    desk: Desk, accounts: int, guesses_each: int
) -> None:
    """Three requests a day, five tries each: a chance of 15 in a million, whatever is typed."""
    draw, requests, opened = random.Random(2), 0, 0
    for number in range(accounts):
        desk.clock.move(seconds=86_000 / accounts)
        account, purpose = f"{number}@example.org", OPENING[number % 2]
        try:
            await desk.issue("eve", account, purpose)
            requests += 1
        except TooManyCodes:
            pass
        typed = [f"{draw.randrange(10**6):06d}" for _ in range(guesses_each)]
        opened += await desk.guess_all("eve", typed, account, purpose)
    assert requests == MOST_A_DAY_BY_IDENTITY
    assert desk.guesser.evaluated == MOST_A_DAY_BY_IDENTITY * MOST_TRIES
    assert opened == 0
