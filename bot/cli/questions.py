"""Asking a person at a terminal; where nobody answers, every answer is empty."""

import getpass
import sys


class Questions:
    """Reads answers from the terminal, from a pipe, or from nobody.

    Args:
        is_silent: nobody is asked (`--yes`).
    """

    def __init__(self, *, is_silent: bool) -> None:
        self.is_silent = is_silent

    def ask(self, prompt: str) -> str:
        """What was answered; "" for Enter alone, and at the end of a pipe."""
        if self.is_silent:
            return ""
        print(f"{prompt}: ", end="", flush=True)
        return self._line()

    def ask_secret(self, prompt: str) -> str:
        """Like `ask`; a terminal does not show what is typed."""
        if self.is_silent:
            return ""
        if sys.stdin.isatty():
            return getpass.getpass(f"{prompt}: ").strip()
        return self.ask(prompt)

    def _line(self) -> str:
        line = sys.stdin.readline()
        if not sys.stdin.isatty():
            print(flush=True)
        return line.strip()
