"""Who was in a meeting from when to when: facts in any order become intervals.

What Zoom tells can come late, doubled and in any order, and some of it never comes. Times are the
source's own, so the order of arrival means nothing.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.core.timespan import Timespan, subtract, total, union
from bot.meetings.model import Interval, Sighting, Source, What

TOLERANCE = timedelta(seconds=60)
_GRACE_EARLY = timedelta(minutes=15)
_GRACE = timedelta(minutes=5)
_SEEING = (Source.ZOOM_WEBHOOK, Source.ZOOM_REPORT, Source.VOICE_STATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendance:
    """What the facts say together.

    Args:
        intervals: per person, in order; somebody's last one may be open.
        strangers: time of people nobody knows; they count for nothing.
        incomplete: of these people something was never told, and no report makes up for it.
        differences: how long webhooks and report disagree, for those where it is over a minute.
    """

    intervals: tuple[Interval, ...] = ()
    strangers: timedelta = timedelta()
    incomplete: frozenset[str] = frozenset()
    differences: Mapping[str, timedelta] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Somebody is in."""
        return any(interval.left_at is None for interval in self.intervals)

    @property
    def last_left_at(self) -> datetime | None:
        """When the last of them left; None while somebody is in, and when nobody came."""
        left = [interval.left_at for interval in self.intervals]
        closed = [at for at in left if at is not None]
        return max(closed) if closed and len(closed) == len(left) else None

    def of(self, user_id: str) -> Sequence[Interval]:
        return [interval for interval in self.intervals if interval.user_id == user_id]

    def who_came(self, span: Timespan) -> frozenset[str]:
        """Who was there within the span, if only for a moment; a look before or after is none."""
        return frozenset(
            interval.user_id
            for interval in self.intervals
            if interval.joined_at < span.end
            and (interval.left_at is None or interval.left_at > span.start)
        )

    def who_provably_came(self, span: Timespan) -> frozenset[str]:
        """As `who_came`; the word of one person alone proves nothing, least against the other."""
        came = self.who_came(span)
        is_mere_word = all(interval.source is Source.TAP for interval in self.intervals)
        return frozenset() if is_mere_word and len(came) == 1 else came


def attendance(sightings: Iterable[Sighting], *, closed_by: datetime | None = None) -> Attendance:
    """Intervals of everybody who was seen.

    Webhooks are believed first. Where they lack something about a person, the report speaks for
    that person, if it names them. Of a platform's own room its voice states tell. Taps count for
    those of whom nothing else is known.

    Args:
        sightings: facts of one meeting; repetitions do no harm.
        closed_by: nobody was in after this; None while the meeting may go on.
    """
    facts = list({sighting.key: sighting for sighting in sightings}.values())
    told = {source: _of_source(facts, source, closed_by) for source in Source}
    people = {user_id for of_source in told.values() for user_id in of_source if user_id}
    chosen = {user_id: _chosen(told, user_id) for user_id in people}
    strangers = next(filter(None, (told[source].get("") for source in _SEEING)), None)
    return Attendance(
        intervals=tuple(
            interval
            for user_id, (source, presence) in sorted(chosen.items())
            for interval in presence.intervals(facts[0].meeting_id, user_id, source)
        ),
        strangers=total(strangers.spans) if strangers else timedelta(),
        incomplete=frozenset(u for u, (_, presence) in chosen.items() if presence.has_gap),
        differences=_differences(told, people),
    )


def ended_at(seen: Attendance, booked: Timespan, now: datetime) -> datetime | None:
    """When the meeting is over for good, if that has come: all left, and a while has passed.

    The host may leave and return, so an end that Zoom tells is none yet. Within the booked time
    people get a quarter of an hour to come back, after it five minutes. Who looked into the room
    before the start has ended nothing.
    """
    left = seen.last_left_at
    if left is None or left <= booked.start:
        return None
    return left if now >= due_after(left, booked) else None


def due_after(left: datetime, booked: Timespan) -> datetime:
    """When to look whether somebody came back, after all had left at `left`."""
    return max(left + _GRACE, min(left + _GRACE_EARLY, booked.end))


@dataclass(slots=True)
class _Presence:
    """One person, as one source has it."""

    spans: list[Timespan] = field(default_factory=list)
    open_since: datetime | None = None
    guessed: list[Timespan] = field(default_factory=list)
    has_gap: bool = False

    def add(self, start: datetime, end: datetime, *, is_guessed: bool = False) -> None:
        if start < end:
            span = Timespan(start, end)
            self.spans.append(span)
            if is_guessed:
                self.guessed.append(span)

    def stay(self, since: datetime) -> None:
        self.open_since = min(since, self.open_since or since)

    def intervals(self, meeting_id: str, user_id: str, source: Source) -> list[Interval]:
        """In order; spans that run into the open one are part of it."""
        found: list[Interval] = []
        open_since = self.open_since
        for span in reversed(union(self.spans)):
            if open_since is not None and span.end >= open_since:
                open_since = min(open_since, span.start)
                continue
            found.append(self._closed(span, meeting_id, user_id, source))
        found.reverse()
        if open_since is not None:
            found.append(
                Interval(
                    meeting_id=meeting_id,
                    user_id=user_id,
                    source=source,
                    joined_at=open_since,
                    left_at=None,
                )
            )
        return found

    def _closed(self, span: Timespan, meeting_id: str, user_id: str, source: Source) -> Interval:
        return Interval(
            meeting_id=meeting_id,
            user_id=user_id,
            source=source,
            joined_at=span.start,
            left_at=span.end,
            is_guessed=any(span.end == guess.end for guess in self.guessed),
        )


_OfSource = dict[str, _Presence]


def _of_source(facts: Sequence[Sighting], source: Source, closed_by: datetime | None) -> _OfSource:
    """Presence per person, strangers under an empty name."""
    own = [fact for fact in facts if fact.source is source]
    ends = _ends(own, closed_by)
    found: _OfSource = defaultdict(_Presence)
    seats: dict[tuple[str, str, str], list[Sighting]] = defaultdict(list)
    for fact in own:
        person = fact.user_id or ""
        if fact.what is What.STAYED and fact.until is not None:
            found[person].add(fact.at, fact.until)
        elif fact.what is not What.CLOSED:
            seats[person, fact.instance, fact.seat].append(fact)
    for (person, instance, _), events in seats.items():
        _sit(found[person], events, ends.get(instance, closed_by), closed_by)
    return found


def _ends(facts: Sequence[Sighting], closed_by: datetime | None) -> Mapping[str, datetime]:
    """When each instance was over: as was told, at the latest when the next one began."""
    begun: dict[str, datetime] = {}
    closed: dict[str, datetime] = {}
    for fact in facts:
        if fact.what is What.CLOSED:
            closed[fact.instance] = max(fact.at, closed.get(fact.instance, fact.at))
        else:
            begun[fact.instance] = min(fact.at, begun.get(fact.instance, fact.at))
    order = sorted(begun, key=lambda instance: begun[instance])
    for instance, following in itertools.pairwise(order):
        closed[instance] = min(begun[following], closed.get(instance, begun[following]))
    if closed_by is not None:
        closed = {instance: min(at, closed_by) for instance, at in closed.items()}
    return closed


def _sit(
    presence: _Presence,
    events: Iterable[Sighting],
    instance_end: datetime | None,
    closed_by: datetime | None,
) -> None:
    """Add what one seat's joins and leaves come to."""
    since: datetime | None = None
    for at, joins, leaves in _moments(events):
        if since is not None and leaves:
            presence.add(since, at)
            since = at if joins else None
        elif since is not None:  # joined again, and nobody told that they had left
            presence.add(since, at, is_guessed=True)
            presence.has_gap = True
            since = at
        elif joins:
            since = None if leaves else at
        else:  # left without having joined
            presence.has_gap = True
    if since is None:
        return
    if instance_end is None:
        presence.stay(since)
        return
    presence.add(since, instance_end, is_guessed=True)
    presence.has_gap = presence.has_gap or instance_end == closed_by


def _moments(events: Iterable[Sighting]) -> list[tuple[datetime, bool, bool]]:
    """Each instant with whether somebody joined and whether somebody left then, in order."""
    at: dict[datetime, set[What]] = defaultdict(set)
    for event in events:
        at[event.at].add(event.what)
    return [(when, What.JOINED in at[when], What.LEFT in at[when]) for when in sorted(at)]


def _chosen(told: Mapping[Source, _OfSource], user_id: str) -> tuple[Source, _Presence]:
    heard = told[Source.ZOOM_WEBHOOK].get(user_id)
    reported = told[Source.ZOOM_REPORT].get(user_id)
    if reported is not None and (heard is None or heard.has_gap or heard.open_since is not None):
        return Source.ZOOM_REPORT, reported
    if heard is not None:
        return Source.ZOOM_WEBHOOK, heard
    seen = told[Source.VOICE_STATE].get(user_id)
    return (Source.TAP, told[Source.TAP][user_id]) if seen is None else (Source.VOICE_STATE, seen)


def _differences(
    told: Mapping[Source, _OfSource], people: Iterable[str]
) -> Mapping[str, timedelta]:
    if not told[Source.ZOOM_REPORT] or not told[Source.ZOOM_WEBHOOK]:
        return {}
    nothing = _Presence()
    found = {}
    for user_id in people:
        heard = told[Source.ZOOM_WEBHOOK].get(user_id, nothing).spans
        reported = told[Source.ZOOM_REPORT].get(user_id, nothing).spans
        apart = total([*subtract(heard, reported), *subtract(reported, heard)])
        if apart > TOLERANCE:
            found[user_id] = apart
    return found
