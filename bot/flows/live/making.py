"""/live new: a conversation told question by question, seen as a preview, and announced."""

from collections.abc import Sequence
from datetime import timedelta

from bot.core.money import Money
from bot.flows.book_slots import reader_of
from bot.flows.live.hosting import Hosting
from bot.flows.live.making_materials import materials_of, told
from bot.flows.live.making_steps import OPEN, making_steps, start_of, teacher_of
from bot.flows.live.words import ABOUT, NEW
from bot.flows.model import Answers, Flow, Step
from bot.flows.ports import FlowWork
from bot.flows.price_steps import as_money
from bot.flows.runner import Runner
from bot.flows.scene import Later, Scene
from bot.flows.zone_asking import ZoneAsking
from bot.live.draft import CannotPlan, Draft
from bot.live.model import Kind, RoomKind
from bot.live.planning import PlanningService

NEW_FLOW = "live_new"


class Making:
    """The flow, and what a private conversation is instead."""

    def __init__(
        self,
        runner: Runner,
        planning: PlanningService[FlowWork],
        hosting: Hosting,
        zones: ZoneAsking,
        currency: str,
    ) -> None:
        self._runner = runner
        self._planning = planning
        self._hosting = hosting
        self._currency = currency
        self._in_own_clock = zones.first("live_new", self._begin)

    def flows(self) -> Sequence[Flow]:
        steps = (*making_steps(), Step(name="summary", is_summary=True))
        return [Flow(NEW_FLOW, steps, self._made)]

    def begin(self, scene: Scene) -> Later | None:
        """/live new: who is no guest tells when by their own clock."""
        if not scene.user.is_registered:
            scene.say(
                scene.text("group.error.plan_register"),
                buttons=[
                    [scene.button("start.register", "c:register")],
                    [scene.button("group.button.about", ABOUT)],
                ],
            )
            return None
        return self._in_own_clock(scene, "")

    def private(self, scene: Scene) -> None:
        """Two people who meet are a lesson, and lessons are booked."""
        scene.answer_button()
        profile = teacher_of(scene)
        if profile is not None and profile.is_verified:
            text = scene.text("group.error.private_booked")
            rows = [[scene.button("group.button.gig", "c:gig")]]
        else:
            text = scene.text("group.error.private")
            rows = [[scene.button("group.button.book", "c:book")]]
        scene.say(text, buttons=[*rows, [scene.button("group.button.new", NEW)]])

    def _begin(self, scene: Scene, _: str) -> Later | None:
        profile = teacher_of(scene)
        currency = self._currency if profile is None else profile.rate_currency
        return self._runner.start(scene, NEW_FLOW, {"live_currency": currency})

    def _made(self, scene: Scene, answers: Answers) -> Later | None:
        try:
            made = self._planning.create(scene.work, _draft(scene, answers), scene.user)
        except CannotPlan as refusal:
            raise _worded(refusal, scene) from refusal
        self._hosting.share(scene, made)
        return None


def _draft(scene: Scene, answers: Answers) -> Draft:
    start = start_of(answers)
    price = answers.get("live_price")
    amount = None if price is None else as_money(price)
    return Draft(
        title=str(answers["live_title"]),
        description=told(answers, "live_about"),
        kind=Kind(str(answers["live_kind"])),
        language=str(answers["live_language"]),
        level=str(answers["live_level"]),
        starts_at=start,
        ends_at=start + timedelta(minutes=int(str(answers["live_length"]))),
        zone=scene.user.time_zone or "UTC",
        seats=int(str(answers["live_seats"])),
        is_public=answers["live_access"] == OPEN,
        price_minor=0 if amount is None else amount.minor,
        currency=str(answers["live_currency"]) if amount is None else amount.currency,
        room=RoomKind(str(answers["live_room"])),
        **materials_of(answers),
    )


def _worded(refusal: CannotPlan, scene: Scene) -> CannotPlan:
    """With amounts as the reader writes them."""
    reader = reader_of(scene)
    told = {
        name: reader.money(value) if isinstance(value, Money) else value
        for name, value in refusal.params.items()
    }
    return CannotPlan(refusal.key, **told)
