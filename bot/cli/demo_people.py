"""The people of the demo: a student and a teacher who know each other, a newcomer, an admin."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import available_timezones

from bot.accounts.gigs import Gig, GigCategory, GigStatus
from bot.accounts.model import Identity, LearnerLanguage, Role, User, UserStatus
from bot.accounts.teachers import Review, Taught, TeacherProfile
from bot.app import App
from bot.chat.model import Hall, place_key
from bot.core.language import Level
from bot.messaging.model import Address
from bot.scheduling.schedule import AvailabilityRule, Hours, Schedule
from bot.simulators.page.assets import load_samples
from bot.simulators.world import DemoWorld
from bot.storage.work import Work

_PATIENCE_SECONDS = 60.0
_NOTE = "speechocean762-005630169"
_SEEN = timedelta(days=9)  # how long ago they registered
_EVERY_DAY = tuple(AvailabilityRule(weekday, Hours(8 * 60, 21 * 60)) for weekday in range(7))

_HELLO = "Hi Emma! I saw your offer. Could we talk about my job interview?"
_ANSWER = "Hi Ana! With pleasure. Send me a voice note first: how was your week?"
_PRAISE = "Lovely, I understood every word! Book an hour with me, and we begin."


@dataclass(frozen=True, slots=True)
class Person:
    """Where somebody is, and what is known of them."""

    platform: str
    external_id: int
    room: int
    name: str
    role: Role
    native: str


def settle(app: App, world: DemoWorld) -> Callable[[Work], None]:
    """The unit that makes them known to each other: profiles, an offer, an open thread."""

    def unit(work: Work) -> None:
        now = app.clock.now()
        student, teacher, _ = (_register(work, one, now) for one in _people(world))
        work.learner_languages.add(
            LearnerLanguage(user_id=student.id, language="en", level=Level.B1)
        )
        _verify(work, teacher, now)
        hall = Address("discord", str(world.hall.channel_id))
        work.chat.halls.put(Hall(user_id=teacher.id, place=place_key(hall)))
        relay = app.product.relay.relay
        thread = relay.open(work, student.id, teacher.id, now)
        for user in (student, teacher):
            relay.focus(work, user.id, thread)

    return unit


async def talk(world: DemoWorld) -> None:
    """Let them exchange a few lines, as people do; ends early where something does not come."""
    student, member = world.students["student"], world.members["teacher"]
    note = load_samples()[_NOTE]
    try:
        await world.discord.until(lambda: bool(member.threads), _PATIENCE_SECONDS)
        teacher = member.at(member.threads[0])
        await student.send_text(_HELLO)
        await teacher.wait(lambda m: "interview" in m.text, _PATIENCE_SECONDS)
        await teacher.send(_ANSWER)
        await student.wait(lambda m: "how was your week" in m.text, _PATIENCE_SECONDS)
        await student.send_voice(note.ogg, note.seconds)
        heard = await teacher.wait(lambda m: m.is_voice, _PATIENCE_SECONDS)
        await teacher.react(heard, "👍")
        await teacher.send(_PRAISE, reply_to=heard)
    except TimeoutError as error:
        print(f"The demo's people gave up waiting for each other: {error}", flush=True)


def _people(world: DemoWorld) -> list[Person]:
    student, teacher, admin = (
        world.students["student"],
        world.members["teacher"],
        world.members["admin"],
    )
    return [
        Person(
            "telegram",
            student.account.user_id,
            student.chat.chat_id,
            student.account.name,
            Role.STUDENT,
            "es",
        ),
        *(
            Person("discord", one.user_id, one.dm().channel_id, one.account.name, role, "en")
            for one, role in ((teacher, Role.TEACHER), (admin, Role.ADMIN))
        ),
    ]


def _register(work: Work, person: Person, now: datetime) -> User:
    user = work.users.add(
        User(
            created_at=now - _SEEN,
            status=UserStatus.ACTIVE,
            roles=frozenset({person.role}),
            name=person.name,
            native_language=person.native,
            time_zone=zone_here(),
            age_confirmed_at=now - _SEEN,
        )
    )
    work.identities.add(
        Identity(
            platform=person.platform,
            external_id=str(person.external_id),
            user_id=user.id,
            room=str(person.room),
            joined_at=now - _SEEN,
            last_used_at=now - _SEEN,
            is_latest=True,
        )
    )
    return user


def zone_here() -> str:
    """This machine's zone, which is the visitor's; UTC where it does not tell."""
    told = os.environ.get("TZ") or Path("/etc/localtime").resolve().as_posix()
    name = told.rpartition("zoneinfo/")[2].removeprefix("Etc/")
    return name if name in available_timezones() else "UTC"


def _verify(work: Work, teacher: User, now: datetime) -> None:
    """A teacher an admin has approved, with an offer students find and hours to book."""
    work.schedules.add(
        Schedule(
            teacher_id=teacher.id,
            zone=zone_here(),
            rules=_EVERY_DAY,
            notice=timedelta(hours=1),
        )
    )
    work.teachers.add(
        TeacherProfile(
            user_id=teacher.id,
            qualification="CELTA, BA in English",
            experience_years=8,
            languages=(Taught("en"),),
            about="I teach people who have to speak at work.",
            rate_minor=2400,
            rate_currency="EUR",
            is_verified=True,
            review=Review.APPROVED,
        )
    )
    work.gigs.add(
        Gig(
            user_id=teacher.id,
            category=GigCategory.LANGUAGE_TUTOR,
            status=GigStatus.LIVE,
            title="English for job interviews",
            service="Interviews rehearsed until they feel easy",
            language="en",
            price_minor=2400,
            currency="EUR",
            lesson_minutes=(30, 60),
            created_at=now - _SEEN,
            live_at=now - _SEEN,
        )
    )
