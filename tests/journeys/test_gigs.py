"""Offers: made and changed by teachers, found and watched for by students."""

import pytest

from bot.accounts.gigs import GigStatus
from bot.app import App
from bot.i18n.catalog import texts_in
from bot.simulators.telegram import ChatMessage
from tests.stage import PATIENCE_SECONDS, Stage, a_note, labels, said
from tests.teaching_stage import (
    ADMIN_ID,
    a_visitor,
    add_certificate,
    become_verified,
    gigs_of,
    hears,
    make_gig,
    publish,
    register_as_teacher,
    tell_about_teaching,
)
from tests.visitors import JPEG, Visitor, register, user_of

EN = texts_in("en")


@pytest.fixture
def admin(stage: Stage) -> Visitor:
    return a_visitor(stage, ADMIN_ID, "Olga")


@pytest.fixture
async def ana(stage: Stage, app: App, admin: Visitor) -> Visitor:
    """A verified teacher."""
    visitor = a_visitor(stage, 1001, "Ana")
    await become_verified(visitor, admin)
    return visitor


@pytest.fixture
def bob(stage: Stage) -> Visitor:
    return a_visitor(stage, 1002, "Bob")


def shown_names(message: ChatMessage) -> list[str]:
    """Titles of the offers in a list."""
    lines = [line for line in message.text.splitlines() if line[:1].isdigit()]
    return [line.partition(". ")[2].partition(" · ")[0] for line in lines]


def button_data(message: ChatMessage, label: str) -> str:
    return next(b.data or "" for row in message.buttons for b in row if b.label == label)


async def test_a_gig_lives_from_draft_to_deleted(app: App, ana: Visitor, bob: Visitor) -> None:
    await make_gig(ana)
    await bob.say("/teachers", then="Nothing fits yet")
    await publish(ana)
    assert (await gigs_of(app, ana))[0].status is GigStatus.LIVE
    await bob.say("/teachers", then="Spanish for travellers · Ana ✅ · Spanish · €20.00 per hour")

    await ana.press("Pause", then="students no longer see it")
    await bob.say("/teachers", then="Nothing fits yet")
    await ana.press("Publish", then="Published: students see it now.")
    await ana.press("✏️ Price", then="What does an hour cost")
    await ana.say("12,50", then="Changed.")
    await bob.say("/teachers", then="€12.50 per hour")

    await ana.press("🗑 Delete", then="for good?")
    await ana.press("Yes, delete it", then="Deleted: Spanish for travellers.")
    await bob.say("/teachers", then="Nothing fits yet")
    assert [gig.status for gig in await gigs_of(app, ana)] == [GigStatus.DELETED]


async def test_the_preview_is_what_students_see(app: App, ana: Visitor, bob: Visitor) -> None:
    await ana.say("/profile", then="Your profile")
    await ana.press("🖼 Picture", then="Send a picture of yourself.")
    await ana.person.send_photo(JPEG)
    await ana.reads("Your profile")
    await make_gig(ana)
    await publish(ana)
    before = max(message.message_id for message in ana.person.chat.messages)
    await ana.press("Preview", then="This is how students see it:")
    preview = await ana.person.wait(
        lambda m: m.kind == "photo" and m.from_bot, PATIENCE_SECONDS, after=before
    )
    await bob.say("/teachers", then="Spanish for travellers")
    await bob.press("1. Spanish for travellers", then="Conversation with a native")
    card = bob.person.chat.messages[-1]
    assert (card.kind, card.text, labels(card)) == ("photo", preview.text, labels(preview))
    assert labels(card) == ["✉️ Write to Ana", "📅 Free hours", "Not now"]
    assert "Ana ✅" in card.text
    notice = await ana.forge(button_data(card, "✉️ Write to Ana"))
    assert notice == EN("search.own")


async def test_a_spoken_introduction_is_heard_replaced_and_removed(
    app: App, ana: Visitor, bob: Visitor
) -> None:
    await make_gig(ana)
    await ana.press("Record an introduction", then="up to 30 seconds")
    await ana.person.send_voice(a_note(31.0), 5)
    await ana.reads("That recording is longer than 30 seconds")
    await ana.reads("A draft: only you see it.")
    await ana.press("Record an introduction", then="up to 30 seconds")
    await ana.person.send_voice(a_note(3.0), 3)
    await ana.reads("Your introduction is on the card.")
    await ana.reads("A draft: only you see it.")
    first = (await gigs_of(app, ana))[0]
    assert first.intro_seconds == pytest.approx(3.0, abs=0.5)
    await publish(ana)

    await bob.say("/teachers", then="Spanish for travellers")
    await bob.press("1. Spanish for travellers", then="Conversation with a native")
    message, data = bob.button("▶ Introduction")
    await bob.person.press(message.message_id, data=data)
    heard = await hears(bob)
    assert heard.seconds == pytest.approx(3.0, abs=1.0)

    await ana.press("New introduction", then="up to 30 seconds")
    await ana.person.send_voice(a_note(2.0), 2)
    await ana.reads("Your introduction is on the card.")
    second = (await gigs_of(app, ana))[0]
    assert second.intro_id != first.intro_id
    await ana.reads("Live.")
    await ana.press("Remove the introduction", then="Live.")
    assert (await gigs_of(app, ana))[0].intro_id is None


async def test_only_approved_certificates_stand_on_a_card(
    stage: Stage, app: App, admin: Visitor, bob: Visitor
) -> None:
    eva = a_visitor(stage, 1003, "Eva")
    await register_as_teacher(eva, "Eva")
    await tell_about_teaching(eva)
    await add_certificate(eva, "DELE C2")
    await add_certificate(eva, "Forged")
    await eva.press("Hand in to be verified", then="Handed in.")
    await admin.say("/admin", then="MA in Linguistics")
    await admin.press("📄 DELE C2 …", then="📄 DELE C2")
    await admin.press("Accept it", then="Certificate approved: DELE C2.")
    await admin.press("📄 Forged …", then="📄 Forged")
    await admin.press("Refuse it", then="Certificate refused: Forged.")
    await admin.press("Approve", then="Approved, and the teacher was told.")

    await make_gig(eva, certificates=("DELE C2",))
    asked = [m for m in eva.person.chat.messages if "Which certificates" in m.text]
    assert not [label for m in asked for label in labels(m) if "Forged" in label]
    await publish(eva)
    await bob.say("/teachers", then="Spanish for travellers")
    await bob.press("1. Spanish for travellers", then="Certificates: DELE C2")


async def test_a_student_narrows_turns_pages_and_looks(
    app: App, ana: Visitor, bob: Visitor
) -> None:
    for number in range(6):
        await make_gig(ana, f"Lesson {number}", price=str(10 + number))
        await publish(ana)
    first = await bob.say("/teachers", then="All offers")
    assert shown_names(first) == [f"Lesson {n}" for n in (5, 4, 3, 2, 1)]
    second = await bob.press("More ›", then="6. Lesson 0")
    assert shown_names(second) == ["Lesson 0"]
    await bob.press("‹ Earlier", then="1. Lesson 5")

    await bob.press("💶 Price", then="In which currency")
    await bob.press("EUR · Euro", then="at most, in EUR")
    narrowed = await bob.say("11,50", then="up to €11.50 per hour")
    assert shown_names(narrowed) == ["Lesson 1", "Lesson 0"]
    await bob.press("🌐 Language", then="Which language do you want to learn?")
    await bob.say("francés", then="Nothing fits yet")
    await bob.press("🌐 Language", then="Which language do you want to learn?")
    both = await bob.press("Español", then="Spanish · up to €11.50 per hour")
    assert shown_names(both) == ["Lesson 1", "Lesson 0"]
    await bob.press("🗂 Kind", then="What are you looking for?")
    await bob.press("✋ Chirology", then="Nothing fits yet")
    await bob.press("🗂 Kind", then="What are you looking for?")
    await bob.press("Any", then="1. Lesson 1")
    await bob.press("💶 Price", then="In which currency")
    every = await bob.press("Any", then="1. Lesson 5")
    assert "up to" not in every.text


async def test_prices_read_as_the_reader_writes_money(stage: Stage, app: App, ana: Visitor) -> None:
    await make_gig(ana, price="12.50")
    await publish(ana)
    eva = a_visitor(stage, 1003, "Eva", language="es")
    page = await eva.say("/teachers", then="Spanish for travellers")
    assert "12,50 € por hora" in page.text.replace("\xa0", " ")


async def test_a_student_writes_to_a_teacher_from_the_card(
    app: App, ana: Visitor, bob: Visitor
) -> None:
    await make_gig(ana)
    await publish(ana)
    await bob.say("/teachers", then="Spanish for travellers")
    await bob.press("1. Spanish for travellers", then="Conversation with a native")
    await bob.press("✉️ Write to Ana", then="register first")
    await register(bob)
    await bob.say("/teachers", then="Spanish for travellers")
    await bob.press("1. Spanish for travellers", then="Conversation with a native")
    await bob.press("✉️ Write to Ana", then="Ana")
    student, teacher = await user_of(app, bob), await user_of(app, ana)
    thread = await app.storage.read(
        lambda work: work.chat.threads.find_pair(student.id, teacher.id)
    )
    assert thread is not None


async def test_whoever_waits_is_told_once_when_something_fits(
    app: App, ana: Visitor, bob: Visitor
) -> None:
    await bob.say("/teachers", then="Nothing fits yet")
    await bob.press("🌐 Language", then="Which language do you want to learn?")
    await bob.say("Spanish", then="Nothing fits yet")
    await bob.press("Tell me when one comes", then="I will tell you once")
    await bob.press("🌐 Language", then="Which language do you want to learn?")
    await bob.say("French", then="Nothing fits yet")
    await bob.press("🌐 Language", then="Which language do you want to learn?")
    await bob.press("Any", then="Nothing fits yet")
    await bob.press("Tell me when one comes", then="All offers")
    await make_gig(ana, "First")
    await app.worker.run_due()
    assert not [text for text in said(bob.person) if "you were waiting for" in text]
    await publish(ana)
    await bob.reads("An offer you were waiting for: First by Ana, €20.00 per hour.")
    await bob.press("Look at it", then="Conversation with a native")
    await make_gig(ana, "Second")
    await publish(ana)
    await app.worker.run_due()
    told = [text for text in said(bob.person) if "you were waiting for" in text]
    assert len(told) == 1


async def test_gigs_of_the_not_yet_verified_are_told_of_when_they_are(
    stage: Stage, app: App, admin: Visitor, bob: Visitor
) -> None:
    await bob.say("/teachers", then="Nothing fits yet")
    await bob.press("Tell me when one comes", then="I will tell you once")
    eva = a_visitor(stage, 1003, "Eva")
    await register_as_teacher(eva, "Eva")
    await tell_about_teaching(eva)
    await make_gig(eva)
    await eva.press("Publish", then="Students see it as soon as you are verified.")
    await app.worker.run_due()
    await bob.say("/teachers", then="Nothing fits yet")
    await eva.say("/profile", then="Not handed in yet")
    await eva.press("Hand in to be verified", then="Handed in.")
    await admin.say("/admin", then="MA in Linguistics")
    await admin.press("Approve", then="Approved, and the teacher was told.")
    await bob.reads("An offer you were waiting for: Spanish for travellers by Eva")


async def test_an_invitation_opens_the_conversation_until_it_is_taken_back(
    app: App, ana: Visitor, bob: Visitor
) -> None:
    await register(bob)
    await ana.say("/gig", then="Your offers")
    shown = await ana.press("Invite students", then="Your invitation")
    assert shown.kind == "photo"
    assert shown.file is not None
    assert shown.file.data.startswith(b"\x89PNG")
    payload = shown.text.partition("start=")[2].split()[0]
    assert f"/start {payload}" in shown.text
    assert "https://t.me/" in shown.text
    await bob.person.open_link(payload)
    await bob.reads("Ana")
    await ana.press("New link", then="Your invitation")
    await bob.person.open_link(payload)
    await bob.reads("This invitation is no longer valid.")
    renewed = ana.person.chat.messages[-1].text.partition("start=")[2].split()[0]
    await ana.press("Take it back", then="Taken back")
    await bob.person.open_link(renewed)
    await bob.reads("This invitation is no longer valid.")
    for guess in ("t_", "t_None", f"{payload}x", "t_../../etc"):
        await bob.say(f"/start {guess}", then="This invitation is no longer valid.")
