"""A school whose program may die at any moment: simulated vendors, and one clock for all."""

import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from bot.accounts.gigs import Gig
from bot.accounts.model import Role, User, UserStatus
from bot.scheduling.schedule import Schedule
from bot.simulators.stripe import StripeSimulator
from bot.simulators.telegram import Person
from bot.simulators.zoom import ZoomSimulator
from bot.storage.engine import SqlStorage
from bot.storage.work import Work
from tests.booking_stage import EVERY_DAY, a_gig
from tests.crash.clocked_run import SharedClock
from tests.message_builders import NOW
from tests.relay_stage import a_profile
from tests.stage import PATIENCE_SECONDS, Stage, an_app

ZOOM_SECRET, STRIPE_SECRET = "zoom secret", "whsec_of_the_school"
PARTS = "telegram,web"
_PAUSE_SECONDS = 0.4


@dataclass
class Vendors:
    """Zoom and Stripe as one run of the story finds them."""

    zoom: ZoomSimulator
    stripe: StripeSimulator

    async def quiet(self, within: float) -> None:
        """Every webhook was taken, or given up. Raises TimeoutError."""
        await self.zoom.settle(within)
        await self.stripe.delivered(within)


@dataclass
class School:
    """Ana teaches, Bob learns; they have written to the bot.

    Args:
        port: where the program's own HTTP server listens, each time it is started.
    """

    stage: Stage
    clock: SharedClock
    ana: Person
    bob: Person
    port: int
    greeted: dict[int, int] = field(default_factory=dict)

    @classmethod
    def on(cls, stage: Stage, folder: Path) -> "School":
        clock = SharedClock.made(folder / "clock", NOW)
        ana = stage.telegram.person(user_id=1001, name="Ana", language="en")
        bob = stage.telegram.person(user_id=1002, name="Bob", language="en")
        return cls(stage, clock, ana, bob, free_port())

    def somebody(self, user_id: int, name: str) -> Person:
        """One more person, who has not written yet."""
        return self.stage.telegram.person(user_id=user_id, name=name, language="en")

    async def settle_in(
        self, url: str, teachers: Sequence[Person] = (), students: Sequence[Person] = ()
    ) -> None:
        """Ana, Bob and whoever else come to the bot; teachers are open daily from 8 to 20 UTC."""
        staff, pupils = (self.ana, *teachers), (self.bob, *students)
        async with an_app(self.stage, url, clock=self.clock) as app:
            for person in (*staff, *pupils):
                await person.send_text("/start")
            for person in (*staff, *pupils):
                await person.wait(lambda m: bool(m.buttons), PATIENCE_SECONDS)
                self.greeted[person.account.user_id] = person.chat.messages[-1].message_id
            await app.storage.write(lambda work: _open(work, staff, pupils))

    def environment(self, url: str, vendors: Vendors, **web: object) -> dict[str, str]:
        """Settings of the program."""
        zoom, stripe = vendors.zoom, vendors.stripe
        return self.stage.environment(
            url,
            zoom={
                "account_id": zoom.account_id,
                "client_id": zoom.client_id,
                "client_secret": zoom.client_secret,
                "webhook_secret": ZOOM_SECRET,
                "hosts": ",".join(zoom.account.hosts),
                "api_url": zoom.api_url,
                "oauth_url": zoom.oauth_url,
            },
            stripe={
                "api_key": stripe.key,
                "webhook_secret": STRIPE_SECRET,
                "api_url": stripe.url,
            },
            web={"port": self.port, "public_url": "https://school.example", **web},
        )

    @asynccontextmanager
    async def vendors(self, hooks_at: str | None = None, hosts: int = 1) -> AsyncIterator[Vendors]:
        """Fresh accounts at Zoom and Stripe, which deliver to the program."""
        at = hooks_at or f"http://127.0.0.1:{self.port}"
        names = [f"host{number}@example.com" for number in range(hosts)]
        async with (
            ZoomSimulator(*names, clock=self.clock.now, pause=_PAUSE_SECONDS) as zoom,
            StripeSimulator(clock=self.clock.now, pause=_PAUSE_SECONDS) as stripe,
        ):
            zoom.deliver_to(f"{at}/webhooks/zoom", ZOOM_SECRET)
            stripe.send_webhooks_to(f"{at}/webhooks/stripe", STRIPE_SECRET)
            yield Vendors(zoom, stripe)

    def storage(self, url: str) -> SqlStorage:
        """To look at, whoever else works on it."""
        return self.stage.look_at(url)


def _open(work: Work, staff: Sequence[Person], pupils: Sequence[Person]) -> None:
    for person in staff:
        teacher = _registered(work, person)
        work.users.save(replace(teacher, roles=teacher.roles | {Role.TEACHER}))
        work.teachers.add(a_profile(teacher.id))
        work.gigs.add(a_gig(teacher.id))
        work.schedules.add(Schedule(teacher_id=teacher.id, zone="UTC", rules=EVERY_DAY))
    for person in pupils:
        student = _registered(work, person)
        work.users.save(replace(student, roles=student.roles | {Role.STUDENT}))


def _registered(work: Work, person: Person) -> User:
    identity = work.identities.find("telegram", str(person.account.user_id))
    assert identity is not None
    user = work.users.get(identity.user_id)
    return replace(user, status=UserStatus.ACTIVE, time_zone="UTC")


def user_id_of(work: Work, person: Person) -> str:
    identity = work.identities.find("telegram", str(person.account.user_id))
    assert identity is not None
    return identity.user_id


def gig_of(work: Work, teacher: Person) -> Gig:
    (gig,) = work.gigs.ever_of_user(user_id_of(work, teacher))
    return gig


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
