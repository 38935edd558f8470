"""Who is heard from which address. Only a signed connectivity check claims one, and a claim is held.

Two attacks end here. A check that was overheard and is sent again from elsewhere claims nothing: its
transaction was seen before. And a participant who sends checks of its own under somebody else's address does
not get that address: whoever proved to be there a moment ago keeps it.
"""

import socket
from collections import deque
from dataclasses import dataclass, field
from typing import Final, Protocol

from lti_room.media.sfu.transport.stun import BindingRequest

MOST_ADDRESSES: Final = 16
"""Addresses kept per peer; the one that was not verified for longest goes first."""

HELD_SECONDS: Final = 8.0
"""How long an address stays a peer's own after a check: browsers send one every 2.5 to 5 seconds.

A page that is loaded again may get the port of a vanished predecessor: it waits no longer than this."""

TRANSACTIONS_KEPT: Final = 64

RemoteAddress = tuple[str, int]


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


Known = dict[RemoteAddress, tuple[MuxPeer, Route]]
"""The claimed addresses of one socket."""


@dataclass(slots=True)
class _Claims:
    """One peer's: when each address was last verified, longest ago first, and the newest transactions."""

    peer: MuxPeer
    verified: dict[Route, float] = field(default_factory=dict)
    transactions: deque[bytes] = field(default_factory=lambda: deque(maxlen=TRANSACTIONS_KEPT))


class Register:
    """The peers that are expected, by their ICE user name, and the addresses they claimed."""

    def __init__(self) -> None:
        self._claims: dict[str, _Claims] = {}
        self._known: dict[socket.socket, Known] = {}

    def known(self, via: socket.socket) -> Known:
        """Return the addresses claimed on a socket; it stays up to date."""
        return self._known.setdefault(via, {})

    def add(self, peer: MuxPeer) -> None:
        """Expect checks for this peer's user name."""
        self._claims[peer.username] = _Claims(peer)

    def remove(self, peer: MuxPeer) -> None:
        """Forget a peer and its addresses."""
        claims = self._claims.pop(peer.username, None)
        for route in claims.verified if claims is not None else ():
            self._forget(peer, route)

    def claim(
        self, via: socket.socket, address: RemoteAddress, request: BindingRequest, now: float
    ) -> tuple[MuxPeer, Route] | None:
        """Return who sent a check, and the way back; None if nobody we know, or not from where it says.

        Args:
            via: the socket it came to.
            address: where it came from.
            request: the check; whether its signature is right is looked at here.
            now: seconds, from any clock that never goes back.
        """
        claims = self._claims.get(request.username)
        if claims is None or not request.is_signed(claims.peer.password.encode()):
            return None
        peer, known = claims.peer, self.known(via)
        holder = known.get(address)
        if holder is None or holder[0] is not peer:
            if not address[1] or request.transaction in claims.transactions or self._held(holder, now):
                return None
            holder = known[address] = (peer, Route(via, address))
        claims.transactions.append(request.transaction)
        claims.verified.pop(holder[1], None)
        claims.verified[holder[1]] = now
        if len(claims.verified) > MOST_ADDRESSES:
            oldest = next(iter(claims.verified))
            del claims.verified[oldest]
            self._forget(peer, oldest)
        return holder

    def _held(self, holder: tuple[MuxPeer, Route] | None, now: float) -> bool:
        if holder is None:
            return False
        peer, route = holder
        claims = self._claims.get(peer.username)
        return claims is not None and now - claims.verified.get(route, float("-inf")) < HELD_SECONDS

    def _forget(self, peer: MuxPeer, route: Route) -> None:
        known = self._known.get(route.via, {})
        holder = known.get(route.address)
        if holder is not None and holder[0] is peer:
            del known[route.address]
