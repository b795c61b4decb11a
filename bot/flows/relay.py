"""Writing to one's teacher or student: which messages go there, and what becomes of them later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.chat.mirror import PREFIX
from bot.chat.model import ChatMessage, Draft, Thread, place_key
from bot.chat.policy import NotSent
from bot.chat.service import Relay
from bot.core.entity import long_id, short_id
from bot.core.errors import NotFound
from bot.flows.commands import Action, Command
from bot.flows.dispatch import Carried, Press
from bot.flows.relay_files import RelayFiles
from bot.flows.relay_rooms import PREFIX as ROOMS_PREFIX
from bot.flows.relay_rooms import RelayRooms
from bot.flows.relay_safety import RelaySafety
from bot.flows.relay_translation import RelayTranslation
from bot.flows.relay_words import say_where_it_went, where_it_goes
from bot.flows.runner import StaleButton, menu_rows
from bot.flows.scene import Later, Scene
from bot.messaging.model import Button, IncomingKind, MessageRef

_PARTNERS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Aim:
    """Where a message goes.

    Args:
        answered: the message of the thread that it answers.
        is_news: it goes there by a choice made before, which was not confirmed by a message yet.
    """

    thread: Thread
    answered: ChatMessage | None = None
    is_news: bool = False

    @property
    def answers(self) -> str | None:
        return None if self.answered is None else self.answered.id


class RelayTalk:
    """The relay as people use it."""

    def __init__(
        self,
        relay: Relay,
        files: RelayFiles,
        safety: RelaySafety,
        translation: RelayTranslation,
        rooms: RelayRooms,
    ) -> None:
        self._relay = relay
        self._files = files
        self._safety = safety
        self._translation = translation
        self._rooms = rooms

    def commands(self) -> Sequence[Command]:
        return [
            Command(name="write", action=_in_own_chat(self.write)),
            Command(name="delete", action=self.delete, is_reply=True),
            Command(name="unsend", action=self.delete, is_listed=False),
            Command(name="setup", action=self._rooms.setup, is_for_managers=True),
        ]

    def presses(self) -> Mapping[str, Press]:
        return {PREFIX: self.press, ROOMS_PREFIX: self._rooms.press}

    def leaving(self, action: Action) -> Action:
        """`action` after which plain messages go to the tutor again."""

        def act(scene: Scene, rest: str) -> Later | None:
            scene.work.chat.focuses.drop(scene.user.id)
            return action(scene, rest)

        return act

    def carry(self, scene: Scene) -> Carried | None:
        """A message outside of a flow goes to a partner; None: it is for somebody else."""
        aim = self._aim(scene)
        if aim is None:
            return None
        incoming = scene.incoming
        if incoming.kind is IncomingKind.HIDDEN:
            name = self._relay.partner_name(scene.work, aim.thread, scene.user)
            raise NotSent("relay.refused.hidden", name=name)
        if incoming.kind is IncomingKind.OTHER or incoming.message is None:
            raise NotSent("relay.refused.kind")
        if incoming.media is not None:
            self._relay.check(scene.work, aim.thread, scene.user, incoming.text or "", scene.now)
            return Carried(self._files.later(aim.thread, aim.answers, is_news=aim.is_news))
        draft = Draft(
            place=place_key(incoming.address),
            message_id=incoming.message.message_id,
            text=incoming.text or "",
            reply_to_id=aim.answers,
        )
        self._relay.send(scene.work, aim.thread, scene.user, draft, scene.now)
        if aim.is_news:
            say_where_it_went(scene, self._relay, aim.thread)
        return Carried(None)

    def changed(self, scene: Scene) -> Later | None:
        """An edit, a removal or a reaction on the platform; None: it is about nothing of ours."""
        incoming, work = scene.incoming, scene.work
        if incoming.message is None:
            return None
        if incoming.kind is IncomingKind.REACTION:
            self._react(scene, incoming.message)
            return None
        own = self._relay.written_by(work, scene.user.id, incoming.message)
        if incoming.kind is IncomingKind.DELETED:
            for message in own:
                self._relay.delete(work, message, scene.now)
        elif own:
            text = incoming.text or ""
            self._relay.edit(work, own[0], scene.user, text, scene.now)
        return None

    def write(self, scene: Scene, _: str = "") -> Later | None:
        """/write: choose whom to write to."""
        threads = scene.work.chat.threads.of_user(scene.user.id)
        if not threads:
            scene.say(scene.text("relay.nobody"), buttons=menu_rows(scene))
        elif len(threads) == 1:
            self._focus(scene, threads[0])
        else:
            rows = [[self._partner(scene, thread)] for thread in threads[-_PARTNERS_SHOWN:]]
            scene.say(scene.text("relay.choose"), buttons=rows)
        return None

    def delete(self, scene: Scene, _: str = "") -> Later | None:
        """/delete in answer to one's own message: Telegram tells bots nothing of removals."""
        ref = scene.incoming.reply_to
        own = self._relay.written_by(scene.work, scene.user.id, ref) if ref is not None else ()
        for message in own:
            self._relay.delete(scene.work, message, scene.now)
        scene.say(scene.text("relay.deleted" if own else "relay.delete_how"))
        return None

    def press(self, scene: Scene, data: str) -> Later | None:
        """A press under a relayed message, or in a list of partners; only its own thread's."""
        action, _, rest = data.partition(":")
        short, _, argument = rest.partition(":")
        try:
            about = long_id(short)
        except ValueError as error:
            raise StaleButton from error
        if action == "t":
            return self._translation.press(scene, about)
        thread = scene.work.chat.threads.find(about)
        if thread is None or not thread.has(scene.user.id):
            raise StaleButton
        if action == "f":
            scene.answer_button()
            self._focus(scene, thread)
            return None
        self._safety.press(scene, thread, action, argument)
        return None

    def _aim(self, scene: Scene) -> Aim | None:
        """What is answered, else whose room this is, else whom this person chose."""
        incoming, work = scene.incoming, scene.work
        answered = None if incoming.reply_to is None else self._answered(scene, incoming.reply_to)
        if answered is not None:
            return Aim(work.chat.threads.get(answered.thread_id), answered)
        if incoming.is_shared or incoming.address.thread is not None:
            thread = work.chat.threads.find_at(place_key(incoming.address))
            is_theirs = thread is not None and thread.has(scene.user.id)
            return Aim(thread) if thread is not None and is_theirs else None
        focus = work.chat.focuses.find(scene.user.id)
        thread = None if focus is None else work.chat.threads.find(focus.thread_id)
        if focus is None or thread is None:
            return None
        return Aim(thread, is_news=not focus.is_told)

    def _answered(self, scene: Scene, ref: MessageRef) -> ChatMessage | None:
        seen = self._relay.seen_as(scene.work, scene.user.id, ref)
        if seen is not None:
            return seen
        return next(iter(self._relay.written_by(scene.work, scene.user.id, ref)), None)

    def _react(self, scene: Scene, ref: MessageRef) -> None:
        message = self._answered(scene, ref)
        if message is not None:
            key = f"{scene.incoming.key}:relayed"
            emoji = scene.incoming.reaction
            self._relay.react(scene.work, message, scene.user.id, emoji, key, scene.now)

    def _focus(self, scene: Scene, thread: Thread) -> None:
        if scene.incoming.is_shared:
            raise NotFound
        self._relay.focus(scene.work, scene.user.id, thread)
        told = where_it_goes(scene, self._relay, thread)
        scene.say(*told, buttons=self._safety.rows(scene, thread))

    def _partner(self, scene: Scene, thread: Thread) -> Button:
        name = self._relay.partner_name(scene.work, thread, scene.user)
        return Button(name, f"{PREFIX}:f:{short_id(thread.id)}")


def _in_own_chat(action: Action) -> Action:
    """Whom one writes to is chosen where one writes, which nobody does in a whisper."""

    def act(scene: Scene, rest: str) -> Later | None:
        if not scene.incoming.is_shared:
            return action(scene, rest)
        scene.say(scene.text("command.in_private"))
        return None

    return act
