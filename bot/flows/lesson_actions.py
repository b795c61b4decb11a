"""Buttons of a lesson: cancel, move, answer a reminder, extend, join, keep in the calendar."""

from collections.abc import Callable, Mapping
from datetime import datetime

from bot.core.entity import long_id
from bot.flows.agenda import Agenda
from bot.flows.book_slots import Times, day_of, reader_of, slot_number, slot_start, whole
from bot.flows.lesson_news import LessonNews
from bot.flows.lesson_ports import Meetings
from bot.flows.lesson_words import Reader, lesson_data
from bot.flows.plan_reach import check_reach, in_reach
from bot.flows.runner import StaleButton
from bot.flows.scene import Later, Rows, Scene
from bot.flows.slot_waits import look_for_waiting
from bot.messaging.model import Button, MessageKind
from bot.scheduling.booking_service import BookingService
from bot.scheduling.free_time import free_slots
from bot.scheduling.lesson_service import LessonService
from bot.scheduling.model import Booking, SlotTaken
from bot.scheduling.policy import LessonPolicy, cost_of_cancelling
from bot.scheduling.rescheduling import Rescheduling

COMING, LATE = "coming", "late"


class LessonActions:
    """Presses of the two of a lesson; somebody else's press is an old button."""

    def __init__(self, policy: LessonPolicy, news: LessonNews, meetings: Meetings) -> None:
        self._bookings = BookingService(policy)
        self._moves = Rescheduling(policy)
        self._lessons = LessonService(policy)
        self._news = news
        self._meetings = meetings
        self._agenda = Agenda()
        self._actions: Mapping[str, Callable[[Scene, Booking], None]] = {
            "open": self._agenda.card,
            "log": self._agenda.log,
            "cancel": self._ask_to_cancel,
            "cannot": self._ask_to_cancel,
            "sure": self._cancel,
            "move": self._choose_day,
            "nope": self._decline,
            "come": self._come,
            "late": self._late,
            "more": self._extend,
            "join": self._join,
            "file": self._file,
        }

    def press(self, scene: Scene, data: str) -> Later | None:
        """`data` is "<action>:<short id or page>:<day or quarter>:<page>"."""
        action, _, rest = data.partition(":")
        if action == "past":
            scene.answer_button()
            self._agenda.past(scene, whole(rest))
            return None
        short, *more = rest.split(":")
        booking = _own(scene, short)
        act = self._actions.get(action)
        if act is not None and not more:
            scene.answer_button()
            act(scene, booking)
            return None
        match action, *more:
            case "days", page:
                self._choose_day(scene, booking, whole(page))
            case "day", day, page:
                self._choose_time(scene, booking, day, whole(page))
            case "slot", number:
                self._propose(scene, booking, slot_start(number, scene.now))
            case "ok", number if booking.proposed_start == slot_start(number, scene.now):
                self._accept(scene, booking)
            case _:
                raise StaleButton
        scene.answer_button()
        return None

    def _ask_to_cancel(self, scene: Scene, booking: Booking) -> None:
        """What it costs comes before the yes."""
        reader = reader_of(scene)
        if scene.now >= booking.starts_at:
            scene.say(scene.text("booking.cancel_too_late"))
            return
        cost = cost_of_cancelling(booking, scene.user.id, scene.now)
        key = "booking.cancel_costs" if cost.minor else "booking.cancel_free"
        rows = [
            [
                reader.button("booking.button.sure", "sure", booking),
                reader.button("booking.button.keep", "open", booking),
            ]
        ]
        text = scene.text(key, at=reader.at(booking.starts_at), cost=reader.money(cost))
        scene.say(text, buttons=rows)

    def _cancel(self, scene: Scene, booking: Booking) -> None:
        off = self._bookings.cancel(scene.work, booking, scene.user.id, scene.now)
        self._news.card(scene.work, off, scene.user.id, "booking.news.you_cancelled", scene.now)
        partner = off.partner_of(scene.user.id)
        self._news.card(scene.work, off, partner, "booking.news.cancelled", scene.now)
        look_for_waiting(scene.work, off.teacher_id, scene.now)

    def _times(self, scene: Scene, booking: Booking) -> Times:
        schedule = scene.work.schedules.find(booking.teacher_id)
        free = (
            []
            if schedule is None
            else free_slots(scene.work, schedule, booking.length, scene.now, besides=booking)
        )
        others = [span for span in free if span.start != booking.starts_at]
        if booking.student_id == scene.user.id:
            others = [*in_reach(scene, others)]

        def data(what: str) -> str:
            action, _, rest = what.partition(":")
            return lesson_data(action, booking, rest)

        return Times(others, data)

    def _choose_day(self, scene: Scene, booking: Booking, page: int = 0) -> None:
        times = self._times(scene, booking)
        if not times.free:
            scene.say(scene.text("booking.no_other_time"))
            return
        scene.say(scene.text("booking.which_day"), buttons=times.days(scene, page))

    def _choose_time(self, scene: Scene, booking: Booking, day: str, page: int) -> None:
        rows = self._times(scene, booking).of_day(scene, day_of(day), page)
        scene.show(scene.text("booking.which_time"), buttons=rows)

    def _propose(self, scene: Scene, booking: Booking, start: datetime) -> None:
        if booking.student_id == scene.user.id:
            check_reach(scene, start)
        try:
            asked = self._moves.propose(scene.work, booking, scene.user.id, start, scene.now)
        except SlotTaken as taken:
            self._taken(scene, booking, taken)
            return
        scene.show(scene.text("booking.proposed", at=reader_of(scene).at(start)))

        def rows(reader: Reader) -> Rows:
            yes = reader.button("booking.button.accept", "ok", asked, slot_number(start))
            return [[yes, reader.button("booking.button.decline", "nope", asked)]]

        self._tell(scene, asked, "booking.news.proposed", rows, start=start)

    def _accept(self, scene: Scene, booking: Booking) -> None:
        try:
            moved = self._moves.accept(scene.work, booking, scene.user.id, scene.now)
        except SlotTaken as taken:
            self._taken(scene, booking, taken)
            return
        for person in (moved.student_id, moved.teacher_id):
            self._news.card(scene.work, moved, person, "booking.news.moved", scene.now)
        look_for_waiting(scene.work, moved.teacher_id, scene.now)

    def _decline(self, scene: Scene, booking: Booking) -> None:
        kept = self._moves.decline(scene.work, booking, scene.user.id, scene.now)
        at = reader_of(scene).at(kept.starts_at)
        scene.show(scene.text("booking.declined", at=at))
        self._tell(scene, kept, "booking.news.declined")

    def _come(self, scene: Scene, booking: Booking) -> None:
        self._answer(scene, booking, COMING)

    def _late(self, scene: Scene, booking: Booking) -> None:
        self._answer(scene, booking, LATE)

    def _answer(self, scene: Scene, booking: Booking, notice: str) -> None:
        if booking.notices.get(scene.user.id) == notice:
            scene.show(scene.text(f"booking.told.{notice}"))
            return
        told = self._lessons.answer(scene.work, booking, scene.user.id, notice, scene.now)
        scene.show(scene.text(f"booking.told.{notice}"))
        self._tell(scene, told, f"booking.news.{notice}")

    def _extend(self, scene: Scene, booking: Booking) -> None:
        if booking.extension_asked_by == scene.user.id:
            scene.say(scene.text("booking.extension_asked"))
            return
        try:
            longer = self._lessons.extend(scene.work, booking, scene.user.id, scene.now)
        except SlotTaken:
            scene.say(scene.text("booking.no_extension"))
            return
        if longer.extension_minutes == booking.extension_minutes:
            scene.say(scene.text("booking.extension_asked"))
            self._tell(
                scene,
                longer,
                "booking.news.extension",
                lambda reader: [[reader.button("booking.button.extend", "more", longer)]],
            )
            return
        for person in (longer.student_id, longer.teacher_id):
            self._news.say(
                scene.work,
                longer,
                person,
                "booking.news.extended",
                scene.now,
                until=longer.open_until,
            )

    def _join(self, scene: Scene, booking: Booking) -> None:
        link = self._meetings.join_link(scene.work, booking, scene.user.id)
        doors = self._meetings.door_rows(scene.work, booking, reader_of(scene))
        if link is None:
            scene.say(scene.text("booking.no_link"), buttons=doors)
            return
        label = scene.texts("booking.button.enter")
        scene.say(scene.text("booking.link"), buttons=[[Button(label, url=link)], *doors])

    def _file(self, scene: Scene, booking: Booking) -> None:
        file = self._news.calendar_file(scene.work, booking, scene.user, scene.now)
        scene.say(scene.text("booking.file"), kind=MessageKind.PROMPT, attachment=file)

    def _taken(self, scene: Scene, booking: Booking, taken: SlotTaken) -> None:
        rows = self._times(scene, booking).nearest(reader_of(scene), taken.nearest)
        scene.show(scene.text("booking.taken"), buttons=rows)

    def _tell(
        self,
        scene: Scene,
        booking: Booking,
        key: str,
        rows: Callable[[Reader], Rows] = lambda _: (),
        start: datetime | None = None,
    ) -> None:
        """The other one reads who did what; times in their own clock."""
        partner = booking.partner_of(scene.user.id)
        self._news.say(scene.work, booking, partner, key, scene.now, rows, start=start)


def _own(scene: Scene, short: str) -> Booking:
    """A lesson of the presser's. Raises StaleButton for any other."""
    try:
        booking = scene.work.bookings.find(long_id(short))
    except ValueError as error:
        raise StaleButton from error
    if booking is None or not booking.has(scene.user.id) or booking.held_until is not None:
        raise StaleButton
    return booking
