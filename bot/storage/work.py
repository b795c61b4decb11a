"""One transaction with all repositories."""

from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import Connection, text

from bot.messaging.instance import Instance
from bot.messaging.model import Outgoing
from bot.storage.accounts import (
    SqlConsents,
    SqlIdentities,
    SqlLearnerLanguages,
    SqlOneTimeCodes,
    SqlUsers,
)
from bot.storage.api_tokens import SqlApi
from bot.storage.billing import SqlBilling
from bot.storage.bookings import SqlBookingEvents, SqlBookings
from bot.storage.chat import SqlChat
from bot.storage.claims import SqlClaims
from bot.storage.engagements import SqlEngagements
from bot.storage.files import SqlBlobs, SqlNotes
from bot.storage.flows import SqlFlowStates
from bot.storage.halls import SqlHalls
from bot.storage.inbox import SqlInbox
from bot.storage.jobs import SqlJobs
from bot.storage.live import SqlLive
from bot.storage.meetings import SqlHostBook, SqlMeetings, SqlRegistrants, SqlSightings
from bot.storage.outbox import SqlOutbox
from bot.storage.outside_events import SqlOutsideEvents
from bot.storage.rooms import SqlHeardRooms
from bot.storage.schedules import SqlSchedules
from bot.storage.slot_waits import SqlSlotWaits
from bot.storage.teachers import (
    SqlAudit,
    SqlCertificates,
    SqlGigs,
    SqlTeachers,
    SqlTeacherSearches,
)
from bot.storage.tiers import SqlTiers
from bot.storage.vault import Keyring, Vault
from bot.storage.voice import SqlReports, SqlTurns, SqlVoiceSessions

CHANNEL = "linguaflex"


@dataclass(frozen=True, slots=True)
class Signal:
    """Something listeners want to know once it is committed.

    Args:
        topic: "outbox", "jobs" or "inbox".
        message: for "outbox", what is to be sent.
        lane: for "inbox", where something waits.
    """

    topic: str
    message: Outgoing | None = None
    lane: str | None = None


_NOTIFY = text("SELECT pg_notify(:channel, :payload)")


class Work:
    """All repositories on one connection, made when they are first used."""

    def __init__(self, connection: Connection, keyring: Keyring, instance: Instance) -> None:
        self._connection = connection
        self._keyring = keyring
        self._instance = instance
        self._extra: list[Signal] = []

    def wake_lane(self, lane: str) -> None:
        """Tell the process that works on `lane` that something waits there."""
        self._extra.append(Signal("inbox", lane=lane))

    @property
    def signals(self) -> list[Signal]:
        """What became of this unit that others wait for; read after the unit ran."""
        signals = list(self._extra)
        if "outbox" in self.__dict__:
            signals += [Signal("outbox", message=message) for message in self.outbox.fresh]
        if "jobs" in self.__dict__ and self.jobs.has_fresh:
            signals.append(Signal("jobs"))
        return signals

    def committed(self) -> None:
        """The storage says: what happened here is durable."""
        if "vault" in self.__dict__:
            self.vault.committed()

    def notify_others(self) -> None:
        """Tell the other processes on PostgreSQL, with the commit."""
        topics = {
            f"inbox {signal.lane}" if signal.topic == "inbox" else signal.topic
            for signal in self.signals
            if not self._is_for_us_alone(signal)
        }
        for topic in topics:
            self._connection.execute(_NOTIFY, {"channel": CHANNEL, "payload": topic})

    def _is_for_us_alone(self, signal: Signal) -> bool:
        return signal.message is not None and signal.message.to.platform in self._instance.senders

    @cached_property
    def vault(self) -> Vault:
        return Vault(self._connection, self._keyring)

    @cached_property
    def inbox(self) -> SqlInbox:
        return SqlInbox(self._connection, self._keyring)

    @cached_property
    def outbox(self) -> SqlOutbox:
        return SqlOutbox(self._connection, self._keyring, self._instance)

    @cached_property
    def outside_events(self) -> SqlOutsideEvents:
        return SqlOutsideEvents(self._connection, self._keyring)

    @cached_property
    def meetings(self) -> SqlMeetings:
        return SqlMeetings(self._connection, self.vault)

    @cached_property
    def registrants(self) -> SqlRegistrants:
        return SqlRegistrants(self._connection, self.vault)

    @cached_property
    def sightings(self) -> SqlSightings:
        return SqlSightings(self._connection)

    @cached_property
    def meeting_hosts(self) -> SqlHostBook:
        return SqlHostBook(self._connection)

    @cached_property
    def claims(self) -> SqlClaims:
        return SqlClaims(self._connection, self._instance.id)

    @cached_property
    def jobs(self) -> SqlJobs:
        return SqlJobs(self._connection, self._keyring)

    @cached_property
    def users(self) -> SqlUsers:
        return SqlUsers(self._connection, self.vault)

    @cached_property
    def identities(self) -> SqlIdentities:
        return SqlIdentities(self._connection)

    @cached_property
    def learner_languages(self) -> SqlLearnerLanguages:
        return SqlLearnerLanguages(self._connection, self.vault)

    @cached_property
    def consents(self) -> SqlConsents:
        return SqlConsents(self._connection, self.vault)

    @cached_property
    def codes(self) -> SqlOneTimeCodes:
        return SqlOneTimeCodes(self._connection, self.vault)

    @cached_property
    def api(self) -> SqlApi:
        return SqlApi(self._connection, self.vault)

    @cached_property
    def teachers(self) -> SqlTeachers:
        return SqlTeachers(self._connection, self.vault)

    @cached_property
    def certificates(self) -> SqlCertificates:
        return SqlCertificates(self._connection, self.vault)

    @cached_property
    def gigs(self) -> SqlGigs:
        return SqlGigs(self._connection, self.vault)

    @cached_property
    def teacher_searches(self) -> SqlTeacherSearches:
        return SqlTeacherSearches(self._connection, self.vault)

    @cached_property
    def schedules(self) -> SqlSchedules:
        return SqlSchedules(self._connection, self.vault)

    @cached_property
    def audit(self) -> SqlAudit:
        return SqlAudit(self._connection, self.vault)

    @cached_property
    def flow_states(self) -> SqlFlowStates:
        return SqlFlowStates(self._connection, self.vault)

    @cached_property
    def voice_sessions(self) -> SqlVoiceSessions:
        return SqlVoiceSessions(self._connection, self.vault)

    @cached_property
    def turns(self) -> SqlTurns:
        return SqlTurns(self._connection, self.vault)

    @cached_property
    def reports(self) -> SqlReports:
        return SqlReports(self._connection, self.vault)

    @cached_property
    def chat(self) -> SqlChat:
        return SqlChat(self._connection, self.vault)

    @cached_property
    def billing(self) -> SqlBilling:
        return SqlBilling(self._connection, self.vault)

    @cached_property
    def tiers(self) -> SqlTiers:
        return SqlTiers(self._connection, self.vault)

    @cached_property
    def bookings(self) -> SqlBookings:
        return SqlBookings(self._connection, self.vault)

    @cached_property
    def halls(self) -> SqlHalls:
        return SqlHalls(self._connection, self.vault)

    @cached_property
    def live(self) -> SqlLive:
        return SqlLive(self._connection, self.vault)

    @cached_property
    def engagements(self) -> SqlEngagements:
        return SqlEngagements(self._connection, self.vault)

    @cached_property
    def slot_waits(self) -> SqlSlotWaits:
        return SqlSlotWaits(self._connection, self.vault)

    @cached_property
    def booking_history(self) -> SqlBookingEvents:
        return SqlBookingEvents(self._connection, self.vault)

    @cached_property
    def blobs(self) -> SqlBlobs:
        return SqlBlobs(self._connection, self.vault)

    @cached_property
    def notes(self) -> SqlNotes:
        return SqlNotes(self._connection)

    @cached_property
    def heard_rooms(self) -> SqlHeardRooms:
        return SqlHeardRooms(self._connection)

    def fingerprint(self, value: str) -> str:
        """The keyed hash by which a sealed value can be looked up."""
        return self._keyring.fingerprint(value)
