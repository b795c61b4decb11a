"""Presses about a room: coming in, going, one's own choices, the tools, and stars afterwards."""

from collections.abc import Callable, Mapping, Sequence

from bot.core.entity import long_id
from bot.flows.live.room_after import RoomAfter, find_conversation
from bot.flows.live.room_door import NotLetIn, RoomDoor, own_rows, welcome
from bot.flows.live.room_post import room_button
from bot.flows.live.room_tools import RoomTools
from bot.flows.live.room_translation import RoomTranslation
from bot.flows.live.room_turns import RoomTurns
from bot.flows.live.room_unit import RoomUnit, find_room
from bot.flows.live.room_zoom import RoomLinks
from bot.flows.model import Flow
from bot.flows.runner import StaleButton
from bot.flows.scene import Later, Scene
from bot.live.model import LiveConversation
from bot.live.room_model import Member


class RoomDesk:
    """What a button of a room does; `data` is "<action>:<short id>[:<more>]"."""

    def __init__(
        self,
        door: RoomDoor,
        turns: RoomTurns,
        tools: RoomTools,
        after: RoomAfter,
        translation: RoomTranslation,
        links: RoomLinks,
    ) -> None:
        self._door = door
        self._turns = turns
        self._tools = tools
        self._after = after
        self._translation = translation
        self._links = links
        own: Mapping[str, Callable[[Scene, str, str], Later | None]] = {
            "in": self._come_in,
            "out": self._leave,
            "pass": self._pass,
            "fix_on": lambda scene, about, _: self._corrections(scene, about, is_wanted=True),
            "fix_off": lambda scene, about, _: self._corrections(scene, about, is_wanted=False),
            "keep_on": lambda scene, about, _: self._keeping(scene, about, is_wanted=True),
            "keep_off": lambda scene, about, _: self._keeping(scene, about, is_wanted=False),
            "t": lambda scene, about, _: self._translation.press(scene, about),
            "star": self._star,
            "chip": self._chip,
            "note": lambda scene, about, _: after.ask_note(scene, self._of(scene, about)),
            "done": lambda scene, about, _: after.done(scene, self._of(scene, about)),
            "view": lambda scene, about, _: after.view(scene, self._of(scene, about)),
        }
        self._actions = {**tools.actions, **links.actions, **own}

    def flows(self) -> Sequence[Flow]:
        return [self._after.note_flow(), *self._links.flows()]

    def press(self, scene: Scene, data: str) -> Later | None:
        """Raises StaleButton for what is no button of this person's (any more)."""
        name, _, rest = data.partition(":")
        short, _, more = rest.partition(":")
        action = self._actions.get(name)
        try:
            about = long_id(short)
        except ValueError as error:
            raise StaleButton from error
        if action is None or scene.incoming.is_shared:
            raise StaleButton
        return action(scene, about, more)

    def leave_all(self, scene: Scene) -> None:
        """Somebody goes to practise alone: what they say there is for nobody else."""
        member = scene.work.live.rooms.members.find_in(scene.user.id)
        unit = None if member is None else find_room(scene.work, member.conversation_id, scene.now)
        if member is not None and unit is not None:
            self._door.go(unit, unit.member(scene.user.id) or member)
            self._say_left(scene, unit)

    def _come_in(self, scene: Scene, conversation_id: str, _: str) -> None:
        unit = find_room(scene.work, conversation_id, scene.now)
        if unit is None:
            raise NotLetIn("grouproom.refused.not_open")
        member = self._door.come_in(unit, scene.user.id)
        scene.answer_button()
        self._welcome(scene, unit, member)
        if scene.user.id == unit.room.leader_id:
            self._tools.show(unit)

    def _leave(self, scene: Scene, conversation_id: str, _: str) -> None:
        unit, member = self._inside(scene, conversation_id)
        scene.answer_button()
        self._door.go(unit, member)
        self._say_left(scene, unit)

    def _pass(self, scene: Scene, conversation_id: str, number: str) -> None:
        """Let a turn of one's own go by; nobody thinks the worse of it."""
        unit, member = self._inside(scene, conversation_id)
        is_theirs = unit.room.is_running and unit.room.turn_of == scene.user.id
        if not is_theirs or str(unit.room.turn_number) != number:
            raise StaleButton
        scene.answer_button()
        scene.show(scene.text("grouproom.passed"))
        self._turns.had_turn(unit, self._turns.awake(unit, member))

    def _corrections(self, scene: Scene, conversation_id: str, *, is_wanted: bool) -> None:
        unit, member = self._inside(scene, conversation_id)
        changed = self._door.set_corrections(unit, member, is_wanted=is_wanted)
        self._welcome(scene, unit, changed, is_again=True)

    def _keeping(self, scene: Scene, conversation_id: str, *, is_wanted: bool) -> None:
        unit, member = self._inside(scene, conversation_id)
        changed = self._door.set_keeping(unit, member, is_wanted=is_wanted)
        self._welcome(scene, unit, changed, is_again=True)

    def _star(self, scene: Scene, conversation_id: str, more: str) -> None:
        stars = int(more) if more.isdecimal() else 0
        self._after.rate(scene, self._of(scene, conversation_id), stars)

    def _chip(self, scene: Scene, conversation_id: str, more: str) -> None:
        self._after.choose(scene, self._of(scene, conversation_id), more)

    def _of(self, scene: Scene, conversation_id: str) -> LiveConversation:
        return find_conversation(scene.work, conversation_id)

    def _welcome(
        self, scene: Scene, unit: RoomUnit, member: Member, *, is_again: bool = False
    ) -> None:
        body = welcome(unit, member, scene.texts)
        rows = own_rows(unit, member, scene.texts, is_minor=scene.user.is_minor)
        if is_again:
            scene.answer_button()
            scene.show(*body, buttons=rows)
        else:
            scene.say(*body, buttons=rows)

    def _say_left(self, scene: Scene, unit: RoomUnit) -> None:
        back = [[room_button(scene.texts, "in", unit.room.id)]]
        scene.say(scene.text("grouproom.left"), buttons=back)

    def _inside(self, scene: Scene, conversation_id: str) -> tuple[RoomUnit, Member]:
        """Raises StaleButton for who is not in."""
        unit = find_room(scene.work, conversation_id, scene.now)
        member = None if unit is None else unit.member(scene.user.id)
        if unit is None or member is None or not member.is_in:
            raise StaleButton
        return unit, member
