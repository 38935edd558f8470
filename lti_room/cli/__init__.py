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
    "admin": "print a link that signs in to the admin pages",
    "doctor": "look for everything an operator can get wrong",
    "privacy": "hand out or erase what is kept about a person",
    "platforms": "register, check, approve and switch off course platforms",
    "keys": "show and rotate the key our messages are signed with",
}


def main(argv: Sequence[str] | None = None) -> None:
    """Run a subcommand. An expected error ends with one sentence and status 1, never a trace."""
    given = sys.argv[1:] if argv is None else argv
    arguments = _parser(given[:1]).parse_args(given)
    module = importlib.import_module(f"lti_room.cli.{arguments.command}")
    import redis.exceptions

    from lti_room.base.errors import AppError

    try:
        status = module.run(arguments)
    except AppError as error:
        print(f"lti-room {arguments.command}: {error.message}", file=sys.stderr)
        status = 1
    except redis.exceptions.RedisError:
        print(f"lti-room {arguments.command}: Redis does not answer; try again.", file=sys.stderr)
        status = 1
    except KeyboardInterrupt:
        status = 130
    sys.exit(status)


def _parser(chosen: Sequence[str]) -> argparse.ArgumentParser:
    """Return the parser of all commands; the arguments of the chosen one are declared by its module."""
    parser = argparse.ArgumentParser(
        prog="lti-room", description="A live room that opens from a course page."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name, meaning in COMMANDS.items():
        own = commands.add_parser(name, help=meaning, description=f"{meaning[0].upper()}{meaning[1:]}.")
        if name in chosen:
            module = importlib.import_module(f"lti_room.cli.{name}")
            configure = getattr(module, "configure", None)
            if configure:
                configure(own)
    return parser
