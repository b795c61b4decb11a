"""What is kept of a person's voice, and stopping to keep it."""

from dataclasses import replace
from datetime import timedelta

from bot.accounts.model import Purpose
from bot.flows.ports import FlowWork
from bot.flows.scene import Scene
from bot.tiers.service import Plans


def recordings_kept_for(scene: Scene) -> timedelta:
    """How long what the person lets us keep stays, by their plan."""
    rules = scene.rules
    return Plans(rules.tiers).recordings_kept_for(
        scene.work, scene.user.id, rules.recording_kept_for, scene.now
    )


def stop_keeping(work: FlowWork, user_id: str, purpose: Purpose) -> None:
    """Nothing more is kept for this purpose, from the running practice on, and what was goes."""
    session = work.voice_sessions.find_active(user_id)
    is_recording = purpose is Purpose.RECORDING
    if session is not None:
        work.voice_sessions.save(
            replace(session, has_recording=False)
            if is_recording
            else replace(session, has_emotion=False)
        )
    for turn in work.turns.of_user(user_id):
        if is_recording:
            kept = [blob for blob in (turn.audio_id, turn.reply_audio_id) if blob is not None]
            if kept:
                work.blobs.remove(*kept)
                work.turns.save(replace(turn, audio_id=None, reply_audio_id=None))
        elif turn.prosody is not None:
            work.turns.save(replace(turn, prosody=None))
