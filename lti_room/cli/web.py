"""`lti-room web`: one web process on gevent."""

from gevent import monkey

monkey.patch_all()

import argparse  # noqa: E402
import signal  # noqa: E402
import socket  # noqa: E402

import gevent  # noqa: E402
from gevent import pywsgi  # noqa: E402
from geventwebsocket.handler import WebSocketHandler  # noqa: E402

from lti_room.base.log import setup  # noqa: E402
from lti_room.base.settings import load  # noqa: E402
from lti_room.cli.listening import listen_tcp  # noqa: E402
from lti_room.cli.redis_use import redis_for  # noqa: E402
from lti_room.wiring import web_process  # noqa: E402

GRACE_SECONDS = 2.0
# Platforms that log in by GET put signed hints into the address; too long ones are refused by the view.
pywsgi.MAX_REQUEST_LINE = 32_768  # type: ignore[attr-defined]  # left out of the stubs


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--fd", type=int, help="an already listening socket, as file descriptor")


def run(arguments: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT; then say goodbye to the open sockets and stop."""
    settings = load()
    setup(settings.log_level)
    if arguments.fd is None:
        listener = listen_tcp("web server", settings.bind, "LTI_ROOM_BIND")
    else:
        listener = socket.socket(fileno=arguments.fd)
    listener.setblocking(False)
    with redis_for(settings):
        process = web_process(settings)
        server = pywsgi.WSGIServer(listener, process.app, handler_class=WebSocketHandler, log=None)
        stopped = gevent.event.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            gevent.signal_handler(name, stopped.set)
        process.realtime.start()
        server.start()
        stopped.wait()
        process.realtime.stop()
        server.stop(timeout=GRACE_SECONDS)
    return 0
