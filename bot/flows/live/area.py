"""Live conversations, put together: the command, the buttons, the flows, and what is told."""

from collections.abc import Callable, Mapping, Sequence

from bot.flows.commands import Command
from bot.flows.dispatch import Press
from bot.flows.live.actions import NoSeatPayments, SeatActions, SeatPayments
from bot.flows.live.core import LiveCore
from bot.flows.live.hosting import Hosting
from bot.flows.live.listing import Listing
from bot.flows.live.making import Making
from bot.flows.live.news import LiveNews
from bot.flows.live.reminding import REMIND_JOB, Reminders
from bot.flows.live.search import wish_from
from bot.flows.live.words import LIVE_PREFIX, MINE, NEW
from bot.flows.model import Flow
from bot.flows.people import in_private
from bot.flows.ports import FlowWork
from bot.flows.runner import Runner
from bot.flows.scene import Later, Scene
from bot.flows.zone_asking import ZoneAsking
from bot.jobs.model import Job
from bot.live.finding import Query
from bot.messaging.model import Style

_SUGGESTED = 20
_VIEWS = ("new", "mine", "about")


class LiveFaces:
    """Everything people see of live conversations but the room itself.

    Args:
        start_link: the address that opens the bot with a payload; None: no platform has one.
        currency: of prices, for a teacher who has named none.
        payments: where seats are paid; None: nowhere.
    """

    def __init__(
        self,
        runner: Runner,
        zones: ZoneAsking,
        core: LiveCore,
        start_link: Callable[[str], str | None],
        *,
        currency: str,
        payments: SeatPayments | None = None,
    ) -> None:
        self._core = core
        self._listing = Listing(runner)
        self._seats = SeatActions(core.seats, payments or NoSeatPayments())
        self._hosting = Hosting(runner, core.planning, start_link)
        self._making = Making(runner, core.planning, self._hosting, zones, currency)
        news = LiveNews(core.clock)
        core.add_listener(seats=news, conversations=news)

    def accept(self, scene: Scene, payload: str) -> bool:
        """Open what a link leads to; False: the payload is none of ours."""
        return self._seats.accept(scene, payload)

    def jobs(self) -> Mapping[str, Callable[[FlowWork, Job], None]]:
        """For the worker."""
        return {REMIND_JOB: Reminders(self._core.clock), **self._core.course.jobs()}

    def flows(self) -> Sequence[Flow]:
        return [*self._listing.flows(), *self._hosting.flows(), *self._making.flows()]

    def commands(self) -> Sequence[Command]:
        return [
            Command(name="live", action=in_private(self._show), takes="what", suggest=self._suggest)
        ]

    def presses(self) -> Mapping[str, Press]:
        return {LIVE_PREFIX: self._press}

    def _show(self, scene: Scene, rest: str) -> Later | None:
        """/live: the list, one of its views, a search, or what a code opens."""
        typed = rest.strip()
        match typed.casefold():
            case "new":
                return self._making.begin(scene)
            case "mine":
                return self._listing.mine(scene)
            case "about":
                return _about(scene)
            case "":
                return self._listing.show(scene)
        conversation = scene.work.live.conversations.find_by_code(typed.upper())
        if conversation is not None:
            self._seats.show(scene, conversation)
            return None
        return self._listing.show(scene, wish_from(typed))

    def _press(self, scene: Scene, data: str) -> Later | None:
        """`data` is "<action>:<what it is about>"."""
        action, _, rest = data.partition(":")
        match action:
            case "list":
                return self._listing.press(scene, rest)
            case "pick":
                return self._listing.pick(scene, rest)
            case "private":
                self._making.private(scene)
                return None
            case known if known in self._hosting.actions:
                return self._hosting.press(scene, known, rest)
        return self._seats.press(scene, action, rest)

    def _suggest(self, scene: Scene) -> Sequence[tuple[str, str]]:
        """The views, and the titles of what comes next."""
        texts, now = scene.texts, scene.now
        query = Query(now=now, limit=_SUGGESTED)
        found = scene.work.live.conversations.find_listed(query)
        titles = dict.fromkeys(row.conversation.title for row in found.rows)
        views = [(texts(f"group.button.{view}"), view) for view in _VIEWS]
        return [*views, *((title, title) for title in titles)]


def _about(scene: Scene) -> Later | None:
    """What it is, and what it is not."""
    scene.show(
        scene.text("group.about.title", Style.STRONG),
        scene.text("group.about.what"),
        scene.text("group.about.points"),
        scene.text("group.about.honest", Style.QUOTE),
        buttons=[
            [scene.button("group.button.list", "c:live")],
            [scene.button("group.button.new", NEW), scene.button("group.button.mine", MINE)],
        ],
    )
    return None
