"""The fast path of a broadcast: one frame built for all, one non-blocking send for each idle client.

Stock Socket.IO puts a packet into every client's queue and wakes every client's writer, which builds the same
frame again. Here a client whose queue is empty and whose writer sleeps gets the bytes at once; all others get
them through their queue, so that each client's messages stay in order. This reaches below the pinned versions
of engineio and gevent; `choose` looks before it trusts, and takes the stock way where anything is different.
"""

from collections.abc import Iterable
from importlib.metadata import version
from typing import Any, Protocol

import gevent
from engineio.packet import MESSAGE, Packet
from gevent.queue import JoinableQueue
from gevent.socket import socketpair

from lti_room.base.log import logger
from lti_room.realtime.transport import Rest, RoomSocket, frame

PINNED = {
    "Flask-SocketIO": "5.7.0",
    "python-socketio": "5.18.1",
    "python-engineio": "4.15.1",
    "gevent": "26.9.0",
}
QUEUED_PACKETS = 2000
"""A client with more than this waiting does not read; it is cut off and finds the rest when it comes back."""

log = logger("realtime.broadcast")


class Line:
    """Where one client's bytes go: engineio's socket (its queue) and the websocket under it."""

    __slots__ = ("engine", "wire")

    def __init__(self, engine: Any, wire: RoomSocket | None) -> None:
        self.engine = engine
        self.wire = wire


class Broadcast(Protocol):
    """Sends one Socket.IO packet (text) to many clients without blocking."""

    def send(self, lines: Iterable[Line], text: str) -> None: ...


class StockBroadcast:
    """Through every client's queue."""

    def send(self, lines: Iterable[Line], text: str) -> None:
        """Queue the packet for each client."""
        packet = Packet(MESSAGE, text)
        for line in lines:
            enqueue(line, packet)


class FastBroadcast:
    """Straight to the sockets of idle clients, through the queue for the others."""

    def send(self, lines: Iterable[Line], text: str) -> None:
        """Send the packet to each client."""
        packet = Packet(MESSAGE, text)
        data = frame(b"4" + text.encode())
        whole = len(data)
        for line in lines:  # the hottest loop of the web process: a function call per client shows
            engine, wire = line.engine, line.wire
            if wire is None or wire.busy or wire.raw is None or engine.queue.unfinished_tasks:
                enqueue(line, packet)
            elif not engine.closed and not engine.closing:
                try:
                    sent = wire.raw.send(data)
                except BlockingIOError:
                    sent = 0
                except OSError:
                    continue  # the reader of this socket sees the same and cleans up
                if sent != whole:
                    engine.queue.put(Rest(data[sent:]))


def enqueue(line: Line, packet: Packet) -> None:
    """Put a packet into a client's queue, or cut the client off when it has too many waiting."""
    engine = line.engine
    if engine.closed or engine.closing:
        return
    if engine.queue.qsize() > QUEUED_PACKETS:
        log.warning("cut off a client that does not read", extra={"code": "slow_client"})
        gevent.spawn(_cut, line)
    else:
        engine.queue.put(packet)


def _cut(line: Line) -> None:
    line.engine.close(wait=False, abort=True, reason="transport error")
    if line.wire is not None:
        line.wire.close()


def choose() -> Broadcast:
    """Return the fast path if all it reaches for is there, else the stock one (and say so in the log)."""
    doubt = _doubt()
    if doubt is None:
        return FastBroadcast()
    log.warning("broadcasts take the slow path: %s", doubt, extra={"code": "slow_broadcast"})
    return StockBroadcast()


def _doubt() -> str | None:
    for name, pinned in PINNED.items():
        if version(name) != pinned:
            return f"{name} is {version(name)}, not {pinned}"
    queue: JoinableQueue[bytes] = JoinableQueue()
    queue.put(b"")
    if getattr(queue, "unfinished_tasks", None) != 1:
        return "gevent's queue does not count its unfinished tasks"
    near, far = socketpair()
    try:
        raw = getattr(near, "_sock", None)
        if raw is None or raw.send(b"!") != 1 or far.recv(1) != b"!":
            return "gevent's socket does not wrap one of the system"
    finally:
        near.close()
        far.close()
    return None
