"""The door of a room: opened before the start, people come in by one tap, and go."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.chat.policy import harmless
from bot.core.entity import short_id
from bot.core.errors import DomainError
from bot.flows.lesson_words import Reader
from bot.flows.live.room_lead import RoomLead
from bot.flows.live.room_post import line, member_name, post, room_button
from bot.flows.live.room_turns import RoomTurns, prompt_of
from bot.flows.live.room_unit import RoomUnit, find_room, invited
from bot.flows.ports import FlowWork
from bot.flows.scene import Rows
from bot.i18n.catalog import Texts
from bot.i18n.formats import language_name
from bot.live.model import LiveConversation
from bot.live.room_model import LiveRoom, Member, Presence
from bot.live.room_rules import RoomPolicy
from bot.messaging.model import Paragraph, Style

_NAMES_SHOWN = 12
_WORDS_SHOWN = 20


class NotLetIn(DomainError):
    """This person cannot come in; the key says why."""


class RoomDoor:
    """Coming and going; every method belongs to the caller's unit."""

    def __init__(self, policy: RoomPolicy, turns: RoomTurns, lead: RoomLead) -> None:
        self._policy = policy
        self._turns = turns
        self._lead = lead

    def open(self, work: FlowWork, conversation: LiveConversation, now: datetime) -> RoomUnit:
        """The room, made where there is none; everybody who has a place is asked in."""
        known = find_room(work, conversation.id, now)
        if known is not None:
            return known
        room = LiveRoom(
            id=conversation.id,
            leader_id=conversation.host_id,
            opened_at=now,
            ends_at=conversation.ends_at,
        )
        work.live.rooms.rooms.add(room)
        for user_id in invited(work, conversation):
            self.invite(work, conversation, user_id, now)
        return RoomUnit(work, conversation, room, now)

    def invite(
        self, work: FlowWork, conversation: LiveConversation, user_id: str, now: datetime
    ) -> None:
        """The door is open, for one of them."""

        def body(reader: Reader) -> Sequence[Paragraph]:
            texts = reader.texts
            at = reader.at(conversation.starts_at)
            title = harmless(conversation.title)
            return [
                Paragraph(texts("grouproom.invite", title=title), Style.STRONG),
                Paragraph(texts("grouproom.invite_how", at=at)),
            ]

        def rows(reader: Reader) -> Rows:
            return [[room_button(reader.texts, "in", conversation.id)]]

        post(work, user_id, f"lroom:{conversation.id}:invite", now, body, rows)

    def come_in(self, unit: RoomUnit, user_id: str) -> Member:
        """Let somebody in who has a place; they leave the room they were in before.

        Raises:
            NotLetIn: the conversation is over, they have no place, or the host removed them.
        """
        known = unit.member(user_id)
        if unit.room.is_over:
            raise NotLetIn("grouproom.refused.over")
        if known is not None and known.presence is Presence.REMOVED:
            raise NotLetIn("grouproom.refused.removed")
        if user_id not in invited(unit.work, unit.conversation):
            raise NotLetIn("grouproom.refused.no_seat")
        self._leave_others(unit, user_id)
        if known is not None and known.is_in:
            return known
        was_kept = may_keep_voices(unit.members)
        new = known or Member(
            conversation_id=unit.room.id,
            user_id=user_id,
            place=len(unit.members),
            joined_at=unit.now,
            seen_at=unit.now,
            presence=Presence.OUT,
        )
        member = unit.keep(new.entered(unit.now, self._turns.round_of(unit)))
        self._tell_of(unit, user_id, "came")
        self._mark(unit, was_kept)
        self._lead.look(unit)
        return self._turns.awake(unit, member)

    def go(self, unit: RoomUnit, member: Member, presence: Presence = Presence.OUT) -> None:
        """Somebody leaves, or is made to; a turn of theirs is another's, and so are the tools."""
        was_kept = may_keep_voices(unit.members)
        unit.keep(member.gone(unit.now, unit.room.began_at, presence))
        self._tell_of(unit, member.user_id, "went")
        self._mark(unit, was_kept)
        self._turns.without(unit, member.user_id)
        self._lead.look(unit)

    def set_corrections(self, unit: RoomUnit, member: Member, *, is_wanted: bool) -> Member:
        """Ask for private corrections, or for none."""
        return unit.keep(replace(member, wants_corrections=is_wanted))

    def set_keeping(self, unit: RoomUnit, member: Member, *, is_wanted: bool) -> Member:
        """Say that one's voice may be kept, or take it back; minors are never asked."""
        user = unit.work.users.get(member.user_id)
        may_keep = is_wanted and not user.is_minor
        seat = unit.work.live.seats.find_of(unit.room.id, member.user_id)
        if seat is not None:
            unit.work.live.seats.save(replace(seat, may_record=may_keep))
        was_kept = may_keep_voices(unit.members)
        kept = unit.keep(replace(member, may_keep=may_keep))
        self._mark(unit, was_kept)
        return kept

    def _leave_others(self, unit: RoomUnit, user_id: str) -> None:
        other = unit.work.live.rooms.members.find_in(user_id)
        if other is None or other.conversation_id == unit.room.id:
            return
        left = find_room(unit.work, other.conversation_id, unit.now)
        if left is not None:
            self.go(left, other)

    def _mark(self, unit: RoomUnit, was_kept: bool) -> None:
        """Whether voices are kept is everybody's business: when it changes, all are told."""
        is_kept = may_keep_voices(unit.members)
        if is_kept != was_kept:
            key = "grouproom.own.kept" if is_kept else "grouproom.own.not_kept"
            when = int(unit.now.timestamp() * 1000)
            unit.say_all(f"kept{is_kept:d}:{when}", lambda reader: line(reader, key))

    def _tell_of(self, unit: RoomUnit, user_id: str, what: str) -> None:
        """In a small room everybody hears who comes and goes; in a large one it is only noise."""
        if len(unit.inside) > self._policy.small:
            return

        def body(reader: Reader) -> Sequence[Paragraph]:
            name = member_name(unit.work, user_id, reader.texts)
            return line(reader, f"grouproom.{what}", name=name)

        when = int(unit.now.timestamp() * 1000)
        unit.say_all(f"{what}:{short_id(user_id)}:{when}", body, but={user_id})


def welcome(unit: RoomUnit, member: Member, texts: Texts) -> list[Paragraph]:
    """What somebody reads who came in: who is there, how it goes, and the host's materials."""
    conversation = unit.conversation
    names = [member_name(unit.work, each.user_id, texts) for each in unit.inside]
    shown = ", ".join(names[:_NAMES_SHOWN])
    body = [
        Paragraph(texts("grouproom.in", title=harmless(conversation.title)), Style.STRONG),
        Paragraph(texts("grouproom.in_how", names=shown, count=len(names))),
        *materials(conversation, texts),
    ]
    if prompt := prompt_of(unit):
        body.append(Paragraph(texts("grouproom.now", prompt=prompt), Style.QUOTE))
    return [*body, Paragraph(_own_choices(unit, member, texts))]


def materials(conversation: LiveConversation, texts: Texts) -> list[Paragraph]:
    """The topic, the cultural card, words and grammar, as far as the host gave them."""
    language = language_name(conversation.language, texts.language)
    told = {
        "topic": conversation.topic,
        "culture": conversation.cultural_notes,
        "words": ", ".join(conversation.vocabulary[:_WORDS_SHOWN]),
        "grammar": ", ".join(conversation.grammar_points[:_WORDS_SHOWN]),
    }
    return [
        Paragraph(texts(f"grouproom.card.{name}", text=harmless(text), language=language))
        for name, text in told.items()
        if text
    ]


def own_rows(unit: RoomUnit, member: Member, texts: Texts, *, is_minor: bool) -> Rows:
    """What somebody who is in can set for themselves."""
    fix = "fix_off" if member.wants_corrections else "fix_on"
    keep = "keep_off" if member.may_keep else "keep_on"
    return [
        [room_button(texts, fix, unit.room.id)],
        [] if is_minor else [room_button(texts, keep, unit.room.id)],
        [room_button(texts, "out", unit.room.id)],
    ]


def may_keep_voices(members: Sequence[Member]) -> bool:
    """Whether everybody who is in has said yes."""
    inside = [each for each in members if each.is_in]
    return bool(inside) and all(each.may_keep for each in inside)


def _own_choices(unit: RoomUnit, member: Member, texts: Texts) -> str:
    fix = texts("grouproom.own.fix_on" if member.wants_corrections else "grouproom.own.fix_off")
    is_kept = may_keep_voices(unit.members)
    return f"{fix}\n{texts('grouproom.own.kept' if is_kept else 'grouproom.own.not_kept')}"
