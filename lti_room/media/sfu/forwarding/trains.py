"""Trains: several packets for one address that cross the kernel as one (UDP GSO, Linux 4.18 and newer).

All packets of a train have one size, only the last may be smaller. So smaller ones are filled up with RTP
padding (RFC 3550 section 5.1), which receivers take off again, where few bytes are enough for that.
"""

import errno
import socket
from collections.abc import Sequence
from struct import pack
from typing import Final

MOST_PADDING: Final = 32
"""Bytes added to a packet; encoders cut a frame into packets that differ by one."""
MOST_CARRIAGES: Final = 40
"""Packets in a train: 40 of the largest stay below the 65,507 bytes of a datagram."""
REFUSALS: Final = frozenset({errno.EINVAL, errno.EIO, errno.EMSGSIZE})
"""What Linux says where a train cannot go: larger than the way's MTU, or a device without checksums (EIO)."""

_SOL_UDP: Final = 17
_UDP_SEGMENT: Final = 103
_PADDED: Final = 0x20


def supported() -> bool:
    """Tell whether this kernel knows trains. One that does not would send a train as one large datagram."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            asked.getsockopt(_SOL_UDP, _UDP_SEGMENT)
        except OSError:
            return False
    return True


def order(size: int) -> list[tuple[int, int, bytes]]:
    """Return the ancillary data for `sendmsg` that has a train cut into packets of `size` bytes."""
    return [(_SOL_UDP, _UDP_SEGMENT, pack("=H", size))]


def couple(wholes: Sequence[bytes]) -> list[list[bytes]]:
    """Make trains of plain packets, in their order, filling them up as needed.

    A train ends with the first packet that is smaller by more than `MOST_PADDING`, or before one that is
    larger by more.
    """
    if len(wholes) <= MOST_CARRIAGES and len(set(map(len, wholes))) == 1:
        return [list(wholes)]
    made: list[list[bytes]] = []
    train: list[bytes] = []
    smallest = largest = 0
    for whole in wholes:
        size = len(whole)
        if train and len(train) < MOST_CARRIAGES and max(largest, size) - min(smallest, size) <= MOST_PADDING:
            smallest, largest = min(smallest, size), max(largest, size)
            train.append(whole)
        elif train and len(train) < MOST_CARRIAGES and size < smallest:
            made.append([_filled(each, largest) for each in train] + [whole])
            train = []
        else:
            made.append([_filled(each, largest) for each in train[:-1]] + train[-1:])
            train = [whole]
            smallest = largest = size
    made.append([_filled(each, largest) for each in train[:-1]] + train[-1:])
    return [each for each in made if each]


def _filled(whole: bytes, size: int) -> bytes:
    missing = size - len(whole)
    if not missing:
        return whole
    return bytes((whole[0] | _PADDED,)) + whole[1:] + bytes(missing - 1) + bytes((missing,))
