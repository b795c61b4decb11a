"""Rooms put together for the conversation, for the senders, for the worker and for the course."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.flows.commands import Action, Command
from bot.flows.dispatch import Carried, Press
from bot.flows.live.core import LiveCore
from bot.flows.live.meetings import ConversationMeetings, stays_of_meeting
from bot.flows.live.room_after import RoomAfter
from bot.flows.live.room_course import RoomCourse, stays_of_room
from bot.flows.live.room_desk import RoomDesk
from bot.flows.live.room_door import RoomDoor
from bot.flows.live.room_events import RoomEvents
from bot.flows.live.room_jobs import RoomJobs
from bot.flows.live.room_lead import RoomLead
from bot.flows.live.room_mirror import RoomMirror, message_of
from bot.flows.live.room_post import ROOM_PREFIX
from bot.flows.live.room_talk import RoomParts, RoomTalk, passed_on
from bot.flows.live.room_tools import RoomTools
from bot.flows.live.room_translation import RoomTranslation
from bot.flows.live.room_turns import RoomTurns
from bot.flows.live.room_unit import has_notes
from bot.flows.live.room_zoom import RoomLinks
from bot.flows.meeting_link import MeetingDesk
from bot.flows.model import Flow
from bot.flows.ports import FlowWork
from bot.flows.relay_engines import EngineTranscriber, EngineTranslator
from bot.flows.runner import Runner
from bot.flows.scene import Later, Scene
from bot.flows.voice_turn import Parts
from bot.jobs.ports import JobHandler
from bot.live.model import LiveConversation, Stay
from bot.live.room_ports import SlipFinder
from bot.messaging.model import Change, Outgoing


@dataclass(frozen=True, slots=True)
class LiveRooms:
    """What others need of rooms.

    Args:
        events: hears what becomes of conversations and seats.
    """

    parts: Parts
    talk: RoomTalk
    desk: RoomDesk
    course: RoomCourse
    events: RoomEvents
    worker: RoomJobs
    links: RoomLinks
    meetings: MeetingDesk | None

    def commands(self) -> Sequence[Command]:
        return ()

    def presses(self) -> Mapping[str, Press]:
        return {ROOM_PREFIX: self.desk.press}

    def flows(self) -> Sequence[Flow]:
        return self.desk.flows()

    def jobs(self) -> Mapping[str, JobHandler[FlowWork]]:
        """For the worker."""
        return self.worker.handlers()

    def carry(self, scene: Scene) -> Carried | None:
        """A message of somebody who is in a room; None: it is for others."""
        return self.talk.carry(scene)

    def leaving(self, action: Action) -> Action:
        """`action` after which plain messages go to the tutor again."""

        def act(scene: Scene, rest: str) -> Later | None:
            if not scene.incoming.is_shared:
                self.desk.leave_all(scene)
            return action(scene, rest)

        return act

    def settled(self, work: FlowWork, sent: Outgoing) -> None:
        """For the senders: a row was sent, or never will be; in the unit that marks it."""
        if sent.attachment is None or sent.change is not Change.SEND:
            return
        message_id = message_of(sent.key)
        if message_id is not None:
            passed_on(work, message_id)

    def stays(self, work: FlowWork, conversation: LiveConversation) -> Mapping[str, Stay]:
        """Who was in the room, or in the meeting, and how long, up to this moment."""
        now = self.parts.scenes.clock.now()
        if has_notes(conversation) or self.meetings is None:
            return stays_of_room(work, conversation, now)
        return stays_of_meeting(self.meetings.service.seen(work, conversation.id), now)

    def follow(self, core: LiveCore) -> None:
        """Hear of conversations and seats, from those who decide what becomes of them."""
        core.add_listener(seats=self.events, conversations=self.events)
        core.add_listener(conversations=ConversationMeetings(core.clock))
        self.course.follow(core.course)
        if self.meetings is not None and self.meetings.conversations is not None:
            self.meetings.conversations.follow(
                core.course,
                say_ready=self.links.tell_ready,
                ask_for_link=self.links.ask_for_link,
            )


def assemble_rooms(
    runner: Runner,
    parts: Parts,
    find_slips: SlipFinder,
    meetings: MeetingDesk | None = None,
) -> LiveRooms:
    """Rooms with the engines and limits there are."""
    clock, rules = parts.scenes.clock, parts.scenes.rules
    policy = rules.rooms
    translator = EngineTranslator(parts.chain.engines)
    mirror = RoomMirror(can_translate=translator.is_available)
    turns, lead = RoomTurns(policy), RoomLead(policy)
    door, after = RoomDoor(policy, turns, lead), RoomAfter(policy, runner)
    course = RoomCourse(clock, policy, door, turns, lead, after)
    talk = RoomTalk(RoomParts(mirror, turns, lead, rules.relay, rules.recording_kept_for), parts)
    translation = RoomTranslation(mirror, translator, parts)
    links = RoomLinks(runner, parts, meetings)
    tools = RoomTools(course, door, turns, lead)
    desk = RoomDesk(door, turns, tools, after, translation, links)
    transcriber = EngineTranscriber(parts.chain, parts.codec)
    jobs = RoomJobs(parts.storage, clock, course, turns, lead, mirror, transcriber, find_slips)
    runner.add(*desk.flows())
    events = RoomEvents(clock, course, door, links)
    return LiveRooms(parts, talk, desk, course, events, jobs, links, meetings)
