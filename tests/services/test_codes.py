"""One-time codes against guessing, on a real database."""

import random
from datetime import timedelta

import pytest

from bot.accounts.codes import MOST_AN_HOUR, MOST_TRIES, Codes, TooManyCodes
from bot.accounts.model import CodePurpose
from bot.storage.engine import SqlStorage
from bot.storage.work import Work
from tests.message_builders import NOW, HandClock

ADDRESS = "ana@example.org"
LONG_AGO = NOW - timedelta(days=365)


async def test_the_right_code_works_once_and_only_for_its_person_and_address(
    storage: SqlStorage,
) -> None:
    codes = Codes(HandClock())

    def unit(work: Work) -> list[bool]:
        digits = codes.issue(work, "ana", ADDRESS)
        return [
            codes.is_right(work, "bob", ADDRESS, digits),
            codes.is_right(work, "ana", "other@example.org", digits),
            codes.is_right(work, "ana", "ANA@example.org", f" {digits} "),
            codes.is_right(work, "ana", ADDRESS, digits),
        ]

    assert await storage.write(unit) == [False, False, True, False]


async def test_codes_and_addresses_are_not_stored_readably(storage: SqlStorage) -> None:
    codes = Codes(HandClock())

    def unit(work: Work) -> bool:
        digits = codes.issue(work, "ana", ADDRESS)
        stored = repr(work.codes.since(CodePurpose.EMAIL, LONG_AGO))
        return digits in stored or ADDRESS in stored

    assert not await storage.write(unit)


async def test_of_all_guesses_only_the_allowed_ones_are_looked_at(storage: SqlStorage) -> None:
    """Guesses are counted in the row: whatever is tried after the fifth changes nothing."""
    clock, draw = HandClock(), random.Random(1)
    codes = Codes(clock)

    def an_hour(work: Work) -> tuple[int, int]:
        looked_at = refused = 0
        for _ in range(MOST_AN_HOUR + 2):
            clock.move(seconds=61)
            try:
                right = codes.issue(work, "ana", ADDRESS)
            except TooManyCodes:
                refused += 1
                continue
            for _ in range(200):
                guess = f"{draw.randrange(10**6):06d}"
                if guess != right:
                    assert not codes.is_right(work, "ana", ADDRESS, guess)
            latest = work.codes.since(CodePurpose.EMAIL, LONG_AGO)[-1]
            looked_at += latest.tries
            assert not codes.is_right(work, "ana", ADDRESS, right)
        return looked_at, refused

    assert await storage.write(an_hour) == (MOST_AN_HOUR * MOST_TRIES, 2)


async def test_one_address_cannot_be_flooded_by_many_accounts(storage: SqlStorage) -> None:
    codes = Codes(HandClock())

    def unit(work: Work) -> int:
        for number in range(MOST_AN_HOUR):
            codes.issue(work, f"person-{number}", ADDRESS)
        with pytest.raises(TooManyCodes):
            codes.issue(work, "one-more", ADDRESS)
        return len(work.codes.since(CodePurpose.EMAIL, LONG_AGO))

    assert await storage.write(unit) == MOST_AN_HOUR
