"""The command line: `linguaflex`, also `python -m bot`."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from config.settings import WrongSettings

_COMMANDS = {
    "demo": "everything on this machine with no key: a page to talk to the tutor on",
    "init": "ask for keys, check each against its service, and write .env",
    "doctor": "check configuration, database, tokens, audio, webhooks and clock",
    "migrate": "bring the database to the current schema",
    "run": "run the bot",
    "simulate": "run only the simulators, and print the settings that point a bot at them",
    "ledger": "prove that nothing in the ledger was changed, and that it balances",
    "score": "score recordings without a chat",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status. Heavy parts are imported by the one that runs."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(
        prog="linguaflex",
        description="A voice tutor inside the chat apps people use.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="\n".join(f"  {name:10}{about}" for name, about in _COMMANDS.items()),
    )
    parser.add_argument("command", choices=_COMMANDS, metavar="command", help="see below")
    name = parser.parse_args(words[:1]).command
    command = import_module(f"bot.cli.{name}")
    own = argparse.ArgumentParser(prog=f"linguaflex {name}", description=_COMMANDS[name])
    command.add_arguments(own)
    try:
        return int(command.run(own.parse_args(words[1:])))
    except WrongSettings as error:
        print(f"linguaflex: {error}", file=sys.stderr)  # noqa: T201 - the command line's voice
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
