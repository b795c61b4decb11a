"""A student and a teacher who know each other, for tests of the relay."""

from dataclasses import replace
from datetime import datetime

from bot.accounts.model import Identity, Role, User, UserStatus
from bot.accounts.teachers import Review, TeacherProfile
from bot.app import App
from bot.chat.model import Thread
from bot.chat.service import Relay
from bot.simulators.telegram import ChatMessage, Person
from bot.storage.work import Work
from tests.message_builders import NOW
from tests.stage import PATIENCE_SECONDS

# The head of a lossy WebP of 512 by 512 pixels (RFC 9649).
WEBP = b"RIFF\x1a\0\0\0WEBPVP8 \x0e\0\0\0\x30\x01\x00\x9d\x01\x2a\x00\x02\x00\x02\0\0\0\0"


async def acquainted(
    app: App, student: tuple[str, str], teacher: tuple[str, str], *, is_focused: bool = True
) -> Thread:
    """The thread of two people, each as (platform, id there); they have written to the bot.

    Args:
        is_focused: their plain messages go to each other.
    """

    relay, now = app.product.relay.relay, app.clock.now()

    def unit(work: Work) -> Thread:
        return acquaint(work, relay, student, teacher, now, is_focused=is_focused)

    return await app.storage.write(unit)


def acquaint(
    work: Work,
    relay: Relay,
    student: tuple[str, str],
    teacher: tuple[str, str],
    now: datetime,
    *,
    is_focused: bool = True,
) -> Thread:
    """See `acquainted`."""
    learner = _user(work, student, "es", Role.STUDENT)
    tutor = _user(work, teacher, "en", Role.TEACHER)
    if work.teachers.find_of_user(tutor.id) is None:
        work.teachers.add(a_profile(tutor.id))
    thread = relay.open(work, learner.id, tutor.id, now)
    for user in (learner, tutor) if is_focused else ():
        relay.focus(work, user.id, thread)
    return thread


def a_profile(user_id: str, *, is_verified: bool = True) -> TeacherProfile:
    return TeacherProfile(
        user_id=user_id,
        qualification="MA",
        experience_years=3,
        rate_minor=2000,
        rate_currency="EUR",
        is_verified=is_verified,
        review=Review.APPROVED if is_verified else Review.WAITING,
    )


def _user(work: Work, who: tuple[str, str], native: str, role: Role) -> User:
    identity = work.identities.find(*who)
    assert identity is not None, f"{who} never wrote to the bot"
    user = work.users.get(identity.user_id)
    return work.users.save(
        replace(user, status=UserStatus.ACTIVE, native_language=native, roles=user.roles | {role})
    )


async def met(app: App, person: Person) -> tuple[str, str]:
    """Somebody on Telegram who pressed START; their platform and id."""
    await person.send_text("/start")
    await person.wait(lambda m: bool(m.buttons), PATIENCE_SECONDS)
    return "telegram", str(person.account.user_id)


async def reads(person: Person, part: str) -> ChatMessage:
    """The next message or edit the person sees that has this in it."""
    return await person.wait(lambda m: part in m.text, PATIENCE_SECONDS)


async def make_admin(app: App, who: tuple[str, str]) -> None:
    def unit(work: Work) -> None:
        identity = work.identities.find(*who)
        assert identity is not None
        user = work.users.get(identity.user_id)
        work.users.save(replace(user, roles=user.roles | {Role.ADMIN}))

    await app.storage.write(unit)


def add_person(work: Work, name: str) -> User:
    """Somebody whose id and room are their name."""
    user = work.users.add(User(id=name, created_at=NOW, name=name, status=UserStatus.ACTIVE))
    work.identities.add(
        Identity(platform="test", external_id=name, user_id=name, room=name, is_latest=True)
    )
    return user
