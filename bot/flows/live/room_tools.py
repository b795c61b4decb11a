"""The host's tools: start, next prompt, skip, mute, remove, more time, end for all."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from bot.core.errors import DomainError
from bot.flows.lesson_words import Reader
from bot.flows.live.room_course import RoomCourse
from bot.flows.live.room_door import RoomDoor
from bot.flows.live.room_lead import RoomLead, tool_rows, tools_body
from bot.flows.live.room_post import line, member_name, room_button, room_data
from bot.flows.live.room_turns import RoomTurns
from bot.flows.live.room_unit import RoomUnit, find_room
from bot.flows.runner import StaleButton
from bot.flows.scene import Scene
from bot.live.model import ConversationStatus
from bot.live.room_model import Member, Presence
from bot.messaging.model import Button, Style


class RoomTools:
    """Presses of whoever leads; everybody else is told who does."""

    def __init__(
        self, course: RoomCourse, door: RoomDoor, turns: RoomTurns, lead: RoomLead
    ) -> None:
        self._course = course
        self._door = door
        self._turns = turns
        self._lead = lead

    @property
    def actions(self) -> Mapping[str, Callable[[Scene, str, str], None]]:
        """By name: what is done with a conversation and the rest of a button's data."""
        return {
            "start": self._start,
            "next": self._next,
            "skip": self._skip,
            "more": self._more,
            "end": self._ask_end,
            "end2": self._end,
            "tools": self._show,
            "mute": self._list,
            "remove": self._list_to_remove,
            "m": self._mute,
            "x": self._remove,
        }

    def show(self, unit: RoomUnit) -> None:
        """The panel, for whoever leads."""
        self._lead.show_tools(unit)

    def _start(self, scene: Scene, conversation_id: str, _: str) -> None:
        unit = _inside(scene, conversation_id)
        if unit.conversation.status is not ConversationStatus.SCHEDULED:
            raise StaleButton
        self._lead_on(scene, unit)
        scene.answer_button()
        self._course.start(scene.work, unit.conversation)

    def _next(self, scene: Scene, conversation_id: str, _: str) -> None:
        unit = self._running(scene, conversation_id)
        scene.answer_button()
        if not self._turns.next_prompt(unit):
            scene.say(scene.text("grouproom.no_more_prompts"))

    def _skip(self, scene: Scene, conversation_id: str, _: str) -> None:
        unit = self._running(scene, conversation_id)
        scene.answer_button()
        asked = None if unit.room.turn_of is None else unit.member(unit.room.turn_of)
        if asked is None:
            self._turns.deal(unit)
        else:
            self._turns.had_turn(unit, asked)

    def _more(self, scene: Scene, conversation_id: str, _: str) -> None:
        unit = self._running(scene, conversation_id)
        self._course.extend(scene.work, unit.conversation)
        scene.answer_button()

    def _ask_end(self, scene: Scene, conversation_id: str, _: str) -> None:
        unit = self._leading(scene, conversation_id)
        scene.answer_button()
        rows = [
            [room_button(scene.texts, "end2", unit.room.id)],
            [room_button(scene.texts, "tools", unit.room.id)],
        ]
        scene.show(scene.text("grouproom.end_really", Style.STRONG), buttons=rows)

    def _end(self, scene: Scene, conversation_id: str, _: str) -> None:
        unit = self._running(scene, conversation_id)
        scene.answer_button()
        self._course.end(scene.work, unit.conversation, scene.user.id)

    def _show(self, scene: Scene, conversation_id: str, _: str) -> None:
        unit = self._leading(scene, conversation_id)
        scene.answer_button()
        reader = Reader(scene.user, scene.incoming.address.platform)
        scene.show(*tools_body(reader), buttons=tool_rows(unit, reader))

    def _list(self, scene: Scene, conversation_id: str, _: str) -> None:
        self._show_people(scene, self._leading(scene, conversation_id), "m")

    def _list_to_remove(self, scene: Scene, conversation_id: str, _: str) -> None:
        self._show_people(scene, self._leading(scene, conversation_id), "x")

    def _mute(self, scene: Scene, conversation_id: str, place: str) -> None:
        """Mute somebody, or let them speak again."""
        unit, member = self._leading_whom(scene, conversation_id, place)
        is_muted = not member.is_muted
        unit.keep(replace(member, is_muted=is_muted))
        self._tell(unit, member, "muted" if is_muted else "unmuted")
        if is_muted:
            self._turns.without(unit, member.user_id)
        self._show_people(scene, unit, "m")

    def _remove(self, scene: Scene, conversation_id: str, place: str) -> None:
        unit, member = self._leading_whom(scene, conversation_id, place)
        self._tell(unit, member, "removed")
        self._door.go(unit, member, Presence.REMOVED)
        self._show_people(scene, unit, "x")

    def _show_people(self, scene: Scene, unit: RoomUnit, action: str) -> None:
        scene.answer_button()
        others = [each for each in unit.inside if each.user_id != scene.user.id]
        rows = [[self._person(scene, unit, each, action)] for each in others]
        back = [room_button(scene.texts, "tools", unit.room.id)]
        key = "grouproom.mute_whom" if action == "m" else "grouproom.remove_whom"
        scene.show(scene.text(key if others else "grouproom.alone"), buttons=[*rows, back])

    def _person(self, scene: Scene, unit: RoomUnit, member: Member, action: str) -> Button:
        name = member_name(unit.work, member.user_id, scene.texts)
        mark = "🔇 " if member.is_muted else ""
        return Button(f"{mark}{name}", room_data(action, unit.room.id, member.place))

    def _tell(self, unit: RoomUnit, member: Member, what: str) -> None:
        key = f"{what}{unit.room.version}:{int(unit.now.timestamp() * 1000)}"
        unit.say(member.user_id, key, lambda reader: line(reader, f"grouproom.told.{what}"))

    def _running(self, scene: Scene, conversation_id: str) -> RoomUnit:
        """Raises DomainError before the start and after the end, too."""
        unit = self._leading(scene, conversation_id)
        if not unit.room.is_running:
            raise DomainError("grouproom.refused.not_begun")
        return unit

    def _leading_whom(
        self, scene: Scene, conversation_id: str, place: str
    ) -> tuple[RoomUnit, Member]:
        """The room, and somebody else in it, by place. Raises as `_leading`."""
        unit = _inside(scene, conversation_id)
        _other(unit, scene.user.id, place)
        self._lead_on(scene, unit)
        return unit, _other(unit, scene.user.id, place)

    def _leading(self, scene: Scene, conversation_id: str) -> RoomUnit:
        """The room, for whoever leads it; a host who does something leads again.

        Raises:
            StaleButton: they are not in it, or it is over.
            DomainError: somebody else leads, named by display name.
        """
        unit = _inside(scene, conversation_id)
        self._lead_on(scene, unit)
        return unit

    def _lead_on(self, scene: Scene, unit: RoomUnit) -> None:
        """Raises DomainError where somebody else leads; that undoes the whole unit."""
        member = unit.member(scene.user.id)
        if member is not None:
            self._turns.awake(unit, member)
        self._lead.look(unit)
        if unit.room.leader_id != scene.user.id:
            name = member_name(unit.work, unit.room.leader_id, scene.texts)
            raise DomainError("grouproom.refused.not_leading", name=name)


def _inside(scene: Scene, conversation_id: str) -> RoomUnit:
    """The room somebody is in. Raises StaleButton."""
    unit = find_room(scene.work, conversation_id, scene.now)
    member = None if unit is None else unit.member(scene.user.id)
    if unit is None or member is None or not member.is_in:
        raise StaleButton
    return unit


def _other(unit: RoomUnit, own_id: str, place: str) -> Member:
    """Somebody in the room by place, not oneself. Raises StaleButton."""
    found = (each for each in unit.inside if str(each.place) == place)
    member = next(found, None)
    if member is None or member.user_id == own_id:
        raise StaleButton
    return member
