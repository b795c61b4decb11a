"""What the relay says by itself."""

from collections.abc import Sequence
from dataclasses import replace

from bot.chat.model import Thread
from bot.chat.service import Relay
from bot.flows.scene import Scene
from bot.messaging.model import Paragraph

_TELLS_OF_REMOVALS = frozenset({"discord"})


def say_where_it_went(scene: Scene, relay: Relay, thread: Thread) -> None:
    """The first message after a choice is answered with whom it went to."""
    focus = scene.work.chat.focuses.find(scene.user.id)
    if focus is not None and not focus.is_told:
        scene.work.chat.focuses.put(replace(focus, is_told=True))
    scene.say(scene.text("relay.went_to", name=relay.partner_name(scene.work, thread, scene.user)))


def where_it_goes(scene: Scene, relay: Relay, thread: Thread) -> Sequence[Paragraph]:
    """To whom the person's messages go from here on, in which chat, and how to take one back."""
    name = relay.partner_name(scene.work, thread, scene.user)
    if scene.incoming.is_shared:
        return (scene.text("relay.writing_to_private", name=name),)
    is_told = scene.incoming.address.platform in _TELLS_OF_REMOVALS
    how = "relay.take_back.remove" if is_told else "relay.take_back.command"
    return (scene.text("relay.writing_to", name=name), scene.text(how))
