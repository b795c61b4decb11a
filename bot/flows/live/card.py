"""A live conversation as a card: for one person with what they can do, and for everybody."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.chat.policy import harmless
from bot.flows.lesson_words import Reader
from bot.flows.live.room_ways import way_in
from bot.flows.live.standing import state_line, state_mark, state_of
from bot.flows.live.words import (
    headline,
    kind_name,
    language_badge,
    level_badge,
    listed,
    live_button,
    live_data,
    payload_of,
    person_name,
    price_shown,
    seats_shown,
)
from bot.flows.ports import FlowWork
from bot.flows.scene import Rows
from bot.live.finding import AskerState, Listed, Standing
from bot.live.model import ConversationStatus, LiveConversation
from bot.messaging.model import Button, Paragraph, Style

_WORDS_SHOWN = 12
_ACTIONS: dict[Standing, Sequence[str]] = {
    Standing.HOST: ("manage",),
    Standing.BOOKED: ("leave",),
    Standing.HELD: ("pay", "letgo"),
    Standing.WAITLISTED: ("unwait",),
    Standing.OFFERED: ("take", "letgo"),
}


@dataclass(frozen=True, slots=True)
class Card:
    """What a message of it says, and its buttons."""

    body: tuple[Paragraph, ...]
    rows: Rows


def render(work: FlowWork, conversation: LiveConversation, reader: Reader) -> Card:
    """The card of one person, with their own state and everything they can do about it."""
    state = state_of(work, conversation, reader.user.id)
    line = state_line(conversation, state, reader)
    body = [*_facts(work, conversation, reader), Paragraph(line, Style.STRONG)]
    way = way_in(work, conversation, reader)
    rows = [*way, _actions(conversation, reader, state), [list_button(reader)]]
    return Card(tuple(body), rows)


def announcement(
    work: FlowWork,
    conversation: LiveConversation,
    reader: Reader,
    link: Callable[[str], str | None] = lambda _: None,
) -> Card:
    """The card for a group, without anybody's own state; sent again as it changes.

    Args:
        reader: whose language it is in; times are in this person's clock, with its zone's name.
        link: opens the private chat with a payload; None: a press is answered where it is made.
    """
    texts = reader.texts
    body = list(_facts(work, conversation, reader, names_zone=True))
    if conversation.status is not ConversationStatus.SCHEDULED:
        body.append(Paragraph(texts(f"group.status.{conversation.status}"), Style.STRONG))
        return Card(tuple(body), ())
    url = link(payload_of(conversation))
    label = texts("group.button.join" if conversation.free_seats else "group.button.wait")
    data = live_data("join", conversation.id)
    return Card(tuple(body), [[Button(label, url=url) if url else Button(label, data)]])


def line_of(item: Listed, reader: Reader) -> str:
    """A conversation in a list, on two lines."""
    conversation, texts = item.conversation, reader.texts
    seats = texts("group.short_seats", taken=conversation.taken, seats=conversation.seats)
    first = listed([level_badge(conversation.level, texts), headline(conversation)])
    second = listed(
        [
            kind_name(conversation.kind, texts),
            reader.at(conversation.starts_at),
            seats,
            price_shown(conversation, reader),
            item.host_name,
            state_mark(conversation, item.asker_state, reader),
        ]
    )
    return f"{first}\n   {second}"


def list_button(reader: Reader) -> Button:
    """The way to all conversations."""
    return Button(reader.texts("group.button.list"), "c:live")


def _facts(
    work: FlowWork, conversation: LiveConversation, reader: Reader, *, names_zone: bool = False
) -> Sequence[Paragraph]:
    texts = reader.texts
    kinds = [
        level_badge(conversation.level, texts),
        language_badge(conversation.language, texts),
        kind_name(conversation.kind, texts),
    ]
    seats = [seats_shown(conversation, texts), price_shown(conversation, reader)]
    if not conversation.is_public:
        seats.append(texts("group.only_by_code"))
    lines = [
        listed(kinds),
        when_shown(conversation, reader, names_zone=names_zone),
        listed(seats),
        texts(f"choice.live_room.{conversation.room}"),
        led_by(work, conversation, reader),
    ]
    body = [Paragraph(headline(conversation), Style.STRONG), Paragraph("\n".join(lines))]
    if conversation.description:
        body.append(Paragraph(harmless(conversation.description)))
    if prepared := _to_prepare(conversation, reader):
        body.append(Paragraph("\n".join(prepared), Style.QUOTE))
    if not conversation.is_free:
        body.append(Paragraph(_policy(conversation, reader)))
    return body


def when_shown(conversation: LiveConversation, reader: Reader, *, names_zone: bool = False) -> str:
    """The start in the reader's clock, and the length."""
    at, length = reader.at(conversation.starts_at), reader.length(conversation.length)
    zone = reader.user.time_zone if names_zone and reader.platform != "discord" else None
    if zone is None:
        return reader.texts("group.when", at=at, length=length)
    return reader.texts("group.when_in_zone", at=at, length=length, zone=zone)


def led_by(work: FlowWork, conversation: LiveConversation, reader: Reader) -> str:
    """The names of who leads it."""
    texts = reader.texts
    name = person_name(work, conversation.host_id, texts)
    if conversation.co_host_id is None:
        return texts("group.led_by", name=name)
    other = person_name(work, conversation.co_host_id, texts)
    return texts("group.led_by_two", name=name, other=other)


def _to_prepare(conversation: LiveConversation, reader: Reader) -> Sequence[str]:
    """What people can look at beforehand; the prompts wait for the room."""
    texts = reader.texts
    lines = []
    if conversation.topic:
        lines.append(texts("group.topic", topic=harmless(conversation.topic)))
    if conversation.cultural_notes:
        lines.append(harmless(conversation.cultural_notes))
    if conversation.vocabulary:
        words = ", ".join(conversation.vocabulary[:_WORDS_SHOWN])
        lines.append(texts("group.words", words=harmless(words)))
    if conversation.grammar_points:
        points = ", ".join(conversation.grammar_points[:_WORDS_SHOWN])
        lines.append(texts("group.grammar", points=harmless(points)))
    return lines


def _policy(conversation: LiveConversation, reader: Reader) -> str:
    return reader.texts(
        "group.policy", count=conversation.free_hours, late=conversation.late_percent
    )


def _actions(conversation: LiveConversation, reader: Reader, state: AskerState) -> Sequence[Button]:
    texts, own = reader.texts, conversation.id
    if conversation.status is not ConversationStatus.SCHEDULED:
        return ()
    code = () if conversation.invite_code is None else (conversation.invite_code,)
    if state.standing is Standing.FULL:
        return [live_button(texts, "wait", own, *code)]
    if state.standing is not Standing.NONE:
        co_leads = state.standing is not Standing.HOST and conversation.is_led_by(reader.user.id)
        actions = (*_ACTIONS[state.standing], *(("manage",) if co_leads else ()))
        return [live_button(texts, each, own) for each in actions]
    if conversation.is_free:
        return [live_button(texts, "join", own, *code)]
    label = texts("group.button.join_paid", price=price_shown(conversation, reader))
    return [Button(label, live_data("join", own, *code))]
