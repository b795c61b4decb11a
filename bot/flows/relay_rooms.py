"""/setup: a channel in which teachers have a room of their own for every student."""

from bot.chat.halls import want_room
from bot.chat.model import Hall, place_key
from bot.flows.runner import StaleButton
from bot.flows.scene import Later, Scene
from bot.messaging.model import Incoming, MessageKind, Outgoing

PREFIX = "rh"


class RelayRooms:
    """A server's manager names the channel; each teacher decides for themselves."""

    def setup(self, scene: Scene, _: str = "") -> Later | None:
        """/setup in a channel: whoever teaches may receive their students there."""
        if not scene.incoming.is_shared:
            scene.say(scene.text("relay.setup_where"))
            return None
        incoming, row = (
            scene.incoming,
            (
                scene.button("relay.button.rooms_here", f"{PREFIX}:here"),
                scene.button("relay.button.rooms_private", f"{PREFIX}:private"),
            ),
        )
        card = Outgoing(
            key=f"{incoming.key}:card",
            to=incoming.address,
            kind=MessageKind.PROMPT,
            body=(scene.text("relay.setup_here"),),
            buttons=(row,),
        )
        scene.work.notes.put(_chosen(incoming), "1")
        scene.work.outbox.put(card, at=scene.now)  # for everybody there, whoever asked for it
        if incoming.is_whispered:
            scene.say(scene.text("relay.setup_posted"))
        return None

    def press(self, scene: Scene, data: str) -> Later | None:
        """Rooms here from now on, for the students there are too; or the private chat again."""
        work, own = scene.work, scene.user.id
        if data not in {"here", "private"}:
            raise StaleButton
        teacher = work.teachers.find_of_user(own)
        if teacher is None or not teacher.is_verified:
            scene.answer_button(scene.texts("relay.setup_teachers_only"), is_alert=True)
            return None
        if data == "here" and scene.work.notes.get(_chosen(scene.incoming)) is None:
            raise StaleButton
        is_here = data == "here"
        if is_here:
            work.chat.halls.put(Hall(user_id=own, place=place_key(scene.incoming.address)))
        else:
            work.chat.halls.drop(own)
        for thread in work.chat.threads.of_user(own):
            if thread.teacher_id == own and is_here:
                want_room(work, thread, scene.now)
            elif thread.teacher_id == own:
                work.chat.threads.save(thread.placed(own, None))
        key = "relay.setup_done" if is_here else "relay.setup_private"
        scene.answer_button(scene.texts(key), is_alert=True)
        return None


def _chosen(incoming: Incoming) -> str:
    """The note that somebody who may has chosen this channel."""
    return f"hall {place_key(incoming.address)}"
