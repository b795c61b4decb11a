"""Telling people what became of their plan, where they are and in their language."""

from collections.abc import Sequence
from typing import cast

from bot.core.clock import Clock
from bot.flows.plan_words import amount_of, plan_name, use_name
from bot.flows.ports import FlowWork
from bot.flows.scene import Rows
from bot.flows.telling import tell
from bot.i18n.catalog import Texts
from bot.i18n.formats import day_in
from bot.messaging.model import Button, Paragraph
from bot.tiers.changes import News, NewsKind
from bot.tiers.ports import TierWork

PLAN_PREFIX = "pl"
_LOOKED_AFTER = {NewsKind.UNPAID, NewsKind.ENDING}


class PlanNews:
    """Words news; called in the unit that caused them. Implements `Tell`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def __call__(self, work: TierWork, news: Sequence[News]) -> None:
        whole = cast(FlowWork, work)  # every unit of this storage works on one
        for each in news:
            self._tell(whole, each)

    def _tell(self, work: FlowWork, news: News) -> None:
        person = work.users.find(news.user_id)
        if person is None:
            return

        def body(texts: Texts) -> Sequence[Paragraph]:
            until = news.until
            date = "" if until is None else day_in(until, texts.language, person.time_zone)
            words = {
                "plan": plan_name(news.plan, texts),
                "date": date,
                "what": use_name(news.what, texts) if news.what else "",
                "amount": amount_of(news.what, news.amount, texts) if news.what else "",
            }
            return [Paragraph(texts(f"tier.news.{news.kind}", **words))]

        def rows(texts: Texts) -> Rows:
            if news.kind in _LOOKED_AFTER:
                return [[Button(texts("tier.button.manage"), f"{PLAN_PREFIX}:manage")]]
            return [[Button(texts("tier.button.open"), f"{PLAN_PREFIX}:show")]]

        tell(work, person, news.cause, self._clock.now(), body, rows)
