"""From a stored event to an answer: finds the person, and what their event is about.

One of the three places that write (STYLE section 6): one unit an event, holding the new state, the
messages, the jobs and the mark that the event is done. What must await the world goes on as a
`Later`, with units of its own.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch

import structlog

from bot.accounts.model import Role
from bot.core.errors import DomainError, ServiceFailure, Stale
from bot.core.storage import Storage
from bot.core.turnstile import Turnstile
from bot.flows.commands import CommandTable
from bot.flows.model import Given
from bot.flows.ports import FlowWork
from bot.flows.prompts import PREFIX as FLOW_PREFIX
from bot.flows.runner import Runner, StaleButton, menu_rows
from bot.flows.scene import COMMAND_PREFIX, AlreadyDone, ForeignMessage, Later, Scene, Scenes
from bot.messaging.model import Incoming, IncomingKind, MediaKind

_log = structlog.get_logger()

SPOKEN = frozenset({MediaKind.VOICE, MediaKind.AUDIO, MediaKind.VIDEO_NOTE})
_TRIES = 4
_ASKED_FOR = frozenset({IncomingKind.COMMAND, IncomingKind.BUTTON, IncomingKind.FORM})

Press = Callable[[Scene, str], Later | None]


@dataclass(frozen=True, slots=True)
class Carried:
    """A message went to a partner; `later` is what is left to do."""

    later: Later | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """What the product does with what people send; put together in `app.py`.

    Args:
        commands: by name.
        runner: the flows.
        presses: button prefix to what a press does (`data` without its prefix).
        on_speech: a voice note, an audio file or a video note outside of a flow.
        on_text: typed text outside of a flow.
        on_file: a photo or document outside of a flow.
        carry: takes a message outside of a flow to a partner; None: it is not for one.
        on_change: an edit, a removal or a reaction.
        on_presence: somebody came or went where people talk; nobody is answered.
        resume: goes on with what an event had begun when a crash cut it off; None: it had not.
        overtaking_presses: patterns of button data that end or cancel something.
    """

    commands: CommandTable
    runner: Runner
    presses: Mapping[str, Press]
    on_speech: Callable[[Scene], Later | None]
    on_text: Callable[[Scene], Later | None]
    on_file: Callable[[Scene], Later | None]
    carry: Callable[[Scene], Carried | None]
    on_change: Callable[[Scene], Later | None]
    on_presence: Callable[[FlowWork, Incoming], None]
    resume: Callable[[Scene], Later | None]
    overtaking_presses: tuple[str, ...] = ()


class Dispatch:
    """Answers events.

    Args:
        turnstile: what voice notes start through.
        observe: told the kind of each event and the seconds it took.
    """

    def __init__(
        self,
        storage: Storage[FlowWork],
        scenes: Scenes,
        conversation: Conversation,
        turnstile: Turnstile,
        *,
        observe: Callable[[str, float], None] = lambda kind, seconds: None,
    ) -> None:
        self._storage = storage
        self._scenes = scenes
        self._conversation = conversation
        self._turnstile = turnstile
        self._observe = observe

    def overtakes(self, incoming: Incoming) -> bool:
        """Cancel, end and stop go first."""
        if incoming.kind is IncomingKind.COMMAND:
            return self._conversation.commands.overtakes(incoming.command)
        data = incoming.data or ""
        return any(fnmatch(data, like) for like in self._conversation.overtaking_presses)

    async def handle(self, incoming: Incoming, interrupted: asyncio.Event) -> None:
        """Answer one event. Trouble with the database is left to the lane, which tries again."""
        began = time.monotonic()
        try:
            if incoming.kind.is_presence:
                await self._storage.write(lambda work: self._notice(work, incoming))
            else:
                await self._answer(incoming, interrupted)
        finally:
            self._observe(incoming.kind.value, time.monotonic() - began)

    async def _answer(self, incoming: Incoming, interrupted: asyncio.Event) -> None:
        try:
            if incoming.media is not None:
                async with self._turnstile.passing():
                    later = await self._begin(incoming)
            else:
                later = await self._begin(incoming)
            if later is not None:
                await later(incoming, interrupted)
        except AlreadyDone:
            return
        except ForeignMessage:
            self._note(incoming, StaleButton())
            await self._tell(incoming, StaleButton.key, {})
        except DomainError as refusal:
            if incoming.kind in _ASKED_FOR:
                self._note(incoming, refusal)
            await self._tell(incoming, refusal.key, dict(refusal.params))
        except ServiceFailure as failure:
            if failure.service == "database":
                raise
            _log.warning("dispatch.service_failed", key=incoming.key, cause=str(failure))
            await self._tell(incoming, "error.service", {})
        except Exception:
            _log.exception("dispatch.failed", key=incoming.key)
            await self._tell(incoming, "error.unexpected", {})

    async def _begin(self, incoming: Incoming) -> Later | None:
        """The event's first unit; run again where the same person's other app was faster.

        Lanes are of identities, so two apps of one person work side by side. Whatever a unit
        changes it has read itself: what was stale once is read anew, and looked at again.
        """
        for _ in range(_TRIES - 1):
            try:
                return await self._storage.write(lambda work: self._unit(work, incoming))
            except Stale:
                _log.info("dispatch.again", key=incoming.key)
        return await self._storage.write(lambda work: self._unit(work, incoming))

    def _notice(self, work: FlowWork, incoming: Incoming) -> None:
        """Not a scene: who is not known to us does not become known by this."""
        if work.inbox.done(incoming.key, self._scenes.clock.now()):
            self._conversation.on_presence(work, incoming)

    def _unit(self, work: FlowWork, incoming: Incoming) -> Later | None:
        scene = self._scenes.of(work, incoming)
        later = self._conversation.resume(scene) or self._route(scene)
        if later is None:
            self._scenes.finish(scene)
        return later

    def _route(self, scene: Scene) -> Later | None:
        incoming = scene.incoming
        match incoming.kind:
            case IncomingKind.COMMAND:
                return self._command(scene, incoming.command or "", incoming.text or "")
            case IncomingKind.BUTTON:
                return self._button(scene, incoming.data or "")
            case IncomingKind.FORM:
                return self._form(scene)
            case IncomingKind.TEXT | IncomingKind.MEDIA | IncomingKind.CONTACT:
                return self._content(scene)
            case IncomingKind.EDITED | IncomingKind.DELETED | IncomingKind.REACTION:
                return self._conversation.on_change(scene)
            case IncomingKind.OTHER | IncomingKind.HIDDEN:
                self._conversation.carry(scene)
            case IncomingKind.MOVED if incoming.moved_to:
                address = incoming.address
                scene.work.identities.move_room(address.platform, address.room, incoming.moved_to)
        return None

    def _command(self, scene: Scene, name: str, rest: str) -> Later | None:
        command = self._conversation.commands.find(name)
        if command is None:
            if not scene.incoming.is_shared:
                scene.say(scene.text("command.unknown", name=name), buttons=menu_rows(scene))
            return None
        if not command.allows(scene.user):
            is_for_teachers = Role.TEACHER in command.roles
            raise DomainError("command.for_teachers" if is_for_teachers else "command.not_for_you")
        if command.needs_registration and not scene.user.is_registered:
            raise DomainError("command.register_first")
        return command.action(scene, rest)

    def _button(self, scene: Scene, data: str) -> Later | None:
        prefix, _, rest = data.partition(":")
        try:
            if prefix == COMMAND_PREFIX:
                return self._pressed_command(scene, rest)
            if prefix == FLOW_PREFIX:
                return self._conversation.runner.press(scene, data)
            return self._conversation.presses.get(prefix, _unknown_press)(scene, rest)
        except StaleButton as stale:
            self._stale(scene, stale)
            return None

    def _pressed_command(self, scene: Scene, rest: str) -> Later | None:
        name, _, argument = rest.partition(":")
        if self._conversation.commands.find(name) is None:
            raise StaleButton
        scene.answer_button()
        return self._command(scene, name, argument)

    def _form(self, scene: Scene) -> Later | None:
        incoming = scene.incoming
        try:
            return self._conversation.runner.fill(scene, incoming.data or "", incoming.form)
        except StaleButton as stale:
            self._stale(scene, stale)
            return None

    def _content(self, scene: Scene) -> Later | None:
        incoming, runner = scene.incoming, self._conversation.runner
        given = Given(
            text=incoming.text if incoming.kind is IncomingKind.TEXT else None,
            media=incoming.media,
            contact=incoming.text if incoming.kind is IncomingKind.CONTACT else None,
        )
        state = runner.find(scene)
        if state is not None and state.asked_in == scene.place and runner.wants(state, given):
            return runner.answer(scene, state, given)
        if incoming.kind is not IncomingKind.CONTACT:
            carried = self._conversation.carry(scene)
            if carried is not None:
                return carried.later
        if incoming.is_shared and incoming.kind is IncomingKind.TEXT:
            return None  # people talking to each other; nobody asked us
        if incoming.media is not None:
            is_speech = incoming.media.kind in SPOKEN
            talk = self._conversation.on_speech if is_speech else self._conversation.on_file
            return talk(scene)
        if incoming.kind is IncomingKind.TEXT:
            return self._conversation.on_text(scene)
        return None

    def _stale(self, scene: Scene, stale: StaleButton) -> None:
        self._note(scene.incoming, stale)
        scene.answer_button(scene.texts(stale.key))
        scene.say(scene.text("button.stale_menu"), buttons=menu_rows(scene))

    def _note(self, incoming: Incoming, refusal: DomainError) -> None:
        """Log what was refused: its command or kind of button, never what the button carried."""
        prefix = (incoming.data or "").partition(":")[0]
        known = {COMMAND_PREFIX, FLOW_PREFIX, *self._conversation.presses}
        what = incoming.command or (prefix if prefix in known else "unknown")
        _log.warning("rights.refused", key=incoming.key, what=what, why=refusal.key)

    async def _tell(self, incoming: Incoming, key: str, params: Mapping[str, object]) -> None:
        """Say what went wrong, with what to do next, and be done with the event."""

        def unit(work: FlowWork) -> None:
            scene = self._scenes.of(work, incoming, "error")
            self._scenes.finish(scene)
            scene.answer_button()
            scene.say(scene.text(key, **params), buttons=menu_rows(scene))

        try:
            await self._storage.write(unit)
        except AlreadyDone:
            return


def _unknown_press(scene: Scene, data: str) -> Later | None:
    raise StaleButton
