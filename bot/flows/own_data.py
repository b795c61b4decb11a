"""/export and /forget: a person takes everything along, or has it removed for good."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from bot.accounts.archive import ArchiveFile, build_archives
from bot.accounts.model import CodePurpose, OneTimeCode
from bot.core.errors import NotFound
from bot.flows.model import Answers, Flow, InvalidAnswer, Option, Step
from bot.flows.ports import FlowWork
from bot.flows.runner import Runner
from bot.flows.scene import Later, Scene
from bot.flows.voice_turn import Parts
from bot.i18n.names import folded
from bot.messaging.model import (
    Attachment,
    Incoming,
    Indication,
    MediaKind,
    MessageKind,
    Outgoing,
    Paragraph,
    Style,
)
from bot.messaging.signs import showing
from bot.voice.session import Turn

FORGET_FLOW = "forget"
_UNSENT_KEPT_FOR = timedelta(days=2)
_MOST_REPORTS = 1_000_000
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


class OwnData:
    """The two commands."""

    def __init__(self, runner: Runner, parts: Parts) -> None:
        self._runner = runner
        self._parts = parts

    def export(self, scene: Scene, _: str = "") -> Later | None:
        """/export: everything about the person as zip files."""
        return _Export(self._parts, scene.user.id)

    def ask_to_forget(self, scene: Scene, _: str = "") -> Later | None:
        """/forget: says what goes, and waits for a clear yes."""
        return self._runner.start(scene, FORGET_FLOW)

    def forget_flow(self) -> Flow:
        """A button or a typed word; anything else changes nothing."""

        def explained(scene: Scene, _: Answers) -> Sequence[Paragraph]:
            return [
                scene.text("forget.title", Style.STRONG),
                scene.text("forget.what"),
                scene.text("forget.export_first"),
            ]

        def options(scene: Scene, _: Answers) -> Sequence[Option]:
            return [Option("delete", scene.texts("forget.button"))]

        def typed(scene: Scene, text: str) -> object:
            if folded(text) != folded(scene.texts("forget.word")):
                raise InvalidAnswer("forget.not_the_word", word=scene.texts("forget.word"))
            return "delete"

        step = Step(
            name="sure",
            options=options,
            parse=typed,
            before=explained,
            params=lambda scene, _: {"word": scene.texts("forget.word")},
        )
        return Flow(FORGET_FLOW, (step,), _forget, shows_progress=False)


def _forget(scene: Scene, _: Answers) -> Later | None:
    """Remove the person. What is said last belongs to nobody and is wiped once it was sent."""
    last = Outgoing(
        key=f"{scene.incoming.key}:forgotten",
        to=scene.incoming.address,
        kind=MessageKind.NOTICE,
        body=(scene.text("forget.done"),),
    )
    remove_person(scene.work, scene.user.id)
    scene.work.outbox.put(last, at=scene.now)
    return None


def remove_person(work: FlowWork, user_id: str) -> None:
    """Remove everything of a person and destroy their key, so that copies stay unreadable.

    Messages that are still on their way are wiped when they have arrived, as all are.
    """
    for own in (
        work.reports,
        work.turns,
        work.voice_sessions,
        work.blobs,
        work.learner_languages,
        work.consents,
        work.codes,
        work.outbox,
        work.identities,
    ):
        own.remove_of_user(user_id)
    work.flow_states.drop(user_id)
    work.users.remove(user_id)
    work.vault.destroy(user_id)


@dataclass(frozen=True, slots=True)
class _Everything:
    """All there is about a person."""

    records: Mapping[str, object]
    files: Sequence[ArchiveFile]


class _Export:
    """Collects, packs off the event loop, and sends to the person alone."""

    def __init__(self, parts: Parts, user_id: str) -> None:
        self._parts = parts
        self._user_id = user_id

    async def __call__(self, incoming: Incoming, interrupted: asyncio.Event) -> None:
        parts = self._parts
        messenger = parts.messengers[incoming.address.platform]
        async with showing(messenger, incoming.address, Indication.TYPING):
            found = await parts.storage.read(lambda work: collect(work, self._user_id))
            archives = await asyncio.to_thread(build_archives, found.records, found.files)

        def unit(work: FlowWork) -> None:
            scene = parts.scenes.of(work, incoming, "export")
            for number, archive in enumerate(archives, start=1):
                _send(scene, archive, number, of=len(archives))
            parts.scenes.finish(scene)

        await parts.storage.write(unit)


def collect(work: FlowWork, user_id: str) -> _Everything:
    """Everything stored about a person; of one-time codes only when they were made and used."""
    user, turns = work.users.get(user_id), work.turns.of_user(user_id)
    codes = work.codes.since(CodePurpose.EMAIL, _EVER, user_id=user_id)
    state = work.flow_states.find_of_user(user_id)
    records = {
        "person": user,
        "identities": work.identities.of_user(user_id),
        "languages": work.learner_languages.of_user(user_id),
        "consents": work.consents.of_user(user_id),
        "one_time_codes": [_code(code) for code in codes],
        "open_questions": state,
        "sessions": work.voice_sessions.of_user(user_id),
        "turns": turns,
        "reports": work.reports.latest(user_id, _MOST_REPORTS),
    }
    wanted = [named for turn in turns for named in _audio(turn)]
    if user.profile.picture_id is not None:
        wanted.append(("picture", user.profile.picture_id))
    found = [(name, _kept(work, blob_id)) for name, blob_id in wanted]
    files = [ArchiveFile(name, data) for name, data in found if data is not None]
    return _Everything(records, files)


def _kept(work: FlowWork, blob_id: str) -> bytes | None:
    """The bytes of a file; None once its time was over."""
    try:
        return work.blobs.get(blob_id)
    except NotFound:
        return None


def _audio(turn: Turn) -> Sequence[tuple[str, str]]:
    """Names and ids of a turn's kept recordings."""
    where = f"audio/{turn.session_id}/{turn.position:04d}"
    named = ((f"{where}-you", turn.audio_id), (f"{where}-tutor", turn.reply_audio_id))
    return [(name, blob_id) for name, blob_id in named if blob_id is not None]


def _code(code: OneTimeCode) -> Mapping[str, object]:
    told = asdict(code)
    return {name: told[name] for name in ("purpose", "created_at", "expires_at", "used_at")}


def _send(scene: Scene, archive: bytes, number: int, *, of: int) -> None:
    until = scene.now + _UNSENT_KEPT_FOR
    blob_id = scene.work.blobs.add(
        scene.user.id, "application/zip", archive, scene.now, expires_at=until
    )
    part = f"-{number}" if of > 1 else ""
    scene.say(
        scene.text("export.here"),
        kind=MessageKind.EXPORT,
        attachment=Attachment(
            kind=MediaKind.DOCUMENT,
            blob_id=blob_id,
            mime="application/zip",
            filename=f"linguaflex-export{part}.zip",
        ),
    )
