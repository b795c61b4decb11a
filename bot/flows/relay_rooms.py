"""/setup: a channel in which teachers have a room of their own for every student."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from bot.chat.halls import want_room
from bot.chat.model import Hall, place_key
from bot.chat.ports import Offer, Rooms
from bot.flows.live.board_setup import board_rows, channel_of
from bot.flows.ports import FlowWork
from bot.flows.runner import StaleButton
from bot.flows.scene import Later, Scene
from bot.flows.voice_turn import Parts
from bot.messaging.model import Incoming, MessageKind, Outgoing

PREFIX = "rh"


class RelayRooms:
    """A server's manager names the channel; each teacher decides for themselves.

    Args:
        rooms: by platform, of those that can open rooms.
    """

    def __init__(self, parts: Parts, rooms: Mapping[str, Rooms]) -> None:
        self._parts = parts
        self._rooms = rooms

    def setup(self, scene: Scene, _: str = "") -> Later | None:
        """/setup in a channel: whoever teaches may receive their students there."""
        rooms = self._rooms.get(scene.incoming.address.platform)
        if scene.incoming.is_shared and rooms is not None:
            return _SetUp(self._parts, rooms)
        scene.say(scene.text("relay.setup_where"))
        return None

    def press(self, scene: Scene, data: str) -> Later | None:
        """Rooms here from now on, for the students there are too; or the private chat again."""
        work, own = scene.work, scene.user.id
        if data not in {"here", "private"}:
            raise StaleButton
        teacher = work.teachers.find_of_user(own)
        if teacher is None or not teacher.is_verified:
            scene.answer_button(scene.texts("relay.setup_teachers_only"), is_alert=True)
            return None
        if data == "private":
            self._leave(scene)
            return None
        if work.notes.get(_chosen(scene.incoming)) is None:
            raise StaleButton
        place = place_key(channel_of(scene.incoming))
        before = work.chat.halls.find(own)
        work.chat.halls.put(Hall(user_id=own, place=place))
        for thread in work.chat.threads.of_user(own):
            has_room = thread.teacher_place and before is not None and before.place == place
            if thread.teacher_id == own and not has_room:
                want_room(work, thread, scene.now, cause=scene.incoming.key)
        scene.answer_button(scene.texts("relay.setup_done"), is_alert=True)
        return None

    def _leave(self, scene: Scene) -> None:
        work, own = scene.work, scene.user.id
        work.chat.halls.drop(own)
        for thread in work.chat.threads.of_user(own):
            if thread.teacher_id == own:
                work.chat.threads.save(thread.placed(own, None))
        scene.answer_button(scene.texts("relay.setup_left"), is_alert=True)


@dataclass(frozen=True, slots=True)
class _SetUp:
    """Asks the platform what may be opened there, and says so."""

    parts: Parts
    rooms: Rooms

    async def __call__(self, incoming: Incoming, interrupted: asyncio.Event) -> None:
        person, is_vouched = incoming.sender.external_id, incoming.is_whispered
        offer = await self.rooms.offer(channel_of(incoming), person, is_vouched=is_vouched)

        def unit(work: FlowWork) -> None:
            scene = self.parts.scenes.of(work, incoming, "setup")
            if offer is Offer.NOT_MANAGER:
                scene.say(scene.text(f"relay.setup.{offer}"))
            else:
                _say_what_there_is(scene, offer)
            self.parts.scenes.finish(scene)

        await self.parts.storage.write(unit)


def _say_what_there_is(scene: Scene, offer: Offer) -> None:
    """Rooms for students where they can be opened, and in any case announcements."""
    said = [scene.text("board.offer")]
    if offer.is_refusal:
        said.insert(0, scene.text(f"relay.setup.{offer}"))
    else:
        _put_card(scene, offer)
        if scene.incoming.is_whispered:
            said.insert(0, scene.text("relay.setup_posted"))
    scene.say(*said, buttons=board_rows(scene))


def _put_card(scene: Scene, offer: Offer) -> None:
    """For everybody there, whoever asked for it."""
    incoming = scene.incoming
    row = (
        scene.button("relay.button.rooms_here", f"{PREFIX}:here"),
        scene.button("relay.button.rooms_private", f"{PREFIX}:private"),
    )
    card = Outgoing(
        key=f"{incoming.key}:card",
        to=incoming.address,
        kind=MessageKind.PROMPT,
        body=(scene.text(f"relay.setup.{offer}"),),
        buttons=(row,),
    )
    scene.work.notes.put(_chosen(incoming), "1")
    scene.work.outbox.put(card, at=scene.now)


def _chosen(incoming: Incoming) -> str:
    """The note that somebody who may has chosen this channel."""
    return f"hall {place_key(channel_of(incoming))}"
