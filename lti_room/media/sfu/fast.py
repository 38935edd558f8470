"""The fan-out in C, and which of the two a worker uses.

`_fan.c` is built with the package where there is a compiler. It rewrites, encrypts (by libsrtp, on the very
contexts Python uses) and sends for all subscribers in one call that lets go of the interpreter lock. Several
packets for one subscriber leave as one train where the kernel can (UDP GSO): all but the last must have one
size, so smaller ones are filled up with RTP padding (RFC 3550 section 5.1), which receivers take off again.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from lti_room.base.errors import AppError
from lti_room.base.log import logger
from lti_room.media.sfu.dtls import LARGEST_PACKET, PROTECT_ADDRESS
from lti_room.media.sfu.fanout import Fanout, Outgoing, Row, Rows

try:
    from lti_room.media.sfu import _fan
except ImportError:
    _fan = None  # type: ignore[assignment]

MOST_PADDING: Final = 32
"""Bytes added to a packet so that it fits its train; encoders cut a frame into packets that differ by one."""

_PADDED: Final = 0x20

_log = logger("media.fanout")


class FastFanout(Fanout):
    """The same as `Fanout`, in one call for all rows and packets."""

    def __init__(self, *, trains: bool = True) -> None:
        super().__init__()
        self.trains = trains and _fan.sends_trains()

    def prepare(self, rows: Iterable[Row]) -> Rows:
        """Return rows ready for `forward`; they keep ciphers, sockets and counters alive."""
        made = Rows(rows)
        made.ready = _fan.prepare(PROTECT_ADDRESS, tuple(_packed(row) for row in made.rows), made.rows)
        return made

    def forward(self, rows: Rows, packets: Sequence[Outgoing], wall: float) -> None:
        """Send packets of one layer to every row; `wall` is the time written into them, Unix seconds."""
        ready: list[tuple[Any, ...]] = []
        wholes = [packet.common(wall) for packet in packets]
        if self.trains and len(packets) > 1:
            wholes = even(wholes)
        for packet, whole in zip(packets, wholes, strict=True):
            if len(whole) > LARGEST_PACKET:
                self.lost += len(rows)
            else:
                ready.append(_described(packet, whole))
        self.lost += _fan.forward(rows.ready, tuple(ready), self.trains)


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
    payload_at = packet.payload_at
    return (
        whole,
        packet.sequence,
        packet.timestamp,
        packet.picture_id_at and payload_at + packet.picture_id_at,
        packet.picture_id,
        packet.picture_id_wide,
        packet.tl0_at and payload_at + packet.tl0_at,
        packet.tl0,
        packet.counted,
    )


def even(wholes: list[bytes]) -> list[bytes]:
    """Fill packets up to the size of the largest of their train, where few bytes are enough for that.

    A train ends with the first packet that is smaller by more than `MOST_PADDING`, or before one that is
    larger by more.
    """
    made: list[bytes] = []
    train: list[bytes] = []
    smallest = largest = 0
    for whole in wholes:
        size = len(whole)
        if train and max(largest, size) - min(smallest, size) <= MOST_PADDING:
            smallest, largest = min(smallest, size), max(largest, size)
            train.append(whole)
        elif train and size < smallest:
            made += [_pad(each, largest) for each in train]
            made.append(whole)
            train = []
        else:
            made += _filled(train, largest)
            train = [whole]
            smallest = largest = size
    return made + _filled(train, largest)


def _filled(train: list[bytes], size: int) -> list[bytes]:
    return [_pad(each, size) for each in train[:-1]] + train[-1:]


def _pad(whole: bytes, size: int) -> bytes:
    missing = size - len(whole)
    if not missing:
        return whole
    return bytes((whole[0] | _PADDED,)) + whole[1:] + bytes(missing - 1) + bytes((missing,))


def choose(wanted: str, *, trains: bool = True) -> Fanout:
    """Return the fan-out of a worker: `wanted` is `auto`, `off` or `required`; `trains` where they can be.

    Raises:
        AppError: `fast_path_missing` when it is required and was not built.
    """
    if wanted == "off":
        _log.info("the fan-out runs in Python: the fast path is switched off")
        return Fanout()
    if _fan is None:
        if wanted == "required":
            raise AppError("fast_path_missing", "LTI_ROOM_MEDIA_FAST_PATH=required, but it was not built.")
        _log.info("the fan-out runs in Python: the fast path was not built (no C compiler at installation)")
        return Fanout()
    fast = FastFanout(trains=trains)
    _log.info("the fan-out runs in C, %s UDP segmentation offload", "with" if fast.trains else "without")
    return fast
