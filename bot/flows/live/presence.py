"""People in rooms made for live conversations: who comes and goes becomes a meeting's facts."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.chat.model import place_key
from bot.flows.ports import FlowWork
from bot.meetings.model import Meeting, Sighting, Source, What
from bot.meetings.service import MeetingService
from bot.messaging.model import Incoming, IncomingKind, Sender

Seats = Mapping[str, str | None]
"""Who is in: by seat, the person, or None for somebody nobody knows."""


class RoomPresence:
    """Every method belongs to the caller's unit.

    A seat is somebody's account on the platform, as a keyed hash: strangers are told apart, and
    not named.
    """

    def __init__(self, meetings: MeetingService[FlowWork]) -> None:
        self._meetings = meetings

    def heard(self, work: FlowWork, incoming: Incoming) -> None:
        """Somebody came or went, or a platform tells who is in a room."""
        room = work.halls.rooms.open_at(place_key(incoming.address))
        meeting = None if room is None else work.meetings.lock(room.conversation_id)
        if meeting is None:
            return
        before = seated(work.sightings.of_meeting(meeting.id), incoming.at)
        match incoming.kind:
            case IncomingKind.INSIDE:
                after = _seats(work, incoming.present)
            case IncomingKind.ENTERED:
                after = {**before, **_seats(work, (incoming.sender,))}
            case _:
                gone = _seats(work, (incoming.sender,))
                after = {seat: who for seat, who in before.items() if seat not in gone}
        self._note(work, meeting, before, after, incoming.at)

    def close(self, work: FlowWork, conversation_id: str, at: datetime) -> None:
        """The room is removed: nobody is in any more."""
        meeting = work.meetings.lock(conversation_id)
        if meeting is not None:
            before = seated(work.sightings.of_meeting(meeting.id), at)
            self._note(work, meeting, before, {}, at)

    def _note(
        self, work: FlowWork, meeting: Meeting, before: Seats, after: Seats, at: datetime
    ) -> None:
        """What changed; who became known while they were in leaves as a stranger, and comes."""
        gone = {seat: who for seat, who in before.items() if after.get(seat, seat) != who}
        come = {seat: who for seat, who in after.items() if before.get(seat, seat) != who}
        facts = [_fact(meeting, What.LEFT, seat, who, at) for seat, who in gone.items()]
        facts += [_fact(meeting, What.JOINED, seat, who, at) for seat, who in come.items()]
        self._meetings.take(work, meeting, *facts)


def seated(facts: Sequence[Sighting], at: datetime) -> Seats:
    """Who is in a platform's room at that time, as far as is known."""
    inside: dict[str, str | None] = {}
    for fact in sorted(facts, key=lambda fact: (fact.at, fact.what is What.JOINED)):
        if fact.source is not Source.VOICE_STATE or fact.at > at:
            continue
        if fact.what is What.JOINED:
            inside[fact.seat] = fact.user_id
        else:
            inside.pop(fact.seat, None)
    return inside


def _seats(work: FlowWork, people: Sequence[Sender]) -> Seats:
    found: dict[str, str | None] = {}
    for person in people:
        identity = work.identities.find(person.platform, person.external_id)
        seat = work.fingerprint(f"{person.platform}:{person.external_id}")
        found[seat] = None if identity is None else identity.user_id
    return found


def _fact(meeting: Meeting, what: What, seat: str, who: str | None, at: datetime) -> Sighting:
    source = Source.VOICE_STATE
    return Sighting(meeting_id=meeting.id, source=source, what=what, user_id=who, seat=seat, at=at)
