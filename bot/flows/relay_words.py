"""What the relay says by itself."""

from dataclasses import replace

from bot.chat.model import Thread
from bot.chat.service import Relay
from bot.flows.scene import Scene


def say_where_it_went(scene: Scene, relay: Relay, thread: Thread) -> None:
    """The first message after a choice is answered with whom it went to."""
    focus = scene.work.chat.focuses.find(scene.user.id)
    if focus is not None and not focus.is_told:
        scene.work.chat.focuses.put(replace(focus, is_told=True))
    scene.say(scene.text("relay.went_to", name=relay.partner_name(scene.work, thread, scene.user)))
