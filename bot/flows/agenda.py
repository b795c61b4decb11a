"""/agenda and /history: a person's lessons, as student and as teacher."""

from bot.flows.book_slots import reader_of
from bot.flows.lesson_news import card_rows
from bot.flows.lesson_words import (
    LESSON_PREFIX,
    Reader,
    lesson_data,
    lesson_facts,
    lesson_line,
    name_of,
    policy_words,
)
from bot.flows.ports import FlowWork
from bot.flows.scene import Later, Scene
from bot.messaging.model import Button, Paragraph, Style
from bot.scheduling.model import Booking, BookingEvent

_SHOWN = 10
_PER_PAGE = 8


class Agenda:
    """The lists, one lesson's card, and what happened to it."""

    def show(self, scene: Scene, _: str = "") -> Later | None:
        """/agenda: what is to come."""
        reader = reader_of(scene)
        lessons = scene.work.bookings.upcoming(scene.user.id, scene.now)[:_SHOWN]
        past = [scene.button("booking.button.past", f"{LESSON_PREFIX}:past:0")]
        book = [scene.button("booking.button.book", "c:book")]
        if not lessons:
            scene.say(scene.text("booking.no_lessons"), buttons=[book, past])
            return None
        lines = [
            f"{number}. {lesson_line(scene.work, each, reader)}"
            for number, each in enumerate(lessons, 1)
        ]
        rows = [[_open(scene, each, number, reader)] for number, each in enumerate(lessons, 1)]
        body = [scene.text("booking.agenda", Style.STRONG), Paragraph("\n".join(lines))]
        scene.say(*body, buttons=[*rows, [*book, *past]])
        return None

    def past(self, scene: Scene, page: int) -> None:
        """What was, or was called off; newest first."""
        reader = reader_of(scene)
        first = page * _PER_PAGE
        found = scene.work.bookings.past(scene.user.id, scene.now, first, _PER_PAGE + 1)
        shown = found[:_PER_PAGE]
        if not shown:
            scene.show(scene.text("booking.no_past"))
            return
        lines = [
            f"{number}. {lesson_line(scene.work, each, reader)}"
            for number, each in enumerate(shown, first + 1)
        ]
        buttons = [_open(scene, each, n, reader) for n, each in enumerate(shown, first + 1)]
        rows = [buttons[i : i + 2] for i in range(0, len(buttons), 2)]
        turning = []
        if page > 0:
            turning.append(scene.button("flow.button.earlier", f"{LESSON_PREFIX}:past:{page - 1}"))
        if len(found) > _PER_PAGE:
            turning.append(scene.button("flow.button.more", f"{LESSON_PREFIX}:past:{page + 1}"))
        body = [scene.text("booking.past", Style.STRONG), Paragraph("\n".join(lines))]
        scene.show(*body, buttons=[*rows, turning])

    def history(self, scene: Scene, _: str = "") -> Later | None:
        """/history: the first page of what was."""
        self.past(scene, 0)
        return None

    def card(self, scene: Scene, booking: Booking) -> None:
        """One lesson, with everything that can be done about it."""
        reader = reader_of(scene)
        body = [*lesson_facts(scene.work, booking, reader), policy_words(booking, scene.texts)]
        if not booking.is_upcoming:
            body.append(scene.text(f"booking.status.{booking.status}"))
        rows = list(card_rows(booking, reader))
        if not booking.is_upcoming:
            rows.append([reader.button("booking.button.history", "log", booking)])
        scene.say(*body, buttons=rows)

    def log(self, scene: Scene, booking: Booking) -> None:
        """Every change of one lesson: when, who, what."""
        reader = reader_of(scene)
        events = scene.work.booking_history.of_booking(booking.id)
        lines = [_event_line(scene.work, event, reader) for event in events]
        body = [scene.text("booking.history", Style.STRONG), Paragraph("\n".join(lines))]
        scene.say(*body)


def _open(scene: Scene, booking: Booking, number: int, reader: Reader) -> Button:
    label = f"{number}. {reader.day(booking.starts_at)}, {reader.time(booking.starts_at)}"
    return Button(label, lesson_data("open", booking))


def _event_line(work: FlowWork, event: BookingEvent, reader: Reader) -> str:
    texts = reader.texts
    if event.actor_id is None:
        who = texts("booking.by_itself")
    elif event.actor_id == reader.user.id:
        who = texts("booking.by_you")
    else:
        who = name_of(work, event.actor_id, texts)
    what = texts(f"booking.did.{event.action}")
    return f"{reader.at(event.at)} · {what} · {who}"
