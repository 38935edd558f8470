"""The fan-out and the reading of sockets in C, and which of the two a worker uses.

`_fan.c` is built with the package where there is a compiler. It rewrites, encrypts (by libsrtp, on the very
contexts Python uses) and sends for all subscribers in one call that lets go of the interpreter lock; another
reads all datagrams that wait.
"""

import socket
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from lti_room.base.errors import AppError
from lti_room.base.log import logger
from lti_room.media.sfu.forwarding.fanout import Fanout, Outgoing, Row, Rows
from lti_room.media.sfu.forwarding.trains import couple
from lti_room.media.sfu.transport import receiving
from lti_room.media.sfu.transport.dtls import PROTECT_ADDRESS

try:
    from lti_room.media.sfu.forwarding import _fan
except ImportError:
    _fan = None  # type: ignore[assignment]

_log = logger("media.fanout")


class FastFanout(Fanout):
    """The same as `Fanout`, in one call for all rows and packets."""

    def prepare(self, rows: Iterable[Row]) -> Rows:
        """Return rows ready for `forward`; they keep ciphers, sockets and counters alive."""
        made = Rows(rows)
        made.ready = _fan.prepare(PROTECT_ADDRESS, tuple(_packed(row) for row in made.rows), made.rows)
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
    return (
        row.route.via.fileno(),
        host,
        port,
        row.cipher.context_address,
        row.ssrc,
        row.sequence_offset,
        row.time_offset,
        row.picture_offset,
        row.tl0_offset,
        row.transport.memory,
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


def choose_receive(wanted: str) -> receiving.Receive:
    """Return what reads the sockets of a worker; `wanted` as for `choose`, which complains."""
    return receiving.receive if wanted == "off" or _fan is None else _receive


def _receive(bound: socket.socket) -> Sequence[receiving.Datagram]:
    return _fan.receive(bound.fileno())
