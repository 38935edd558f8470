"""The Socket.IO server: its settings, the websocket under it, and the little allowed before a ticket."""

from collections.abc import Callable
from typing import Any

import flask
import flask_socketio
import gevent

from lti_room.base.log import logger
from lti_room.base.settings import Settings
from lti_room.realtime.broadcast import Outbox
from lti_room.realtime.names import NAMESPACE, SOCKET_PATH
from lti_room.realtime.transport import adapter

UNKNOWN_SECONDS = 15.0
"""A websocket that has shown no ticket by then is closed."""

log = logger("realtime.door")


def open_door(app: flask.Flask, settings: Settings) -> flask_socketio.SocketIO:
    """Put a Socket.IO server on the app: websocket only, so that any process may take any connection."""
    socketio = flask_socketio.SocketIO(
        app,
        path=SOCKET_PATH,
        async_mode="gevent",
        transports=["websocket"],
        # In the greenlet that reads: one message after the other, in order, and with back-pressure.
        async_handlers=False,
        manage_session=False,
        # The gateway checks the origin, and refuses a connection without one as well.
        cors_allowed_origins="*",
        cors_credentials=False,
        ping_interval=settings.socket_ping_seconds,
        ping_timeout=settings.socket_ping_seconds,
        max_http_buffer_size=settings.message_bytes,
    )
    engine = socketio.server.eio
    idle_seconds = 2.5 * settings.socket_ping_seconds
    websocket = adapter(settings.message_bytes, idle_seconds)
    engine._async = {**engine._async, "websocket": websocket, "queue": Outbox}
    _guard(engine.handlers, "message", _forgiving)
    _guard(engine.handlers, "connect", lambda inner: _impatient(inner, socketio.server))
    return socketio


Handler = Callable[..., Any]


def _guard(handlers: dict[str, Handler], name: str, wrap: Callable[[Handler], Handler]) -> None:
    handlers[name] = wrap(handlers[name])


def _forgiving(inner: Handler) -> Handler:
    """Drop what is no Socket.IO packet, quietly: a stranger must not be able to fill the log."""

    def take(sid: str, data: Any) -> None:
        try:
            inner(sid, data)
        except Exception as error:
            log.debug("dropped a packet: %s", type(error).__name__)

    return take


def _impatient(inner: Handler, server: Any) -> Handler:
    """Close a websocket that does not ask for the namespace in time."""

    def take(sid: str, environ: dict[str, Any]) -> Any:
        gevent.spawn_later(UNKNOWN_SECONDS, leave_unless_known, sid)
        return inner(sid, environ)

    def leave_unless_known(sid: str) -> None:
        if server.manager.sid_from_eio_sid(sid, NAMESPACE) is None:
            server.eio.disconnect(sid)

    return take
