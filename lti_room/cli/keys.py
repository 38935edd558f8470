"""`lti-room keys`: the key our messages to platforms are signed with."""

import argparse

from lti_room.cli.administering import administering, who
from lti_room.lti.tool_keys import CACHE_SECONDS


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="action")
    actions.add_parser("list", help="show the published keys, the one that signs first")
    actions.add_parser("rotate", help="make a new key; the old one stays published while it is needed")


def run(arguments: argparse.Namespace) -> int:
    """Show or rotate."""
    with administering() as (administration, settings):
        if arguments.action == "rotate":
            kid = administration.rotate_keys(by=who())
            print(f"{kid}  new")
            print(
                f"It is published now and signs in {CACHE_SECONDS // 60} minutes, when every platform has it."
            )
            print(f"The old key stays published for {settings.tool_key_days} days after that.")
            return 0
        for position, kid in enumerate(administration.key_ids()):
            print(kid if position else f"{kid}  signs")
    return 0
