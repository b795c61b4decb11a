"""The port every service writes and reads through."""

from collections.abc import Callable
from typing import Protocol, TypeVar

W_co = TypeVar("W_co", covariant=True)
R = TypeVar("R")


class Storage(Protocol[W_co]):
    """Runs units of work: plain functions of one transaction."""

    async def write(self, unit: Callable[[W_co], R], /) -> R:
        """Run `unit` in a transaction and commit; roll back whatever it raises.

        The unit may run twice (a retry), so it has no effect outside the transaction.
        """
        ...

    async def read(self, query: Callable[[W_co], R], /) -> R:
        """Run `query` without writing."""
        ...
