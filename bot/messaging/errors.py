"""What can be wrong with a file a person sent."""

from bot.core.errors import DomainError


class FileTooLarge(DomainError):
    """Larger than we take, or than the platform hands out to bots."""

    key = "voice.refused.too_large"
