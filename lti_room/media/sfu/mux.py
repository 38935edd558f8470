"""ICE-lite on one UDP port: who sent this datagram, and is it STUN, DTLS or SRTP?

RFC 8445 (lite agent), RFC 8489 (STUN), RFC 7983 (first byte). An address is learnt only from a STUN request
whose MESSAGE-INTEGRITY verifies; anything else from an unknown address costs its parsing and nothing more.
"""

import asyncio
import ipaddress
import socket
import struct
from dataclasses import dataclass
from typing import Final, Protocol

import ifaddr
from aioice import stun

from lti_room.base.log import logger
from lti_room.base.settings import Address

BATCH: Final = 64
LARGEST_DATAGRAM: Final = 2048
LARGEST_STUN: Final = 548
SOCKET_BUFFER: Final = 4 * 1024 * 1024
MOST_ADDRESSES: Final = 16
"""Verified addresses kept per peer; the oldest goes first."""

RemoteAddress = tuple[str, int]

_log = logger("media.mux")


@dataclass(frozen=True, slots=True)
class Route:
    """How a peer is reached: by the socket it was heard on (the source address matters), at its address."""

    via: socket.socket
    address: RemoteAddress

    def send(self, data: bytes) -> None:
        """Send one datagram; a full socket buffer or an unreachable peer loses it, as the network may."""
        try:
            self.via.sendto(data, self.address)
        except OSError:
            return


class MuxPeer(Protocol):
    """What the mux needs from one peer connection."""

    username: str
    password: str

    def verified(self, route: Route, nominated: bool) -> None: ...

    def receive_dtls(self, data: bytes, route: Route) -> None: ...

    def receive_srtp(self, data: bytes) -> None: ...


class _Listener:
    """One bound socket and the addresses verified on it."""

    def __init__(self, bound: socket.socket) -> None:
        self.socket = bound
        self.known: dict[RemoteAddress, tuple[MuxPeer, Route]] = {}


class Mux:
    """All sockets of a worker, the peers by their ICE user name, and their verified addresses."""

    def __init__(self, bind: Address) -> None:
        """Bind the sockets.

        Raises:
            OSError: the address is taken or not ours.
        """
        self._listeners = [_Listener(bound) for bound in _bind(bind)]
        self._peers: dict[str, MuxPeer] = {}
        self._addresses: dict[str, list[tuple[_Listener, RemoteAddress]]] = {}
        self.dropped = 0

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
        self._peers[peer.username] = peer
        self._addresses[peer.username] = []

    def remove(self, peer: MuxPeer) -> None:
        """Forget a peer and its addresses."""
        self._peers.pop(peer.username, None)
        for listener, address in self._addresses.pop(peer.username, ()):
            known = listener.known.get(address)
            if known is not None and known[0] is peer:
                del listener.known[address]

    def _readable(self, listener: _Listener) -> None:
        receive = listener.socket.recvfrom
        for _ in range(BATCH):
            try:
                data, address = receive(LARGEST_DATAGRAM)
            except OSError:
                return
            if data:
                self._demultiplex(listener, data, address[:2])

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
        request = parse_binding_request(data)
        peer = self._peers.get(request.attributes["USERNAME"].partition(":")[0]) if request else None
        if request is None or peer is None or not request.check_message_integrity(peer.password.encode()):
            self.dropped += 1
            return
        known = listener.known.get(address)
        if known is None or known[0] is not peer:
            known = (peer, Route(listener.socket, address))
            self._learn(listener, peer, known, address)
        known[1].send(binding_response(request, address, peer.password))
        peer.verified(known[1], "USE-CANDIDATE" in request.attributes)

    def _learn(
        self, listener: _Listener, peer: MuxPeer, known: tuple[MuxPeer, Route], address: RemoteAddress
    ) -> None:
        listener.known[address] = known
        addresses = self._addresses[peer.username]
        addresses.append((listener, address))
        if len(addresses) > MOST_ADDRESSES:
            old_listener, old = addresses.pop(0)
            if old_listener.known.get(old, (None,))[0] is peer and (old_listener, old) not in addresses:
                del old_listener.known[old]


def parse_binding_request(data: bytes) -> stun.Message | None:
    """Return a STUN binding request that names a user and carries an integrity code, or None."""
    if len(data) > LARGEST_STUN:
        return None
    try:
        message = stun.parse_message(data)
    except (ValueError, struct.error, IndexError):
        return None
    is_request = message.message_method == stun.Method.BINDING and message.message_class == stun.Class.REQUEST
    needed = {"USERNAME", "MESSAGE-INTEGRITY"}
    return message if is_request and needed <= message.attributes.keys() else None


def binding_response(request: stun.Message, address: RemoteAddress, password: str) -> bytes:
    """Return the success response to a binding request."""
    response = stun.Message(
        stun.Method.BINDING, stun.Class.RESPONSE, request.transaction_id, {"XOR-MAPPED-ADDRESS": address}
    )
    response.add_message_integrity(password.encode())
    return bytes(response)


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
        bound.bind((address.host, address.port))
    except OSError:
        bound.close()
        raise
    return bound
