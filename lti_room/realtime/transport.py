"""One websocket under Engine.IO: bounded reading, and a writer that a broadcast may overtake safely.

This replaces engineio's own adapter for gevent-websocket, which reads frames of any size, unmasks them byte
by byte, dies of malformed packets and lets a pong cut into a half-written frame.
"""

import socket
import struct
from collections.abc import Callable, Iterable
from typing import Any

import gevent
from gevent.socket import socket as GeventSocket  # noqa: N812 - the class is spelled in lower case there

TEXT, BINARY, CLOSE, PING, PONG, CONTINUATION = 0x1, 0x2, 0x8, 0x9, 0xA, 0x0
FREE_MESSAGES = 200
"""A connection may send this many messages per `WINDOW_SECONDS` at any speed; then it is read slowly."""
WINDOW_SECONDS = 10.0
SLOW_SECONDS = 0.05

ENVIRON_KEY = "lti_room.socket"


class Rest:
    """The tail of a frame that did not fit into the socket's buffer; queued as a packet."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def encode(self) -> "RestBytes":
        """Return the bytes, marked as already framed."""
        return RestBytes(self._data)


class RestBytes(bytes):
    """Bytes of a frame whose head is already on the wire."""


class _Ended(Exception):
    """The connection is over, or broke the websocket rules."""


def frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """Return a whole, unmasked websocket frame (RFC 6455, 5.2)."""
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", 0x80 | opcode, size) + payload
    if size < 1 << 16:
        return struct.pack("!BBH", 0x80 | opcode, 126, size) + payload
    return struct.pack("!BBQ", 0x80 | opcode, 127, size) + payload


def unmask(payload: bytes, mask: bytes) -> bytes:
    """Undo a client's masking (RFC 6455, 5.3)."""
    size = len(payload)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload) ^ int.from_bytes(key)).to_bytes(size)


def _nobody_asks() -> None:
    """What a websocket calls that carries no line (yet, or any more)."""


class RoomSocket:
    """One websocket, for engineio (`wait`, `send`, `close`) and for broadcasts (`raw`, `busy`)."""

    def __init__(self, environ: dict[str, Any], largest: int, idle_seconds: float) -> None:
        self._websocket = environ["wsgi.websocket"]
        self._socket = self._websocket.handler.socket
        self._read: Callable[[int], bytes] = self._websocket.stream.read
        self._largest = largest
        self._budget = FREE_MESSAGES
        self._closed = False
        self.busy = False
        """Whether a writer is inside a frame: nobody else may write then."""
        self.raw: Any = getattr(self._socket, "_sock", None) if type(self._socket) is GeventSocket else None
        """The system's own non-blocking socket; None at the end, and where something is between (TLS)."""
        self.changed: Callable[[], None] = _nobody_asks
        """Called when `busy` or `raw` has changed."""
        self._socket.settimeout(idle_seconds)
        self._refill = gevent.spawn_later(WINDOW_SECONDS, self._refilled)

    def wait(self) -> str | bytes | None:
        """Return the next message; None when the connection is over."""
        try:
            while True:
                self._slow_down()
                message = self._message()
                if isinstance(message, bytes) or is_packet(message):
                    return message
        except (_Ended, OSError, ValueError, gevent.Timeout):
            return None

    def send(self, message: str | bytes) -> None:
        """Write one message; blocks this greenlet only.

        Raises:
            OSError: the client is gone, or did not read for too long.
        """
        if isinstance(message, RestBytes):
            self._write(message)
        elif isinstance(message, bytes):
            self._write(frame(message, BINARY))
        else:
            self._write(frame(message.encode()))

    def close(self) -> None:
        """Say goodbye if the wire is free, then end the connection, also for a client that reads nothing."""
        if self._closed:
            return
        self._closed = True
        self._refill.kill(block=False)
        if not self.busy and self.raw is not None:
            self._try(lambda: self.raw.send(frame(struct.pack("!H", 1000), CLOSE)))
        self.raw = None
        self.changed()
        self.changed = _nobody_asks
        self._websocket.closed = True
        self._try(lambda: self._socket.shutdown(socket.SHUT_RDWR))

    @staticmethod
    def _try(work: Callable[[], object]) -> None:
        try:
            work()
        except OSError:
            return

    def _write(self, data: bytes) -> None:
        if self._closed:
            raise OSError("closed")
        self.busy = True
        self.changed()
        try:
            self._socket.sendall(data)
        except BaseException:
            self._closed_mid_frame()
            raise
        self.busy = False
        self.changed()

    def _closed_mid_frame(self) -> None:
        # `busy` stays on: a frame is cut in two, so nothing may follow it.
        self._try(lambda: self._socket.shutdown(socket.SHUT_RDWR))

    def _slow_down(self) -> None:
        self._budget -= 1
        if self._budget < 0:
            gevent.sleep(SLOW_SECONDS)

    def _refilled(self) -> None:
        self._budget = FREE_MESSAGES
        if not self._closed:
            self._refill = gevent.spawn_later(WINDOW_SECONDS, self._refilled)

    def _message(self) -> str | bytes:
        kind, parts = 0, bytearray()
        while True:
            final, opcode, payload = self._frame(self._largest - len(parts))
            if opcode == CLOSE:
                raise _Ended
            if opcode == PING:
                self._answer_ping(payload)
            if opcode in (PING, PONG):
                continue
            if (opcode == CONTINUATION) != bool(kind) or opcode not in (CONTINUATION, TEXT, BINARY):
                raise _Ended
            kind = kind or opcode
            parts += payload
            if final:
                return parts.decode() if kind == TEXT else bytes(parts)

    def _answer_ping(self, payload: bytes) -> None:
        if not self.busy and self.raw is not None:
            self._try(lambda: self.raw.send(frame(payload, PONG)))

    def _frame(self, room_left: int) -> tuple[bool, int, bytes]:
        first, second = self._exactly(2)
        size, masked, opcode = second & 0x7F, second & 0x80, first & 0x0F
        if first & 0x70 or not masked or (opcode >= CLOSE and (size > 125 or not first & 0x80)):
            raise _Ended
        if size == 126:
            size = int.from_bytes(self._exactly(2))
        elif size == 127:
            size = int.from_bytes(self._exactly(8))
        if size > max(room_left, 0) and opcode < CLOSE:
            raise _Ended
        mask = self._exactly(4)
        return bool(first & 0x80), opcode, unmask(self._exactly(size), mask)

    def _exactly(self, size: int) -> bytes:
        data = self._read(size) if size else b""
        if len(data) != size:
            raise _Ended
        return data


def is_packet(text: str) -> bool:
    """Whether engineio can take this text: close, pong, or a message that holds a Socket.IO packet."""
    return text in ("1", "3") or (text[:1] == "4" and text[1:2] in tuple("0123456"))


def adapter(largest: int, idle_seconds: float) -> type:
    """Return the class engineio makes for each websocket: `cls(handler, server)(environ, start_response)`."""

    class Adapter:
        def __init__(self, handler: Callable[[RoomSocket], Iterable[bytes]], server: object) -> None:
            self._handler = handler

        def __call__(self, environ: dict[str, Any], start_response: object) -> Iterable[bytes]:
            wire = environ[ENVIRON_KEY] = RoomSocket(environ, largest, idle_seconds)
            try:
                return self._handler(wire)
            finally:
                wire.close()

    return Adapter
