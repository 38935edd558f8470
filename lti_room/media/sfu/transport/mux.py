"""ICE-lite on one UDP port: who sent this datagram, and is it STUN, DTLS or SRTP?

RFC 8445 (lite agent), RFC 8489 (STUN), RFC 7983 (first byte). An address is learnt only from a STUN request
whose MESSAGE-INTEGRITY verifies; anything else from an unknown address costs its parsing and nothing more.
"""

import asyncio
import ipaddress
import socket
import sys
import time
from struct import Struct
from typing import Final

import ifaddr

from lti_room.base.clock import SystemClock
from lti_room.base.log import logger
from lti_room.base.settings import Address
from lti_room.media.sfu.transport.claims import Known, MuxPeer, Register, RemoteAddress, Route
from lti_room.media.sfu.transport.receiving import SO_TIMESTAMPNS, STAMP_LENGTH, Receive, receive
from lti_room.media.sfu.transport.stun import read_request, success
from lti_room.media.sfu.trouble import Trouble

__all__ = ["Mux", "MuxPeer", "Route", "local_hosts"]

SOCKET_BUFFER: Final = 4 * 1024 * 1024
_TIMESPEC: Final = Struct("qq")

_log = logger("media.mux")


class _Listener:
    """One bound socket and the addresses claimed on it."""

    def __init__(self, bound: socket.socket, known: Known) -> None:
        self.socket = bound
        self.known = known


class Mux:
    """All sockets of a worker, the peers by their ICE user name, and their verified addresses."""

    def __init__(self, bind: Address, receive: Receive = receive) -> None:
        """Bind the sockets, to be read by `receive`.

        Raises:
            OSError: the address is taken or not ours.
        """
        self._register = Register()
        self._trouble = Trouble(_log)
        self._listeners = [_Listener(bound, self._register.known(bound)) for bound in _bind(bind)]
        self._receive = receive
        self._now = time.monotonic
        self._clock = SystemClock()
        self._kernel_stamp = b""
        self.dropped = 0
        self.gone = 0

    @property
    def arrived(self) -> float:
        """When the datagram that is being handed out reached the kernel, seconds on `time.monotonic`'s clock.

        How long it waited for this process is left out: a publisher must not take that for a slow line.
        """
        if len(self._kernel_stamp) != STAMP_LENGTH:
            return self._now()
        seconds, nanoseconds = _TIMESPEC.unpack(self._kernel_stamp)
        waited: float = self._clock.now() - seconds - nanoseconds / 1e9
        return self._now() - min(max(waited, 0.0), 1.0)

    @property
    def local_addresses(self) -> list[Address]:
        """The addresses the sockets are bound to."""
        return [Address(*listener.socket.getsockname()[:2]) for listener in self._listeners]

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to receive."""
        for listener in self._listeners:
            loop.add_reader(listener.socket.fileno(), self._readable, listener)

    def close(self, loop: asyncio.AbstractEventLoop) -> None:
        """Close the sockets."""
        for listener in self._listeners:
            loop.remove_reader(listener.socket.fileno())
            listener.socket.close()

    def add(self, peer: MuxPeer) -> None:
        """Expect STUN requests for this peer's user name."""
        self._register.add(peer)

    def remove(self, peer: MuxPeer) -> None:
        """Forget a peer and its addresses."""
        self._register.remove(peer)
        self.gone += 1

    def _readable(self, listener: _Listener) -> None:
        for data, address, stamp in self._receive(listener.socket):
            if not data:
                continue
            self._kernel_stamp = stamp
            try:
                self._demultiplex(listener, data, address)
            except Exception:  # a fault of ours must not cost others the rest of the batch
                self._trouble.note("a datagram failed")

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


def _bind(bind: Address) -> list[socket.socket]:
    """Bind one socket, or one per local address when asked for all of them.

    One socket on 0.0.0.0 answers from the route's source address; where that is not the address the browser
    sent to, the browser drops the answer. So each address gets a socket of its own, all on the same port.
    """
    numeric = str(socket.getaddrinfo(bind.host, bind.port, type=socket.SOCK_DGRAM)[0][4][0])
    asked = ipaddress.ip_address(numeric)
    if not asked.is_unspecified:
        return [_bind_one(Address(numeric, bind.port))]
    port = bind.port
    bound: list[socket.socket] = []
    for host in local_hosts(asked.version):
        try:
            bound.append(_bind_one(Address(host, port)))
        except OSError:
            _log.warning("cannot listen on %s", host)
            continue
        port = bound[0].getsockname()[1]
    if not bound:
        raise OSError(f"no local address could be bound for {bind}")
    return bound


def local_hosts(version: int) -> list[str]:
    """Return this machine's addresses of an IP version, loopback last."""
    found: list[str] = []
    for adapter in ifaddr.get_adapters():
        for entry in adapter.ips:
            host = entry.ip if isinstance(entry.ip, str) else entry.ip[0]
            parsed = ipaddress.ip_address(host)
            if parsed.version == version and not parsed.is_link_local and host not in found:
                found.append(host)
    return sorted(found, key=lambda host: ipaddress.ip_address(host).is_loopback)


def _bind_one(address: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_DGRAM)
    try:
        bound.setblocking(False)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BUFFER)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BUFFER)
        if sys.platform == "linux":
            bound.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        bound.bind((address.host, address.port))
    except OSError:
        bound.close()
        raise
    return bound
