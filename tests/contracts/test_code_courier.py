"""Whoever brings one-time codes: one suite for our own mails and for Supabase Auth."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest

from bot.accounts.adapters.supabase import SERVICE, SupabaseCodes
from bot.accounts.codes import Codes
from bot.accounts.couriers import MailedCodes
from bot.accounts.model import CodePurpose, OneTimeCode
from bot.accounts.ports import CodeCourier
from bot.core.errors import Cause, ServiceFailure
from bot.messaging.adapters.smtp_mail import SmtpMessenger
from bot.messaging.instance import Instance
from bot.messaging.model import Address, MessageKind, Outgoing, Paragraph
from bot.messaging.ports import Messenger, Undeliverable
from bot.simulators.faults import Fault
from bot.simulators.mailbox import Mailbox
from bot.simulators.supabase import SupabaseSimulator
from bot.storage.engine import SqlStorage, open_storage
from bot.storage.vault import Keyring
from bot.storage.work import Work
from tests.message_builders import HandClock

ADDRESS, STRANGER = "ana@example.org", "who@example.org"
KEY = "sb_publishable_test"


@dataclass
class Post:
    """A courier, the messenger its letters go by, and what people read in their mail."""

    courier: CodeCourier
    messenger: Messenger
    read: Callable[[], Awaitable[str]]
    storage: SqlStorage
    clock: HandClock

    async def write_to(self, address: str, user: str = "ana") -> OneTimeCode:
        """Have a code made and brought; the row it is held against."""
        codes = Codes(self.clock, self.courier)

        def unit(work: Work) -> tuple[str, OneTimeCode]:
            digits = codes.issue(work, user, address, CodePurpose.EMAIL, "identity")
            made = codes.begin_try(work, user, address, CodePurpose.EMAIL)
            assert made is not None
            return digits, made

        digits, made = await self.storage.write(unit)
        letter = Outgoing(
            key=made.id,
            to=self.courier.letter_box(address),
            kind=MessageKind.MAIL,
            subject="code",
            body=(Paragraph(f"Your code is {digits}."),),
        )
        assert letter.to.platform == self.messenger.platform
        await self.messenger.send(letter, None)
        return made


@asynccontextmanager
async def our_own(storage: SqlStorage) -> AsyncIterator[Post]:
    async with Mailbox() as mailbox:

        async def read() -> str:
            found = re.search(r"\d{6}", (await mailbox.wait()).text)
            assert found is not None
            return found[0]

        messenger = SmtpMessenger(mailbox.url, "bot@example.org")
        courier = MailedCodes(storage.keyring.fingerprint)
        yield Post(courier, messenger, read, storage, HandClock())


@asynccontextmanager
async def at_supabase(storage: SqlStorage) -> AsyncIterator[Post]:
    clock = HandClock()
    async with (
        SupabaseSimulator(KEY, ADDRESS, clock=clock.now) as simulator,
        httpx.AsyncClient() as http,
    ):

        async def read() -> str:
            return (await simulator.wait()).code

        service = SupabaseCodes(http, simulator.url, KEY)
        yield Post(service, service, read, storage, clock)


@pytest.fixture
async def sqlite_storage(sqlite_url: str, keyring: Keyring) -> AsyncIterator[SqlStorage]:
    opened = open_storage(sqlite_url, keyring, Instance())
    await opened.open()
    yield opened
    await opened.aclose()


@pytest.fixture(params=[our_own, at_supabase])
async def post(request: pytest.FixtureRequest, sqlite_storage: SqlStorage) -> AsyncIterator[Post]:
    async with request.param(sqlite_storage) as made:
        yield made


async def test_the_code_that_was_read_is_right(post: Post) -> None:
    made = await post.write_to(ADDRESS)
    assert await post.courier.is_right(made, ADDRESS, f" {await post.read()} ")


async def test_another_code_is_not(post: Post) -> None:
    made = await post.write_to(ADDRESS)
    wrong = f"{(int(await post.read()) + 1) % 10**6:06d}"
    assert not await post.courier.is_right(made, ADDRESS, wrong)


async def test_a_code_is_right_for_its_own_address_alone(post: Post) -> None:
    await post.write_to(ADDRESS)
    code = await post.read()
    post.clock.move(minutes=2)
    other = await post.write_to(STRANGER, user="bob")
    assert not await post.courier.is_right(other, STRANGER, code)


async def test_only_the_newest_code_is_right(post: Post) -> None:
    await post.write_to(ADDRESS)
    first = await post.read()
    post.clock.move(minutes=2)
    made = await post.write_to(ADDRESS)
    second = await post.read()
    if first != second:
        assert not await post.courier.is_right(made, ADDRESS, first)
    assert await post.courier.is_right(made, ADDRESS, second)


@pytest.fixture
async def simulator() -> AsyncIterator[SupabaseSimulator]:
    async with SupabaseSimulator(KEY, ADDRESS) as running:
        yield running


@pytest.fixture
async def service(simulator: SupabaseSimulator) -> AsyncIterator[SupabaseCodes]:
    async with httpx.AsyncClient() as http:
        yield SupabaseCodes(http, simulator.url, KEY)


def a_letter(to: str = ADDRESS) -> Outgoing:
    return Outgoing(key="k", to=Address(SERVICE, to), kind=MessageKind.MAIL)


A_CODE = OneTimeCode(
    user_id="ana",
    purpose=CodePurpose.EMAIL,
    subject="",
    code_hash="",
    created_at=HandClock().now(),
    expires_at=HandClock().now(),
)


async def test_an_address_without_an_account_there_gets_nothing_and_nobody_is_told(
    simulator: SupabaseSimulator, service: SupabaseCodes
) -> None:
    assert await service.send(a_letter(STRANGER), None) is None
    assert (simulator.letters, STRANGER in simulator.users) == ([], False)
    assert not await service.is_right(A_CODE, STRANGER, "123456")


@pytest.mark.parametrize(
    ("fault", "cause", "retry_after"),
    [
        (Fault("rate_limit", retry_after=7), Cause.BUSY, 7.0),
        (Fault("status", status=503), Cause.BUSY, None),
        (Fault("status", status=403), Cause.MISCONFIGURED, None),
        (Fault("drop_before"), Cause.UNREACHABLE, None),
        (Fault("drop_after"), Cause.UNREACHABLE, None),
    ],
)
async def test_trouble_there_is_told_in_our_terms_and_never_taken_for_a_wrong_code(
    simulator: SupabaseSimulator,
    service: SupabaseCodes,
    fault: Fault,
    cause: Cause,
    retry_after: float | None,
) -> None:
    acts: list[Callable[[], Awaitable[object]]] = [
        lambda: service.send(a_letter(), None),
        lambda: service.is_right(A_CODE, ADDRESS, "123456"),
    ]
    for act in acts:
        simulator.faults.clear()
        simulator.letters.clear()
        simulator.faults.add(fault)
        with pytest.raises(ServiceFailure) as raised:
            await act()
        assert (raised.value.cause, raised.value.retry_after) == (cause, retry_after)


async def test_a_second_letter_within_a_minute_waits(service: SupabaseCodes) -> None:
    await service.send(a_letter(), None)
    with pytest.raises(ServiceFailure) as raised:
        await service.send(a_letter(), None)
    assert (raised.value.cause, raised.value.retry_after) == (Cause.BUSY, 60.0)


async def test_what_is_no_address_there_is_never_sent(service: SupabaseCodes) -> None:
    with pytest.raises(Undeliverable):
        await service.send(a_letter("nobody"), None)


async def test_a_wrong_key_is_found_by_the_check(simulator: SupabaseSimulator) -> None:
    async with httpx.AsyncClient() as http:
        await SupabaseCodes(http, simulator.url, KEY).check()
        with pytest.raises(ServiceFailure) as raised:
            await SupabaseCodes(http, simulator.url, "another").check()
    assert raised.value.cause is Cause.MISCONFIGURED
