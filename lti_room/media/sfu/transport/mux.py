"""ICE-lite on one UDP port: who sent this datagram, and is it STUN, DTLS or SRTP?

RFC 8445 (lite agent), RFC 8489 (STUN), RFC 7983 (first byte). An address is learnt only from a STUN request
whose MESSAGE-INTEGRITY verifies; anything else from an unknown address costs its parsing and nothing more.
"""

import asyncio
import socket
import time
from struct import Struct
from typing import Final

from lti_room.base.clock import SystemClock
from lti_room.base.log import logger
from lti_room.base.settings import Address
from lti_room.media.sfu.transport.binding import Bound, bind_all
from lti_room.media.sfu.transport.claims import Known, MuxPeer, Register, RemoteAddress, Route
from lti_room.media.sfu.transport.receiving import BATCH, STAMP_LENGTH, Receive, receive
from lti_room.media.sfu.transport.stun import read_request, success
from lti_room.media.sfu.trouble import Trouble

__all__ = ["Mux", "MuxPeer", "Route"]

DENSE_SECONDS: Final = 0.04
DENSE_WAKES: Final = 10
"""So many packets in a row, each so soon after the one before, wake the worker for reports as well."""
_TIMESPEC: Final = Struct("qq")

_log = logger("media.mux")


class _Listener:
    """One bound address: its socket, the one on which reports lie aside, if any, and who is known there.

    Packets are `dense` while they wake the worker so often that reports need not.
    """

    def __init__(self, bound: Bound, known: Known) -> None:
        self.socket, self.aside = bound
        self.known = known
        self.dense = False
        self.in_a_row = 0
        self.woken = float("-inf")

    def close(self) -> None:
        """Close the sockets."""
        self.socket.close()
        if self.aside is not None:
            self.aside.close()


class Mux:
    """All sockets of a worker, the peers by their ICE user name, and their verified addresses."""

    def __init__(self, bind: Address, receive: Receive = receive) -> None:
        """Bind the sockets, to be read by `receive`.

        Raises:
            OSError: the address is taken or not ours.
        """
        self._register = Register()
        self._trouble = Trouble(_log)
        self._listeners = [_Listener(bound, self._register.known(bound[0])) for bound in bind_all(bind)]
        self._receive = receive
        self._now = time.monotonic
        self._clock = SystemClock()
        self._kernel_stamp = b""
        self.dropped = 0
        self.gone = 0

    @property
    def waited(self) -> float:
        """How long the datagram that is being handed out has waited for this process, seconds."""
        if len(self._kernel_stamp) != STAMP_LENGTH:
            return 0.0
        seconds, nanoseconds = _TIMESPEC.unpack(self._kernel_stamp)
        since: float = self._clock.now() - seconds - nanoseconds / 1e9
        return min(max(since, 0.0), 1.0)

    @property
    def arrived(self) -> float:
        """When the datagram that is being handed out reached the kernel, seconds on `time.monotonic`'s clock.

        How long it waited for this process is left out: a publisher must not take that for a slow line.
        """
        return self._now() - self.waited

    @property
    def local_addresses(self) -> list[Address]:
        """The addresses the sockets are bound to."""
        return [Address(*listener.socket.getsockname()[:2]) for listener in self._listeners]

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to receive."""
        self._loop = loop
        for listener in self._listeners:
            loop.add_reader(listener.socket.fileno(), self._readable, listener)
            if listener.aside is not None:
                loop.add_reader(listener.aside.fileno(), self._read, listener, listener.aside)

    def look(self) -> None:
        """Every 100 ms: where packets have become rare, reports wake the worker again."""
        for listener in self._listeners:
            if listener.dense and self._now() - listener.woken > DENSE_SECONDS:
                self._set_dense(listener, False)

    def close(self, loop: asyncio.AbstractEventLoop) -> None:
        """Close the sockets."""
        for listener in self._listeners:
            loop.remove_reader(listener.socket.fileno())
            if listener.aside is not None:
                loop.remove_reader(listener.aside.fileno())
            listener.close()

    def add(self, peer: MuxPeer) -> None:
        """Expect STUN requests for this peer's user name."""
        self._register.add(peer)

    def remove(self, peer: MuxPeer) -> None:
        """Forget a peer and its addresses."""
        self._register.remove(peer)
        self.gone += 1

    def _readable(self, listener: _Listener) -> None:
        """Packets came: take them, then what lies aside."""
        self._read(listener, listener.socket)
        if listener.aside is None:
            return
        now = self._now()
        listener.in_a_row = listener.in_a_row + 1 if now - listener.woken < DENSE_SECONDS else 0
        listener.woken = now
        more = self._read(listener, listener.aside) == BATCH
        self._set_dense(listener, listener.in_a_row >= DENSE_WAKES and not more)

    def _set_dense(self, listener: _Listener, dense: bool) -> None:
        if listener.aside is None or listener.dense == dense:
            return
        listener.dense = dense
        if dense:
            self._loop.remove_reader(listener.aside.fileno())
        else:
            self._loop.add_reader(listener.aside.fileno(), self._read, listener, listener.aside)

    def _read(self, listener: _Listener, bound: socket.socket) -> int:
        found = self._receive(bound)
        for data, address, stamp in found:
            if not data:
                continue
            self._kernel_stamp = stamp
            try:
                self._demultiplex(listener, data, address)
            except Exception:  # a fault of ours must not cost others the rest of the batch
                self._trouble.note("a datagram failed")
        return len(found)

    def _demultiplex(self, listener: _Listener, data: bytes, address: RemoteAddress) -> None:
        first = data[0]
        known = listener.known.get(address)
        if first < 4:
            self._stun(listener, data, address)
        elif known is None:
            self.dropped += 1
        elif 127 < first < 192:
            known[0].receive_srtp(data)
        elif 19 < first < 64:
            known[0].receive_dtls(data, known[1])
        else:
            self.dropped += 1

    def _stun(self, listener: _Listener, data: bytes, address: RemoteAddress) -> None:
        request = read_request(data)
        found = self._register.claim(listener.socket, address, request, self._now()) if request else None
        if request is None or found is None:
            self.dropped += 1
            return
        peer, route = found
        route.send(success(request, address, peer.password.encode()))
        peer.verified(route, request.nominates)
