"""A person's own matters: profile, settings, consents, taking everything along, and leaving."""

import io
import json
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from bot.accounts.model import Purpose, ReplyMode, UserStatus
from bot.app import App
from bot.flows.own_data import collect
from bot.simulators.mailbox import Mailbox
from bot.simulators.telegram import Person
from tests.message_builders import HandClock
from tests.stage import PATIENCE_SECONDS, Stage, a_note, a_stage, an_app, said
from tests.visitors import Visitor, an_app_with_mail, code_from, register, user_of

JPEG = bytes.fromhex(
    "ffd8ffe000104a46494600010100000100010000ffc0000b080001000101011100ffc40014000100000000000000"
    "000000000000000009ffda0008010100003f007fffd9"
)
SECRET = "zebra-in-the-garden"  # nothing but Ana ever says this


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with a_stage() as built:
        yield built


@pytest.fixture
async def app(stage: Stage, sqlite_url: str) -> AsyncIterator[App]:
    async with an_app(stage, sqlite_url) as running:
        yield running


@pytest.fixture
async def ana(stage: Stage, app: App) -> Visitor:
    """Somebody registered."""
    visitor = Visitor(stage.telegram.person(user_id=770011223344, name="Ana", language="en"))
    await register(visitor)
    return visitor


async def stored_of(app: App, visitor: Visitor) -> Any:
    """Everything stored about a person, as the export tells it."""
    user = await user_of(app, visitor)
    return await app.storage.read(lambda work: collect(work, user.id))


async def test_every_field_of_the_profile_is_changed_from_its_card(app: App, ana: Visitor) -> None:
    await ana.say("/profile", then="Your profile")
    for label, ask, typed in (
        ("Name", "full name", "Ana García López"),
        ("E-mail", "e-mail", "ana@example.org"),
        ("About me", "something about yourself", "I read.\nI swim."),
        ("Date of birth", "When were you born", "31.12.1990"),
        ("Address", "street and number", "Calle Mayor 1"),
        ("City", "which city", "Valencia"),
        ("Country", "which country", "España"),
        ("Postal code", "postal code", "46001"),
        ("Phone", "phone number", "+34 600 123 456"),
    ):
        await ana.press(label, then=ask)
        await ana.say(typed, then="Saved")
        await ana.reads("Your profile")
    await ana.press("Goals", then="What do you need the language for?")
    await ana.press("Work", then="What do you need the language for?")
    await ana.press("An exam", then="What do you need the language for?")
    await ana.press("Work", then="What do you need the language for?")
    await ana.press("Done", then="Saved: Goals")
    await ana.reads("Your profile")
    await ana.press("Gender", then="What is your gender?")
    await ana.press("Female", then="Saved: Gender")
    await ana.reads("Your profile")
    await ana.press("Status", then="Which status")
    await ana.press("Paused", then="Saved: Status")
    card = await ana.reads("Your profile")

    user = await user_of(app, ana)
    profile = user.profile
    assert (user.name, user.email, user.status) == (
        "Ana García López",
        "ana@example.org",
        UserStatus.PAUSED,
    )
    assert (profile.bio, str(profile.date_of_birth)) == ("I read.\nI swim.", "1990-12-31")
    assert (profile.address, profile.city) == ("Calle Mayor 1", "Valencia")
    assert (profile.country, profile.postal_code) == ("ES", "46001")
    assert (profile.phone, profile.goals, profile.gender) == (
        "+34600123456",
        ("exam",),
        "female",
    )
    assert "Country: Spain" in card.text
    await ana.say("/start", then="Your account is active again")


async def test_a_field_is_left_empty_again(app: App, ana: Visitor) -> None:
    await ana.say("/profile", then="Your profile")
    await ana.press("City", then="which city")
    await ana.say("Valencia", then="Saved: City")
    await ana.reads("Your profile")
    await ana.press("City", then="which city")
    await ana.press("Leave empty", then="Saved: City")
    assert (await user_of(app, ana)).profile.city is None


async def test_a_shared_contact_fills_in_the_phone_number(app: App, ana: Visitor) -> None:
    await ana.say("/profile", then="Your profile")
    await ana.press("Phone", then="phone number")
    await ana.person.send_contact("34600123456")
    await ana.reads("Saved: Phone")
    assert (await user_of(app, ana)).profile.phone == "+34600123456"


async def test_a_picture_takes_the_place_of_the_one_before_and_only_pictures_are_taken(
    app: App, ana: Visitor, sqlite_url: str
) -> None:
    await ana.say("/profile", then="Your profile")
    await ana.press("Picture", then="Send a picture")
    await ana.person.send_document(b"MZ, a program", "me.jpg")
    await ana.reads("JPEG, PNG or WebP")
    await ana.say("/profile", then="Your profile")
    for _ in range(2):
        await ana.press("Picture", then="Send a picture")
        await ana.person.send_photo(JPEG)
        await ana.person.wait(lambda m: m.kind == "photo" and m.from_bot, PATIENCE_SECONDS)
        await ana.reads("Your profile")
    user = await user_of(app, ana)
    assert await app.storage.read(lambda work: work.blobs.get(str(user.profile.picture_id))) == JPEG
    assert checkpointed_counts(sqlite_url)["blobs"] == 1


async def test_a_date_of_birth_below_18_takes_the_consents_and_the_recordings_back(
    app: App, ana: Visitor
) -> None:
    await ana.say("/privacy", then="Your privacy")
    await ana.press("Keep my recordings", then="Your privacy")
    await ana.say("/profile", then="Your profile")
    await ana.press("Date of birth", then="When were you born")
    year = app.clock.now().year - 17
    await ana.say(f"{year}-01-01", then="Since you are under 18")
    user = await user_of(app, ana)
    assert user.is_minor
    assert not await app.storage.read(lambda work: work.consents.has(user.id, Purpose.RECORDING))


async def test_a_date_of_birth_below_the_minimum_age_is_not_taken(app: App, ana: Visitor) -> None:
    await ana.say("/profile", then="Your profile")
    await ana.press("Date of birth", then="When were you born")
    await ana.say(f"{app.clock.now().year - 9}-01-01", then="you are under 16")
    assert (await user_of(app, ana)).profile.date_of_birth is None


async def test_settings_apply_to_the_practice_that_is_running(app: App, ana: Visitor) -> None:
    await ana.say("/talk", then="Send voice notes or type")
    await ana.person.wait(lambda m: m.kind == "voice", PATIENCE_SECONDS)
    await ana.say("/settings", then="Your settings")
    await ana.press("Corrections", then="How shall I correct you?")
    await ana.press("Let me find it myself first", then="Your settings")
    await ana.press("Speed", then="How fast")
    await ana.press("Slowly", then="Your settings")
    await ana.press("Answers", then="How shall I answer?")
    await ana.press("In writing", then="Your settings")
    await ana.press("Time zone", then="Where are you?")
    await ana.say("nowhere at all", then="I do not know that place")
    await ana.say("Kolkata", then="What time is it for you?")
    message, data = ana.button(next(b.label for b in ana.person.chat.messages[-1].buttons[0]))
    await ana.person.press(message.message_id, data=data)
    await ana.reads("Asia/Kolkata")
    await ana.press("My language", then="explain things in")
    await ana.press("Español", then="Tus ajustes")
    user = await user_of(app, ana)
    session = await app.storage.read(lambda work: work.voice_sessions.find_active(user.id))
    assert session is not None
    assert session.style == "prompt"
    assert (user.preferences.speed, user.preferences.reply_mode) == (0.75, ReplyMode.TEXT)
    assert (user.time_zone, user.ui_language) == ("Asia/Kolkata", "es")


async def talk_once(person: Person) -> None:
    """A practice with one note that was answered."""
    await person.send_text("/talk")
    opening = await person.wait(lambda m: m.kind == "voice", PATIENCE_SECONDS)
    await person.send_voice(a_note(), 1)
    await person.wait(
        lambda m: m.kind == "voice" and m.from_bot, PATIENCE_SECONDS, after=opening.message_id
    )


async def test_nothing_of_a_voice_is_kept_without_a_consent_and_nothing_after_taking_it_back(
    stage: Stage, app: App, ana: Visitor
) -> None:
    stage.brain.prosody = {"calmness": 0.8}
    await talk_once(ana.person)
    before = await stored_of(app, ana)
    assert before.files == []
    assert all(turn.prosody is None for turn in before.records["turns"])
    await ana.say("/end", then="Your practice")
    await ana.say("/privacy", then="Your privacy")
    await ana.press("Keep my recordings", then="Your privacy")
    await ana.press("Keep how I sound", then="Your privacy")
    await talk_once(ana.person)
    kept = await stored_of(app, ana)
    assert [file.data for file in kept.files if file.name.endswith("-you")] == [a_note()]
    assert sum(file.name.endswith("-tutor") for file in kept.files) == 2  # opening and reply
    assert kept.records["turns"][-1].prosody is not None
    await ana.say("/privacy", then="Your privacy")
    await ana.press("My recordings are kept: stop", then="Your privacy")
    await ana.press("How I sound is kept: stop", then="Your privacy")
    kept = await stored_of(app, ana)
    assert kept.files == []
    assert all(turn.prosody is None for turn in kept.records["turns"])
    consents = kept.records["consents"]
    assert [(c.wording, c.revoked_at is not None) for c in consents] == [
        ("recording-1", True),
        ("emotion-1", True),
    ]


async def test_the_export_holds_everything_of_the_person_and_nothing_of_others(
    stage: Stage, app: App, ana: Visitor
) -> None:
    bob = Visitor(stage.telegram.person(user_id=1002, name="Bob", language="en"))
    await stage.meet(bob.person)
    stage.brain.hears = SECRET
    await ana.say("/privacy", then="Your privacy")
    await ana.press("Keep my recordings", then="Your privacy")
    await talk_once(ana.person)
    await ana.person.send_text("/export")
    sent = await ana.person.wait(lambda m: m.kind == "document", PATIENCE_SECONDS)
    assert sent.file is not None
    with zipfile.ZipFile(io.BytesIO(sent.file.data)) as archive:
        document = json.loads(archive.read("linguaflex.json"))
        audio = [name for name in archive.namelist() if name.endswith(".ogg")]
        assert [archive.read(name) for name in audio if "-you" in name] == [a_note()]
        assert sum("-tutor" in name for name in audio) == 2
    user = await user_of(app, ana)
    assert document["person"]["id"] == user.id
    assert document["person"]["name"] == "Ana García"
    assert [each["external_id"] for each in document["identities"]] == ["770011223344"]
    assert [each["language"] for each in document["languages"]] == ["en"]
    assert document["turns"][-1]["transcript"] == SECRET
    assert "Bob" not in json.dumps(document)


async def test_after_forget_no_byte_of_the_person_is_left_in_the_database(
    stage: Stage, sqlite_url: str
) -> None:
    async with an_app(stage, sqlite_url) as app:
        stage.brain.hears = SECRET
        ana = Visitor(stage.telegram.person(user_id=770011223344, name="Xiomara Quetzal"))
        await register(ana)
        await ana.say("/profile", then="Your profile")
        await ana.press("E-mail", then="e-mail")
        await ana.say("xiomara@quetzal.example", then="Saved: E-mail")
        await ana.reads("Your profile")
        await ana.press("Picture", then="Send a picture")
        await ana.person.send_photo(JPEG)
        await ana.reads("Your profile")
        await ana.say("/privacy", then="Your privacy")
        await ana.press("Keep my recordings", then="Your privacy")
        await talk_once(ana.person)
        await ana.say(SECRET, then=SECRET)
        await ana.say("/end", then="Your practice")
        await ana.say("/forget", then="Remove everything about you")
        await ana.say("never mind", then="nothing was removed")
        await ana.press("Yes, remove everything", then="Everything about you has been removed")
        for sender in app.senders.values():
            await sender.all_sent()
    counts = checkpointed_counts(sqlite_url)
    people = ("users", "identities", "learner_languages", "consents", "one_time_codes", "blobs")
    practice = ("voice_sessions", "turns", "reports", "flow_states", "person_keys")
    assert {name: counts[name] for name in (*people, *practice)} == dict.fromkeys(
        (*people, *practice), 0
    )
    assert counts["unfinished"] == 0
    canaries = (b"770011223344", b"Xiomara", b"Quetzal", b"quetzal.example", SECRET.encode())
    folder = Path(str(make_url(sqlite_url).database)).parent
    content = b"".join(file.read_bytes() for file in folder.iterdir() if file.is_file())
    hits = {needle for needle in (*canaries, JPEG, a_note()[:64]) if needle in content}
    assert hits == set()


def checkpointed_counts(url: str) -> dict[str, int]:
    """Rows by table, once the log was folded into the file."""
    engine = create_engine(make_url(url).set(drivername="sqlite+pysqlite"))
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")
        counts = {
            name: connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one()
            for name in names.scalars().all()
        }
        unfinished = "SELECT count(*) FROM inbox WHERE done_at IS NULL OR lane <> ''"
        counts["unfinished"] = connection.exec_driver_sql(unfinished).scalar_one()
    engine.dispose()
    return counts


async def test_somebody_forgotten_who_writes_again_is_a_stranger(app: App, ana: Visitor) -> None:
    before = await user_of(app, ana)
    await ana.say("/forget", then="Remove everything about you")
    await ana.say("delete", then="Everything about you has been removed")
    await ana.say("/start", then="try talking right now")
    after = await user_of(app, ana)
    assert (after.id != before.id, after.status) == (True, UserStatus.GUEST)


async def test_no_button_of_one_person_does_anything_to_her_when_another_presses_it(
    stage: Stage, app: App, ana: Visitor
) -> None:
    bob = Visitor(stage.telegram.person(user_id=1002, name="Bob", language="en"))
    await bob.say("/start", then="try talking right now")
    await talk_once(ana.person)
    seen = set(ana.data)
    for command, answer in (
        ("/profile", "Your profile"),
        ("/settings", "Your settings"),
        ("/privacy", "Your privacy"),
        ("/forget", "Remove everything about you"),
    ):
        await ana.say(command, then=answer)
        seen |= ana.data
    await ana.press("Cancel", then="Stopped")
    await ana.say("/profile", then="Your profile")
    await ana.press("City", then="which city")
    seen |= ana.data
    before = await stored_of(app, ana)
    assert {data.partition(":")[0] for data in seen} >= {"c", "f", "l", "p", "s", "t", "v"}
    for data in sorted(seen):
        await bob.forge(data)
    for sender in app.senders.values():
        await sender.all_sent()
    assert await stored_of(app, ana) == before


async def test_what_is_a_person_s_own_is_not_shown_in_a_group(
    stage: Stage, app: App, ana: Visitor
) -> None:
    group = stage.telegram.group(-1009, "Friends")
    await ana.person.send_text("/profile", chat=group)
    answer = await ana.person.wait(lambda m: m.from_bot, PATIENCE_SECONDS, chat=group)
    assert "between the two of us" in answer.text


async def test_terms_support_and_help_are_there_in_both_languages(stage: Stage, app: App) -> None:
    ana = Visitor(stage.telegram.person(user_id=5, name="Ana", language="es"))
    await ana.say("/terms", then="Condiciones de uso")
    await ana.say("/support", then="quien te dio este bot")
    shown = await ana.say("/help", then="/forget")
    assert "/me" not in shown.text.split()
    assert len(said(ana.person)) == 3


async def test_a_proved_address_stays_until_another_is_proved_and_its_reader_is_told(
    stage: Stage, sqlite_url: str
) -> None:
    async with Mailbox() as mailbox, an_app_with_mail(stage, sqlite_url, mailbox) as app:
        ana = Visitor(stage.telegram.person(user_id=1, name="Ana"))
        await register(ana)
        await ana.say("/profile", then="Your profile")
        await ana.press("E-mail", then="e-mail")
        await ana.say("old@example.org", then="six digits")
        await ana.say(await code_from(mailbox), then="Saved: E-mail")
        await ana.reads("old@example.org ✓")
        await ana.press("E-mail", then="e-mail")
        await ana.say("new@example.org", then="six digits")
        first = await code_from(mailbox)
        await ana.press("Later", then="Your confirmed address stays")
        assert (await user_of(app, ana)).email == "old@example.org"
        await ana.reads("Your profile")
        await ana.press("E-mail", then="e-mail")
        await ana.say("new@example.org", then="less than a minute ago")
        await ana.say(first, then="Saved: E-mail")
        assert (await user_of(app, ana)).email == "new@example.org"
        told = await mailbox.wait("old@example.org", timeout=PATIENCE_SECONDS)
        assert "no longer belongs" in told.text
        await ana.reads("Your profile")
        await ana.press("E-mail", then="e-mail")
        await ana.press("Leave empty", then="Saved: E-mail")
        user = await user_of(app, ana)
        assert (user.email, user.email_hash, user.email_verified_at) == (None, None, None)


async def test_a_minor_who_comes_of_age_can_give_consent(stage: Stage, sqlite_url: str) -> None:
    clock = HandClock()
    async with an_app(stage, sqlite_url, clock=clock) as app:
        ana = Visitor(stage.telegram.person(user_id=1, name="Ana"))
        await register(ana)
        await ana.say("/profile", then="Your profile")
        await ana.press("Date of birth", then="When were you born")
        await ana.say("2008-11-23", then="Since you are under 18")
        clock.move(days=1)
        await ana.say("/privacy", then="Your privacy")
        await ana.press("Keep my recordings", then="Your privacy")
        user = await user_of(app, ana)
        assert await app.storage.read(lambda work: work.consents.has(user.id, Purpose.RECORDING))
