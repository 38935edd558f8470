"""What commands of an admin share: settings, a Redis that answers, and the admin's name for the audit log."""

import getpass
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

from lti_room.base.clock import SystemClock
from lti_room.base.redis_client import connect
from lti_room.base.settings import Settings, load
from lti_room.cli.redis_use import redis_for
from lti_room.usecases.administering.administration import Administration
from lti_room.wiring import administration_of


@contextmanager
def administering() -> Iterator[tuple[Administration, Settings]]:
    """Yield the admin's operations on this installation, whether or not it runs at the moment.

    Raises:
        AppError: a setting or the file of registrations is malformed, or Redis cannot be had.
    """
    logging.getLogger("lti_room").setLevel(logging.ERROR)
    settings = load()
    with redis_for(settings):
        redis = connect(settings.effective_redis_url)
        try:
            yield administration_of(settings, redis, SystemClock()), settings
        finally:
            redis.close()


def who() -> str:
    """Return the name changes are written down under: the user of this machine, as sudo knew them."""
    try:
        name = os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):
        # A container's user often has no name.
        name = str(os.getuid())
    return f"cli:{name}"
