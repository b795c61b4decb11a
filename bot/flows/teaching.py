"""Teachers, their gigs, the catalogue and the administrators' queue, put together."""

from collections.abc import Callable, Mapping, Sequence

from bot.accounts.model import Role
from bot.core.clock import Clock
from bot.flows.admin_queue import PREFIX as ADMIN_PREFIX
from bot.flows.admin_queue import AdminQueue
from bot.flows.commands import Command
from bot.flows.dispatch import Press
from bot.flows.gig_search import PREFIX as SEARCH_PREFIX
from bot.flows.gig_search import GigSearch
from bot.flows.gig_watch import ANNOUNCE_JOB, GigNews
from bot.flows.gigs import PREFIX as GIG_PREFIX
from bot.flows.gigs import Gigs
from bot.flows.introductions import Introductions
from bot.flows.invitations import PREFIX as INVITE_PREFIX
from bot.flows.invitations import Invitations
from bot.flows.model import Flow
from bot.flows.people import in_private
from bot.flows.ports import FlowWork
from bot.flows.runner import Runner
from bot.flows.scene import Later, Scene
from bot.flows.teacher_card import PREFIX as CARD_PREFIX
from bot.flows.teacher_card import TeacherCard
from bot.flows.teacher_queue import WAITING_JOB, QueueNews
from bot.flows.voice_turn import Parts
from bot.jobs.model import Job


class Teaching:
    """Everything of teachers. `begin`, `accept` and `show` are where other parts go on."""

    def __init__(
        self,
        runner: Runner,
        parts: Parts,
        introductions: Introductions,
        *,
        is_paid: bool = False,
    ) -> None:
        self._card = TeacherCard(runner, parts)
        self._invitations = Invitations(introductions, parts.start_link)
        self._gigs = Gigs(runner, parts, self._card)
        self._search = GigSearch(runner, introductions)
        self._queue = AdminQueue(runner, is_paid=is_paid)

    def begin(self, scene: Scene) -> Later | None:
        """Become a teacher."""
        return self._card.onboarding.begin(scene)

    def accept(self, scene: Scene, payload: str) -> bool:
        """Open the conversation an invitation leads to; False: the payload is none."""
        return self._invitations.accept(scene, payload)

    def show(self, scene: Scene) -> Later | None:
        """The teacher's card; nothing for somebody who is no teacher."""
        return self._card.show(scene)

    def jobs(self, clock: Clock) -> Mapping[str, Callable[[FlowWork, Job], None]]:
        """For the worker."""
        return {WAITING_JOB: QueueNews(clock), ANNOUNCE_JOB: GigNews(clock)}

    def flows(self) -> Sequence[Flow]:
        areas = (self._card, self._gigs, self._search, self._queue)
        return [flow for area in areas for flow in area.flows()]

    def commands(self) -> Sequence[Command]:
        return [
            Command(name="teachers", action=in_private(self._search.show)),
            Command(name="gig", action=in_private(self._gigs.show), needs_registration=True),
            Command(
                name="admin",
                action=in_private(self._queue.show),
                roles=frozenset({Role.ADMIN}),
            ),
        ]

    def presses(self) -> Mapping[str, Press]:
        return {
            CARD_PREFIX: self._card.press,
            GIG_PREFIX: self._gigs.press,
            SEARCH_PREFIX: self._search.press,
            ADMIN_PREFIX: self._queue.press,
            INVITE_PREFIX: self._invitations.press,
        }
