"""Mail addresses as people type them."""

import re

from bot.core.errors import DomainError

_LONGEST = 254  # RFC 5321, 4.5.3.1.3, without the brackets
_LONGEST_LOCAL = 64
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class WrongAddress(DomainError):
    """Not a mail address."""

    key = "email.wrong"


def parse_address(text: str) -> str:
    """The address with its domain in lower case, international domains in their ASCII form.

    Raises:
        WrongAddress: it is none (RFC 5321, without quoted names and address literals).
    """
    local, at, domain = text.strip().removeprefix("mailto:").rpartition("@")
    try:
        domain = domain.encode("idna").decode().lower()
    except UnicodeError as error:
        raise WrongAddress from error
    labels = domain.split(".")
    is_host = len(labels) > 1 and all(_LABEL.fullmatch(label) for label in labels)
    if not at or not is_host or labels[-1].isdigit():
        raise WrongAddress
    address = f"{local}@{domain}"
    if not _LOCAL.fullmatch(local) or len(local) > _LONGEST_LOCAL or len(address) > _LONGEST:
        raise WrongAddress
    return address


def lookup_form(address: str) -> str:
    """The form by which an address is known: servers that tell case apart are none we know."""
    return address.casefold()
