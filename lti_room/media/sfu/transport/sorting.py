"""Reports lie aside until packets wake the worker: the kernel sorts them onto a second socket of the port.

Between packets a worker sleeps and wakes with cold caches: waking for one report costs three times what
reading it beside a packet does. Reports (SR, RR, XR) and transport-wide feedback have that much time; what
asks for something (NACK, PLI), STUN, DTLS and RTP do not lie aside. The types stand in the clear in SRTCP
(RFC 3711 section 3.4). Linux only: a classic BPF program chooses among sockets bound with SO_REUSEPORT.
"""

import ctypes
import socket
import sys
from struct import pack
from typing import Final

from lti_room.media.sfu.formats import feedback

SO_ATTACH_REUSEPORT_CBPF: Final = 51
"""Linux's number on every architecture we run on; Python has no name for it."""

_ARRIVALS: Final = 0x80 | feedback.ARRIVALS
"""First byte of a packet of transport-wide feedback; a NACK has another format there."""

_LOAD_BYTE: Final = 0x30
_JUMP_IF_EQUAL: Final = 0x15
_RETURN: Final = 0x06

Instruction = tuple[int, int, int, int]


def _program() -> list[Instruction]:
    """Return which socket takes a datagram: 0 at once, 1 when there is time. Offsets are in its payload."""
    return [
        (_LOAD_BYTE, 0, 0, 1),
        (_JUMP_IF_EQUAL, 5, 0, feedback.SENDER_REPORT),
        (_JUMP_IF_EQUAL, 4, 0, feedback.RECEIVER_REPORT),
        (_JUMP_IF_EQUAL, 3, 0, feedback.EXTENDED_REPORT),
        (_JUMP_IF_EQUAL, 0, 3, feedback.TRANSPORT_FEEDBACK),
        (_LOAD_BYTE, 0, 0, 0),
        (_JUMP_IF_EQUAL, 0, 1, _ARRIVALS),
        (_RETURN, 0, 0, 1),
        (_RETURN, 0, 0, 0),
    ]


def sort(first: socket.socket) -> bool:
    """Have the kernel choose between this bound socket and the next one bound; false where it cannot."""
    if sys.platform != "linux":
        return False
    program = _program()
    code = ctypes.create_string_buffer(b"".join(pack("HBBI", *each) for each in program))
    try:
        first.setsockopt(
            socket.SOL_SOCKET,
            SO_ATTACH_REUSEPORT_CBPF,
            pack("HxxxxxxP", len(program), ctypes.addressof(code)),
        )
    except OSError:
        return False
    return True
