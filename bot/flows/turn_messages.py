"""The messages of a turn: transcript, reply with its buttons, and what is said when it fails."""

import base64
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

from bot.accounts.model import ReplyMode, User
from bot.core.entity import short_id
from bot.flows.own_voice import recordings_kept_for
from bot.flows.scene import Rows, Scene
from bot.messaging.model import (
    Attachment,
    Button,
    MediaKind,
    MessageKind,
    Paragraph,
    Style,
)
from bot.voice.model import EncodedVoice, UserTranscript
from bot.voice.session import Reply, Turn

PREFIX = "t"
_UNSENT_AUDIO_KEPT_FOR = timedelta(days=2)
_UNSURE_BELOW = 0.5
_BUTTONS_IN_A_ROW = 3


class _Speaking(Protocol):
    """Who is answered, and in which turn."""

    @property
    def turn(self) -> Turn: ...
    @property
    def user(self) -> User: ...
    @property
    def has_talk_time(self) -> bool: ...


def speaks(loaded: _Speaking) -> bool:
    """Whether the reply is spoken: notes and openings are, unless the person prefers text.

    A typed line is answered in kind; its Listen button speaks it. An opening is read where no time
    for talking is left; a note that was taken is answered whatever it takes.
    """
    turn = loaded.turn
    is_talk = turn.is_spoken or (turn.is_opening and loaded.has_talk_time)
    return loaded.user.preferences.reply_mode is ReplyMode.VOICE and is_talk


def say_transcript(scene: Scene, turn: Turn, heard: UserTranscript) -> None:
    """What was understood, with the way to set it right; unsure words are named."""
    unsure = [word.text.strip() for word in heard.words if word.probability < _UNSURE_BELOW]
    body = [scene.text("voice.heard"), Paragraph(heard.text, Style.QUOTE)]
    if unsure:
        body.append(scene.text("voice.unsure", words=", ".join(dict.fromkeys(unsure))))
    scene.say(
        *body,
        buttons=[[_button(scene, "voice.button.not_that", turn, "fix")]],
        kind=MessageKind.TRANSCRIPT,
        key=f"turn:{turn.id}:heard:{scene.incoming.key}",
    )


def say_reply(
    scene: Scene,
    turn: Turn,
    voice: Attachment | None,
    *,
    is_fallback: bool,
    is_first: bool,
) -> None:
    """The tutor's reply: a voice bubble with its text folded under it, or the text alone.

    Args:
        is_first: the turn is not answered anew, from the right words.
    """
    reply = turn.reply
    if reply is None:
        return
    body = [Paragraph(reply.text, Style.FOLDED if voice else Style.PLAIN)]
    if reply.tip:
        body.append(scene.text("voice.tip", tip=reply.tip))
    if reply.is_closing:
        body.append(scene.text("voice.goal_reached"))
    if is_fallback:
        body.append(scene.text("voice.fallback"))
    scene.say(
        *body,
        buttons=_buttons(scene, turn, reply, is_spoken=voice is not None),
        kind=MessageKind.TUTOR_REPLY,
        attachment=voice,
        key=f"turn:{turn.id}:reply:{scene.incoming.key}",
    )
    if is_first and not turn.is_opening:
        _count_guest_turn(scene)


def voice_attachment(scene: Scene, voice: EncodedVoice, *, is_recorded: bool = False) -> Attachment:
    """Keep a voice bubble until it is sent, or, with consent, as long as recordings are kept."""
    kept_for = recordings_kept_for(scene) if is_recorded else _UNSENT_AUDIO_KEPT_FOR
    blob_id = scene.work.blobs.add(
        scene.user.id,
        "audio/ogg",
        voice.ogg,
        scene.now,
        expires_at=scene.now + kept_for,
    )
    return Attachment(
        kind=MediaKind.VOICE,
        blob_id=blob_id,
        mime="audio/ogg",
        filename="voice.ogg",
        seconds=voice.seconds,
        waveform=base64.b64encode(voice.waveform).decode() if voice.waveform else None,
        is_kept=is_recorded,
    )


def say_nothing_heard(scene: Scene) -> None:
    """Silence, noise, or half a second: no score, no phantom text."""
    scene.say(scene.text("voice.nothing_heard"))


def say_failed(scene: Scene, key: str, params: Mapping[str, object] | None = None) -> None:
    """Why there is no answer, and what to do."""
    scene.say(scene.text(key, **(params or {})))


def _buttons(scene: Scene, turn: Turn, reply: Reply, *, is_spoken: bool) -> Rows:
    listen = "voice.button.slower" if is_spoken else "voice.button.listen"
    first = [_button(scene, listen, turn, "slow" if is_spoken else "listen")]
    if any(correction.is_shown for correction in turn.corrections):
        first.append(_button(scene, "voice.button.explain", turn, "explain"))
        if turn.audio_id is not None:
            first.append(_button(scene, "voice.button.compare", turn, "compare"))
    if reply.suggestions:
        first.append(_button(scene, "voice.button.hint", turn, "hint"))
    second = []
    if reply.translation:
        second.append(_button(scene, "voice.button.translate", turn, "translate"))
    second.append(_button(scene, "voice.button.end", turn, "end"))
    is_short = len(first) + len(second) <= _BUTTONS_IN_A_ROW
    return [[*first, *second]] if is_short else [first, second]


def _button(scene: Scene, key: str, turn: Turn, action: str) -> Button:
    return scene.button(key, f"{PREFIX}:{short_id(turn.id)}:{action}")


def _count_guest_turn(scene: Scene) -> None:
    """A guest's turns are counted once answered; after the last one registering is offered."""
    if scene.user.is_registered:
        return
    user = scene.save_user(replace(scene.user, guest_turns=scene.user.guest_turns + 1))
    if user.guest_turns >= scene.rules.guest_turns:
        scene.say(
            scene.text("guest.limit", count=scene.rules.guest_turns),
            buttons=[[scene.button("start.register", "c:register")]],
        )
