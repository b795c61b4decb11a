"""Presses that are not the presser's to make: refused without a word of what they were about."""

import structlog

from bot.flows.runner import StaleButton
from bot.flows.scene import Scene

_log = structlog.get_logger()


def refused(scene: Scene, what: str) -> StaleButton:
    """Note an attempt and give the error to raise: the presser learns only that it is over.

    Args:
        what: which buttons, for the log; never what they carry.
    """
    _log.warning("button.refused", key=scene.incoming.key, user=scene.user.id, what=what)
    return StaleButton()
