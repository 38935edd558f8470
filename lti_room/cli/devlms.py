"""`lti-room devlms`: the emulated LMSs. Only where LTI_ROOM_DEVELOPMENT=1."""

from gevent import monkey

monkey.patch_all()

import argparse  # noqa: E402
import signal  # noqa: E402

import gevent  # noqa: E402
from gevent.pywsgi import WSGIServer  # noqa: E402

from lti_room.base.clock import SystemClock  # noqa: E402
from lti_room.base.log import setup  # noqa: E402
from lti_room.base.settings import SettingsError, load  # noqa: E402
from lti_room.cli.listening import listen_tcp  # noqa: E402
from lti_room.devlms.app import create_app  # noqa: E402


def run(_: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT.

    Raises:
        SettingsError: this is not a development installation.
    """
    settings = load()
    setup(settings.log_level)
    if not settings.development:
        raise SettingsError("The emulated LMSs let anybody be anybody; they need LTI_ROOM_DEVELOPMENT=1.")
    listener = listen_tcp("emulated LMSs", settings.devlms_bind, "LTI_ROOM_DEVLMS_BIND")
    listener.setblocking(False)
    app = create_app(
        base_url=settings.devlms_url, tool_url=settings.public_url, data=settings.data, clock=SystemClock()
    )
    server = WSGIServer(listener, app, log=None)
    stopped = gevent.event.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(name, stopped.set)
    server.start()
    stopped.wait()
    server.stop(timeout=1.0)
    return 0
