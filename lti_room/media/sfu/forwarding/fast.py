"""The fan-out, the reading of sockets and decryption in C, and which of the two a worker uses.

`_fan.c` is built with the package where there is a compiler. It rewrites, encrypts (by libsrtp, on the very
contexts Python uses) and sends for all subscribers in one call that lets go of the interpreter lock; another
reads all datagrams that wait, a third decrypts one.
"""

import socket
from array import array
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, Final

from pylibsrtp import Session

from lti_room.base.errors import AppError
from lti_room.base.log import logger
from lti_room.media.sfu.forwarding.fanout import Fanout, Outgoing, Row, Rows
from lti_room.media.sfu.forwarding.trains import couple
from lti_room.media.sfu.transport import receiving
from lti_room.media.sfu.transport.dtls import (
    PROTECT_ADDRESS,
    UNPROTECT_ADDRESS,
    UNPROTECT_RTCP_ADDRESS,
    Cipher,
    MasterKey,
    NewCipher,
)
from lti_room.media.sfu.transport.gcm import GcmContext, addresses

try:
    from lti_room.media.sfu.forwarding import _fan
except ImportError:
    _fan = None  # type: ignore[assignment]

STREAM_WORDS: Final = 18
"""64-bit words of a stream's state: what lies behind the newest index, the first roll-over, 1024 bits."""
FUNCTIONS: Final = (PROTECT_ADDRESS, *addresses())
"""Addresses of what encrypts, as `_fan.prepare` takes them."""
_UNUSED: Final = array("Q", bytes(8 * STREAM_WORDS))

_log = logger("media.fanout")


class FastCipher(Cipher):
    """The same as `Cipher`, with nothing of Python between a datagram and libsrtp, and AES-GCM by OpenSSL.

    `streams` says of each SSRC the fan-out sends which indices were used.
    """

    def __init__(self, receiving: Session, sending: Session, key: MasterKey | None = None) -> None:
        super().__init__(receiving, sending)
        self.gcm = GcmContext(key)
        self.streams: dict[int, array[int]] = {}
        self._from = self.receiving_address

    def unprotect(self, data: bytes) -> bytes | None:
        """Return the RTP packet inside, or None when it is forged, repeated or too long."""
        return _fan.unprotect(UNPROTECT_ADDRESS, self._from, data)

    def unprotect_rtcp(self, data: bytes) -> bytes | None:
        """Return the RTCP packet inside, or None when it is forged, repeated or too long."""
        return _fan.unprotect(UNPROTECT_RTCP_ADDRESS, self._from, data)

    def stream(self, ssrc: int) -> "array[int]":
        """Return the memory that says which indices of an SSRC were used."""
        return self.streams.setdefault(ssrc, array("Q", bytes(8 * STREAM_WORDS)))


class FastFanout(Fanout):
    """The same as `Fanout`, in one call for all rows and packets."""

    def prepare(self, rows: Iterable[Row]) -> Rows:
        """Return rows ready for `forward`; they keep ciphers, sockets and counters alive."""
        made = Rows(rows)
        made.ready = _fan.prepare(FUNCTIONS, tuple(_packed(row) for row in made.rows), made.rows)
        return made

    def forward(self, rows: Rows, packets: Sequence[Outgoing], wall: float) -> None:
        """Send packets of one layer to every row; `wall` is the time written into them, Unix seconds."""
        packets, wholes = self._common(rows, packets, wall)
        if self.trains and len(packets) > 1:
            wholes = list(chain.from_iterable(couple(wholes)))
        ready = tuple(map(_described, packets, wholes))
        self.lost += _fan.forward(rows.ready, ready, self.trains)


def _packed(row: Row) -> tuple[Any, ...]:
    host, port = row.route.address
    cipher = row.cipher
    fast = cipher if isinstance(cipher, FastCipher) else None
    return (
        row.route.via.fileno(),
        host,
        port,
        cipher.context_address,
        fast.gcm.address if fast else 0,
        fast.gcm.salt if fast else b"",
        row.ssrc,
        row.sequence_offset,
        row.time_offset,
        row.picture_offset,
        row.tl0_offset,
        row.transport.memory,
        fast.stream(row.ssrc) if fast else _UNUSED,
    )


def _described(packet: Outgoing, whole: bytes) -> tuple[Any, ...]:
    picture_id_at, tl0_at = packet.picture_id_at, packet.tl0_at
    if picture_id_at or tl0_at:
        payload_at = packet.payload_at
        picture_id_at, tl0_at = picture_id_at and payload_at + picture_id_at, tl0_at and payload_at + tl0_at
    return (
        whole,
        packet.sequence,
        packet.timestamp,
        picture_id_at,
        packet.picture_id,
        packet.picture_id_wide,
        tl0_at,
        packet.tl0,
        packet.counted,
    )


def choose(wanted: str, *, trains: bool = True) -> Fanout:
    """Return the fan-out of a worker: `wanted` is `auto`, `off` or `required`; `trains` where they can be.

    Raises:
        AppError: `fast_path_missing` when it is required and was not built.
    """
    made: Fanout
    if wanted == "required" and _fan is None:
        raise AppError("fast_path_missing", "LTI_ROOM_MEDIA_FAST_PATH=required, but it was not built.")
    if wanted == "off" or _fan is None:
        why = "the fast path is switched off" if wanted == "off" else "the fast path was not built"
        made, runs = Fanout(trains=trains), f"in Python: {why}"
    else:
        made, runs = FastFanout(trains=trains), "in C"
    _log.info("the fan-out runs %s; %s UDP GSO", runs, "with" if made.trains else "without")
    return made


def choose_cipher(wanted: str) -> NewCipher:
    """Return what makes the ciphers of a worker; `wanted` as for `choose`, which complains."""
    return Cipher if wanted == "off" or _fan is None else FastCipher


def choose_receive(wanted: str) -> receiving.Receive:
    """Return what reads the sockets of a worker; `wanted` as for `choose`, which complains."""
    return receiving.receive if wanted == "off" or _fan is None else _receive


def _receive(bound: socket.socket) -> Sequence[receiving.Datagram]:
    return _fan.receive(bound.fileno())
