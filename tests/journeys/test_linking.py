"""One account in two apps: joining, getting back in, leaving one; over chats and mail.

Two people of one simulated platform stand in for two apps: platforms are data.
"""

import io
import json
import re
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from bot.accounts.model import Identity, Purpose, UserStatus
from bot.app import App
from bot.chat.model import Hall
from bot.messaging.model import Address
from bot.simulators.faults import Fault
from bot.simulators.mailbox import Mailbox
from bot.simulators.supabase import SupabaseSimulator
from bot.simulators.telegram import Person
from bot.storage.work import Work
from tests.message_builders import HandClock
from tests.relay_stage import acquainted, met
from tests.stage import PATIENCE_SECONDS, Stage, a_note, an_app, said
from tests.visitors import (
    Visitor,
    an_app_with_mail,
    checkpointed_counts,
    past_the_email,
    register_with_mail,
    stored_of,
    talk_once,
    to_the_name,
    user_of,
)

ADDRESS = "ana@example.org"
_TOKEN = re.compile(r"/link (\S+)")


@dataclass
class World:
    """A program with mail, and somebody registered whose address is proved."""

    stage: Stage
    app: App
    mailbox: Mailbox
    clock: HandClock
    ana: Visitor
    fresh: Visitor

    async def identities(self) -> list[Identity]:
        user = await user_of(self.app, self.ana)
        return list(await self.app.storage.read(lambda work: work.identities.of_user(user.id)))

    async def token(self) -> str:
        """What Ana's app shows for another."""
        await self.ana.say("/link", then="Your connected apps")
        shown = await self.ana.press("Code for another app", then="/link ")
        found = _TOKEN.search(shown.text)
        assert found is not None, shown.text
        return found[1]

    async def code(self, subject: str) -> str:
        """The code of the next mail, whose subject says what it is for."""
        mail = await self.mailbox.wait(ADDRESS, timeout=PATIENCE_SECONDS)
        assert subject in mail.subject
        found = re.search(r"\d{6}", mail.text)
        assert found is not None, mail.text
        return found[0]


@pytest.fixture
async def world(stage: Stage, sqlite_url: str) -> AsyncIterator[World]:
    async with Mailbox() as mailbox:
        clock = HandClock()
        async with an_app_with_mail(stage, sqlite_url, mailbox, clock) as app:
            ana = Visitor(stage.telegram.person(user_id=1001, name="Ana", language="en"))
            fresh = Visitor(stage.telegram.person(user_id=2002, name="Nana", language="en"))
            await register_with_mail(ana, mailbox, ADDRESS)
            clock.move(hours=2)
            yield World(stage, app, mailbox, clock, ana, fresh)


async def test_a_code_to_the_proved_address_joins_a_second_app(world: World) -> None:
    await world.fresh.say("/link", then="Which e-mail address")
    await world.fresh.say(ADDRESS.upper(), then="If an account has confirmed this address")
    await world.fresh.say(await world.code("connects an app"), then="The account of Ana García")
    await world.fresh.press("Join", then="Done, Ana")
    await world.ana.reads("Your account is connected with Telegram")
    assert (await user_of(world.app, world.fresh)).id == (await user_of(world.app, world.ana)).id
    assert [each.external_id for each in await world.identities() if each.is_latest] == ["2002"]


async def test_a_code_shown_in_one_app_joins_the_other_once(world: World) -> None:
    token = await world.token()
    await world.fresh.say(f"/link {token.lower()}", then="The account of Ana García")
    await world.fresh.press("Join", then="Done, Ana")
    await world.ana.reads("Your account is connected with Telegram")
    third = Visitor(world.stage.telegram.person(user_id=3003, name="Eve", language="en"))
    await third.say(f"/link {token}", then="not known, was used already")


async def test_a_link_opened_in_the_other_app_joins_it(world: World) -> None:
    await world.fresh.say(f"/start link_{await world.token()}", then="The account of Ana García")
    await world.fresh.press("Join", then="Done, Ana")


async def test_a_token_is_too_old_after_ten_minutes(world: World) -> None:
    token = await world.token()
    world.clock.move(minutes=10, seconds=1)
    await world.fresh.say(f"/link {token}", then="not known, was used already")


async def test_five_wrong_tokens_are_enough_for_an_hour(world: World) -> None:
    token = await world.token()
    for _ in range(5):
        await world.fresh.say("/link ABCD-EFGH-JKLM", then="not known, was used already")
    await world.fresh.say(f"/link {token}", then="Too many of your codes did not fit")


async def test_nothing_is_joined_before_it_was_confirmed_nor_long_after(world: World) -> None:
    await world.fresh.say(f"/link {await world.token()}", then="The account of Ana García")
    assert len(await world.identities()) == 1
    world.clock.move(minutes=11)
    await world.fresh.press("Join", then="more than ten minutes")
    assert len(await world.identities()) == 1


async def test_a_practice_begun_in_one_app_goes_on_in_the_other(world: World) -> None:
    await talk_once(world.ana.person)
    await world.fresh.say(f"/link {await world.token()}", then="The account of Ana García")
    await world.fresh.press("Join", then="Done, Ana")
    user = await user_of(world.app, world.ana)
    begun = await world.app.storage.read(lambda work: work.voice_sessions.find_active(user.id))
    assert begun is not None
    count = begun.turn_count
    note = await world.fresh.person.send_voice(a_note(), 1)
    await world.fresh.person.wait(
        lambda m: m.kind == "voice" and m.from_bot, PATIENCE_SECONDS, after=note
    )
    later = await world.app.storage.read(lambda work: work.voice_sessions.find_active(user.id))
    assert later is not None
    assert (later.id, later.turn_count) == (begun.id, count + 1)
    await world.fresh.say("/end", then="Your practice")


async def test_the_report_of_an_idle_practice_goes_to_the_app_used_last(world: World) -> None:
    await talk_once(world.ana.person)
    await world.fresh.say(f"/link {await world.token()}", then="The account of Ana García")
    await world.fresh.press("Join", then="Done, Ana")
    before = len(said(world.ana.person))
    world.clock.move(hours=2)
    await world.app.worker.run_due()
    await world.fresh.reads("Your practice")
    assert len(said(world.ana.person)) == before


async def test_what_a_guest_did_in_the_second_app_is_kept(world: World) -> None:
    await world.ana.say("/privacy", then="Your privacy")
    await world.ana.press("Keep my recordings", then="Your privacy")
    await talk_once(world.ana.person)
    await world.ana.say("/end", then="Your practice")
    await world.stage.meet(world.fresh.person)
    theirs = (await stored_of(world.app, world.fresh)).records["turns"]
    await world.fresh.say(f"/link {await world.token()}", then="What you did here is kept")
    await world.fresh.press("Join", then="Done, Ana")
    kept = await stored_of(world.app, world.ana)
    assert {turn.id for turn in theirs} < {turn.id for turn in kept.records["turns"]}
    recordings = [file.data for file in kept.files if file.name.endswith("-you")]
    assert recordings == [a_note()]
    assert await world.app.storage.read(
        lambda work: work.consents.has(kept.records["person"].id, Purpose.RECORDING)
    )


async def test_a_lost_chat_is_replaced_by_a_fresh_one_and_told(world: World) -> None:
    await recover(world)
    await world.ana.reads("taken back from another Telegram chat")
    recovered = await user_of(world.app, world.fresh)
    assert (recovered.name, recovered.status) == ("Ana García", UserStatus.ACTIVE)
    await world.ana.say("/start", then="try talking right now")
    assert (await user_of(world.app, world.ana)).id != recovered.id


async def test_rooms_in_the_app_of_a_lost_chat_are_used_no_more(world: World) -> None:
    """Whoever sits in the lost chat may read them: students' messages come to the fresh one."""
    room = Address("telegram", "-1001:77")
    thread = await acquainted(
        world.app, await met(world.app, a_student(world)), ("telegram", "1001")
    )
    teacher = await user_of(world.app, world.ana)

    def move_in(work: Work) -> None:
        work.chat.halls.put(Hall(user_id=teacher.id, place="telegram:-1001"))
        work.chat.threads.save(work.chat.threads.get(thread.id).placed(teacher.id, room))

    await world.app.storage.write(move_in)
    await recover(world)
    await world.fresh.reads("Your rooms for students in Telegram are no longer used")
    recovered = await user_of(world.app, world.fresh)
    assert await world.app.storage.read(lambda work: work.chat.halls.find(recovered.id)) is None
    left = await world.app.storage.read(lambda work: work.chat.threads.get(thread.id))
    assert left.place_of(recovered.id) is None
    await a_student(world).send_text("Where are you?")
    await world.fresh.reads("Where are you?")


def a_student(world: World) -> Person:
    return world.stage.telegram.person(user_id=4004, name="Ben", language="en")


async def recover(world: World) -> None:
    """Back into Ana's account from a fresh chat."""
    await world.fresh.say("/recover", then="Which e-mail address")
    await world.fresh.say(ADDRESS, then="If an account has confirmed this address")
    await world.fresh.say(await world.code("gets you back"), then="that was connected before")
    await world.fresh.press("Join", then="Done, Ana")


async def test_an_app_is_disconnected_and_told_and_the_last_one_stays(world: World) -> None:
    await world.fresh.say(f"/link {await world.token()}", then="The account of Ana García")
    await world.fresh.press("Join", then="Done, Ana")
    await world.fresh.say("/link", then="Your connected apps")
    await world.fresh.press("Disconnect Telegram", then="Disconnect Telegram?")
    await world.fresh.press("Disconnect Telegram", then="is disconnected from your account")
    left = await world.identities() if await is_known(world, world.ana) else None
    stays = world.ana if left is not None else world.fresh
    await stays.say("/link", then="Your connected apps")
    await stays.press("Disconnect Telegram", then="only way into this account")
    await stays.press("Remove everything", then="Remove everything about you")


async def is_known(world: World, visitor: Visitor) -> bool:
    number = str(visitor.person.account.user_id)
    found = await world.app.storage.read(lambda work: work.identities.find("telegram", number))
    return found is not None


async def test_somebody_elses_connection_cannot_be_cut(world: World) -> None:
    await world.ana.say("/link", then="Your connected apps")
    _, data = world.ana.button("Disconnect Telegram")
    eve = Visitor(world.stage.telegram.person(user_id=3003, name="Eve", language="en"))
    await register_with_mail(eve, world.mailbox, "eve@example.org")
    await eve.forge(data.replace("off", "yes"))
    assert [each.external_id for each in await world.identities()] == ["1001"]


async def test_a_known_and_an_unknown_address_are_answered_alike(world: World) -> None:
    other = Visitor(world.stage.telegram.person(user_id=3003, name="Nana", language="en"))
    for visitor, address in ((world.fresh, ADDRESS), (other, "who@example.org")):
        for command in ("/link", "/recover"):
            await visitor.say(command, then="Which e-mail address")
            await visitor.say(address, then="If an account has confirmed this address")
            await visitor.say("123456", then="does not fit")
            await visitor.say("/cancel", then="Nothing was changed")
            world.clock.move(minutes=2)
    assert [text.replace(ADDRESS, "who@example.org") for text in said(world.fresh.person)] == said(
        other.person
    )
    subjects = [mail.subject for mail in world.mailbox.messages if mail.to == ("who@example.org",)]
    assert subjects == ["No LinguaFlex account with this address"] * 2


async def test_a_known_and_an_unknown_address_cost_the_same_work(world: World) -> None:
    """The database is asked the same, in the same order; only values differ."""
    other = Visitor(world.stage.telegram.person(user_id=3003, name="Nana", language="en"))
    work_done = []
    for visitor, address in ((world.fresh, ADDRESS), (other, "who@example.org")):
        await visitor.say("/recover", then="Which e-mail address")
        statements = await traced(world.app)
        await visitor.say(address, then="If an account has confirmed this address")
        await visitor.say("123456", then="does not fit")
        work_done.append([each for each in map(shape, statements) if each])
        world.clock.move(minutes=2)
    assert len(work_done[0]) > 20
    assert work_done[0] == work_done[1]


async def traced(app: App) -> list[str]:
    """What the one connection that writes is told from here on."""
    statements: list[str] = []

    def unit(work: Work) -> None:
        driver = work.users._connection.connection.driver_connection
        assert driver is not None
        driver.set_trace_callback(statements.append)

    await app.storage.write(unit)
    return statements


def shape(sql: str) -> str | None:
    """A statement about people, codes, flows or letters, without its values."""
    plain = re.sub(r"x'[^']*'|'(?:[^']|'')*'|\bNULL\b|\b\d+\b", "?", sql)
    is_ours = re.search(r"one_time_codes|users|identities|flow_states|INTO outbox", plain)
    return plain if is_ours else None


async def test_a_fourth_code_for_an_account_is_not_sent_that_day(world: World) -> None:
    for number in range(3):
        await world.fresh.say("/link", then="Which e-mail address")
        await world.fresh.say(f"{number}@example.org", then="If an account has confirmed")
        world.clock.move(minutes=2)
    await world.fresh.say("/link", then="Which e-mail address")
    await world.fresh.say(ADDRESS, then="Too many codes were asked for today")
    world.clock.move(days=1)
    await world.fresh.say(ADDRESS, then="If an account has confirmed this address")


async def test_the_export_names_every_app_and_since_when(world: World) -> None:
    await world.fresh.say(f"/link {await world.token()}", then="The account of Ana García")
    await world.fresh.press("Join", then="Done, Ana")
    await world.fresh.person.send_text("/export")
    sent = await world.fresh.person.wait(lambda m: m.kind == "document", PATIENCE_SECONDS)
    assert sent.file is not None
    with zipfile.ZipFile(io.BytesIO(sent.file.data)) as archive:
        identities = json.loads(archive.read("linguaflex.json"))["identities"]
    assert {(each["platform"], each["external_id"]) for each in identities} == {
        ("telegram", "1001"),
        ("telegram", "2002"),
    }
    assert all(each["joined_at"] for each in identities)


async def test_forgetting_tells_every_app_and_leaves_no_key(world: World, sqlite_url: str) -> None:
    await world.fresh.say(f"/link {await world.token()}", then="The account of Ana García")
    await world.fresh.press("Join", then="Done, Ana")
    await world.fresh.say("/forget", then="Remove everything about you")
    await world.fresh.press("Yes, remove everything", then="Everything about you has been removed")
    await world.ana.reads("Everything about you has been removed")

    def left(work: Work) -> list[Identity | None]:
        return [work.identities.find("telegram", number) for number in ("1001", "2002")]

    assert await world.app.storage.read(left) == [None, None]
    counts = checkpointed_counts(sqlite_url)
    assert (counts["users"], counts["person_keys"]) == (0, 0)


async def test_an_operators_users_prove_their_addresses_at_supabase(
    stage: Stage, sqlite_url: str
) -> None:
    clock = HandClock()
    async with SupabaseSimulator("key", ADDRESS, clock=clock.now) as supabase:
        settings = {"url": supabase.url, "key": "key"}
        async with an_app(stage, sqlite_url, clock=clock, supabase=settings) as app:
            ana = Visitor(stage.telegram.person(user_id=1001, name="Ana", language="en"))
            fresh = Visitor(stage.telegram.person(user_id=2002, name="Nana", language="en"))
            await to_the_name(ana)
            await ana.say("Ana García", then="e-mail")
            await ana.say(ADDRESS, then="six digits")
            await ana.say("000000", then="does not fit")
            await ana.say((await supabase.wait()).code, then="own language")
            await past_the_email(ana)
            await ana.press("Confirm", then="Welcome, Ana!")
            clock.move(hours=1)
            await fresh.say("/recover", then="Which e-mail address")
            await fresh.say(ADDRESS, then="If an account has confirmed this address")
            code = (await supabase.wait()).code
            supabase.faults.add(Fault("status", "verify", status=503))
            await fresh.say(code, then="I cannot check codes at the moment")
            await fresh.say(code, then="The account of Ana García")
            await fresh.press("Join", then="Done, Ana")
            assert (await user_of(app, fresh)).email_verified_at is not None


async def test_guesses_at_supabase_are_counted_here(stage: Stage, sqlite_url: str) -> None:
    async with SupabaseSimulator("key", ADDRESS) as supabase:
        settings = {"url": supabase.url, "key": "key"}
        async with an_app(stage, sqlite_url, supabase=settings):
            eve = Visitor(stage.telegram.person(user_id=3003, name="Eve", language="en"))
            await eve.say("/recover", then="Which e-mail address")
            await eve.say(ADDRESS, then="If an account has confirmed this address")
            code = (await supabase.wait()).code
            wrong = f"{(int(code) + 1) % 1_000_000:06d}"
            for _ in range(5):
                await eve.say(wrong, then="does not fit")
            await eve.say(code, then="does not fit")
            assert supabase.verifications == 5
