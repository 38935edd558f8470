"""The command `lti-room`. Each subcommand's module is loaded only when it runs: `web` must patch
the standard library for gevent before anything else is imported, and `media` must not be patched.
"""

import argparse
import importlib
import sys
from collections.abc import Sequence

COMMANDS = {
    "up": "start everything on this machine and keep it running",
    "web": "start one web process",
    "media": "start one media worker",
    "devlms": "start the emulated LMSs (development only)",
}


def main(argv: Sequence[str] | None = None) -> None:
    """Run a subcommand. An expected error ends with one sentence and status 1, never a trace."""
    parser = argparse.ArgumentParser(
        prog="lti-room", description="A live room that opens from a course page."
    )
    chosen = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name, meaning in COMMANDS.items():
        sub = chosen.add_parser(name, help=meaning, description=meaning)
        if name == "web":
            sub.add_argument("--fd", type=int, help="an already listening socket, as file descriptor")
        if name == "media":
            sub.add_argument("--index", type=int, default=0, help="number of this worker, from 0")
    arguments = parser.parse_args(argv)
    module = importlib.import_module(f"lti_room.cli.{arguments.command}")
    from lti_room.base.errors import AppError

    try:
        status = module.run(arguments)
    except AppError as error:
        print(f"lti-room {arguments.command}: {error.message}", file=sys.stderr)
        status = 1
    except KeyboardInterrupt:
        status = 130
    sys.exit(status)
