"""`lti-room media`: one media worker; beside it the standby that follows rooms when no web process does."""

import argparse
import threading

from lti_room.base.log import setup
from lti_room.base.settings import load
from lti_room.cli.redis_use import redis_for


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--index", type=int, default=0, help="number of this worker, from 0")


def run(arguments: argparse.Namespace) -> int:
    """Run the worker until SIGTERM."""
    settings = load()
    setup(settings.log_level)
    with redis_for(settings):
        from lti_room.media.sfu import worker
        from lti_room.wiring import standby_follow

        stop = threading.Event()
        follow = standby_follow(settings, f"media{arguments.index}")
        follower = threading.Thread(target=follow.run, args=(stop,), name="follow", daemon=True)
        follower.start()
        try:
            worker.run(settings, arguments.index)
        finally:
            stop.set()
            follower.join(2.0)
    return 0
