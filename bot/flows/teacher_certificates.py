"""Certificates: a title, then a file, which is fetched, looked at and kept sealed."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from bot.accounts.teachers import (
    MOST_CERTIFICATE_BYTES,
    MOST_CERTIFICATES,
    Certificate,
    document_type,
)
from bot.core.entity import long_id, short_id
from bot.core.errors import DomainError
from bot.flows.answers import clean_line
from bot.flows.holding import hold, let_go
from bot.flows.model import Answers, Flow, Step
from bot.flows.ports import FlowWork
from bot.flows.runner import Runner, StaleButton
from bot.flows.scene import Later, Scene
from bot.flows.steps import text
from bot.flows.teacher_queue import requeue
from bot.flows.teacher_words import certificate_file, certificate_label
from bot.flows.voice_turn import Parts
from bot.messaging.errors import FileTooLarge
from bot.messaging.fetching import fetched
from bot.messaging.model import Incoming, MediaKind, Paragraph

CERTIFICATE_FLOW = "certificate"
_TITLE_LIMIT = 80
_FILES = frozenset({MediaKind.PHOTO, MediaKind.DOCUMENT})


class NoDocument(DomainError):
    """The file is not one that an administrator could look at."""

    key = "certificate.no_document"


class EnoughCertificates(DomainError):
    """There is no room for another one."""

    key = "certificate.enough"


class Certificates:
    """Adding, seeing and removing one's own.

    Args:
        then: shows the card they stand on.
    """

    def __init__(
        self, runner: Runner, parts: Parts, prefix: str, then: Callable[[Scene], object]
    ) -> None:
        self._runner = runner
        self._parts = parts
        self._prefix = prefix
        self._then = then

    def flow(self) -> Flow:
        """The file comes last: it is fetched at once, while the platform still hands it out."""
        return Flow(
            CERTIFICATE_FLOW,
            (
                text("certificate", lambda typed: clean_line(typed, _TITLE_LIMIT)),
                Step(name="document", asks="ask.document", media=_FILES),
            ),
            finish=self._received,
        )

    def add(self, scene: Scene) -> Later | None:
        """Ask for another one."""
        _check_room(scene)
        scene.answer_button()
        return self._runner.start(scene, CERTIFICATE_FLOW)

    def show(self, scene: Scene, short: str) -> Later | None:
        """Send the presser their own certificate, with a way to remove it."""
        certificate = own_certificate(scene, short)
        scene.answer_button()
        remove = scene.button("certificate.button.remove", f"{self._prefix}:drop:{short}")
        scene.say(
            Paragraph(certificate_label(certificate)),
            buttons=[[remove]],
            attachment=certificate_file(certificate),
        )
        return None

    def remove(self, scene: Scene, short: str) -> Later | None:
        """Remove one of the presser's own, with its file."""
        certificate = own_certificate(scene, short)
        scene.answer_button()
        scene.work.certificates.remove(certificate.id)
        scene.work.blobs.remove(certificate.blob_id)
        scene.say(scene.text("certificate.removed", title=certificate.title))
        if requeue(scene):
            scene.say(scene.text("teach.looked_at_again"))
        self._then(scene)
        return None

    def _received(self, scene: Scene, answers: Answers) -> Later | None:
        _check_room(scene)
        hold(scene, CERTIFICATE_FLOW, "document", answers)
        return _Keep(self._parts, str(answers["certificate"]), self._then)


class _Keep:
    """One file of one event."""

    def __init__(self, parts: Parts, title: str, then: Callable[[Scene], object]) -> None:
        self._parts = parts
        self._title = title
        self._then = then

    async def __call__(self, incoming: Incoming, interrupted: asyncio.Event) -> None:
        parts = self._parts
        document: tuple[bytes, str] | None = None
        with suppress(NoDocument):
            document = await self._document(incoming)

        def unit(work: FlowWork) -> None:
            scene = parts.scenes.of(work, incoming, "certificate")
            let_go(scene)
            if document is None:
                scene.say(scene.text(NoDocument.key))
            else:
                self._keep(scene, *document)
            self._then(scene)
            parts.scenes.finish(scene)

        await parts.storage.write(unit)

    def _keep(self, scene: Scene, data: bytes, mime: str) -> None:
        _check_room(scene)
        work = scene.work
        certificate = Certificate(
            user_id=scene.user.id,
            title=self._title,
            blob_id=work.blobs.add(scene.user.id, mime, data, scene.now, expires_at=None),
            mime=mime,
            added_at=scene.now,
        )
        work.certificates.add(certificate)
        scene.say(scene.text("certificate.kept", title=self._title))
        if requeue(scene):
            scene.say(scene.text("teach.looked_at_again"))

    async def _document(self, incoming: Incoming) -> tuple[bytes, str]:
        """Its bytes and type. Raises NoDocument."""
        if incoming.media is None:
            raise NoDocument
        messenger = self._parts.messengers[incoming.address.platform]
        try:
            data = await fetched(messenger, incoming.media, max_bytes=MOST_CERTIFICATE_BYTES)
        except FileTooLarge as error:
            raise NoDocument from error
        mime = document_type(data)
        if mime is None:
            raise NoDocument
        return data, mime


def own_certificate(scene: Scene, short: str) -> Certificate:
    """The presser's own certificate. Raises StaleButton for anybody else's."""
    try:
        found = scene.work.certificates.find(long_id(short))
    except ValueError as error:
        raise StaleButton from error
    if found is None or found.user_id != scene.user.id:
        raise StaleButton
    return found


def certificate_data(prefix: str, action: str, certificate: Certificate) -> str:
    """What a button about a certificate carries."""
    return f"{prefix}:{action}:{short_id(certificate.id)}"


def _check_room(scene: Scene) -> None:
    if len(scene.work.certificates.of_user(scene.user.id)) >= MOST_CERTIFICATES:
        raise EnoughCertificates(most=MOST_CERTIFICATES)
