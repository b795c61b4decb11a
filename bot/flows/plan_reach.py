"""How far ahead people may book, where plans differ in that."""

from collections.abc import Sequence
from datetime import datetime

from bot.core.errors import DomainError
from bot.core.timespan import Timespan
from bot.flows.scene import Scene
from bot.i18n.formats import days
from bot.tiers.service import Plans


def in_reach(scene: Scene, free: Sequence[Timespan]) -> Sequence[Timespan]:
    """Those of a teacher's free hours that this person may book."""
    reach = _reach(scene)
    return free if reach is None else [span for span in free if span.start <= reach]


def check_reach(scene: Scene, start: datetime) -> None:
    """Raises DomainError where an hour is further ahead than the person's plan goes."""
    reach = _reach(scene)
    if reach is not None and start > reach:
        number = (reach - scene.now).days
        raise DomainError("tier.too_far", days=days(number, scene.texts.language))


def _reach(scene: Scene) -> datetime | None:
    plans = Plans(scene.rules.tiers)
    horizon = plans.booking_horizon(scene.work, scene.user.id, scene.now)
    return None if horizon is None else scene.now + horizon
