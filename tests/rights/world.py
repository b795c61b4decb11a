"""A small school in which every button there is gets shown to the one it is meant for."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

from bot.accounts.gigs import Gig, GigCategory, GigStatus
from bot.accounts.model import Identity, LearnerLanguage, Role, User
from bot.accounts.teachers import Certificate, Review
from bot.app import App
from bot.chat.model import ReportReason
from bot.core.clock import SystemClock
from bot.core.entity import short_id
from bot.simulators.mailbox import Mailbox
from bot.simulators.stripe import StripeSimulator
from bot.simulators.zoom import ZoomSimulator
from bot.storage.work import Work
from tests.journeys.test_faults_trust import HelpfulBrain
from tests.rights import gatherings, lessons, rooms
from tests.rights.cast import Actor, an_actor, let_teach, settle_in, settled
from tests.stage import Stage, a_note, a_stage
from tests.teaching_stage import PDF
from tests.visitors import an_app_with_mail

_ROUNDS: Sequence[Mapping[str, Sequence[str]]] = (
    {
        "guest": (
            "/start", "/register", "f:*:=student", "f:*:=adult", "/teachers",
            "w:filter:wanted_category", "f:*:=chirologist", "/register",
        ),
        "ana": (
            "/talk", "a note", "/context", "/profile", "p:goals", "f:*:=travel", "l:open",
            "l:edit:avatar", "/settings", "ap:open", "ap:new", "Script", "ap:open", "ap:off:*",
            "/settings", "s:zone", "/privacy", "v:on:recording", "/link",
            "k:off:*", "/teachers", "w:page:1", "/book", "b:gig:LISTED", "b:day:*", "b:slot:*",
            "/agenda", "y:open:AHEAD", "y:cancel:*", "y:move:*", "y:day:*", "/write", "r:f:*",
            "r:mute:*", "r:block:*", "r:unblock:*", "r:unmute:*", "r:report:*", "/card",
            "a card is saved", "/live", "lv:pick:l:*", "lv:open:FREE", "lv:open:FULL", "/live mine",
            "lv:open:OFFERED", "lv:open:HELD", "lv:open:SEATED", "lv:leave:*",
        ),
        "ben": (
            "/profile", "h:see:*", "/gig", "n:open", "/gig", "g:open:DRAFT", "g:sure:*",
            "g:preview:*", "/gig", "g:open:LISTED", "/availability off 24 dec", "hr:dates",
            "/availability", "hr:clear", "/availability", "/setup", "lb:here",
            "/write", "Hello, learner",
            "/live mine", "lv:open:SEATED", "lv:manage:SEATED", "lv:cohost:SEATED",
            "lv:weekly:SEATED", "lv:cancel:SEATED", "lv:open:SERIES", "lv:manage:SERIES",
            "lv:cohost:SERIES", "lv:cancel:SERIES",
        ),
        "fay": ("/profile", "/live mine", "lv:open:FULL"),
        "gus": ("/profile", "/live new", "Tapas"),
        "olga": ("/admin", "q:see:*", "q:refuse:*", "/admin", "q:report:*"),
    },
    {"ana": ("lessons take place", "/card", "/receipts", "i:show:*", "j:open:*")},
    {
        "ana": ("y:slot:*", "/book", "b:gig:ELSEWHERE", "b:len:*", "/profile", "p:email",
                "ana@example.org"),
        "ben": ("j:propose:*", "10", "y:join:*", "mt:link:*", "https://meet.example/ben", "/agenda",
                "y:open:AHEAD", "y:join:AHEAD", "/earnings"),
        "olga": ("/admin", "j:queue:"),
    },
    {"fay": ("mt:in:*",)},
    {
        "gus": ("/settings", "pl:show"),
        "olga": ("/settings", "pl:show", "pl:buy:premium", "a plan is bought", "pl:show"),
    },
    {"ben": ("rooms are open", "another meeting")},
    {"ana": ("lr:in:ROOM", "lr:fix_on:*", "lr:keep_on:*", "lr:star:*"), "ben": ("lr:in:HALL",)},
    {"fay": ("lr:in:ROOM",), "gus": ("lr:in:ROOM", "lr:start:ROOM")},
    {"fay": ("Hello to all of you",), "gus": ("lr:mute:ROOM", "lr:remove:ROOM", "lr:end:ROOM")},
)  # fmt: skip
_OWNERS = {"guest": 11, "ana": 12, "ben": 13, "fay": 14, "gus": 15, "olga": 16}
_NAMED = {
    "DRAFT": "gig",
    "LISTED": "listed",
    "ELSEWHERE": "elsewhere",
    "AHEAD": "booking",
    **{name.upper(): name for name in gatherings.OPEN_TO_ALL},
    "ROOM": "room",
    "HALL": "hall",
}


@dataclass
class School:
    """The people by name, and who else there is.

    Args:
        ids: of one thing of every kind, none of which belongs to any outsider.
    """

    stage: Stage
    app: App
    stripe: StripeSimulator
    owners: Mapping[str, Actor]
    ids: dict[str, str]

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
        ZoomSimulator(lessons.HOST) as zoom,
        StripeSimulator() as stripe,
        an_app_with_mail(stage, url, mailbox, **_settings(zoom, stripe)) as app,
    ):
        lessons.sell_plans(stripe)
        owners = {name: an_actor(stage, number, name) for name, number in _OWNERS.items()}
        ids = await app.storage.write(lambda work: _populate(app, work))
        school = School(stage, app, stripe, owners, ids)
        for plans in _ROUNDS:
            for steps in _in_turns(plans):
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
    elif step == "a card is saved":
        await lessons.save_a_card(school.app, school.stripe)
    elif step == "a plan is bought":
        await lessons.buy_a_plan(school.app, school.stripe)
        del actor.seen["pl:buy:premium"]
    elif step == "lessons take place":
        await _lessons_take_place(school)
    elif step in {"rooms are open", "another meeting"}:
        unit = partial(_open_rooms if step == "rooms are open" else _plan_beside, school.app)
        school.ids |= await school.app.storage.write(unit)
    elif step == "/setup":
        group = school.stage.telegram.group(-1009, "School", is_forum=True, sees_all=True)
        group.promote(int(actor.external_id))
        await actor.person.send_text(step, chat=group)
        actor.groups.append(group)
    elif ":" in step[:3]:
        wanted = step
        for mark, thing in _NAMED.items():
            if mark in step:
                wanted = wanted.replace(mark, short_id(school.ids[thing]))
        fitting = [data for data in actor.seen if fnmatchcase(data, wanted)]
        assert fitting, f"{name} saw no {step} but {list(actor.seen)}"
        await actor.press_again(fitting[-1])
    else:
        await actor.person.send_text(step)


def _settings(zoom: ZoomSimulator, stripe: StripeSimulator) -> Mapping[str, Any]:
    """Nobody's turn passes by itself while the table is gone through."""
    return {**lessons.settings_of(zoom, stripe), "live": {"turn_seconds": 3_600}}


def _open_rooms(app: App, work: Work) -> dict[str, str]:
    people = {name: _user(work, number) for name, number in _OWNERS.items() if name != "guest"}
    return rooms.open_all(app, work, people)


def _plan_beside(_: App, work: Work) -> dict[str, str]:
    rooms.plan_beside(work, _user(work, _OWNERS["fay"]))
    return {}


async def _lessons_take_place(school: School) -> None:
    """One is about to begin, one goes on, and two are over and billed; one of them was paid."""

    def unit(work: Work) -> Sequence[str]:
        ana, fay, gus = (_user(work, _OWNERS[name]) for name in ("ana", "fay", "gus"))
        listed, elsewhere = (work.gigs.get(school.ids[name]) for name in ("listed", "elsewhere"))
        gatherings.remind(work, school.ids["seated"])
        lessons.begin_soon(work, fay, listed)
        lessons.go_on(work, ana, elsewhere)
        return [lessons.be_over(work, student, listed).id for student in (ana, gus)]

    over = await school.app.storage.write(unit)
    school.ids["invoice"], _ = [await lessons.bill(school.app, booking) for booking in over]


def _user(work: Work, number: int) -> User:
    known = work.identities.find("telegram", str(number))
    assert known is not None
    return work.users.get(known.user_id)


def _populate(app: App, work: Work) -> dict[str, str]:
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
    elsewhere = _gig(work, dora, "Elsewhere", GigStatus.LIVE, lesson_minutes=(30, 60))
    draft = _gig(work, ben, "Offer to come", GigStatus.DRAFT)
    certificate = _certificate(work, ben)
    _certificate(work, eve)
    relay = app.product.relay.relay
    threads = [relay.open(work, ana.id, teacher.id, now) for teacher in (dora, ben)]
    quarrel = relay.open(work, gus.id, dora.id, now)
    reports = [relay.report(work, quarrel, gus, reason, now) for reason in (*ReportReason,) * 2]
    lessons.open_hours(work, ben)
    booking = lessons.book(work, work.users.get(ana.id), gigs[0])
    people = {"ana": ana, "fay": fay, "gus": gus}
    return {
        **gatherings.plan_all(app, work, ben, dora, people),
        "user": ana.id,
        "teacher": waiting.id,
        "gig": draft.id,
        "listed": gigs[0].id,
        "elsewhere": elsewhere.id,
        "booking": booking.id,
        "certificate": certificate.id,
        "thread": threads[0].id,
        "report": reports[0].id,
    }


def _gig(
    work: Work,
    teacher: User,
    title: str,
    status: GigStatus,
    lesson_minutes: tuple[int, ...] = (60,),
) -> Gig:
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
            lesson_minutes=lesson_minutes,
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
