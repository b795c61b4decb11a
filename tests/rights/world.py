"""A small school in which every button there is gets shown to the one it is meant for."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from fnmatch import fnmatchcase

from bot.accounts.gigs import Gig, GigCategory, GigStatus
from bot.accounts.model import Identity, LearnerLanguage, Role, User
from bot.accounts.teachers import Certificate, Review
from bot.app import App
from bot.chat.model import ReportReason
from bot.core.clock import SystemClock
from bot.core.entity import short_id
from bot.scheduling.booking_service import BookingService
from bot.scheduling.policy import LessonPolicy
from bot.scheduling.schedule import DAY_MINUTES, AvailabilityRule, Hours, Schedule
from bot.simulators.mailbox import Mailbox
from bot.storage.work import Work
from tests.journeys.test_faults_trust import HelpfulBrain
from tests.rights.cast import Actor, an_actor, let_teach, settle_in, settled
from tests.stage import Stage, a_note, a_stage
from tests.teaching_stage import PDF
from tests.visitors import an_app_with_mail

_STEPS: Mapping[str, Sequence[str]] = {
    "guest": (
        "/start", "/register", "f:*:=student", "f:*:=adult", "/teachers",
        "w:filter:wanted_category", "f:*:=chirologist", "/register",
    ),
    "ana": (
        "/talk", "a note", "/context", "/profile", "p:goals", "f:*:=travel", "l:open",
        "l:edit:avatar", "/settings", "s:zone", "/privacy", "v:on:recording", "/link", "k:off:*",
        "/teachers", "w:page:1", "w:open:*", "b:gig:*", "b:day:*",
        "b:slot:*", "/agenda", "y:open:*", "y:cancel:*", "y:move:*", "y:day:*", "/write",
        "r:f:*", "r:mute:*", "r:block:*",
        "r:unblock:*", "r:unmute:*", "r:report:*", "/profile", "p:email", "ana@example.org",
    ),
    "ben": (
        "/profile", "h:see:*", "/gig", "n:open", "/gig", "g:open:DRAFT", "g:sure:*",
        "g:preview:*", "/gig", "g:open:LIVE", "/availability off 24 dec", "hr:dates",
        "/availability", "hr:clear", "/availability", "/setup", "/write", "Hello, learner",
        "/agenda", "y:open:*", "y:join:*",
    ),
    "fay": ("/profile",),
    "gus": ("/profile",),
    "olga": ("/admin", "q:see:*", "q:refuse:*"),
}  # fmt: skip
_OWNERS = {"guest": 11, "ana": 12, "ben": 13, "fay": 14, "gus": 15, "olga": 16}


@dataclass
class School:
    """The people by name, and who else there is.

    Args:
        ids: of one thing of every kind, none of which belongs to any outsider.
    """

    stage: Stage
    app: App
    owners: Mapping[str, Actor]
    ids: Mapping[str, str]

    def outsider(self, number: int, name: str) -> Actor:
        return an_actor(self.stage, number, name)

    async def settle(self) -> None:
        await settled(self.stage, self.app)

    async def press(self, actor: Actor, data: str) -> None:
        await actor.press_again(data)
        await self.settle()
        actor.look()


@asynccontextmanager
async def a_school(url: str) -> AsyncIterator[School]:
    """Everybody has been shown their buttons."""
    async with (
        a_stage(HelpfulBrain(hears="I goed home")) as stage,
        Mailbox() as mailbox,
        an_app_with_mail(stage, url, mailbox) as app,
    ):
        owners = {name: an_actor(stage, number, name) for name, number in _OWNERS.items()}
        ids = await app.storage.write(lambda work: _populate(app, work))
        school = School(stage, app, owners, ids)
        for steps in _in_turns(_STEPS):
            await asyncio.gather(*(_step(school, name, step) for name, step in steps))
            await school.settle()
            for actor in owners.values():
                actor.look()
        yield school


def _in_turns(plans: Mapping[str, Sequence[str]]) -> Sequence[Sequence[tuple[str, str]]]:
    """Everybody's first step, everybody's second, and so on."""
    longest = max(map(len, plans.values()))
    return [[(n, plan[i]) for n, plan in plans.items() if i < len(plan)] for i in range(longest)]


async def _step(school: School, name: str, step: str) -> None:
    actor = school.owners[name]
    if step == "a note":
        await actor.person.send_voice(a_note(), 1)
    elif step == "/setup":
        group = school.stage.telegram.group(-1009, "School")
        await actor.person.send_text(step, chat=group)
        actor.groups.append(group)
    elif ":" in step[:3]:
        wanted = step.replace("DRAFT", short_id(school.ids["gig"]))
        wanted = wanted.replace("LIVE", short_id(school.ids["listed"]))
        fitting = [data for data in actor.seen if fnmatchcase(data, wanted)]
        assert fitting, f"{name} saw no {step} but {list(actor.seen)}"
        await actor.press_again(fitting[-1])
    else:
        await actor.person.send_text(step)


def _populate(app: App, work: Work) -> Mapping[str, str]:
    ana = settle_in(work, ("telegram", "12"), "Ana")
    ben, fay, gus, eve, dora = (
        settle_in(work, ("telegram", str(number)), name, native="en")
        for number, name in ((13, "Ben"), (14, "Fay"), (15, "Gus"), (17, "Eve"), (18, "Dora"))
    )
    settle_in(work, ("telegram", "16"), "Olga", roles=frozenset({Role.ADMIN}))
    now = SystemClock().now()
    work.identities.add(
        Identity(platform="discord", external_id="12", user_id=ana.id, joined_at=now)
    )
    other = LearnerLanguage(user_id=ana.id, language="fr", is_active=False)
    work.learner_languages.add(other)
    for teacher in (ben, dora):
        let_teach(work, teacher)
    let_teach(work, fay, Review.DRAFT)
    let_teach(work, gus, Review.ASKED)
    waiting = let_teach(work, eve, Review.WAITING)
    gigs = [_gig(work, ben, f"Offer {n}", GigStatus.LIVE) for n in range(6)]
    draft = _gig(work, ben, "Offer to come", GigStatus.DRAFT)
    certificate = _certificate(work, ben)
    _certificate(work, eve)
    relay = app.product.relay.relay
    threads = [relay.open(work, ana.id, teacher.id, now) for teacher in (dora, ben)]
    quarrel = relay.open(work, gus.id, dora.id, now)
    reports = [relay.report(work, quarrel, gus, reason, now) for reason in (*ReportReason,) * 2]
    _lesson(work, ana, ben, gigs[0])
    return {
        "user": ana.id,
        "teacher": waiting.id,
        "gig": draft.id,
        "listed": gigs[0].id,
        "certificate": certificate.id,
        "thread": threads[0].id,
        "report": reports[0].id,
    }


def _lesson(work: Work, student: User, teacher: User, gig: Gig) -> None:
    """The teacher is always open, and this student comes in three days."""
    now = SystemClock().now()
    all_day = tuple(AvailabilityRule(day, Hours(0, DAY_MINUTES)) for day in range(7))
    work.schedules.add(Schedule(teacher_id=teacher.id, zone="UTC", rules=all_day))
    known = work.users.save(replace(work.users.get(student.id), time_zone="Europe/Madrid"))
    bookings = BookingService(LessonPolicy())
    start = (now + timedelta(days=3)).replace(hour=12, minute=0, second=0, microsecond=0)
    held = bookings.hold(work, known, gig.id, start, 60, now)
    bookings.confirm(work, held, student.id, now)


def _gig(work: Work, teacher: User, title: str, status: GigStatus) -> Gig:
    now = SystemClock().now()
    intro = work.blobs.add(teacher.id, "audio/ogg", a_note(), now, expires_at=None)
    return work.gigs.add(
        Gig(
            user_id=teacher.id,
            category=GigCategory.LANGUAGE_TUTOR,
            status=status,
            title=title,
            service="Conversation",
            language="es",
            price_minor=2000,
            currency="EUR",
            intro_id=intro,
            intro_seconds=1.0,
            created_at=now,
            live_at=now if status is GigStatus.LIVE else None,
        )
    )


def _certificate(work: Work, teacher: User) -> Certificate:
    now = SystemClock().now()
    blob_id = work.blobs.add(teacher.id, "application/pdf", PDF, now, expires_at=None)
    return work.certificates.add(
        Certificate(
            user_id=teacher.id, title="DELE", blob_id=blob_id, mime="application/pdf", added_at=now
        )
    )
