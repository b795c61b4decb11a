"""A spoken introduction of a gig: a voice note, decoded and encoded anew, kept sealed."""

import asyncio
import base64
from collections.abc import Callable
from dataclasses import replace

from bot.accounts.gigs import INTRO_SECONDS, Gig
from bot.core.errors import DomainError, NotFound
from bot.flows.holding import hold, let_go
from bot.flows.model import Answers, Flow, Step
from bot.flows.ports import FlowWork
from bot.flows.runner import Runner
from bot.flows.scene import Later, Scene
from bot.flows.voice_turn import Parts
from bot.messaging.fetching import fetched
from bot.messaging.model import Incoming, Indication, MediaKind
from bot.messaging.signs import showing
from bot.voice.model import EncodedVoice

INTRO_FLOW = "gig_intro"
_SPOKEN = frozenset({MediaKind.VOICE, MediaKind.AUDIO})
_MOST_BYTES = 5_000_000


class NothingSaid(DomainError):
    """There is no speech in the note."""

    key = "gig.intro.silent"


class GigIntros:
    """Recording, replacing and removing it.

    Args:
        then: shows the gig it belongs to.
    """

    def __init__(self, runner: Runner, parts: Parts, then: Callable[[Scene, Gig], object]) -> None:
        self._runner = runner
        self._parts = parts
        self._then = then

    def flow(self) -> Flow:
        step = Step(
            name="note",
            asks="ask.gig_intro",
            params=lambda _, __: {"seconds": INTRO_SECONDS},
            media=_SPOKEN,
        )
        return Flow(INTRO_FLOW, (step,), self._received, shows_progress=False)

    def record(self, scene: Scene, gig: Gig) -> Later | None:
        """Ask for a voice note."""
        return self._runner.start(scene, INTRO_FLOW, {"gig": gig.id})

    def remove(self, scene: Scene, gig: Gig) -> Gig:
        """Take it off the card."""
        if gig.intro_id is not None:
            scene.work.blobs.remove(gig.intro_id)
        return scene.work.gigs.save(
            replace(gig, intro_id=None, intro_seconds=None, intro_waveform=None)
        )

    def _received(self, scene: Scene, answers: Answers) -> Later | None:
        hold(scene, INTRO_FLOW, "note", answers)
        return _Keep(self._parts, str(answers["gig"]), self._then)


class _Keep:
    """The note of one event."""

    def __init__(self, parts: Parts, gig_id: str, then: Callable[[Scene, Gig], object]) -> None:
        self._parts = parts
        self._gig_id = gig_id
        self._then = then

    async def __call__(self, incoming: Incoming, interrupted: asyncio.Event) -> None:
        parts = self._parts
        messenger = parts.messengers[incoming.address.platform]
        refusal: DomainError | None = None
        voice: EncodedVoice | None = None
        async with showing(messenger, incoming.address, Indication.RECORDING_VOICE):
            try:
                voice = await self._encoded(incoming)
            except DomainError as refused:
                refusal = refused

        def unit(work: FlowWork) -> None:
            scene = parts.scenes.of(work, incoming, "intro")
            let_go(scene)
            gig = work.gigs.get(self._gig_id)
            if gig.user_id != scene.user.id:
                raise NotFound
            if refusal is not None:
                scene.say(scene.text(refusal.key, **refusal.params))
            if voice is not None:
                gig = _replaced(scene, gig, voice)
                scene.say(scene.text("gig.intro.kept"))
            self._then(scene, gig)
            parts.scenes.finish(scene)

        await parts.storage.write(unit)

    async def _encoded(self, incoming: Incoming) -> EncodedVoice:
        """What was said, without the silence around it, as every platform plays it.

        Raises:
            NothingSaid: silence.
            AudioRefused: not audio, broken, or longer than thirty seconds.
        """
        parts = self._parts
        if incoming.media is None:
            raise NothingSaid
        messenger = parts.messengers[incoming.address.platform]
        data = await fetched(messenger, incoming.media, max_bytes=_MOST_BYTES)
        spoken = await parts.codec.hear(data, max_seconds=INTRO_SECONDS)
        if spoken is None:
            raise NothingSaid
        return await parts.codec.encode(spoken.pcm)


def _replaced(scene: Scene, gig: Gig, voice: EncodedVoice) -> Gig:
    """The gig with this introduction in place of the one before."""
    blobs = scene.work.blobs
    if gig.intro_id is not None:
        blobs.remove(gig.intro_id)
    drawn = base64.b64encode(voice.waveform).decode() if voice.waveform else None
    blob_id = blobs.add(scene.user.id, "audio/ogg", voice.ogg, scene.now, expires_at=None)
    return scene.work.gigs.save(
        replace(gig, intro_id=blob_id, intro_seconds=voice.seconds, intro_waveform=drawn)
    )
