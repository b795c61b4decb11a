"""A teacher tells who they are, proves it, and is looked at by an administrator."""

import pytest

from bot.accounts.model import Role
from bot.accounts.teachers import CertificateState, Review, Taught
from bot.app import App
from bot.core.language import Level
from bot.simulators.faults import Fault
from tests.message_builders import HandClock
from tests.stage import Stage, said
from tests.teaching_stage import (
    ADMIN_ID,
    PDF,
    a_visitor,
    add_certificate,
    become_verified,
    profile_of,
    register_as_teacher,
    tell_about_teaching,
)
from tests.visitors import JPEG, Visitor, past_the_email, register, user_of


@pytest.fixture
def ana(stage: Stage) -> Visitor:
    return a_visitor(stage, 1001, "Ana")


@pytest.fixture
async def admin(stage: Stage, app: App) -> Visitor:
    """Somebody on the configured list who has written before."""
    visitor = a_visitor(stage, ADMIN_ID, "Olga")
    await visitor.say("/admin", then="Nobody waits")
    return visitor


async def certificates_of(app: App, visitor: Visitor) -> list[tuple[str, CertificateState]]:
    user = await user_of(app, visitor)
    own = await app.storage.read(lambda work: work.certificates.of_user(user.id))
    return [(each.title, each.state) for each in own]


async def test_choosing_to_teach_goes_on_with_the_teaching_profile(app: App, ana: Visitor) -> None:
    await register_as_teacher(ana)
    await ana.say("MA in Linguistics", then="how many years")
    await ana.say("a few", then="whole number of years")
    await ana.say("7", then="Which languages do you teach?")
    await ana.press("Español", then="Which languages do you teach?")
    await ana.say("inglés", then="Which languages do you teach?")
    await ana.press("Done", then="Spanish: from which level")
    await ana.press("A1–C2", then="English: from which level")
    await ana.say("C1-A1", then="I need two levels")
    await ana.say("a2 - b1", then="in a few sentences")
    await ana.say("I love languages", then="In which currency")
    await ana.press("EUR · Euro", then="usually cost")
    await ana.say("12.345", then="I cannot read that amount")
    await ana.say("99999", then="at most €500.00")
    await ana.say("12,50", then="Calendly")
    await ana.say("https://calendly.com.evil.example/ana", then="Only a page of Calendly itself")
    summary = await ana.say("https://calendly.com/ana", then="Is everything right?")
    for line in (
        "Qualification: MA in Linguistics",
        "Levels: English A2–B1",
        "Rate: €12.50",
        "Calendly: https://calendly.com/ana",
    ):
        assert line in summary.text
    await ana.press("Edit: Rate", then="usually cost")
    await ana.say("15", then="Is everything right?")
    card = await ana.press("Confirm", then="Not handed in yet")
    assert "Experience: 7 years" in card.text

    profile = await profile_of(app, ana)
    assert (profile.qualification, profile.experience_years) == ("MA in Linguistics", 7)
    assert profile.languages == (Taught("es"), Taught("en", Level.A2, Level.B1))
    assert (profile.rate_minor, profile.rate_currency) == (1500, "EUR")
    assert (profile.review, profile.is_verified) == (Review.DRAFT, False)
    assert (await user_of(app, ana)).roles == frozenset({Role.TEACHER})


async def test_a_student_becomes_a_teacher_with_gig(app: App, ana: Visitor) -> None:
    await register(ana)
    await ana.say("/gig", then="What qualifies you")
    await tell_about_teaching(ana)
    assert (await user_of(app, ana)).roles == frozenset({Role.STUDENT, Role.TEACHER})
    await ana.say("/gig", then="Your offers")


async def test_an_admin_asks_refuses_and_approves_and_each_is_told_in_its_time(
    app: App, ana: Visitor, admin: Visitor
) -> None:
    await register_as_teacher(ana)
    await tell_about_teaching(ana)
    await add_certificate(ana)
    await ana.press("Hand in to be verified", then="Handed in.")
    await admin.reads("1 teacher waits to be verified.")

    await admin.press("Open the queue", then="MA in Linguistics")
    await admin.press("📄 DELE C2 …", then="DELE C2")
    await admin.press("Accept it", then="Certificate approved: DELE C2.")
    await admin.press("Ask for more", then="What do you want to know?")
    await admin.say("Where did you study?", then="Your question is on its way")
    await ana.reads("Where did you study?")
    await ana.press("Answer", then="What is your answer?")
    await ana.say("In Lisbon", then="Your answer is with the administrators")

    card = await admin.say("/admin", then="Answer: In Lisbon")
    assert "Asked: Where did you study?" in card.text
    await admin.press("Refuse", then="Why not?")
    await admin.say("Not readable", then="Refused, and the teacher was told.")
    await ana.reads("was not verified")
    await ana.say("/profile", then="You are not verified: Not readable")
    await ana.press("Hand in to be verified", then="Handed in.")

    await admin.say("/admin", then="MA in Linguistics")
    await admin.press("Approve", then="Approved, and the teacher was told.")
    await ana.reads("You are verified as a teacher!")
    profile = await profile_of(app, ana)
    assert (profile.review, profile.is_verified) == (Review.APPROVED, True)
    assert await certificates_of(app, ana) == [("DELE C2", CertificateState.APPROVED)]

    trail = await admin.press("Last actions", then="Olga verified Ana")
    told = [line.partition(": ")[2] for line in trail.text.splitlines()[-5:]]
    assert told == [
        "Olga verified Ana",
        "Olga refused Ana",
        "Olga asked Ana for more",
        "Olga approved a certificate of Ana",
        "Olga opened a certificate of Ana",
    ]
    assert "Lisbon" not in trail.text


async def test_a_verdict_reads_in_the_teachers_own_language(
    stage: Stage, app: App, admin: Visitor
) -> None:
    eva = a_visitor(stage, 1002, "Eva", language="es")
    await eva.say("/register", then="¿Qué te trae")
    await eva.press("👩‍🏫 Quiero enseñar", then="¿Cuántos años tienes?")
    await eva.press("18 o más", then="nombre")
    await eva.press("Eva", then="correo")
    await eva.press("Saltar", then="idioma")
    await eva.press("Español", then="¿Está todo bien?")
    await eva.press("Confirmar", then="¿Qué te capacita")
    await eva.say("Filología", then="¿Cuántos años llevas")
    await eva.say("3", then="¿Qué idiomas enseñas?")
    await eva.press("Listo", then="unas frases")
    await eva.press("Saltar", then="moneda")
    await eva.press("EUR · euro", then="normalmente una hora")
    await eva.say("12,50", then="Calendly")
    summary = await eva.press("Saltar", then="¿Está todo bien?")
    assert "Tarifa: 12,50 €" in summary.text.replace("\xa0", " ")
    await eva.press("Confirmar", then="Aún no lo has enviado")
    await eva.press("Enviar para verificar", then="Enviado.")
    await admin.say("/admin", then="Filología")
    await admin.press("Approve", then="Approved")
    await eva.reads("está verificado!")


async def test_a_verified_teacher_who_changes_what_was_checked_is_queued_and_stays_verified(
    app: App, ana: Visitor, admin: Visitor
) -> None:
    await become_verified(ana, admin)
    await ana.say("/profile", then="You are verified. Students see")
    await ana.press("✏️ Rate", then="usually cost")
    await ana.say("25", then="Saved: Rate.")
    assert (await profile_of(app, ana)).review is Review.APPROVED
    await ana.press("✏️ Qualification", then="What qualifies you")
    await ana.say("PhD", then="An administrator will look at this change.")
    profile = await profile_of(app, ana)
    assert (profile.review, profile.is_verified) == (Review.WAITING, True)
    await admin.say("/admin", then="PhD")


async def test_administrators_are_told_of_a_crowd_once_in_half_an_hour(
    stage: Stage, app: App, admin: Visitor, clock: HandClock
) -> None:
    for number in range(3):
        teacher = a_visitor(stage, 2000 + number, f"Teacher {number}")
        await register_as_teacher(teacher)
        await tell_about_teaching(teacher)
        await teacher.press("Hand in to be verified", then="Handed in.")
        await app.worker.run_due()
    await admin.reads("1 teacher waits to be verified.")
    assert not [text for text in said(admin.person) if "teachers wait" in text]
    clock.move(minutes=31)
    await app.worker.run_due()
    await admin.reads("3 teachers wait to be verified.")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("scan.pdf", b"MZ\x90\x00 an executable named like a document"),
        ("scan.svg", b"<svg onload='alert(1)'></svg>"),
        ("empty.pdf", b" "),
    ],
)
async def test_what_is_no_document_is_refused_whatever_its_name(
    app: App, ana: Visitor, name: str, data: bytes
) -> None:
    await register_as_teacher(ana)
    await tell_about_teaching(ana)
    await ana.press("Add a certificate", then="Type its title")
    await ana.say("DELE", then="Send it as a PDF")
    await ana.person.send_document(data, name)
    await ana.reads("I can only take a PDF, a JPEG or a PNG")
    await ana.reads("👩‍🏫 Your teaching profile")
    assert await certificates_of(app, ana) == []


async def test_certificates_are_seen_and_removed_by_their_teacher(app: App, ana: Visitor) -> None:
    await register_as_teacher(ana)
    await tell_about_teaching(ana)
    await add_certificate(ana, "../../etc/passwd", PDF)
    await add_certificate(ana, "A photo", JPEG)
    await ana.press("📄 ../../etc/passwd …", then="📄 ../../etc/passwd")
    document = next(m for m in ana.person.chat.messages if m.kind == "document" and m.from_bot)
    assert document.file is not None
    assert document.file.filename == "etc passwd.pdf"
    await ana.press("🗑 Remove", then="Removed: ../../etc/passwd.")
    assert await certificates_of(app, ana) == [("A photo", CertificateState.WAITING)]


async def test_a_minor_who_wants_to_teach_is_told_why_not_and_becomes_a_student(
    app: App, ana: Visitor
) -> None:
    await ana.say("/register", then="What brings you here?")
    await ana.press("I want to teach", then="How old are you?")
    await ana.press("16 to 17", then="One can teach here from the age of 18")
    await ana.reads("full name")
    await ana.press("Ana", then="e-mail")
    await ana.press("Skip", then="own language")
    await past_the_email(ana)
    await ana.press("Confirm", then="Welcome, Ana!")
    assert (await user_of(app, ana)).roles == {Role.STUDENT}
    await ana.say("/gig", then="One can teach here from the age of 18")


async def test_a_verified_teacher_whose_date_of_birth_is_a_minors_teaches_no_longer(
    app: App, ana: Visitor, admin: Visitor
) -> None:
    await become_verified(ana, admin)
    await ana.say("/profile", then="Your profile")
    await ana.press("Date of birth", then="When were you born")
    year = app.clock.now().year - 17
    await ana.say(f"{year}-01-01", then="One can teach here from the age of 18")
    assert (await user_of(app, ana)).roles == {Role.STUDENT}
    profile = await profile_of(app, ana)
    assert (profile.is_verified, profile.review) == (False, Review.REFUSED)
    await ana.say("/profile", then="Your teaching profile")
    await ana.press("Hand in to be verified", then="One can teach here from the age of 18")


async def test_everything_of_a_teacher_is_exported_and_forgotten(
    app: App, ana: Visitor, admin: Visitor
) -> None:
    await register_as_teacher(ana)
    await tell_about_teaching(ana)
    await add_certificate(ana)
    user = await user_of(app, ana)

    def kept(work: object) -> list[str]:
        found = [area.collect(work, user.id) for area in app.product.records]  # type: ignore[arg-type] # areas take more than they need
        files = [file for area in app.product.records for file in area.files(work, user.id)]  # type: ignore[arg-type] # areas take more than they need
        return [repr(found), *(name for name, _ in files)]

    words, *files = await app.storage.read(kept)
    assert "MA in Linguistics" in words
    assert "DELE C2" in words
    assert files == ["certificates/01"]
    await ana.say("/forget", then="delete")
    await ana.press("Yes, remove everything", then="Everything about you has been removed")
    assert await app.storage.read(lambda work: work.teachers.find_of_user(user.id)) is None
    assert await app.storage.read(lambda work: work.certificates.of_user(user.id)) == []


async def test_a_file_that_could_not_be_fetched_is_simply_sent_again(
    stage: Stage, app: App, ana: Visitor
) -> None:
    await register_as_teacher(ana)
    await tell_about_teaching(ana)
    await ana.press("Add a certificate", then="Type its title")
    await ana.say("DELE", then="Send it as a PDF")
    stage.telegram.faults.add(Fault("status", "getFile", status=400))
    await ana.person.send_document(PDF, "scan.pdf")
    await ana.reads("A service I need did not answer.")
    await ana.person.send_document(PDF, "scan.pdf")
    await ana.reads("Kept: DELE.")
    assert await certificates_of(app, ana) == [("DELE", CertificateState.WAITING)]
