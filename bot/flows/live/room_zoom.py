"""Ways into a conversation that meets elsewhere: one's own link, the host's room, a host's link."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.errors import ServiceFailure
from bot.flows.lesson_words import Reader
from bot.flows.live.meetings import BEGINS_BEFORE, NoRoom, is_welcome
from bot.flows.live.room_after import find_conversation
from bot.flows.live.room_post import line, member_name, post, room_button
from bot.flows.live.room_unit import invited
from bot.flows.meeting_link import HostRoom, MeetingDesk, parse_link
from bot.flows.model import Answers, Flow, Step
from bot.flows.ports import FlowWork
from bot.flows.runner import Runner, StaleButton
from bot.flows.scene import Later, Rows, Scene
from bot.flows.voice_turn import Parts
from bot.live.model import LiveConversation
from bot.meetings.model import Meeting, MeetingState, Provider, Registrant, What
from bot.meetings.ports import Guest, Invited
from bot.messaging.model import Button, Incoming, Paragraph

LINK_FLOW = "room_link"
Register = Callable[[str, Guest], Awaitable[Invited]]


class RoomLinks:
    """Presses about a conversation's meeting.

    Args:
        desk: None where there are no meetings: nothing here is offered then.
    """

    def __init__(self, runner: Runner, parts: Parts, desk: MeetingDesk | None) -> None:
        self._runner = runner
        self._parts = parts
        self._desk = desk

    @property
    def actions(self) -> Mapping[str, Callable[[Scene, str, str], Later | None]]:
        """By name: what is done with a conversation and the rest of a button's data."""
        return {"join": self._join, "host": self._host, "link": self._link}

    def flows(self) -> Sequence[Flow]:
        step = Step(
            name="link", asks="grouproom.link.ask", parse=lambda _, typed: parse_link(typed)
        )
        return [Flow(LINK_FLOW, (step,), self._keep_link, shows_progress=False)]

    def tell_ready(self, work: FlowWork, meeting: Meeting) -> None:
        """There is a way in: to everybody who has a place, once for every change of it."""
        conversation = work.live.conversations.find(meeting.subject_id)
        if conversation is None:
            return
        for user_id in invited(work, conversation):
            self.invite(work, conversation, meeting, user_id)

    def invite(
        self, work: FlowWork, conversation: LiveConversation, meeting: Meeting, user_id: str
    ) -> None:
        """The way in, for one of them."""

        def body(reader: Reader) -> Sequence[Paragraph]:
            at = reader.at(meeting.starts_at)
            return line(reader, "grouproom.meeting", title=conversation.title, at=at)

        def rows(reader: Reader) -> Rows:
            join = [room_button(reader.texts, "join", conversation.id)]
            is_host = user_id == conversation.host_id and meeting.provider is Provider.ZOOM
            return [join, [room_button(reader.texts, "host", conversation.id)] if is_host else []]

        key = f"lroom:{conversation.id}:meet{meeting.version}"
        post(work, user_id, key, self._now, body, rows)

    def ask_for_link(self, work: FlowWork, meeting: Meeting) -> None:
        """No room can be made: the host is asked for a link of their own."""
        conversation = work.live.conversations.find(meeting.subject_id)
        if conversation is None:
            return

        def body(reader: Reader) -> Sequence[Paragraph]:
            return line(reader, "grouproom.link_needed", title=conversation.title)

        def rows(reader: Reader) -> Rows:
            return [[room_button(reader.texts, "link", conversation.id)]]

        key = f"lroom:{conversation.id}:link{meeting.version}"
        post(work, conversation.host_id, key, self._now, body, rows)

    def _join(self, scene: Scene, conversation_id: str, _: str) -> Later | None:
        """One's own link; asked for at the vendor's the first time."""
        conversation = find_conversation(scene.work, conversation_id)
        if not is_welcome(scene.work, conversation, scene.user.id):
            raise StaleButton
        meeting = scene.work.meetings.of_subject(conversation.id)
        if self._desk is None or meeting is None or meeting.state is not MeetingState.READY:
            raise NoRoom
        link = self._desk.service.link_of(scene.work, conversation.id, scene.user.id)
        scene.answer_button()
        if link is not None:
            self._note_coming(scene, meeting)
            _show_link(scene, link)
            return None
        if self._desk.register is None or meeting.provider_id is None:
            raise NoRoom
        name = member_name(scene.work, scene.user.id, scene.texts)
        return _Join(self._parts, self._desk.register, meeting, Guest(scene.user.id, name))

    def _note_coming(self, scene: Scene, meeting: Meeting) -> None:
        """Behind a host's own link nobody tells who comes: asking for the way in counts."""
        is_time = scene.now >= meeting.starts_at - BEGINS_BEFORE
        if self._desk is not None and meeting.provider is Provider.OWN and is_time:
            self._desk.service.tap(scene.work, meeting.subject_id, scene.user.id, What.JOINED)

    def _host(self, scene: Scene, conversation_id: str, _: str) -> Later | None:
        """Open the room as its host. Raises StaleButton for everybody else."""
        meeting = scene.work.meetings.of_subject(conversation_id)
        if meeting is None or meeting.host_user_id != scene.user.id:
            raise StaleButton
        start_url = None if self._desk is None else self._desk.start_url
        if start_url is None or meeting.provider_id is None or meeting.is_over:
            raise NoRoom
        scene.answer_button()
        return HostRoom(self._parts.scenes, self._parts.storage, start_url, meeting.provider_id)

    def _link(self, scene: Scene, conversation_id: str, _: str) -> Later | None:
        conversation = find_conversation(scene.work, conversation_id)
        if conversation.host_id != scene.user.id or self._desk is None:
            raise StaleButton
        scene.answer_button()
        return self._runner.start(scene, LINK_FLOW, {"conversation": conversation.id})

    def _keep_link(self, scene: Scene, answers: Answers) -> Later | None:
        """Raises NotFound: no link is wanted any more."""
        if self._desk is not None:
            url = str(answers["link"])
            self._desk.service.set_link(scene.work, str(answers["conversation"]), url)
        return None

    @property
    def _now(self) -> datetime:
        return self._parts.scenes.clock.now()


@dataclass(frozen=True, slots=True)
class _Join:
    """Asks the vendor for somebody's own link, keeps it, and shows it to them."""

    parts: Parts
    register: Register
    meeting: Meeting
    guest: Guest

    async def __call__(self, incoming: Incoming, interrupted: asyncio.Event) -> None:
        try:
            made = await self.register(self.meeting.provider_id or "", self.guest)
        except ServiceFailure as failure:
            raise NoRoom from failure

        def unit(work: FlowWork) -> None:
            scene = self.parts.scenes.of(work, incoming, "join")
            work.registrants.put(
                Registrant(
                    meeting_id=self.meeting.id,
                    user_id=self.guest.user_id,
                    registrant_id=made.registrant_id,
                    join_url=made.join_url,
                )
            )
            _show_link(scene, made.join_url)
            self.parts.scenes.finish(scene)

        await self.parts.storage.write(unit)


def _show_link(scene: Scene, link: str) -> None:
    rows = [[Button(scene.texts("grouproom.button.enter"), url=link)]]
    scene.say(scene.text("grouproom.your_link"), buttons=rows)
