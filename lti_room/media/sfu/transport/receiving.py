"""What waits on a UDP socket, and when the kernel got it. The fast path does the same in one call."""

import socket
from collections.abc import Callable, Sequence
from typing import Final

from lti_room.media.sfu.transport.claims import RemoteAddress

BATCH: Final = 64
"""Datagrams that are taken at once: the loop has other things to do as well."""
LARGEST_DATAGRAM: Final = 2048
SO_TIMESTAMPNS: Final = 35
"""Linux's number on every architecture we run on; Python has no name for it."""
STAMP_LENGTH: Final = 16
_ANCILLARY: Final = socket.CMSG_SPACE(STAMP_LENGTH)

Datagram = tuple[bytes, RemoteAddress, bytes]
"""What came, from whom, and the kernel's `struct timespec` of its arrival (empty where it gives none)."""

Receive = Callable[[socket.socket], Sequence[Datagram]]
"""Returns what waits on a socket that does not block, oldest first, at most `BATCH`."""


def receive(bound: socket.socket) -> list[Datagram]:
    """Return what waits on a socket, one system call for each."""
    found: list[Datagram] = []
    for _ in range(BATCH):
        try:
            data, ancillary, _, address = bound.recvmsg(LARGEST_DATAGRAM, _ANCILLARY)
        except OSError:
            break
        stamp = ancillary[0][2] if ancillary and ancillary[0][1] == SO_TIMESTAMPNS else b""
        found.append((data, address[:2], stamp))
    return found
