"""Live conversations of every kind, with somebody in every state a seat can have."""

from collections.abc import Mapping
from datetime import timedelta

from bot.accounts.model import User
from bot.app import App
from bot.core.clock import SystemClock
from bot.flows.live.reminding import REMIND_JOB, plan_of
from bot.jobs.model import Job
from bot.live.draft import Draft
from bot.live.model import LiveConversation
from bot.storage.work import Work

OPEN_TO_ALL = frozenset({"seated", "series", "full", "free", "offered", "held"})
_HOUR = timedelta(hours=1)


def plan_all(
    app: App, work: Work, ben: User, dora: User, people: Mapping[str, User]
) -> dict[str, str]:
    """Soonest first; the ids by what is special about each.

    Args:
        people: "ana" has seats and waits, "fay" waits, "gus" is there before them.
    """
    core = app.product.live
    ana, fay, gus = (people[name] for name in ("ana", "fay", "gus"))
    made = {
        "seated": _plan(app, work, ben, 2),
        "series": _plan(app, work, ben, 3),
        "full": _plan(app, work, ben, 4, seats=1),
        "free": _plan(app, work, dora, 5),
        "offered": _plan(app, work, ben, 6, seats=1),
        "held": _plan(app, work, ben, 7, price_minor=500),
    }
    core.planning.repeat_weekly(work, made["series"].id, ben.id, 2)
    core.planning.appoint(work, made["series"].id, ben.id, gus.id)
    for name, person in (
        ("seated", ana),
        ("full", gus),
        ("full", fay),
        ("offered", gus),
        ("offered", ana),
        ("held", ana),
    ):
        core.seats.book(work, made[name].id, person.id)
    core.seats.leave(work, made["offered"].id, gus.id)
    return {name: each.id for name, each in made.items()}


def remind(work: Work, conversation_id: str) -> None:
    """Everybody who comes is reminded at once."""
    conversation = work.live.conversations.get(conversation_id)
    plan = plan_of(conversation)
    payload = {"conversation_id": conversation_id, "plan": plan, "stage": "soon"}
    now = SystemClock().now()
    work.jobs.put(Job(kind=REMIND_JOB, key=conversation_id, due_at=now, payload=payload))


def _plan(
    app: App, work: Work, host: User, days: int, *, seats: int = 8, price_minor: int = 0
) -> LiveConversation:
    start = SystemClock().now() + timedelta(days=days)
    draft = Draft(
        title=f"In {days} days",
        language="es",
        starts_at=start,
        ends_at=start + _HOUR,
        zone="UTC",
        seats=seats,
        price_minor=price_minor,
    )
    return app.product.live.planning.create(work, draft, work.users.get(host.id))
