"""Why the page could not have what it asked for."""


class Refused(Exception):
    """The command was not carried out; the page has a sentence for each `reason`."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)
