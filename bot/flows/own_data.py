"""/export and /forget: a person takes everything along, or has it removed for good."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.accounts.archive import DOCUMENT, Archive, ArchiveFile, as_document
from bot.accounts.reach import address_of, reachable
from bot.chat.policy import DOWNLOAD_LIMIT, UPLOAD_LIMITS
from bot.core.errors import NotFound
from bot.flows.model import Answers, Flow, InvalidAnswer, Option, Step
from bot.flows.own_records import Files, Records, remove_person
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

FORGET_FLOW = "forget"
_UNSENT_KEPT_FOR = timedelta(days=2)


class OwnData:
    """The two commands.

    Args:
        records: what all areas keep of people.
    """

    def __init__(self, runner: Runner, parts: Parts, records: Records) -> None:
        self._runner = runner
        self._parts = parts
        self._records = records

    def export(self, scene: Scene, _: str = "") -> Later | None:
        """/export: everything about the person as zip files."""
        return Export(self._parts, self._records, scene.user.id)

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
        return Flow(FORGET_FLOW, (step,), self._forget, shows_progress=False)

    def _forget(self, scene: Scene, _: Answers) -> Later | None:
        """Remove the person, and tell them wherever they can be reached.

        What is said last belongs to nobody and is wiped once it was sent.
        """
        here = scene.incoming.address
        chats = map(address_of, reachable(scene.work.identities.of_user(scene.user.id)))
        places = dict.fromkeys((here, *chats))
        last = [
            Outgoing(
                key=f"{scene.incoming.key}:forgotten{number or ''}",
                to=place,
                kind=MessageKind.NOTICE,
                body=(scene.text("forget.done"),),
            )
            for number, place in enumerate(places)
        ]
        remove_person(scene.work, self._records, scene.user.id)
        scene.work.outbox.put(*last, at=scene.now)
        return None


@dataclass(frozen=True, slots=True)
class Everything:
    """All there is about a person: sections of a document, and names and ids of files."""

    records: Mapping[str, object]
    files: Files


@dataclass(frozen=True, slots=True)
class Packed:
    """Blob ids of archives in order, and how many files were too large for any."""

    archives: Sequence[str]
    left_out: int


def most_bytes(platform: str) -> int:
    """How large an archive may be: what a bot may upload there, less what a zip file adds."""
    return UPLOAD_LIMITS.get(platform, DOWNLOAD_LIMIT) * 9 // 10


def collect(work: FlowWork, records: Records, user_id: str) -> Everything:
    """Everything stored about a person."""
    sections = [section for area in records for section in area.collect(work, user_id).items()]
    files = [named for area in records for named in area.files(work, user_id)]
    return Everything(dict(sections), files)


class Export:
    """Collects, packs off the event loop, and sends to the person alone.

    Files are read one at a time, and each archive is stored before the next is begun, so that a
    long history needs no more memory than a short one.
    """

    def __init__(self, parts: Parts, records: Records, user_id: str) -> None:
        self._parts = parts
        self._records = records
        self._user_id = user_id

    async def __call__(self, incoming: Incoming, interrupted: asyncio.Event) -> None:
        parts = self._parts
        messenger = parts.messengers[incoming.address.platform]
        async with showing(messenger, incoming.address, Indication.TYPING):
            packed = await self.packed(most_bytes(incoming.address.platform))

        def unit(work: FlowWork) -> None:
            scene = parts.scenes.of(work, incoming, "export")
            for number, blob_id in enumerate(packed.archives, start=1):
                _send(scene, blob_id, number, of=len(packed.archives))
            if packed.left_out:
                scene.say(scene.text("export.left_out", count=packed.left_out))
            parts.scenes.finish(scene)

        await parts.storage.write(unit)

    async def packed(self, most: int) -> Packed:
        """Archives of at most about `most` bytes; the first one holds the document."""
        read = self._parts.storage.read
        found = await read(lambda work: collect(work, self._records, self._user_id))
        archive, done, left_out = Archive(most), [], 0
        try:
            await asyncio.to_thread(archive.add, DOCUMENT, as_document(found.records))
            for name, blob_id in found.files:
                data = await self._kept(blob_id)
                if data is None:
                    continue
                if len(data) > most:
                    left_out += 1
                    continue
                if not archive.has_room(data):
                    done.append(await self._store(archive))
                    archive = Archive(most)
                await asyncio.to_thread(archive.add, ArchiveFile(name, data).full_name, data)
            return Packed([*done, await self._store(archive)], left_out)
        finally:
            archive.close()

    async def _kept(self, blob_id: str) -> bytes | None:
        """The bytes of a file; None once its time was over."""
        try:
            return await self._parts.storage.read(lambda work: work.blobs.get(blob_id))
        except NotFound:
            return None

    async def _store(self, archive: Archive) -> str:
        content = await asyncio.to_thread(archive.finish)
        now = self._parts.scenes.clock.now()
        return await self._parts.storage.write(
            lambda work: work.blobs.add(
                self._user_id,
                "application/zip",
                content,
                now,
                expires_at=now + _UNSENT_KEPT_FOR,
            )
        )


def _send(scene: Scene, blob_id: str, number: int, *, of: int) -> None:
    part = f"-{number}" if of > 1 else ""
    scene.say(
        scene.text("export.here"),
        *([scene.text("export.part", number=number, of=of)] if of > 1 else []),
        kind=MessageKind.EXPORT,
        attachment=Attachment(
            kind=MediaKind.DOCUMENT,
            blob_id=blob_id,
            mime="application/zip",
            filename=f"linguaflex-export{part}.zip",
        ),
    )
