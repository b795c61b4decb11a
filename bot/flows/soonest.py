"""Offers by when their teachers are free next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.accounts.gigs import Gig, Wish
from bot.flows.book_slots import reader_of
from bot.flows.gig_card import gig_line
from bot.flows.scene import Scene
from bot.scheduling.free_time import next_free

_LOOKED_AT = 60  # the newest ones; to look at a teacher's hours takes a millisecond
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Offer:
    """A gig, and when a lesson of its shortest length can begin; None: nothing is free."""

    gig: Gig
    free_at: datetime | None

    def line(self, scene: Scene) -> str:
        """As the catalogue shows it."""
        if self.free_at is None:
            return f"{gig_line(scene, self.gig)} · {scene.texts('search.not_free')}"
        at = reader_of(scene).at(self.free_at)
        return f"{gig_line(scene, self.gig)} · {scene.texts('search.free_at', at=at)}"


def soonest_offers(scene: Scene, wish: Wish) -> Sequence[Offer]:
    """Those whose teacher is free first come first, those with nothing free last."""
    found = [_offer(scene, gig) for gig in scene.work.gigs.listed(wish, 0, _LOOKED_AT)]
    return sorted(found, key=lambda offer: offer.free_at or _NEVER)


def _offer(scene: Scene, gig: Gig) -> Offer:
    schedule = scene.work.schedules.find(gig.user_id)
    if schedule is None:
        return Offer(gig, None)
    length = timedelta(minutes=min(gig.lesson_minutes))
    return Offer(gig, next_free(scene.work, schedule, length, scene.now))
