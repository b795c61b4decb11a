"""Which way of paying a product may use on which platform, whose rules differ."""

from collections.abc import Mapping
from enum import StrEnum


class Product(StrEnum):
    """What is sold: an hour with a person, or something the program does itself."""

    HUMAN_LESSON = "human_lesson"
    PROGRAM = "program"


class Rail(StrEnum):
    """Ways of paying; STARS: the platform's own money, NONE: it is not sold there."""

    CARD = "card"
    STARS = "stars"
    NONE = "none"


# Telegram wants its Stars for digital goods, and leaves services of people to others; Discord has
# no such rule for services, and what programs do there is not sold yet.
_DEFAULTS: Mapping[tuple[Product, str], Rail] = {
    (Product.HUMAN_LESSON, "telegram"): Rail.CARD,
    (Product.HUMAN_LESSON, "discord"): Rail.CARD,
    (Product.PROGRAM, "telegram"): Rail.STARS,
}


def rail_for(product: Product, platform: str, configured: Mapping[str, str] | None = None) -> Rail:
    """The way to pay; what nobody allowed is not sold.

    Args:
        configured: the product's rail by platform, as the operator chose; None: the defaults.
    """
    if configured is not None:
        return Rail(configured.get(platform, Rail.NONE))
    return _DEFAULTS.get((product, platform), Rail.NONE)
