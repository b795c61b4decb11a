"""From a stranger to a student: the whole way, over Telegram and mail, on a real database."""

from collections.abc import AsyncIterator

import pytest

from bot.accounts.model import Role, UserStatus
from bot.app import App
from bot.simulators.faults import Fault
from bot.simulators.mailbox import Mailbox
from bot.storage.work import Work
from bot.voice.session import Turn, VoiceSession
from tests.message_builders import HandClock
from tests.stage import Stage, a_stage, an_app, said
from tests.visitors import (
    Visitor,
    an_app_with_mail,
    code_from,
    past_the_email,
    register,
    to_the_name,
    user_of,
)

ADDRESS = "Ana@Example.ORG"


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with a_stage() as built:
        yield built


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    async with Mailbox() as running:
        yield running


@pytest.fixture
def ana(stage: Stage) -> Visitor:
    return Visitor(stage.telegram.person(user_id=1001, name="Ana", language="en"))


async def practice_of(app: App, visitor: Visitor) -> tuple[VoiceSession | None, list[Turn]]:
    user = await user_of(app, visitor)

    def find(work: Work) -> tuple[VoiceSession | None, list[Turn]]:
        return work.voice_sessions.find_active(user.id), list(work.turns.of_user(user.id))

    return await app.storage.read(find)


async def test_a_guest_registers_and_goes_on_with_the_same_conversation(
    stage: Stage, mailbox: Mailbox, ana: Visitor, database_url: str
) -> None:
    async with an_app_with_mail(stage, database_url, mailbox) as app:
        await stage.meet(ana.person)
        guest = await user_of(app, ana)
        session, turns = await practice_of(app, ana)
        assert session is not None
        await to_the_name(ana)
        await ana.say("Ana García", then="e-mail")
        await ana.say(ADDRESS, then="six digits")
        await ana.say(await code_from(mailbox), then="own language")
        await past_the_email(ana)
        await ana.press("Confirm", then="We go on with our conversation in English")

        user = await user_of(app, ana)
        later, kept = await practice_of(app, ana)
        assert (user.id, user.status, user.roles) == (
            guest.id,
            UserStatus.ACTIVE,
            frozenset({Role.STUDENT}),
        )
        assert (user.name, user.email) == ("Ana García", "Ana@example.org")
        assert user.email_verified_at is not None
        assert user.native_language == "es"
        assert later is not None
        assert (later.id, later.avatar_id, later.accent) == (session.id, "george", "en-GB")
        assert [turn.id for turn in kept] == [turn.id for turn in turns]


async def test_a_restart_in_the_middle_costs_no_answer(
    stage: Stage, ana: Visitor, sqlite_url: str
) -> None:
    async with an_app(stage, sqlite_url):
        await to_the_name(ana)
        await ana.say("Ana García", then="e-mail")
        await ana.press("Skip", then="own language")
    async with an_app(stage, sqlite_url) as app:
        await past_the_email(ana)
        await ana.press("Confirm", then="Welcome, Ana!")
        assert (await user_of(app, ana)).name == "Ana García"


async def test_register_typed_again_goes_on_where_it_was_left(
    stage: Stage, ana: Visitor, sqlite_url: str
) -> None:
    async with an_app(stage, sqlite_url):
        await to_the_name(ana)
        await ana.say("/register", then="full name")


async def test_after_five_wrong_codes_the_right_one_is_refused_and_a_new_one_works(
    stage: Stage, mailbox: Mailbox, ana: Visitor, sqlite_url: str
) -> None:
    clock = HandClock()
    async with an_app_with_mail(stage, sqlite_url, mailbox, clock) as app:
        await to_the_name(ana)
        await ana.say("Ana", then="e-mail")
        await ana.say(ADDRESS, then="six digits")
        code = await code_from(mailbox)
        wrong = f"{(int(code) + 1) % 1_000_000:06d}"
        for _ in range(5):
            await ana.say(wrong, then="does not fit")
        await ana.say(code, then="does not fit")
        await ana.press("Send again", then="less than a minute ago")
        clock.move(seconds=61)
        await ana.press("Send again", then="new code is on its way")
        await ana.say(await code_from(mailbox), then="own language")
        assert app.clock.now() == clock.now()


async def test_a_code_is_too_old_after_ten_minutes(
    stage: Stage, mailbox: Mailbox, ana: Visitor, sqlite_url: str
) -> None:
    clock = HandClock()
    async with an_app_with_mail(stage, sqlite_url, mailbox, clock):
        await to_the_name(ana)
        await ana.say("Ana", then="e-mail")
        await ana.say(ADDRESS, then="six digits")
        code = await code_from(mailbox)
        clock.move(minutes=10, seconds=1)
        await ana.say(code, then="does not fit")


async def test_more_than_five_codes_an_hour_are_refused(
    stage: Stage, mailbox: Mailbox, ana: Visitor, sqlite_url: str
) -> None:
    clock = HandClock()
    async with an_app_with_mail(stage, sqlite_url, mailbox, clock):
        await to_the_name(ana)
        await ana.say("Ana", then="e-mail")
        await ana.say(ADDRESS, then="six digits")
        for _ in range(4):
            clock.move(seconds=61)
            await ana.press("Send again", then="new code is on its way")
        clock.move(seconds=61)
        await ana.press("Send again", then="Please wait an hour")
        await ana.press("Later", then="own language")


async def test_a_dead_mail_server_is_told_and_the_rest_goes_on(
    stage: Stage, mailbox: Mailbox, ana: Visitor, sqlite_url: str
) -> None:
    mailbox.faults.add(Fault("drop_before", "CONNECT", times=None))
    async with an_app_with_mail(stage, sqlite_url, mailbox) as app:
        await to_the_name(ana)
        await ana.say("Ana García", then="e-mail")
        await ana.say(ADDRESS, then="six digits")
        await ana.reads("The mail could not be sent so far")
        await ana.press("Later", then="own language")
        await past_the_email(ana)
        await ana.press("Confirm", then="not confirmed yet")
        user = await user_of(app, ana)
        assert (user.email, user.email_hash, user.email_verified_at) == (
            "Ana@example.org",
            None,
            None,
        )
    told = [text for text in said(ana.person) if "mail could not be sent" in text]
    assert len(told) == 1


async def test_an_address_the_mail_server_refuses_is_told(
    stage: Stage, mailbox: Mailbox, ana: Visitor, sqlite_url: str
) -> None:
    mailbox.refuse("nobody@example.org")
    async with an_app_with_mail(stage, sqlite_url, mailbox):
        await to_the_name(ana)
        await ana.say("Ana García", then="e-mail")
        await ana.say("nobody@example.org", then="six digits")
        await ana.reads("The mail could not be sent so far")
        await ana.press("Other address", then="e-mail")
        await ana.say(ADDRESS, then="six digits")
        await ana.say(await code_from(mailbox), then="own language")


async def test_without_a_mail_server_the_address_is_kept_unconfirmed_and_that_is_said(
    stage: Stage, ana: Visitor, sqlite_url: str
) -> None:
    async with an_app(stage, sqlite_url) as app:
        await to_the_name(ana)
        await ana.say("Ana García", then="e-mail")
        await ana.say(ADDRESS, then="No mail server is set up here")
        await ana.reads("own language")
        await past_the_email(ana)
        await ana.press("Confirm", then="not confirmed yet")
        assert (await user_of(app, ana)).email == "Ana@example.org"


async def test_nothing_tells_whether_an_address_belongs_to_somebody(
    stage: Stage, mailbox: Mailbox, ana: Visitor, sqlite_url: str
) -> None:
    clock = HandClock()
    bob = Visitor(stage.telegram.person(user_id=1002, name="Bob"))
    eve = Visitor(stage.telegram.person(user_id=1003, name="Bob"))
    async with an_app_with_mail(stage, sqlite_url, mailbox, clock) as app:
        await to_the_name(ana)
        await ana.say("Ana", then="e-mail")
        await ana.say(ADDRESS, then="six digits")
        await ana.say(await code_from(mailbox), then="own language")
        await past_the_email(ana)
        await ana.press("Confirm", then="Welcome, Ana!")
        clock.move(hours=2)
        for visitor, address in ((bob, "ANA@example.org"), (eve, "new@example.org")):
            await to_the_name(visitor)
            await visitor.say("Bob", then="e-mail")
            await visitor.say(address, then="six digits")
            await visitor.say("123456", then="does not fit")
            await visitor.press("Later", then="own language")
            await past_the_email(visitor)
            await visitor.press("Confirm", then="not confirmed yet")
            await visitor.reads("Shall we talk?")
        assert [text.replace("ANA@", "new@") for text in said(bob.person)] == said(eve.person)
        mails = [mail for mail in mailbox.messages if mail.to == ("ANA@example.org",)]
        assert ["already belongs to an account" in mail.text for mail in mails] == [True]
        assert (await user_of(app, bob)).email_hash is None
        assert (await user_of(app, ana)).email_verified_at is not None


async def test_somebody_too_young_is_refused_and_stays_a_guest_of_whom_nothing_is_kept(
    stage: Stage, ana: Visitor, sqlite_url: str
) -> None:
    async with an_app(stage, sqlite_url) as app:
        await ana.say("/register", then="What brings you here?")
        await ana.press("I want to learn", then="How old are you?")
        before = await user_of(app, ana)
        await ana.press("Under 16", then="One can register here from the age of 16")
        assert await user_of(app, ana) == before
        states = app.storage.read(lambda work: work.flow_states.find_of_user(before.id))
        assert await states is None


async def test_a_minor_is_registered_and_can_give_no_consent(
    stage: Stage, ana: Visitor, sqlite_url: str
) -> None:
    async with an_app(stage, sqlite_url) as app:
        await ana.say("/register", then="What brings you here?")
        await ana.press("I want to learn", then="How old are you?")
        await ana.press("16 to 17", then="full name")
        await ana.say("Ana", then="e-mail")
        await ana.press("Skip", then="own language")
        await past_the_email(ana)
        await ana.press("Confirm", then="Since you are under 18")
        await ana.say("/privacy", then="Your privacy")
        await ana.forge("v:on:recording")
        await ana.reads("cannot be switched on")
        user = await user_of(app, ana)
        assert user.is_minor
        assert await app.storage.read(lambda work: work.consents.of_user(user.id)) == []


async def test_a_teacher_is_registered_and_told_what_will_follow(
    stage: Stage, ana: Visitor, sqlite_url: str
) -> None:
    async with an_app(stage, sqlite_url) as app:
        await ana.say("/register", then="What brings you here?")
        await ana.press("I want to teach", then="How old are you?")
        await ana.press("18 or older", then="full name")
        await ana.press("Ana", then="e-mail")
        await ana.press("Skip", then="own language")
        await ana.say("alemán", then="Is everything right?")
        await ana.press("Confirm", then="You are registered as a teacher")
        user = await user_of(app, ana)
        assert (user.roles, user.native_language) == (frozenset({Role.TEACHER}), "de")


async def test_another_language_in_the_summary_asks_again_for_what_rested_on_it(
    stage: Stage, ana: Visitor, sqlite_url: str
) -> None:
    async with an_app(stage, sqlite_url) as app:
        await to_the_name(ana)
        await ana.say("Ana", then="e-mail")
        await ana.press("Skip", then="own language")
        await past_the_email(ana)
        await ana.press("Learning", then="Which language do you want to learn?")
        await ana.press("Français", then="How well do you speak")
        await ana.press("A1 · first words", then="Which voice")
        await ana.press("Male", then="Camille is the closest")
        await ana.press("Camille", then="Is this your tutor?")
        summary = await ana.press("Yes", then="Is everything right?")
        assert "Learning: French" in summary.text
        await ana.press("Name", then="full name")
        summary = await ana.say("Ana María", then="Is everything right?")
        assert "Name: Ana María" in summary.text
        await ana.press("Confirm", then="Welcome, Ana!")
        user = await user_of(app, ana)
        learner = await app.storage.read(lambda work: work.learner_languages.find_active(user.id))
        assert learner is not None
        assert (learner.language, learner.avatar_id, learner.context_id) == ("fr", "camille", None)


async def test_one_s_own_language_cannot_be_learned(
    stage: Stage, ana: Visitor, sqlite_url: str
) -> None:
    async with an_app(stage, sqlite_url):
        await to_the_name(ana)
        await ana.say("Ana", then="e-mail")
        await ana.press("Skip", then="own language")
        await ana.say("English", then="Which language do you want to learn?")
        await ana.say("inglés", then="That is your own language already")


async def test_a_sample_of_a_tutor_is_heard_before_choosing(
    stage: Stage, ana: Visitor, sqlite_url: str
) -> None:
    async with an_app(stage, sqlite_url):
        await register(ana)
        await ana.say("/profile", then="Your profile")
        await ana.press("What I learn", then="What you learn")
        await ana.press("Tutor", then="Who shall be your tutor?")
        message, data = ana.button("▶ Michael")
        await ana.person.press(message.message_id, data=data)
        heard = await ana.person.wait(lambda m: m.kind == "voice", 20)
        assert heard.seconds


async def test_a_guest_is_offered_another_language_than_the_clients_first(
    stage: Stage, sqlite_url: str
) -> None:
    ana = Visitor(stage.telegram.person(user_id=1, name="Ana", language="es"))
    bob = Visitor(stage.telegram.person(user_id=2, name="Bob", language="en"))
    async with an_app(stage, sqlite_url):
        first = await ana.say("/talk", then="¿Qué idioma quieres practicar?")
        second = await bob.say("/talk", then="Which language would you like to practise?")
    assert first.buttons[0][0].label == "English"
    assert second.buttons[0][0].label == "Español"
