"""`lti-room admin`: print a link that signs somebody in to the admin pages, once."""

import argparse
import logging

from lti_room.base.clock import SystemClock
from lti_room.base.redis_client import connect
from lti_room.base.settings import load
from lti_room.cli.administering import who
from lti_room.cli.redis_use import redis_for
from lti_room.usecases.administering.admin_entry import AdminEntry
from lti_room.usecases.administering.audit import Audit


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--name", default="", help="who signs in, for the audit log (default: who you are on this machine)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Make a code and print its link."""
    logging.getLogger("lti_room").setLevel(logging.ERROR)
    settings = load()
    with redis_for(settings):
        redis, clock = connect(settings.effective_redis_url), SystemClock()
        entry = AdminEntry(redis, clock, settings, Audit(redis, clock, settings))
        code = entry.make_code(arguments.name or who())
    minutes = settings.admin_link_seconds // 60
    print(f"{settings.public_url}/admin/enter#{code}")
    print(f"Open it within {minutes} minutes; it works once.")
    return 0
