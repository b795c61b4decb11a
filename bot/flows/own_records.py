"""What is kept of people, area by area: taken along, handed over, removed.

An area says all of it in one `PersonRecords`, and is in /export, /forget and the joining of two
accounts once that stands in the list of `conversation.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

from bot.accounts.merging import consents_that_end, merged, merged_language, survivor
from bot.accounts.model import CodePurpose, OneTimeCode, User
from bot.flows.own_voice import stop_keeping
from bot.flows.ports import FlowWork
from bot.voice.service import VoiceService
from bot.voice.session import Turn

_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_REPORTS = 1_000_000

Files = Sequence[tuple[str, str]]


def _no_files(_: FlowWork, __: str) -> Files:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRecords:
    """What one area keeps of people. Everything happens in the caller's unit.

    Args:
        tables: in which it is kept; a test wants every table that names a person in some list.
        collect: sections of a person's archive by name: dataclasses, or plain values.
        files: what goes with them: the name in the archive without extension, and the blob's id.
        move: hands everything of the first person to the second, at a time; sealed fields are
            sealed anew (`TableRepo.move_of_user`), for the first one's key is destroyed after.
        remove: removes everything of a person.
    """

    tables: frozenset[str]
    collect: Callable[[FlowWork, str], Mapping[str, object]]
    move: Callable[[FlowWork, str, str, datetime], None]
    remove: Callable[[FlowWork, str], None]
    files: Callable[[FlowWork, str], Files] = _no_files


Records = Sequence[PersonRecords]


def merge_people(
    work: FlowWork, records: Records, user_id: str, other_id: str, at: datetime
) -> User:
    """Make two people one; nothing of either is lost, and one key is left.

    Raises:
        NotFound: one of them is gone.
        Stale: one of them changed meanwhile.
    """
    work.users.lock(user_id, other_id)
    kept, gone = survivor(work.users.get(user_id), work.users.get(other_id))
    for area in records:
        area.move(work, gone.id, kept.id, at)
    work.users.remove(gone.id)
    work.vault.destroy(gone.id)
    return work.users.save(merged(kept, gone))


def remove_person(work: FlowWork, records: Records, user_id: str) -> None:
    """Remove everything of a person and destroy their key, so that copies stay unreadable.

    Messages that are still on their way are wiped when they have arrived, as all are.
    """
    work.users.lock(user_id)
    for area in records:
        area.remove(work, user_id)
    work.users.remove(user_id)
    work.vault.destroy(user_id)


def practice_records(service: VoiceService) -> PersonRecords:
    """Practices with the tutor. Of two that run, the one spoken in last goes on."""

    def move(work: FlowWork, from_id: str, to_id: str, at: datetime) -> None:
        running = [
            session
            for user_id in (from_id, to_id)
            if (session := work.voice_sessions.find_active(user_id)) is not None
        ]
        for left in sorted(running, key=lambda session: session.last_at)[:-1]:
            service.close(work, left, at)
        work.voice_sessions.move_of_user(from_id, to_id)
        work.turns.move_of_user(from_id, to_id)
        work.reports.move_of_user(from_id, to_id)

    return PersonRecords(
        tables=frozenset({"voice_sessions", "turns", "reports"}),
        collect=_collect_practice,
        files=_recordings,
        move=move,
        remove=_remove_practice,
    )


def _collect_practice(work: FlowWork, user_id: str) -> Mapping[str, object]:
    return {
        "sessions": work.voice_sessions.of_user(user_id),
        "turns": work.turns.of_user(user_id),
        "reports": work.reports.latest(user_id, _MOST_REPORTS),
    }


def _recordings(work: FlowWork, user_id: str) -> Files:
    return [named for turn in work.turns.of_user(user_id) for named in _audio(turn)]


def _audio(turn: Turn) -> Files:
    where = f"audio/{turn.session_id}/{turn.position:04d}"
    named = ((f"{where}-you", turn.audio_id), (f"{where}-tutor", turn.reply_audio_id))
    return [(name, blob_id) for name, blob_id in named if blob_id is not None]


def _remove_practice(work: FlowWork, user_id: str) -> None:
    for own in (work.reports, work.turns, work.voice_sessions):
        own.remove_of_user(user_id)


def _collect_person(work: FlowWork, user_id: str) -> Mapping[str, object]:
    """Of one-time codes only when they were made and used."""
    codes = work.codes.since(tuple(CodePurpose), _EVER, user_id=user_id)
    return {
        "person": work.users.get(user_id),
        "identities": work.identities.of_user(user_id),
        "languages": work.learner_languages.of_user(user_id),
        "consents": work.consents.of_user(user_id),
        "one_time_codes": [_told_of(code) for code in codes],
        "open_questions": work.flow_states.find_of_user(user_id),
    }


def _told_of(code: OneTimeCode) -> Mapping[str, object]:
    told = asdict(code)
    return {name: told[name] for name in ("purpose", "created_at", "expires_at", "used_at")}


def _picture(work: FlowWork, user_id: str) -> Files:
    picture_id = work.users.get(user_id).profile.picture_id
    return [] if picture_id is None else [("picture", picture_id)]


def _move_person(work: FlowWork, from_id: str, to_id: str, at: datetime) -> None:
    _end_consents(work, from_id, to_id, at)
    _move_languages(work, from_id, to_id)
    _drop_second_picture(work, from_id, to_id)
    if work.flow_states.find_of_user(to_id) is not None:
        work.flow_states.drop(from_id)
    for own in (
        work.flow_states,
        work.consents,
        work.codes,
        work.blobs,
        work.outbox,
        work.identities,
    ):
        own.move_of_user(from_id, to_id)


def _end_consents(work: FlowWork, from_id: str, to_id: str, at: datetime) -> None:
    is_minor = work.users.get(from_id).is_minor or work.users.get(to_id).is_minor
    kept, gone = work.consents.of_user(to_id), work.consents.of_user(from_id)
    for purpose in consents_that_end(kept, gone, is_minor=is_minor):
        for user_id in (from_id, to_id):
            work.consents.revoke(user_id, purpose, at)
            stop_keeping(work, user_id, purpose)


def _move_languages(work: FlowWork, from_id: str, to_id: str) -> None:
    """One is active afterwards: that of the practice that runs, else that of whoever stays."""
    languages = work.learner_languages
    running = work.voice_sessions.find_active(to_id)
    active = languages.find_active(to_id) or languages.find_active(from_id)
    wanted = running.language if running is not None else active and active.language
    own = {each.language: each for each in languages.of_user(to_id)}
    for theirs in languages.of_user(from_id):
        if theirs.language in own:
            mine = own[theirs.language]
            own[theirs.language] = languages.save(merged_language(mine, theirs))
            languages.remove(theirs.id)
        else:
            languages.save(replace(theirs, is_active=False))
    languages.move_of_user(from_id, to_id)
    for each in languages.of_user(to_id):
        if each.is_active != (each.language == wanted):
            languages.save(replace(each, is_active=each.language == wanted))


def _drop_second_picture(work: FlowWork, from_id: str, to_id: str) -> None:
    spare = work.users.get(from_id).profile.picture_id
    if spare is not None and work.users.get(to_id).profile.picture_id is not None:
        work.blobs.remove(spare)


def _remove_person(work: FlowWork, user_id: str) -> None:
    for known in work.identities.of_user(user_id):
        work.heard_rooms.remove_of_person(known.platform, known.external_id)
    for own in (
        work.blobs,
        work.learner_languages,
        work.consents,
        work.codes,
        work.outbox,
        work.identities,
    ):
        own.remove_of_user(user_id)
    work.flow_states.drop(user_id)


PEOPLE_RECORDS = PersonRecords(
    tables=frozenset(
        {
            "users",
            "identities",
            "learner_languages",
            "consents",
            "one_time_codes",
            "flow_states",
            "blobs",
            "outbox",
            "person_keys",
        }
    ),
    collect=_collect_person,
    files=_picture,
    move=_move_person,
    remove=_remove_person,
)
