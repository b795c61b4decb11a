"""Bringing a student and a teacher together, as the catalogue and invitations see it."""

from typing import Protocol

from bot.chat.service import Relay
from bot.flows.relay_words import where_it_goes
from bot.flows.scene import Later, Scene


class Introductions(Protocol):
    """Opens the conversation between two people."""

    def introduce(self, scene: Scene, teacher_id: str, /) -> Later | None:
        """Let the scene's person write to this teacher, and tell them how.

        The teacher is verified, active and somebody else; the person is registered.
        """
        ...


class RelayIntroductions:
    """Through the relay: their thread is opened, and what the student writes goes there."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    def introduce(self, scene: Scene, teacher_id: str) -> Later | None:
        """Raises NotSent where the relay does not let them write to each other."""
        thread = self._relay.open(scene.work, scene.user.id, teacher_id, scene.now)
        self._relay.focus(scene.work, scene.user.id, thread)
        scene.say(*where_it_goes(scene, self._relay, thread))
        return None
