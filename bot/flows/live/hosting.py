"""A host's own conversation: move it, call it off, repeat it, share it, see who comes."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from bot.core.entity import long_id, short_id
from bot.flows.book_slots import reader_of
from bot.flows.lesson_words import Reader
from bot.flows.live.actions import conversation_of
from bot.flows.live.card import list_button, render
from bot.flows.live.making_steps import start_step
from bot.flows.live.telling import say
from bot.flows.live.words import (
    MINE,
    headline,
    live_button,
    live_data,
    payload_of,
    person_name,
    title_of,
)
from bot.flows.model import Answers, Flow
from bot.flows.ports import FlowWork
from bot.flows.runner import Runner, StaleButton
from bot.flows.scene import Later, Rows, Scene
from bot.live.model import CLAIMING, LiveConversation, Seat, SeatStatus
from bot.live.planning import PlanningService
from bot.messaging.model import Button, Paragraph, Style

MOVE_FLOW = "live_move"
_WEEKS = (1, 3, 7, 11)
_PEOPLE_SHOWN = 30

Act = Callable[[Scene, LiveConversation], None]


class Hosting:
    """Presses of who leads a conversation; anybody else's is an old button.

    Args:
        start_link: the address that opens the bot with a payload; None: no platform has one.
    """

    def __init__(
        self,
        runner: Runner,
        planning: PlanningService[FlowWork],
        start_link: Callable[[str], str | None],
    ) -> None:
        self._runner = runner
        self._planning = planning
        self._start_link = start_link
        self._actions: Mapping[str, Act] = {
            "manage": self._manage,
            "move": self._ask_when,
            "cancel": self._ask_to_cancel,
            "off": self._cancel,
            "alloff": self._cancel_series,
            "weekly": self._ask_weeks,
            "people": self._people,
            "cohost": self._ask_co_host,
            "alone": self._alone,
            "invite": self._invite,
        }

    @property
    def actions(self) -> frozenset[str]:
        """What its buttons do."""
        return frozenset(self._actions) | {"weeks", "with"}

    def flows(self) -> Sequence[Flow]:
        return [Flow(MOVE_FLOW, (start_step("live_move"),), self._moved, shows_progress=False)]

    def press(self, scene: Scene, action: str, rest: str) -> Later | None:
        """`rest` is "<short id>", with "weeks" and "with" ":<number or short id>" after it."""
        short, _, more = rest.partition(":")
        conversation = conversation_of(scene, short)
        if not conversation.is_led_by(scene.user.id):
            raise StaleButton
        match action:
            case "weeks" if more in {str(each) for each in _WEEKS}:
                self._repeat(scene, conversation, int(more))
            case "with":
                self._co_host(scene, conversation, _person(scene, conversation, more))
            case known if known in self._actions and not more:
                scene.answer_button()
                self._actions[known](scene, conversation)
            case _:
                raise StaleButton
        return None

    def share(self, scene: Scene, conversation: LiveConversation) -> None:
        """A conversation that was just made: its card, and how to invite people."""
        card = render(scene.work, conversation, reader_of(scene))
        scene.say(scene.text("group.made", Style.STRONG), *card.body, buttons=card.rows)
        self._invite(scene, conversation)

    def _manage(self, scene: Scene, conversation: LiveConversation) -> None:
        texts, own = scene.texts, conversation.id
        rows: list[list[Button]] = [
            [live_button(texts, each, own) for each in ("people", "invite")],
        ]
        is_hosts = conversation.host_id == scene.user.id
        if is_hosts and conversation.is_bookable(scene.now):
            times = ("move",) if conversation.series_id is not None else ("move", "weekly")
            rows += [
                [live_button(texts, each, own) for each in times],
                [live_button(texts, each, own) for each in ("cohost", "cancel")],
            ]
        rows.append([live_button(texts, "open", own)])
        title = Paragraph(headline(conversation), Style.STRONG)
        scene.show(title, scene.text("group.manage"), buttons=rows)

    def _ask_when(self, scene: Scene, conversation: LiveConversation) -> None:
        self._runner.start(scene, MOVE_FLOW, {"conversation": conversation.id})

    def _moved(self, scene: Scene, answers: Answers) -> Later | None:
        conversation = scene.work.live.conversations.get(str(answers["conversation"]))
        start = datetime.fromisoformat(str(answers["live_move"]))
        end = start + conversation.length
        moved = self._planning.move(scene.work, conversation.id, scene.user.id, start, end)
        at = reader_of(scene).at(moved.starts_at)
        scene.show(
            scene.text("group.moved", title=title_of(moved), at=at),
            buttons=[[live_button(scene.texts, "manage", moved.id)]],
        )
        return None

    def _ask_to_cancel(self, scene: Scene, conversation: LiveConversation) -> None:
        texts, own = scene.texts, conversation.id
        at = reader_of(scene).at(conversation.starts_at)
        rows = [
            [
                live_button(texts, "off", own, key="cancel_sure"),
                live_button(texts, "manage", own, key="cancel_keep"),
            ]
        ]
        if conversation.series_id is not None:
            rows.append([live_button(texts, "alloff", own)])
        text = scene.text("group.cancel_sure", title=title_of(conversation), at=at)
        scene.show(text, buttons=rows)

    def _cancel(self, scene: Scene, conversation: LiveConversation) -> None:
        self._call_off(scene, conversation, is_whole_series=False)

    def _cancel_series(self, scene: Scene, conversation: LiveConversation) -> None:
        self._call_off(scene, conversation, is_whole_series=True)

    def _call_off(
        self, scene: Scene, conversation: LiveConversation, *, is_whole_series: bool
    ) -> None:
        off = self._planning.cancel(
            scene.work, conversation.id, scene.user.id, is_whole_series=is_whole_series
        )
        title = title_of(conversation)
        text = (
            scene.text("group.series_called_off", title=title, count=len(off))
            if is_whole_series
            else scene.text("group.called_off", title=title)
        )
        scene.show(text, buttons=[[list_button(reader_of(scene))]])

    def _ask_weeks(self, scene: Scene, conversation: LiveConversation) -> None:
        buttons = [
            scene.button(
                "group.button.weeks", live_data("weeks", conversation.id, number), number=number
            )
            for number in _WEEKS
        ]
        back = live_button(scene.texts, "manage", conversation.id)
        scene.show(scene.text("group.weekly"), buttons=[buttons, [back]])

    def _repeat(self, scene: Scene, conversation: LiveConversation, weeks: int) -> None:
        """Whoever comes to this one hears of the others."""
        series = self._planning.repeat_weekly(scene.work, conversation.id, scene.user.id, weeks + 1)
        scene.answer_button()
        reader = reader_of(scene)
        lines = [f"• {reader.at(each.starts_at)}" for each in series[1:]]
        scene.show(
            scene.text("group.repeated", count=weeks),
            Paragraph("\n".join(lines)),
            buttons=[[scene.button("group.button.mine", MINE)]],
        )
        for seat in scene.work.live.seats.of_conversation(conversation.id):
            if seat.is_active:
                _tell_repeated(scene, series, seat.user_id)

    def _people(self, scene: Scene, conversation: LiveConversation) -> None:
        """Names only: nobody learns here how else to reach them."""
        seats = scene.work.live.seats.of_conversation(conversation.id)
        waiting = sum(seat.status is SeatStatus.WAITLISTED for seat in seats)
        lines = [
            f"{_mark(seat)} {person_name(scene.work, seat.user_id, scene.texts)}"
            for seat in seats
            if seat.status in CLAIMING
        ]
        body = [scene.text("group.people", Style.STRONG, title=title_of(conversation))]
        body.append(
            Paragraph("\n".join(lines[:_PEOPLE_SHOWN])) if lines else scene.text("group.nobody_yet")
        )
        if waiting:
            body.append(scene.text("group.people_waiting", count=waiting))
        texts, own = scene.texts, conversation.id
        rows = [[live_button(texts, "invite", own), live_button(texts, "manage", own)]]
        scene.show(*body, buttons=rows)

    def _ask_co_host(self, scene: Scene, conversation: LiveConversation) -> None:
        """One of those who come."""
        texts, own = scene.texts, conversation.id
        rows = [
            [
                Button(
                    person_name(scene.work, seat.user_id, texts),
                    live_data("with", own, short_id(seat.user_id)),
                )
            ]
            for seat in _confirmed(scene.work, conversation)
        ]
        if conversation.co_host_id is not None:
            rows.append([live_button(texts, "alone", own)])
        key = "group.which_co_host" if rows else "group.co_host_none"
        scene.show(scene.text(key), buttons=[*rows, [live_button(texts, "manage", own)]])

    def _co_host(self, scene: Scene, conversation: LiveConversation, user_id: str) -> None:
        self._planning.appoint(scene.work, conversation.id, scene.user.id, user_id)
        scene.answer_button()
        name = person_name(scene.work, user_id, scene.texts)
        back = [[live_button(scene.texts, "manage", conversation.id)]]
        scene.show(scene.text("group.co_host_set", name=name), buttons=back)

    def _alone(self, scene: Scene, conversation: LiveConversation) -> None:
        self._planning.appoint(scene.work, conversation.id, scene.user.id, None)
        back = [[live_button(scene.texts, "manage", conversation.id)]]
        scene.show(scene.text("group.co_host_off"), buttons=back)

    def _invite(self, scene: Scene, conversation: LiveConversation) -> None:
        """The link, and what to write where a link is no use."""
        payload = payload_of(conversation)
        link = self._start_link(payload)
        code = conversation.invite_code
        body = [scene.text("group.invite")]
        if link is not None:
            body.append(Paragraph(link))
        if code is not None:
            body.append(scene.text("group.invite_code", code=code))
            body.append(scene.text("group.invite_command", code=code))
        else:
            body.append(scene.text("group.invite_start", payload=payload))
        back = [[live_button(scene.texts, "manage", conversation.id)]]
        scene.say(*body, buttons=back)


def _tell_repeated(scene: Scene, series: Sequence[LiveConversation], user_id: str) -> None:
    first, *others = series

    def rows(reader: Reader) -> Rows:
        return [
            [Button(f"{reader.day(each.starts_at)}", live_data("open", each.id))] for each in others
        ]

    key, params = "group.news.repeated", {"count": len(others)}
    name = f"{first.id}:{first.version}:weekly"
    say(scene.work, first, user_id, name, key, scene.now, rows=rows, params=params)


def _confirmed(work: FlowWork, conversation: LiveConversation) -> Sequence[Seat]:
    seats = work.live.seats.of_conversation(conversation.id)
    return [seat for seat in seats if seat.status is SeatStatus.CONFIRMED][:_PEOPLE_SHOWN]


def _person(scene: Scene, conversation: LiveConversation, short: str) -> str:
    """Somebody who comes. Raises StaleButton for anybody else."""
    try:
        wanted = long_id(short)
    except ValueError as error:
        raise StaleButton from error
    if all(seat.user_id != wanted for seat in _confirmed(scene.work, conversation)):
        raise StaleButton
    return wanted


def _mark(seat: Seat) -> str:
    return "✅" if seat.status is SeatStatus.CONFIRMED else "⏳"
