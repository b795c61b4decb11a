"""/setup, the second choice: a channel in which live conversations are announced."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.chat.model import place_key
from bot.chat.ports import Offer, Rooms
from bot.flows.commands import Command
from bot.flows.dispatch import Press
from bot.flows.live.board_posts import BoardPosts
from bot.flows.live.halls import Halls
from bot.flows.ports import FlowWork
from bot.flows.runner import StaleButton
from bot.flows.scene import Later, Rows, Scene
from bot.flows.voice_turn import Parts
from bot.live.hall_model import Board
from bot.live.hall_ports import LiveHalls, Refused
from bot.messaging.model import Address, Incoming

BOARD_PREFIX = "lb"
_HERE, _OFF = "here", "off"


def board_rows(scene: Scene) -> Rows:
    """Under what /setup says to whoever may choose."""
    return [[scene.button("board.button.here", f"{BOARD_PREFIX}:{_HERE}")]]


class BoardSetup:
    """Who manages a server or a group chooses the channel.

    Args:
        rooms: by platform, of those that know who manages a channel.
        halls: by platform, of those whose channels belong to a server.
    """

    def __init__(
        self,
        parts: Parts,
        rooms: Mapping[str, Rooms],
        halls: Mapping[str, LiveHalls],
        promises: Halls,
        posts: BoardPosts,
    ) -> None:
        self._parts = parts
        self._rooms = rooms
        self._halls = halls
        self._promises = promises
        self._posts = posts

    def commands(self) -> Sequence[Command]:
        return ()

    def presses(self) -> Mapping[str, Press]:
        return {BOARD_PREFIX: self.press}

    def press(self, scene: Scene, data: str) -> Later | None:
        """Whether they may is asked of the platform, whoever the button was shown to."""
        rooms = self._rooms.get(scene.incoming.address.platform)
        if data not in {_HERE, _OFF} or not scene.incoming.is_shared or rooms is None:
            raise StaleButton
        return _Choose(self, rooms, is_wanted=data == _HERE)

    async def choose(self, incoming: Incoming, rooms: Rooms, *, is_wanted: bool) -> None:
        """Ask, and write it down."""
        place, person = channel_of(incoming), incoming.sender.external_id
        offer = await rooms.offer(place, person, is_vouched=incoming.is_whispered)
        server, trouble = place.room, None
        if offer is not Offer.NOT_MANAGER and place.platform in self._halls:
            try:
                server = await self._halls[place.platform].server_of(place)
            except Refused as refused:
                trouble = refused.trouble

        def unit(work: FlowWork) -> None:
            scene = self._parts.scenes.of(work, incoming, "board")
            if offer is Offer.NOT_MANAGER:
                scene.answer_button(scene.texts("board.managers_only"), is_alert=True)
            elif not is_wanted:
                self._leave(scene, place)
            elif trouble is not None:
                scene.answer_button()
                scene.say(scene.text(f"board.trouble.{trouble}"))
            else:
                self._take(scene, place, server)
            self._parts.scenes.finish(scene)

        await self._parts.storage.write(unit)

    def _take(self, scene: Scene, place: Address, server: str) -> None:
        work = scene.work
        known = work.halls.boards.of_server(place.platform, server)
        board = Board(
            user_id=scene.user.id,
            platform=place.platform,
            server=server,
            place=place_key(place),
            since=scene.now,
        )
        if known is not None and known.place != board.place:
            self._posts.leave(work, known)
            known = None
        if known is None:
            work.halls.boards.add(board)
        elif known.troubles or known.user_id != board.user_id:
            chosen = replace(known, user_id=board.user_id, since=scene.now, troubles=())
            board = work.halls.boards.save(chosen)
        else:
            board = known
        self._promises.fill(work, board)
        scene.answer_button()
        row = [scene.button("board.button.off", f"{BOARD_PREFIX}:{_OFF}")]
        scene.say(scene.text("board.chosen"), buttons=[row])

    def _leave(self, scene: Scene, place: Address) -> None:
        board = scene.work.halls.boards.at_place(place_key(place))
        if board is not None:
            self._posts.leave(scene.work, board)
        scene.answer_button()
        scene.say(scene.text("board.left"), buttons=board_rows(scene))


def channel_of(incoming: Incoming) -> Address:
    """The channel that is meant: asked for in a thread, a post or a topic, the one around it."""
    address = incoming.address
    return incoming.home or Address(address.platform, address.room)


@dataclass(frozen=True, slots=True)
class _Choose:
    """The platform is asked outside of the transaction."""

    setup: BoardSetup
    rooms: Rooms
    is_wanted: bool

    async def __call__(self, incoming: Incoming, interrupted: asyncio.Event) -> None:
        await self.setup.choose(incoming, self.rooms, is_wanted=self.is_wanted)
