"""Afterwards: thanks, one's own summary, words to review, stars, and the host's view."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.chat.policy import NotSent, check_text, harmless
from bot.flows.lesson_words import Reader
from bot.flows.live.room_post import line, member_name, post, room_button, room_data
from bot.flows.live.room_unit import hosts_of
from bot.flows.model import Answers, Flow, InvalidAnswer, Step
from bot.flows.ports import FlowWork
from bot.flows.runner import Runner, StaleButton
from bot.flows.scene import Later, Rows, Scene
from bot.i18n.catalog import Texts
from bot.i18n.formats import decimal, exact_minutes
from bot.live.model import LiveConversation, Seat, SeatStatus
from bot.live.room_model import Member, Slip
from bot.live.room_rules import RoomPolicy, is_attended
from bot.messaging.model import Button, Paragraph, Style

NOTE_FLOW = "room_note"
CHIPS = ("spoke", "company", "learned")
_MOST_STARS = 5
_WORDS_SHOWN = 20
_SLIPS_SHOWN = 5


class RoomAfter:
    """What is said and asked when a conversation is over; only those who came are asked."""

    def __init__(self, policy: RoomPolicy, runner: Runner) -> None:
        self._policy = policy
        self._runner = runner

    def thank(self, work: FlowWork, conversation_id: str, now: datetime) -> None:
        """To everybody who came their own summary; to the host how it went."""
        conversation = work.live.conversations.find(conversation_id)
        if conversation is None:
            return
        members = {each.user_id: each for each in work.live.rooms.members.of_room(conversation.id)}
        for seat in work.live.seats.of_conversation(conversation.id):
            if seat.status is SeatStatus.ATTENDED:
                self._thank(work, conversation, seat, members.get(seat.user_id), now)
        for host in hosts_of(conversation):
            if host in members or host == conversation.host_id:
                self._show_host(work, conversation, host, now)

    def rate(self, scene: Scene, conversation: LiveConversation, stars: int) -> None:
        """Stars of one who was there; they may be changed, and words chosen."""
        seat = self._own_seat(scene, conversation.id)
        if not 1 <= stars <= _MOST_STARS:
            raise StaleButton
        saved = scene.work.live.seats.save(replace(seat, stars=stars))
        self._show_form(scene, saved)

    def choose(self, scene: Scene, conversation: LiveConversation, chip: str) -> None:
        """What was good about it; chosen again it is not."""
        seat = self._own_seat(scene, conversation.id)
        if chip not in CHIPS:
            raise StaleButton
        chosen = set(seat.chips) ^ {chip}
        chips = tuple(each for each in CHIPS if each in chosen)
        self._show_form(scene, scene.work.live.seats.save(replace(seat, chips=chips)))

    def ask_note(self, scene: Scene, conversation: LiveConversation) -> Later | None:
        """A few words for whoever led it."""
        self._own_seat(scene, conversation.id)
        scene.answer_button()
        return self._runner.start(scene, NOTE_FLOW, {"conversation": conversation.id})

    def done(self, scene: Scene, conversation: LiveConversation) -> None:
        """That was all."""
        self._own_seat(scene, conversation.id)
        scene.answer_button()
        scene.show(scene.text("grouproom.rated"))

    def view(self, scene: Scene, conversation: LiveConversation) -> None:
        """How it went, for whoever led it; later it has more stars."""
        if scene.user.id not in hosts_of(conversation):
            raise StaleButton
        scene.answer_button()
        reader = Reader(scene.user, scene.incoming.address.platform)
        body = host_view(scene.work, conversation, reader, self._policy)
        scene.show(*body, buttons=_view_rows(conversation, reader))

    def note_flow(self) -> Flow:
        """Asks for a note; it is kept sealed, on the seat of who wrote it."""

        def check(scene: Scene, _: Answers, value: object) -> object:
            try:
                check_text(str(value), scene.rules.relay)
            except NotSent as refusal:
                raise InvalidAnswer(refusal.key, **refusal.params) from refusal
            return value

        def finish(scene: Scene, answers: Answers) -> Later | None:
            seat = self._own_seat(scene, str(answers["conversation"]))
            scene.work.live.seats.save(replace(seat, note=str(answers["note"])))
            scene.say(scene.text("grouproom.rated"))
            return None

        step = Step(
            name="note",
            asks="grouproom.note.ask",
            parse=lambda _, typed: typed,
            is_long=True,
            check=check,
        )
        return Flow(NOTE_FLOW, (step,), finish, shows_progress=False)

    def _thank(
        self,
        work: FlowWork,
        conversation: LiveConversation,
        seat: Seat,
        member: Member | None,
        now: datetime,
    ) -> None:
        def body(reader: Reader) -> Sequence[Paragraph]:
            return [
                *line(reader, "grouproom.thanks", title=conversation.title),
                Paragraph(own_summary(seat, member, reader.texts)),
                *_review(conversation, reader.texts),
                *_slips(_slips_of(work, seat), reader.texts),
                Paragraph(reader.texts("grouproom.rate"), Style.STRONG),
            ]

        key = f"lroom:{conversation.id}:thanks"
        post(work, seat.user_id, key, now, body, lambda _: [star_row(conversation.id, 0)])

    def _show_host(
        self, work: FlowWork, conversation: LiveConversation, host: str, now: datetime
    ) -> None:
        def body(reader: Reader) -> Sequence[Paragraph]:
            return host_view(work, conversation, reader, self._policy)

        key = f"lroom:{conversation.id}:view"
        post(work, host, key, now, body, lambda reader: _view_rows(conversation, reader))

    def _show_form(self, scene: Scene, seat: Seat) -> None:
        scene.answer_button()
        texts = scene.texts
        stars = "★" * (seat.stars or 0) + "☆" * (_MOST_STARS - (seat.stars or 0))
        chips = [
            [Button(_chip(texts, chip, seat), room_data("chip", seat.conversation_id, chip))]
            for chip in CHIPS
        ]
        last = [
            room_button(texts, "note", seat.conversation_id),
            room_button(texts, "done", seat.conversation_id),
        ]
        scene.show(
            Paragraph(stars, Style.STRONG),
            scene.text("grouproom.what_was_good"),
            buttons=[star_row(seat.conversation_id, seat.stars or 0), *chips, last],
        )

    def _own_seat(self, scene: Scene, conversation_id: str) -> Seat:
        """Raises StaleButton for everybody who was not there."""
        seat = scene.work.live.seats.find_of(conversation_id, scene.user.id)
        if seat is None or seat.status is not SeatStatus.ATTENDED:
            raise StaleButton
        return seat


def star_row(conversation_id: str, given: int) -> Sequence[Button]:
    """One to five, as they stand."""
    return [
        Button("★" if number <= given else "☆", room_data("star", conversation_id, number))
        if given
        else Button(f"{number} ★", room_data("star", conversation_id, number))
        for number in range(1, _MOST_STARS + 1)
    ]


def own_summary(seat: Seat, member: Member | None, texts: Texts) -> str:
    """How long they were there, how long they spoke, how often they wrote."""
    there = exact_minutes(timedelta(seconds=round(seat.present_seconds)), texts.language)
    if member is None:  # a room for voices, in which nobody's words are counted
        return texts("grouproom.own_time", there=there)
    spoken = exact_minutes(timedelta(seconds=round(member.speaking_seconds)), texts.language)
    return texts("grouproom.own_part", there=there, spoken=spoken, count=member.message_count)


def host_view(
    work: FlowWork, conversation: LiveConversation, reader: Reader, policy: RoomPolicy
) -> list[Paragraph]:
    """Who was there for how long and spoke how long, how many in full, and the stars so far."""
    texts = reader.texts
    seats = work.live.seats.of_conversation(conversation.id)
    there = [each for each in seats if each.status is SeatStatus.ATTENDED]
    missed = sum(each.status is SeatStatus.NO_SHOW for each in seats)
    held = _length(work, conversation)
    full = sum(is_attended(each.present_seconds, held, policy) for each in there)
    people: Sequence[Seat | Member] = [*_hosts(work, conversation), *there]
    lines = [_person_line(work, each, texts) for each in people]
    given = [each.stars for each in there if each.stars is not None]
    average = sum(given) / len(given) if given else None
    body = [
        Paragraph(texts("grouproom.view", title=harmless(conversation.title)), Style.STRONG),
        Paragraph(texts("grouproom.view_people", came=len(there), missed=missed, full=full)),
    ]
    if lines:
        body.append(Paragraph("\n".join(lines)))
    if average is None:
        return [*body, Paragraph(texts("grouproom.view_no_stars"))]
    stars = decimal(average, texts.language)
    return [*body, Paragraph(texts("grouproom.view_stars", stars=stars, count=len(given)))]


def _length(work: FlowWork, conversation: LiveConversation) -> timedelta:
    """How long it was held: as planned, or shorter where it began late or was ended early."""
    room = work.live.rooms.rooms.find(conversation.id)
    if room is None or room.began_at is None or room.ended_at is None:
        return conversation.length
    return min(conversation.length, room.ended_at - room.began_at)


def _hosts(work: FlowWork, conversation: LiveConversation) -> Sequence[Member]:
    """Those who led it and were in; they have no seats."""
    members, seats = work.live.rooms.members, work.live.seats
    unseated = [
        each for each in hosts_of(conversation) if seats.find_of(conversation.id, each) is None
    ]
    found = [members.find_of(conversation.id, each) for each in unseated]
    return [each for each in found if each is not None]


def _person_line(work: FlowWork, person: Seat | Member, texts: Texts) -> str:
    name = member_name(work, person.user_id, texts)
    there = exact_minutes(timedelta(seconds=round(person.present_seconds)), texts.language)
    if not person.message_count:
        return texts("grouproom.view_there", name=name, there=there)
    spoken = exact_minutes(timedelta(seconds=round(person.speaking_seconds)), texts.language)
    count = person.message_count
    return texts("grouproom.view_person", name=name, there=there, spoken=spoken, count=count)


def _review(conversation: LiveConversation, texts: Texts) -> Sequence[Paragraph]:
    words = ", ".join(conversation.vocabulary[:_WORDS_SHOWN])
    if not words:
        return ()
    return [Paragraph(texts("grouproom.review", words=harmless(words)))]


def _slips(slips: Sequence[Slip], texts: Texts) -> Sequence[Paragraph]:
    if not slips:
        return ()
    lines = [
        texts("grouproom.slip", said=harmless(each.said), better=harmless(each.better))
        for each in slips[:_SLIPS_SHOWN]
    ]
    head = Paragraph(texts("grouproom.slips_again"))
    return [head, *(Paragraph(each, Style.QUOTE) for each in lines)]


def _slips_of(work: FlowWork, seat: Seat) -> Sequence[Slip]:
    said = work.live.rooms.messages.of_sender(seat.conversation_id, seat.user_id)
    return [slip for message in said for slip in message.slips]


def _view_rows(conversation: LiveConversation, reader: Reader) -> Rows:
    return [[room_button(reader.texts, "view", conversation.id)]]


def _chip(texts: Texts, chip: str, seat: Seat) -> str:
    mark = "✅ " if chip in seat.chips else ""
    return f"{mark}{texts(f'grouproom.chip.{chip}')}"


def find_conversation(work: FlowWork, conversation_id: str) -> LiveConversation:
    """Raises StaleButton."""
    found = work.live.conversations.find(conversation_id)
    if found is None:
        raise StaleButton
    return found
