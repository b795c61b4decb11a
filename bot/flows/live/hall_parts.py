"""Boards and rooms for people, put together for the conversation, the senders and the worker."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.chat.ports import Rooms
from bot.flows.live.board_jobs import BoardJobs
from bot.flows.live.board_posts import BoardPosts
from bot.flows.live.board_setup import BoardSetup
from bot.flows.live.core import LiveCore
from bot.flows.live.hall_jobs import HallJobs
from bot.flows.live.halls import ANNOUNCE_JOB, CLOSE_JOB, OPEN_JOB, REFRESH_JOB, Halls
from bot.flows.live.presence import RoomPresence
from bot.flows.live.room_guide import GUIDE_JOB, RoomGuide
from bot.flows.ports import FlowWork
from bot.flows.voice_turn import Parts
from bot.jobs.ports import JobHandler
from bot.live.hall_ports import LiveHalls
from bot.meetings.service import MeetingService
from bot.messaging.model import Incoming


@dataclass(frozen=True, slots=True)
class HallParts:
    """What others need of boards and rooms.

    Args:
        halls: by platform, filled once they are connected.
        presence: hears who comes and goes; None where there are no meetings.
    """

    halls: dict[str, LiveHalls]
    promises: Halls
    posts: BoardPosts
    setup: BoardSetup
    guide: RoomGuide
    presence: RoomPresence | None
    worker: Mapping[str, JobHandler[FlowWork]]

    def follow(self, core: LiveCore) -> None:
        """Hear what becomes of conversations and seats."""
        core.add_listener(seats=self.promises, conversations=self.promises)
        core.add_listener(conversations=self.guide)

    def heard(self, work: FlowWork, incoming: Incoming) -> None:
        """Somebody came or went in a room."""
        if self.presence is not None:
            self.presence.heard(work, incoming)


def assemble_halls(
    parts: Parts, rooms: Mapping[str, Rooms], meetings: MeetingService[FlowWork] | None
) -> HallParts:
    """Without meetings nothing is announced but by messages and calendars.

    Args:
        rooms: by platform, of those that know who manages a channel.
    """
    clock, halls = parts.scenes.clock, dict[str, LiveHalls]()
    promises = Halls(clock)
    posts = BoardPosts(clock, promises, parts.start_link)
    tell = BoardJobs(parts.storage, clock, posts, halls).tell
    worker: dict[str, JobHandler[FlowWork]] = {ANNOUNCE_JOB: tell, REFRESH_JOB: tell}
    presence = None
    if meetings is not None:
        presence = RoomPresence(meetings)
        jobs = HallJobs(parts.storage, clock, halls, promises, posts, meetings, presence)
        worker |= {OPEN_JOB: jobs.open_room, CLOSE_JOB: jobs.close_room}
    guide = RoomGuide(parts)
    worker[GUIDE_JOB] = guide.say
    setup = BoardSetup(parts, rooms, halls, promises, posts)
    return HallParts(halls, promises, posts, setup, guide, presence, worker)
