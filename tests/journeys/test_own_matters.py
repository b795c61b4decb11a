"""A person's own matters: profile and settings."""

from bot.accounts.model import Purpose, ReplyMode, UserStatus
from bot.app import App
from bot.simulators.mailbox import Mailbox
from tests.stage import PATIENCE_SECONDS, Stage, said
from tests.visitors import (
    JPEG,
    Visitor,
    an_app_with_mail,
    checkpointed_counts,
    code_from,
    register,
    user_of,
)


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
    await ana.say("Kolkata", then="Is it ")
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
