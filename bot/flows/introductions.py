"""Bringing a student and a teacher together, as the catalogue and invitations see it."""

from typing import Protocol

from bot.chat.service import Relay
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
        name = self._relay.partner_name(scene.work, thread, scene.user)
        scene.say(scene.text("relay.writing_to", name=name))
        return None
