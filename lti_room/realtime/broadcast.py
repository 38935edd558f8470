"""The fast path of a broadcast: one frame built for all, one non-blocking send for each idle client.

Stock Socket.IO puts a packet into every client's queue and wakes every client's writer, which builds the same
frame again. Here a client whose queue is empty and whose writer sleeps gets the bytes at once; all others get
them through their queue, so that each client's messages stay in order. Which of the two a client is, is noted
when it changes and not asked at each broadcast: with thousands of clients every object the loop touches is a
cache miss. This reaches below the pinned versions of engineio and gevent; `choose` looks before it trusts,
and takes the stock way where anything is different.
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


class Outbox(JoinableQueue[Any]):
    """engineio's queue of packets for one client; tells that client's line when it fills and empties."""

    line: "Line | None" = None

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Queue a packet: until it is taken, nothing may overtake it."""
        if self.line is not None:
            self.line.free = None
        super().put(item, block, timeout)

    def task_done(self) -> None:
        """A packet was taken; its taker writes it before it lets anybody else run."""
        super().task_done()
        if self.line is not None and not self.unfinished_tasks:
            self.line.look()


class Line:
    """Where one client's bytes go: engineio's socket (its queue) and the websocket under it.

    `free` is the system's non-blocking socket while bytes may go straight there: nothing is queued, nobody is
    inside a frame, nothing is closing. Otherwise None. Only the newest line of a client is ever free.
    """

    __slots__ = ("engine", "free", "wire")

    def __init__(self, engine: Any, wire: RoomSocket | None) -> None:
        self.engine = engine
        self.wire = wire
        self.free: Any = None
        if wire is not None and isinstance(engine.queue, Outbox):
            if engine.queue.line is not None:
                engine.queue.line.free = None
            engine.queue.line = self
            wire.changed = self.look
            self.look()

    def look(self) -> None:
        """Set `free` by what is the case now: to be called whenever that may have changed."""
        engine, wire = self.engine, self.wire
        if wire is None or wire.busy or engine.queue.line is not self:
            self.free = None
        else:
            held = engine.queue.unfinished_tasks or engine.closed or engine.closing
            self.free = None if held else wire.raw


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
            raw = line.free
            if raw is None:
                enqueue(line, packet)
                continue
            try:
                sent = raw.send(data)
            except BlockingIOError:
                sent = 0
            except OSError:
                continue  # the reader of this socket sees the same and cleans up
            if sent != whole:
                line.engine.queue.put(Rest(data[sent:]))


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
    queue = Outbox()
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
