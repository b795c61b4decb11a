"""Time with the tutor's voice: counted once a turn is answered, and told before it is used up."""

from datetime import timedelta

from bot.flows.plan_news import PLAN_PREFIX
from bot.flows.plan_words import amount_of, refused_lines
from bot.flows.scene import Scene
from bot.i18n.formats import day_in
from bot.messaging.model import Button, Paragraph
from bot.tiers.allowance import Remedy, Verdict
from bot.tiers.model import Use
from bot.tiers.service import Plans

_WHOLE, _DAY = timedelta(seconds=1), timedelta(hours=25)  # a day may have an hour more
_MINUTE = 60


def talk_time(scene: Scene) -> Verdict:
    """Whether the person may talk with the tutor at the moment."""
    plans = Plans(scene.rules.tiers)
    return plans.may(scene.work, scene.user.id, Use.AI_SECONDS, 1, scene.now)


def is_out_of_talk_time(scene: Scene) -> bool:
    """Whether all is used up; then why, and what would help, is said."""
    verdict = talk_time(scene)
    if verdict.allowed:
        return False
    is_sold = scene.incoming.address.platform in scene.rules.tiers.sold_on
    texts, zone = scene.texts, scene.user.time_zone
    lines = refused_lines(verdict, texts, zone, is_sold=is_sold)
    scene.say(
        Paragraph("\n".join(lines)),
        scene.text("tier.talk.write"),
        buttons=[_more(scene)] if is_sold and set(verdict.remedies) - {Remedy.WAIT} else (),
    )
    return True


def count_talk(scene: Scene, turn_id: str, length: timedelta) -> None:
    """What was said on both sides of an answered turn, once; a little before the end it is told."""
    seconds = -(-length // _WHOLE)
    if seconds <= 0:
        return
    plans, warn_below = Plans(scene.rules.tiers), scene.rules.tiers.warn_below
    before = talk_time(scene).left
    after = plans.spend(
        scene.work, scene.user.id, Use.AI_SECONDS, seconds, scene.now, f"turn:{turn_id}"
    )
    if before is None or after.left is None or not after.left <= warn_below < before:
        return
    if after.left > 0:
        _say_soon(scene, after, after.left)


def _say_soon(scene: Scene, verdict: Verdict, left: int) -> None:
    is_today = verdict.resets_at - scene.now <= _DAY
    rounded = max(_MINUTE, left)
    scene.say(
        scene.text(
            "tier.talk.soon" if is_today else "tier.talk.soon_cycle",
            left=amount_of(Use.AI_SECONDS, rounded, scene.texts),
            date=day_in(verdict.resets_at, scene.texts.language, scene.user.time_zone),
        )
    )


def _more(scene: Scene) -> list[Button]:
    return [scene.button("tier.button.more", f"{PLAN_PREFIX}:show")]
