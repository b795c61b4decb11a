"""What can be wrong with a voice note."""

from bot.core.errors import DomainError


class AudioRefused(DomainError):
    """The recording cannot be used; `key` names the text that says why and what to do."""

    key = "voice.refused.unreadable"
