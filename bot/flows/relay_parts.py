"""The relay, put together for the conversation, for the senders and for the worker."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.chat.halls import OPEN_ROOM_JOB
from bot.chat.mirror import Mirror
from bot.chat.moving import Moving
from bot.chat.ports import Rooms
from bot.chat.receipts import Receipts
from bot.chat.service import Relay
from bot.flows.ports import FlowWork
from bot.flows.relay import RelayTalk
from bot.flows.relay_engines import EngineTranscriber, EngineTranslator
from bot.flows.relay_files import TRANSCRIBE_JOB, RelayFiles
from bot.flows.relay_jobs import INVITE_JOB, AwaitedJob, RelayJobs
from bot.flows.relay_rooms import RelayRooms
from bot.flows.relay_safety import RelaySafety
from bot.flows.relay_translation import RelayTranslation
from bot.flows.voice_turn import Parts
from bot.messaging.model import Outgoing


@dataclass(frozen=True, slots=True)
class RelayParts:
    """What others need of the relay.

    Args:
        rooms: by platform, of those that open rooms in channels; filled once they are connected.
    """

    parts: Parts
    relay: Relay
    talk: RelayTalk
    receipts: Receipts
    moving: Moving
    rooms: dict[str, Rooms]

    def settled(
        self, work: FlowWork, sent: Outgoing, message_id: str | None, error: str | None
    ) -> None:
        """For the senders: a row was sent, or never will be; in the unit that marks it."""
        now = self.parts.scenes.clock.now()
        if not self.moving.settled(work, sent, error, now):
            self.receipts.settled(work, sent, message_id, error, now)

    async def waits(self, stuck: Outgoing) -> None:
        """For the senders: a platform is away."""
        now = self.parts.scenes.clock.now()
        await self.parts.storage.write(lambda work: self.receipts.waits(work, stuck, now))

    def jobs(self) -> Mapping[str, AwaitedJob]:
        """For the worker."""
        parts = self.parts
        transcriber = EngineTranscriber(parts.chain, parts.codec)
        jobs = RelayJobs(self.relay, parts.storage, parts.scenes.clock, transcriber, self.rooms)
        return {
            TRANSCRIBE_JOB: jobs.transcribe,
            OPEN_ROOM_JOB: jobs.open_room,
            INVITE_JOB: jobs.invite,
        }


def assemble_relay(parts: Parts) -> RelayParts:
    """The relay with the engines and limits there are."""
    translator = EngineTranslator(parts.chain.engines)
    mirror = Mirror(can_translate=translator.is_available)
    relay = Relay(parts.scenes.rules.relay, mirror)
    rooms: dict[str, Rooms] = {}
    talk = RelayTalk(
        relay,
        RelayFiles(relay, parts),
        RelaySafety(relay),
        RelayTranslation(relay, translator, parts),
        RelayRooms(parts, rooms),
    )
    return RelayParts(parts, relay, talk, Receipts(), Moving(mirror), rooms)
