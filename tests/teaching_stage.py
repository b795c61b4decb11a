"""Teachers, students and an administrator in a chat, and the ways they go most often."""

from collections.abc import Sequence

from bot.accounts.gigs import Gig
from bot.accounts.teachers import TeacherProfile
from bot.app import App
from bot.simulators.telegram import ChatMessage
from bot.storage.work import Work
from tests.stage import PATIENCE_SECONDS, Stage
from tests.visitors import Anybody, Visitor, user_of

ADMIN_ID = 9001
PDF = b"%PDF-1.7\n%%EOF\n"


def a_visitor(stage: Stage, user_id: int, name: str, language: str = "en") -> Visitor:
    return Visitor(stage.telegram.person(user_id=user_id, name=name, language=language))


async def register_as_teacher(ana: Anybody, name: str = "Ana") -> None:
    """Up to the first question of the teaching profile."""
    await ana.say("/register", then="What brings you here?")
    await ana.press("I want to teach", then="How old are you?")
    await ana.press("18 or older", then="full name")
    await ana.say(name, then="e-mail")
    await ana.press("Skip", then="own language")
    await ana.press("Español", then="Is everything right?")
    await ana.press("Confirm", then="What qualifies you")


async def tell_about_teaching(ana: Anybody) -> None:
    """All answers, the shortest way, up to the card with its buttons."""
    await ana.say("MA in Linguistics", then="how many years")
    await ana.say("7", then="Which languages do you teach?")
    await ana.press("Español", then="Which languages do you teach?")
    await ana.press("Done", then="from which level")
    await ana.press("A1–C2", then="in a few sentences")
    await ana.press("Skip", then="In which currency")
    await ana.press("EUR · Euro", then="usually cost")
    await ana.say("20", then="Calendly")
    await ana.press("Skip", then="Is everything right?")
    await ana.press("Confirm", then="Not handed in yet")


async def add_certificate(ana: Visitor, title: str = "DELE C2", data: bytes = PDF) -> None:
    await ana.press("Add a certificate", then="Type its title")
    await ana.say(title, then="Send it as a PDF")
    await ana.person.send_document(data, "scan.pdf")
    await ana.reads(f"Kept: {title}.")
    await ana.reads("👩‍🏫 Your teaching profile")


async def become_verified(ana: Anybody, admin: Anybody) -> None:
    """Register, tell, hand in, and be approved."""
    await register_as_teacher(ana)
    await tell_about_teaching(ana)
    await ana.press("Hand in to be verified", then="Handed in.")
    await admin.say("/admin", then="MA in Linguistics")
    await admin.press("Approve", then="Approved, and the teacher was told.")
    await ana.reads("You are verified as a teacher!")


async def make_gig(
    ana: Anybody,
    title: str = "Spanish for travellers",
    price: str = "20",
    certificates: Sequence[str] = (),
) -> None:
    """A draft, up to its card with its buttons."""
    await ana.say("/gig", then="Your offers")
    await ana.press("Make an offer", then="What do you offer?")
    await ana.press("Language lessons", then="Give your offer a title")
    await ana.say(title, then="What does a student get?")
    await ana.say("Conversation with a native", then="Which language is it about?")
    await ana.press("Español", then="In which currency")
    await ana.press("EUR · Euro", then="What does an hour cost")
    await ana.say(price, then="extra fee")
    await ana.press("Skip", then="How long may a lesson be?")
    await ana.press("Done", then="Describe the offer")
    await ana.press("Skip", then="What experience")
    if certificates:
        await ana.press("Skip", then="Which certificates")
        for certificate in certificates:
            await ana.press(certificate, then="Which certificates")
        await ana.press("Done", then="Is everything right?")
    else:
        await ana.press("Skip", then="Is everything right?")
    await ana.press("Confirm", then="Saved as a draft.")
    await ana.reads("A draft: only you see it.")


async def publish(ana: Anybody) -> None:
    await ana.press("Publish", then="Published")
    await ana.reads("Live.")


async def profile_of(app: App, visitor: Visitor) -> TeacherProfile:
    user = await user_of(app, visitor)
    found = await app.storage.read(lambda work: work.teachers.find_of_user(user.id))
    assert found is not None
    return found


async def gigs_of(app: App, visitor: Visitor) -> list[Gig]:
    user = await user_of(app, visitor)

    def find(work: Work) -> list[Gig]:
        return list(work.gigs.ever_of_user(user.id))

    return await app.storage.read(find)


async def hears(visitor: Visitor, after: int = 0) -> ChatMessage:
    """The next voice bubble."""
    return await visitor.person.wait(
        lambda m: m.kind == "voice" and m.from_bot, PATIENCE_SECONDS, after=after
    )
